import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'

import { ioOf } from '../../ts/cli/io.js'
import { run } from '../../ts/cli/run.js'
import { data, io as files, manualSeed, nn } from '../../ts/index.js'
import { gradlane } from '../support/command.js'

describe('command line: serve', () => {
  let folder: string
  let file: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-serve-'))
    file = join(folder, 'model.safetensors')
    const rows = Array.from({ length: 60 }, (_, i) => ({
      size: i % 10,
      city: i % 2 === 0 ? 'Bern' : 'Basel',
      since: new Date(Date.UTC(2000 + (i % 10), 0, 1)),
      price: (i % 10) * 3 + (i % 2),
    }))
    manualSeed(0)
    const pipeline = new data.Pipeline({ target: 'price', lr: 0.02 })
    await pipeline.fit(data.Table.fromRows(rows), { epochs: 20 })
    await pipeline.save(file)
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('answers as the model does, until it is ended', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const ending = new AbortController()
    const io = ioOf({ stdin: Readable.from([]), stdout, stderr }, ending.signal)
    const ended = run(['serve', file, '--port', '0'], io)
    const [line] = (await Promise.race([once(stdout, 'data'), ended])) as [Buffer]
    const url = String(line).trim()
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    const ask = async (path: string, row: object): Promise<Record<string, unknown>> => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify(row)
      const response = await fetch(url + path, { method: 'POST', headers, body })
      return (await response.json()) as Record<string, unknown>
    }
    const row = { size: 4, city: 'Bern', since: '2004-01-01' }
    const pipeline = await data.Pipeline.load(file)
    const known = { ...row, since: new Date(row.since) }
    expect(await ask('predict', row)).to.deep.equal({ prediction: pipeline.predict(known) })
    const { contributions, value, baseline } = await ask('explain', row)
    const sum = (contributions as { contribution: number }[]).reduce(
      (total, { contribution }) => total + contribution,
      0,
    )
    const difference = (value as number) - (baseline as number)
    expect(sum).to.be.closeTo(difference, 0.01 * Math.abs(difference) + 1e-3)
    expect(await ask('predict', { ...row, city: 'Mars' })).to.have.nested.property(
      'warnings[0].column',
      'city',
    )
    expect(await ask('predict', { ...row, since: 'soon' })).to.have.nested.property(
      'errors[0].column',
      'since',
    )
    ending.abort(new Error('ended by SIGTERM'))
    expect(await ended).to.equal(0)
    await fetch(url).then(
      () => expect.fail('it still answers'),
      () => undefined,
    )
  })

  it('answers with forecasts, of a model of forecasts', async () => {
    const rows = Array.from({ length: 60 }, (_, t) => ({ t, y: Math.sin(t) }))
    const forecaster = new data.Forecaster({ time: 't', target: 'y', horizon: 2 })
    await forecaster.fit(data.Table.fromRows(rows), { epochs: 1, progress: false })
    await forecaster.save(join(folder, 'forecaster.safetensors'))
    const stdout = new PassThrough()
    const ending = new AbortController()
    const streams = { stdin: Readable.from([]), stdout, stderr: new PassThrough() }
    const io = ioOf(streams, ending.signal)
    const ended = run(['serve', join(folder, 'forecaster.safetensors'), '--port', '0'], io)
    const [line] = (await Promise.race([once(stdout, 'data'), ended])) as [Buffer]
    const response = await fetch(`${String(line).trim()}predict`, { method: 'POST' })
    expect(await response.json()).to.deep.equal(forecaster.predict())
    ending.abort(new Error('ended'))
    expect(await ended).to.equal(0)
  })

  it('refuses what is no port, no model, and an address that is not its own', async () => {
    const network = join(folder, 'network.safetensors')
    await files.saveModel(new nn.Linear(2, 2), network)
    const cases: [string[], number, RegExp][] = [
      [[file, '--port', '70000'], 2, /--port: expected 0 to 65535/],
      [[file, '--port', 'http'], 2, /--port: expected a whole number/],
      [[join(folder, 'none')], 1, /ENOENT/],
      [[network], 1, /ERR_FORMAT: .*Pipeline.*Forecaster/],
      [[file, '--port', '0', '--host', '192.0.2.1'], 1, /EADDRNOTAVAIL/],
    ]
    for (const [args, status, message] of cases) {
      const { code, stdout, stderr } = await gradlane(['serve', ...args])
      expect(code, stderr).to.equal(status)
      expect(stdout).to.equal('')
      expect(stderr).to.match(message)
    }
  })
})
