import { expect } from 'chai'
import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'

import { serverOf } from '../../ts/serve/server.js'
import { rowsService } from '../../ts/serve/service.js'
import type { ServedModel } from '../../ts/serve/served-model.js'
import { findChromium, launch } from '../support/chromium.js'
import { hostile, hostileNames, summing } from '../support/served-model.js'

const executable = findChromium()

describe('serve: the page in a browser', function () {
  if (executable === null) {
    it('was not looked at, because there is no Chromium: install one, or name it in CHROMIUM')
    return
  }
  this.timeout(120_000)

  let browser: Browser
  let apps: FastifyInstance[]
  before(async () => {
    apps = []
    browser = await launch(executable)
  })
  after(async () => {
    await (browser as Browser | undefined)?.close()
    await Promise.all(apps.map((app) => app.close()))
  })

  async function serve(model: ServedModel): Promise<string> {
    const app = await serverOf(rowsService(model, 10), {
      bodyLimit: 1 << 20,
      hosts: ['127.0.0.1'],
      onError: (error) => expect.fail(String(error)),
    })
    apps.push(app)
    await app.listen({ port: 0, host: '127.0.0.1' })
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`
  }

  async function open(
    url: string,
    width = 1280,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
        complaints.push(request.url())
    })
    await page.goto(url)
    return { page, complaints }
  }

  const shown = (page: Page): Promise<string | null> => page.locator('.prediction').textContent()

  it('predicts what is filled in, and shows why', async () => {
    const { page, complaints } = await open(await serve(summing))
    await page.getByLabel('bill').fill('39.1')
    await page.getByLabel('island').selectOption('Dream')
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('.prediction').waitFor()
    expect(await shown(page)).to.equal('44.1')
    const bars = await page.locator('.bars li').allTextContents()
    expect(bars).to.deep.equal(['bill+39.1', 'island+5', 'seen0', 'note0'])
    // What is left empty is a gap, not 0 and not an empty text.
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.locator('.prediction').waitFor({ state: 'detached' })
    await page.getByLabel('seen').fill('2024-05-31')
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('.prediction').waitFor()
    expect(await shown(page)).to.equal('1.7171')
    expect(complaints).to.deep.equal([])
    await page.close()
  })

  it('shows beside a field what is wrong with it', async () => {
    const strict: ServedModel = {
      ...summing,
      columns: summing.columns.map((column) => ({ ...column, type: 'number' })),
    }
    const { page } = await open(await serve(strict))
    await page.getByLabel('bill').pressSequentially('1e')
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('[aria-invalid]').waitFor()
    expect(await page.locator('.problem:visible').allTextContents()).to.deep.equal([
      'This cannot be read.',
    ])
    await page.getByLabel('bill').fill('2e6')
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('.warnings').waitFor()
    expect(await page.locator('[aria-invalid]').count()).to.equal(0)
    expect(await page.locator('.warnings').textContent()).to.include('not a finite number')
    await page.close()
  })

  it('says when the server does not answer', async () => {
    const { page } = await open(await serve(summing))
    await Promise.all(apps.splice(-1).map((app) => app.close()))
    await page.getByRole('button', { name: 'Predict' }).click()
    await page.locator('.warnings').waitFor()
    expect(await page.locator('.warnings').textContent()).to.equal('The server does not answer.')
    await page.close()
  })

  // Widths move things and schemes colour them: neither knows of the other.
  for (const [width, scheme] of [
    [360, 'dark'],
    [1600, 'light'],
  ] as const) {
    it(`is readable at ${width} px in ${scheme}, and takes hostile names for names`, async () => {
      const { page, complaints } = await open(await serve(hostile), width, scheme)
      expect(await page.title()).to.equal(hostileNames[0])
      const labels = await page.locator('label').allTextContents()
      expect(labels).to.deep.equal(hostileNames)
      await page.locator('select').first().selectOption({ label: hostileNames[3]! })
      await page.getByRole('button', { name: 'Predict' }).click()
      await page.locator('.prediction').waitFor()
      expect(await shown(page)).to.equal('__proto__')
      expect(await page.locator('.bars li').count()).to.equal(9)
      expect(await page.title(), 'nothing ran').to.equal(hostileNames[0])
      expect(await page.locator('main img, main script').count()).to.equal(0)
      const [needed, there, background] = await page.evaluate<[number, number, string]>(
        `[document.documentElement.scrollWidth, innerWidth, getComputedStyle(document.body).backgroundColor]`,
      )
      expect(needed).to.be.at.most(there)
      for (const part of background.match(/\d+/g)!.map(Number)) {
        expect(part)[scheme === 'dark' ? 'below' : 'above'](128)
      }
      expect(complaints).to.deep.equal([])
      if (process.env['SHOTS'])
        await page.screenshot({
          path: `${process.env['SHOTS']}/hostile-${width}-${scheme}.png`,
          fullPage: true,
        })
      await page.close()
    })
  }
})
