import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { appOf } from '../../examples/server/app.js'
import { limits } from '../../examples/server/limits.js'
import { TrainingService } from '../../examples/server/training-service.js'
import { Generator, getBackend, randn } from '../../ts/index.js'

/** Which of two shifted clouds a point is of. */
function clouds(count: number): { rows: number[][]; labels: number[] } {
  const labels = Array.from({ length: count }, (_, i) => i % 2)
  const points = randn([count, 4], { generator: new Generator(1) }).toArray() as number[][]
  return { rows: points.map((row, i) => row.map((v) => v + 1.5 * labels[i]!)), labels }
}

describe('examples: the server', function () {
  this.timeout(60_000)
  const samples = clouds(getBackend() === 'native' ? 4000 : 200)
  let folder: string
  let service: TrainingService
  let server: Server
  let base: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-server-'))
    service = new TrainingService(join(folder, 'run.ckpt'))
    server = appOf(service).listen(0)
    await once(server, 'listening')
    base = `http://localhost:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    await service.stop()
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })

  const post = (path: string, body: unknown = {}): Promise<Response> =>
    fetch(base + path, { method: 'POST', body: JSON.stringify(body) })
  const status = async (): Promise<{
    state: string
    last: { epoch: number; accuracy: number } | null
  }> => (await (await fetch(`${base}/status`)).json()) as never
  async function until(test: (s: Awaited<ReturnType<typeof status>>) => boolean): Promise<void> {
    while (!test(await status())) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  it('answers every request while it trains, stops, resumes and learns', async () => {
    const epochs = 40
    expect((await post('/predict', { rows: [[1, 2, 3, 4]] })).status).to.equal(409)
    expect((await post('/train', { ...samples, epochs })).status).to.equal(202)
    expect((await post('/train', samples)).status).to.equal(409)

    const answers: number[] = []
    let loading = true
    const load = Array.from({ length: 4 }, async () => {
      while (loading) {
        const response = await post('/predict', { rows: samples.rows.slice(0, 8) })
        answers.push(response.status)
        const { probabilities } = (await response.json()) as { probabilities: number[][] }
        for (const row of probabilities) expect(row[0]! + row[1]!).to.be.closeTo(1, 1e-5)
      }
    })
    await until(({ last }) => (last?.epoch ?? 0) >= 3)
    expect((await post('/stop')).status).to.equal(200)
    const stopped = await status()
    expect(stopped.state).to.equal('stopped')
    expect((await post('/resume')).status).to.equal(202)
    await until(({ state }) => state !== 'training')
    loading = false
    await Promise.all(load)

    const done = await status()
    expect([done.state, done.last!.epoch]).to.deep.equal(['trained', epochs])
    expect(done.last!.accuracy).to.be.greaterThan(0.9)
    expect(service.progress.map(({ epoch }) => epoch)).to.deep.equal(
      Array.from({ length: epochs }, (_, i) => i + 1),
    )
    expect(answers.length).to.be.greaterThan(4)
    expect(answers.every((code) => code === 200)).to.equal(true)
  })

  it('streams the epochs to whoever looks, from the first on', async () => {
    await post('/train', { ...samples, epochs: 3 })
    await until(({ last }) => last !== null)
    const controller = new AbortController()
    const { headers, body } = await fetch(`${base}/events`, { signal: controller.signal })
    expect(headers.get('content-type')).to.equal('text/event-stream')
    let text = ''
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes('event: state\ndata: "trained"')) break
    }
    controller.abort()
    expect(text).to.match(
      /^event: state\ndata: "(training|trained)"\n\nevent: history\ndata: \[\{"epoch":1,/,
    )
  })

  it('serves the page and refuses what makes no sense', async () => {
    const html = await (await fetch(base)).text()
    expect(html).to.match(/^<!doctype html>.*EventSource/s)
    const wrong: [string, unknown, number, RegExp][] = [
      ['/train', { rows: [[1], [1, 2]], labels: [0, 1] }, 400, /of one length/],
      ['/train', { rows: [[1], [2]], labels: [0] }, 400, /one for each row/],
      ['/train', { rows: 'x', labels: [] }, 400, /rows/],
      ['/train', { ...samples, epochs: 0 }, 400, /epochs/],
      ['/resume', {}, 409, /nothing to resume/],
      ['/nowhere', {}, 404, /no POST/],
    ]
    for (const [path, body, code, message] of wrong) {
      const response = await post(path, body)
      expect(response.status).to.equal(code)
      expect(((await response.json()) as { error: string }).error).to.match(message)
    }
    expect((await fetch(`${base}/train`, { method: 'POST', body: '{' })).status).to.equal(400)
    expect(await status()).to.include({ state: 'empty' })
  })

  /** Status and code of the answer to a request as it is, whatever its path and body. */
  async function raw(
    method: string,
    path: string,
    body: Iterable<string> = [],
  ): Promise<[number, unknown]> {
    const { port } = server.address() as AddressInfo
    const sent = request({ port, method, path, agent: false })
    sent.on('error', () => undefined) // the rest of a body that was refused
    for (const part of body) sent.write(part)
    sent.end()
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return [response.statusCode!, (JSON.parse(text) as { code: unknown }).code]
  }

  it('answers every path', async () => {
    for (const path of ['//', '//?', '/\\', '/%', '/%ff', '/status/../..', '*', '//[', '/:80:80']) {
      expect(await raw('GET', path), path).to.deep.equal([404, 'ERR_NOT_FOUND'])
    }
    expect(await raw('POST', '//predict')).to.deep.equal([404, 'ERR_NOT_FOUND'])
    expect(await status()).to.include({ state: 'empty' })
  })

  it('answers every body with a code', async () => {
    const bad: [number, string, unknown][] = [
      [400, 'ERR_VALUE', { rows: [[1]], labels: [2_000_000_000] }],
      [400, 'ERR_VALUE', { rows: [[1]], labels: [limits.classes] }],
      [400, 'ERR_VALUE', { rows: [[1]], labels: ['0'] }],
      [400, 'ERR_VALUE', { rows: [[1]], labels: 7 }],
      [400, 'ERR_VALUE', { rows: [[1e39]], labels: [0] }],
      [400, 'ERR_VALUE', { rows: [[[1]]], labels: [0] }],
      [400, 'ERR_VALUE', { rows: [[null]], labels: [0] }],
      [400, 'ERR_VALUE', { rows: [[]], labels: [0] }],
      [400, 'ERR_VALUE', { rows: [Array(limits.columns + 1).fill(0)], labels: [0] }],
      [400, 'ERR_VALUE', { rows: [[1]], labels: [0], epochs: limits.epochs + 1 }],
      [400, 'ERR_VALUE', { rows: [[1]], labels: [0], epochs: '5' }],
      [400, 'ERR_JSON', null],
      [400, 'ERR_JSON', [1]],
      [400, 'ERR_JSON', 'text'],
    ]
    for (const [status, code, body] of bad) {
      const response = await post('/train', body)
      expect(
        [response.status, await response.json()],
        JSON.stringify(body).slice(0, 60),
      ).to.satisfy(([s, b]: [number, { code: string }]) => s === status && b.code === code)
    }
    expect(await raw('POST', '/train', ['['.repeat(200_000)])).to.deep.equal([400, 'ERR_JSON'])
    expect(await raw('POST', '/predict', [])).to.deep.equal([400, 'ERR_JSON'])
    const many = { rows: Array(limits.predictedRows + 1).fill([1]) as number[][] }
    expect((await post('/predict', many)).status).to.equal(400)
    expect(await status()).to.include({ state: 'empty' })
  })

  it('reads no more of a body than it takes', async () => {
    const told = await fetch(`${base}/predict`, {
      method: 'POST',
      body: 'x'.repeat(limits.bytes + 1),
    })
    expect([told.status, ((await told.json()) as { code: string }).code]).to.deep.equal([
      413,
      'ERR_TOO_LARGE',
    ])
    const untold = Array<string>(limits.bytes / 2 ** 16 + 1).fill('x'.repeat(2 ** 16))
    expect(await raw('POST', '/predict', untold)).to.deep.equal([413, 'ERR_TOO_LARGE'])
  })

  it('keeps the checkpoint before when a training is refused or fails, and its model', async () => {
    const file = join(folder, 'run.ckpt')
    await post('/train', { ...samples, epochs: 2 })
    await until(({ state }) => state === 'trained')
    const [before, progress] = [readFileSync(file), service.progress]

    const count = limits.rows + 1
    const rows = Array<number[]>(count).fill([1])
    expect((await post('/train', { rows, labels: Array(count).fill(1) })).status).to.equal(400)

    mkdirSync(`${file}.next`) // where the next training would write
    expect((await post('/train', { rows: [[1], [2]], labels: [0, 1] })).status).to.equal(202)
    await until(({ state }) => state === 'failed')
    rmdirSync(`${file}.next`)
    expect(readFileSync(file).equals(before)).to.equal(true)
    expect(service.progress).to.equal(progress)
    expect((await post('/predict', { rows: [[1, 2, 3, 4]] })).status).to.equal(200)

    await post('/train', { ...samples, epochs: 1 })
    await until(({ state }) => state === 'trained')
    expect(readFileSync(file).equals(before)).to.equal(false)
    expect(existsSync(`${file}.next`)).to.equal(false)
  })

  it('has as many event streams as it says, without a warning', async () => {
    const warnings: string[] = []
    const warn = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', warn)
    const controller = new AbortController()
    const { signal } = controller
    const open = Array.from({ length: limits.streams }, () => fetch(`${base}/events`, { signal }))
    for (const { status } of await Promise.all(open)) expect(status).to.equal(200)
    expect((await fetch(`${base}/events`)).status).to.equal(503)
    controller.abort()
    // Places are free again when their readers have gone.
    for (;;) {
      const one = new AbortController()
      const { status } = await fetch(`${base}/events`, { signal: one.signal })
      one.abort()
      if (status === 200) break
    }
    process.off('warning', warn)
    expect(warnings).to.deep.equal([])
  })
})
