import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, posix } from 'node:path'
import type { Browser } from 'playwright-core'

import { getBackend } from '../../ts/index.js'
import { findChromium, launch } from '../support/chromium.js'
import { root } from './markdown.js'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** The least contrast of text to what it stands on, by WCAG 2: AA wants 4.5. */
const LEAST_CONTRAST = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number)
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor
      if ((channels(color)[3] ?? 1) === 1) return color
    }
    return 'rgb(255, 255, 255)'
  }
  const ratios = Array.from(document.querySelectorAll('.col-content :is(p, h1, h2, li, td, code)'), (element) => {
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))]
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  })
  return Math.min(...ratios)
})()`

describe('documentation: the site', function () {
  this.timeout(300_000)
  const executable = findChromium()
  if (getBackend() === 'reference') {
    it('is looked at once, on the native backend')
    return
  }

  let folder: string
  let pages: string[]
  const html = new Map<string, string>()
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-site-'))
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [`${root}scripts/docs.mjs`, '--out', folder],
      { encoding: 'utf8' },
    )
    expect(status, stdout + stderr).to.equal(0)
    pages = readdirSync(folder, { encoding: 'utf8', recursive: true })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.html'))
    for (const page of pages) html.set(page, readFileSync(join(folder, page), 'utf8'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('has the guides and the API', () => {
    const needed = ['Start', 'Phrasebook', 'A_course_in_five_steps', 'Recipes', 'Errors_by_code']
    expect(pages).to.include.members(needed.map((name) => `documents/${name}.html`))
    expect(pages).to.include.members(['index.html', 'classes/gradlane.nn.Linear.html'])
  })

  it('has no dead link', () => {
    const dead: string[] = []
    const idsOf = (page: string): Set<string> =>
      new Set([...html.get(page)!.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!))
    const ids = new Map(pages.map((page) => [page, idsOf(page)]))
    for (const page of pages) {
      for (const [, address] of html.get(page)!.matchAll(/ (?:href|src)="([^"]*)"/g)) {
        if (/^(https?|data|mailto):/.test(address!)) continue
        const [path = '', id = ''] = decodeURIComponent(address!).split('#')
        const target = path === '' ? page : posix.join(posix.dirname(page), path.split('?')[0]!)
        const found = existsSync(join(folder, target))
        const named = id === '' || !target.endsWith('.html') || ids.get(target)?.has(id) === true
        if (!found || !named) dead.push(`${page}: ${address!}`)
      }
    }
    expect(dead).to.deep.equal([])
  })

  if (executable === null) {
    it('was not opened, because there is no Chromium: install one, or name it in CHROMIUM')
    return
  }

  describe('in a browser', () => {
    let browser: Browser
    let server: Server
    let origin: string
    before(async () => {
      server = createServer((request, response) => {
        const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname)
        const file = join(folder, posix.normalize(path))
        if (path === '/favicon.ico') response.writeHead(204).end()
        else if (!existsSync(file)) response.writeHead(404).end()
        else {
          response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
          response.end(readFileSync(file))
        }
      })
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      browser = await launch(executable)
    })
    after(async () => {
      await (browser as Browser | undefined)?.close()
      server.close()
    })

    it('reads at 360 px, light and dark, without a word on the console', async () => {
      const page = await browser.newPage({ viewport: { width: 360, height: 800 } })
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(`${page.url()} ${message.text()}`))
      page.on('pageerror', (error) => complaints.push(`${page.url()} ${String(error)}`))
      page.on('response', (response) => {
        if (response.status() >= 400) complaints.push(`${response.url()} ${response.status()}`)
      })
      page.on('request', (request) => {
        if (!request.url().startsWith(origin)) complaints.push(`asks for ${request.url()}`)
      })
      const guides = pages.filter((name) => name.startsWith('documents/'))
      for (const name of ['index.html', 'classes/gradlane.nn.Linear.html', ...guides]) {
        await page.goto(`${origin}/${name}`)
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        expect(width, `${name} is wider than the screen`).to.be.at.most(360)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          expect(await page.evaluate<number>(LEAST_CONTRAST), name).to.be.at.least(4.5)
          const ground = await page.evaluate<string>(
            'getComputedStyle(document.body).backgroundColor',
          )
          const [red = NaN] = ground.match(/\d+/g)!.map(Number)
          expect(red > 128, `${name} on ${ground}`).to.equal(colorScheme === 'light')
        }
      }
      expect(complaints).to.deep.equal([])
      await page.close()
    })

    it('finds classes and guides', async () => {
      const page = await browser.newPage()
      await page.goto(`${origin}/index.html`)
      for (const [words, target] of [
        ['clipGradNorm_', 'gradlane.nn.utils.clipGradNorm_.html'],
        ['Phrasebook', 'Phrasebook.html'],
      ] as const) {
        await page.keyboard.press('/')
        await page.fill('#tsd-search-input', words)
        await page.waitForSelector(`#tsd-search-results a[href*="${target}"]`)
        await page.keyboard.press('Escape')
      }
      await page.close()
    })
  })
})
