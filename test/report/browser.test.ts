import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'

import { History } from '../../ts/index.js'
import { findChromium, launch, open, type Opened } from '../support/chromium.js'
import { historyOf, hostile, hostileHistory } from '../support/histories.js'

const many = Array.from({ length: 30 }, (_, i) => `class ${i}`)
const histories: Readonly<Record<string, () => History>> = {
  'no epoch': () => new History(),
  'one epoch': () => historyOf({ epochs: 1 }),
  'twelve epochs': () => historyOf({ epochs: 12 }),
  'a thousand epochs': () => historyOf({ epochs: 1000 }),
  'losses that are NaN': () => historyOf({ epochs: 9, nan: [2, 3, 4, 8] }),
  'nothing but NaN': () => historyOf({ epochs: 2, nan: [0, 1], validation: false }),
  'thirty classes': () => historyOf({ epochs: 2, labels: many }),
  'names that look like HTML': hostileHistory,
}

/** Runs code in the page, whose globals are not those of this program. */
async function inPage<T>(page: Page, code: string): Promise<T> {
  return await page.evaluate(code)
}

/** The data of every chart, out of uPlot. */
async function curvesIn(page: Page): Promise<Record<string, (number | null)[][]>> {
  return inPage(
    page,
    'Object.fromEntries(Object.entries(gradlaneReport.charts).map(([id, { data }]) => [id, data]))',
  )
}

/** For each canvas, the share of its pixels that are painted, and a sum that tells pictures apart. */
async function pictures(page: Page): Promise<{ painted: number; sum: number }[]> {
  // A chart is painted in a microtask after it was made, or in a frame when it was resized.
  await inPage(page, 'new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))')
  return inPage(
    page,
    `Array.from(document.querySelectorAll('canvas'), (canvas) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height)
      const context = copy.getContext('2d', { willReadFrequently: true })
      context.drawImage(canvas, 0, 0)
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      let painted = 0
      let sum = 0
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 0) painted += 4 / data.length
        sum = (sum * 31 + data[i] + data[i + 1] + data[i + 2] + data[i + 3]) % 1e9
      }
      return { painted, sum }
    })`,
  )
}

const finite = (values: readonly number[]): (number | null)[] =>
  values.map((value) => (Number.isFinite(value) ? value : null))

const executable = findChromium()

describe('report: in a browser', function () {
  if (executable === null) {
    // No body: reported as pending.
    it('was not looked at, because there is no Chromium: install one, or name it in CHROMIUM')
    return
  }
  this.timeout(120_000)

  let browser: Browser
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-report-'))
    browser = await launch(executable)
  })
  after(async () => {
    // Undefined when it did not start.
    await (browser as Browser | undefined)?.close()
    rmSync(folder, { recursive: true })
  })

  async function show(
    history: History,
    width: number,
    colorScheme: 'light' | 'dark',
    title?: string,
  ): Promise<Opened> {
    const file = join(folder, 'report.html')
    await history.report(file, { title })
    const viewport = { width, height: 900 }
    return open(browser, pathToFileURL(file).href, { viewport, colorScheme })
  }

  // Widths move things and schemes colour them: neither knows of the other.
  for (const [width, scheme] of [
    [1600, 'light'],
    [360, 'dark'],
  ] as const) {
    it(`draws every history at ${width} px in ${scheme}, without a complaint`, async () => {
      for (const [what, make] of Object.entries(histories)) {
        const history = make()
        const { page, complaints } = await show(history, width, scheme)
        expect(complaints, what).to.deep.equal([])

        const curves = await curvesIn(page)
        const { loss } = curves
        const values = [history.values('loss'), history.values('valLoss')].map(finite)
        const drawn = values.some((curve) => curve.some((value) => value !== null))
        if (drawn) {
          const [epochs, ...shown] = loss!
          expect(epochs, what).to.deep.equal(history.epochs.map(({ epoch }) => epoch + 1))
          expect(shown, what).to.deep.equal(values.slice(0, shown.length))
        } else expect(loss, what).to.equal(undefined)
        if (history.epochs.length > 0) {
          const throughput = history.epochs.map(({ samplesPerSecond }) => samplesPerSecond)
          expect(curves['samplesPerSecond']![1], what).to.deep.equal(throughput)
          expect(curves['accuracy']![1], what).to.deep.equal(history.values('accuracy'))
          expect(curves['lr'], what).to.have.length(3)
          expect(curves['gradNorm']![1], what).to.deep.equal(history.values('gradNorm'))
        }

        for (const { painted } of await pictures(page)) expect(painted, what).to.be.above(0.002)

        const [needed, there] = await inPage<[number, number]>(
          page,
          `for (const part of document.querySelectorAll('details')) part.open = true;
            [document.documentElement.scrollWidth, innerWidth]`,
        )
        expect(needed, `${what}: width`).to.be.at.most(there)
        const background = await inPage<string>(
          page,
          'getComputedStyle(document.body).backgroundColor',
        )
        const brightness = background.match(/\d+/g)!.map(Number)
        for (const part of brightness) {
          expect(part, what)[scheme === 'dark' ? 'below' : 'above'](128)
        }
        await page.close()
      }
    })
  }

  it('reads values under the pointer', async () => {
    const history = historyOf({ epochs: 12 })
    const { page, complaints } = await show(history, 1600, 'light')
    const box = (await page.locator('[data-chart=accuracy] .u-over').boundingBox())!
    // The first of 12 epochs is at the left edge, the last at the right one.
    await page.mouse.move(box.x + (box.width * 4) / 11 + 2, box.y + box.height / 2)
    const tip = page.locator('[data-chart=accuracy] .tip')
    await tip.waitFor({ state: 'visible' })
    const percent = (log: string): string => `${(100 * history.values(log)[4]!).toFixed(2)} %`
    const expected = `epoch 5training${percent('accuracy')}validation${percent('valAccuracy')}`
    expect(await tip.textContent()).to.equal(expected)
    // The other charts follow in their legends, without a box in the way.
    const legend = await page.locator('[data-legend=loss]').textContent()
    expect(legend).to.include(`training${history.values('loss')[4]!.toPrecision(4)}`)
    expect(await page.locator('[data-chart=loss] .tip').isVisible()).to.equal(false)
    expect(complaints).to.deep.equal([])
    await page.close()
  })

  it('draws again on a logarithmic scale, in other colours and at another width', async () => {
    const { page, complaints } = await show(historyOf({ epochs: 12 }), 1600, 'light')
    const [first] = await pictures(page)
    await page.locator('[data-log=loss]').click()
    const [logarithmic] = await pictures(page)
    expect(logarithmic!.sum).not.to.equal(first!.sum)
    expect(await page.locator('[data-log=loss]').getAttribute('aria-pressed')).to.equal('true')
    await page.emulateMedia({ colorScheme: 'dark' })
    const [dark] = await pictures(page)
    expect(dark!.sum).not.to.equal(logarithmic!.sum)
    await page.setViewportSize({ width: 360, height: 900 })
    await pictures(page)
    const [chart, screen] = await inPage<[number, number]>(
      page,
      "[document.querySelector('canvas').getBoundingClientRect().width, innerWidth]",
    )
    expect(chart).to.be.within(screen / 2, screen)
    expect(complaints).to.deep.equal([])
    await page.close()
  })

  it('shows names as they are and runs none of them', async () => {
    const { page, complaints } = await show(hostileHistory(), 1600, 'light', hostile)
    expect(await inPage(page, 'typeof hacked')).to.equal('undefined')
    expect(await page.locator('h1').textContent()).to.equal(hostile)
    expect(await page.title()).to.equal(hostile)
    expect(await page.locator('.matrix tbody th').first().textContent()).to.equal(hostile)
    expect(await page.locator('img').count()).to.equal(0)
    expect(Object.keys(await curvesIn(page))).to.include(hostile)
    expect(complaints).to.deep.equal([])
    await page.close()
  })

  it('reads a large confusion matrix under the pointer', async () => {
    const { page } = await show(historyOf({ epochs: 2, labels: many }), 1600, 'light')
    const canvas = page.locator('#matrix')
    const box = (await canvas.boundingBox())!
    await canvas.hover({ position: { x: (4.5 / 30) * box.width, y: (2.5 / 30) * box.height } })
    // (2 * 5 + 4) % 4 is 2.
    const note = await page.locator('#matrix-at').textContent()
    expect(note).to.equal('class 2 answered as class 4: 2.000')
    await page.close()
  })
})
