import { expect } from 'chai'

import { buildDist } from '../lifecycle/built.js'
import { type FaultOutcome, installed, type Mpi, runFault } from './mpirun.js'

const hasBinary = process.env['GRADLANE_BACKEND'] !== 'reference'

describe('fit of several processes, of which one', function () {
  this.timeout(60_000)
  before(function () {
    if (!hasBinary || installed.length === 0) this.skip()
    buildDist()
  })

  const mpi = installed.at(-1)!
  const run = (fault: string, on: Mpi = mpi, signal?: NodeJS.Signals): Promise<FaultOutcome> =>
    runFault(on, 'training.mjs', { ranks: 2, fault, signal })

  it('fails in a callback: the others are told, wherever they are', async () => {
    const { told } = await run('callback')
    expect(messageOf(told, 1)).to.equal('on one rank')
    expect(messageOf(told, 0)).to.match(/rank 1 \(.+\) has come to the end of fit by an error/)
  })

  it('fails as all others do: they can go on together', async () => {
    const { code, told, stderr } = await run('all')
    expect(code, stderr).to.equal(0)
    expect(told).to.have.deep.members([
      ...[0, 1].map((rank) => ({ rank, message: 'on all ranks' })),
      ...[0, 1].map((rank) => ({ rank, outcome: 'completed' })),
    ])
  })

  it('has another activation', async () => {
    const { code, told } = await run('activation')
    expect(code).not.to.equal(0)
    expect(told[0]!['message']).to.match(
      /the training of rank 1 \(.+\) to be that of rank 0, a model with \(1\): Tanh\(\), got a model with \(1\): ReLU\(\)/,
    )
  })

  it('has a damaged checkpoint, the one that reads it', async () => {
    const { code, told } = await run('damaged')
    expect(code).not.to.equal(0)
    expect(told[0]).to.include({ code: 'ERR_FORMAT' })
  })

  it('has fewer batches, or none', async () => {
    const fewer = await run('fewer')
    expect(fewer.code).not.to.equal(0)
    const texts = fewer.told.map(({ message }) => message as string).join()
    expect(texts).to.match(/the ranks are not at the same place of the program: rank [01] \(/)

    const { code, stderr, told } = await run('empty')
    expect(code).not.to.equal(0)
    expect(`${stderr} ${JSON.stringify(told)}`).to.match(
      /expected epoch 1 of 1000 to be of at least one sample|rank 1 \(.+\) has come to the end of fit by an error/,
    )
  })

  it('ends by process.exit, or by a rejection that nobody handles', async () => {
    const exit = await run('exit')
    expect(exit.code).not.to.equal(0)
    expect(exit.stderr + JSON.stringify(exit.told)).to.match(
      /rank 1 \(.+\)( to)? .*the end of its program/,
    )

    const { code, stderr } = await run('rejection')
    expect(code).not.to.equal(0)
    expect(stderr).to.match(/gradlane, rank 1 \(.+\): RangeError: of nobody/)
  })

  for (const each of installed) {
    it(`is killed, under ${each.name}`, async () => {
      const { code, told, stdout, stderr } = await run('kill', each, 'SIGKILL')
      expect(code, stdout + stderr).not.to.equal(0)
      expect(told.filter(({ outcome }) => outcome !== undefined)).to.deep.equal([])
    })

    it(`is stopped, under ${each.name}`, async () => {
      const { code, told, stderr } = await run('stop', each, 'SIGSTOP')
      expect(code, stderr).not.to.equal(0)
      expect(told[0]).to.include({ rank: 0, code: 'ERR_DISTRIBUTED' })
      expect(told[0]!['message']).to.match(/nothing was heard for 700 ms at .+ of rank 1 \(/)
    })
  }
})

function messageOf(told: FaultOutcome['told'], rank: number): unknown {
  return told.find((each) => each['rank'] === rank)?.['message']
}
