import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { appOf } from '../../examples/server/app.js'
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
})
