import { expect } from 'chai'

import { buildDist, runProgram } from './built.js'
import { loadAndUnload } from './cycles.js'

describe('the life of an environment', function () {
  this.timeout(300_000)
  before(buildDist)

  it('survives workers that are terminated while they compute', () => {
    expect(runProgram('terminate.mjs')).to.deep.equal({
      code: 0,
      signal: null,
      stdout: 'survived\n',
      stderr: '',
    })
  })

  it('survives workers that are terminated while they load, ask, capture, start or fail', () => {
    expect(runProgram('terminate-anywhere.mjs', ['24'])).to.deep.equal({
      code: 0,
      signal: null,
      stdout: 'survived\n',
      stderr: '',
    })
  })

  for (const holder of ['with the main thread', 'alone']) {
    it(`loads and unloads 40 times, ${holder}`, () => {
      loadAndUnload(40, holder)
    })
  }

  for (const where of ['main', 'worker', 'busy-workers']) {
    it(`ends with the exit code that was asked for: ${where}`, () => {
      for (let round = 0; round < 2; round++) {
        const { code, signal, stderr } = runProgram('exit.mjs', [where])
        expect({ code, signal, stderr }).to.deep.equal({ code: 7, signal: null, stderr: '' })
      }
    })
  }

  describe('with a replay in flight', () => {
    const endings: readonly (readonly [
      what: string,
      mode: string,
      code: number,
      stdout: string,
    ])[] = [
      ['waits for it', 'finish', 0, 'true\n'],
      ['exits in the middle of it', 'exit', 7, ''],
      ['exits a worker in the middle of it', 'worker-exit', 7, ''],
      ['survives workers that are terminated', 'terminate', 0, 'survived\n'],
    ]
    for (const [what, mode, code, stdout] of endings) {
      it(what, () => {
        const outcome = runProgram('replay.mjs', [mode])
        expect(outcome).to.deep.equal({ code, signal: null, stdout, stderr: '' })
      })
    }
  })

  it('keeps what a captured step works on while the step is timed', () => {
    expect(runProgram('describe.mjs')).to.deep.equal({
      code: 0,
      signal: null,
      stdout: 'described\n',
      stderr: '',
    })
  })

  it('ends the threads of captured steps that nobody holds any more', function () {
    if (process.platform !== 'linux') this.skip()
    const outcome = runProgram('replay.mjs', ['collect'], { NODE_OPTIONS: '--expose-gc' })
    expect(outcome).to.deep.equal({ code: 0, signal: null, stdout: 'true\n', stderr: '' })
  })
})
