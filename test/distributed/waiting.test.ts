import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import type { RankFacts, RanksRecord } from '../../ts/index.js'
import { ranksRecord } from '../../ts/train/ranks.js'
import { buildDist } from '../lifecycle/built.js'
import { textOf } from '../support/html.js'
import { installed, runJob } from './mpirun.js'

const hasBinary = process.env['GRADLANE_BACKEND'] !== 'reference'

interface Told {
  readonly rank: number
  readonly mode: string
  readonly ranks: readonly RankFacts[]
  readonly waited: number
  readonly epochs: readonly { readonly ranks: RanksRecord; readonly seconds: number }[]
  readonly page: string
}

describe('how far ranks keep each other waiting', function () {
  this.timeout(240_000)

  it('is told by rank, and as the share of the time in which they computed', () => {
    const record = ranksRecord([1, 3], [8, 8])
    expect(record).to.deep.equal({ waitingSeconds: [1, 3], efficiency: 0.75 })
  })

  for (const mode of ['captured', 'eager']) {
    it(`is measured in ${mode} steps, and shown wherever a training is`, async function () {
      if (!hasBinary || installed.length === 0) this.skip()
      buildDist()
      const folder = mkdtempSync(path.join(tmpdir(), 'gradlane-waiting-'))
      try {
        const options = { ranks: 2, args: [folder, mode] }
        const { code, said, stderr } = await runJob(installed.at(-1)!, 'waiting.mjs', options)
        expect(code, stderr).to.equal(0)
        const [first, second] = said as unknown as [Told, Told]
        expect(first.mode).to.equal(mode)
        expect(first.ranks).to.deep.equal(second.ranks)
        expect(first.ranks.map(({ host }) => host)).to.deep.equal([hostname(), hostname()])
        for (const { cores, threads } of first.ranks) {
          expect(cores).to.be.at.least(1)
          expect(threads).to.equal(1)
        }
        expect(first.epochs).to.have.length(2)
        first.epochs.forEach(({ ranks, seconds }, epoch) => {
          expect(second.epochs[epoch]!.ranks).to.deep.equal(ranks)
          // The first one waits through six pauses of the other one.
          const [one, other] = ranks.waitingSeconds as [number, number]
          expect(one).to.be.above(other)
          expect(one).to.be.at.most(seconds)
          expect(first.waited).to.be.above(one)
          if (epoch === 0) return // the second rank knows it from the checkpoint of the first
          const sum = seconds + second.epochs[epoch]!.seconds
          expect(ranks.efficiency).to.be.closeTo(1 - (one + other) / sum, 1e-9)
        })
        const lines = stderr.split('\n').filter((line) => line.startsWith('epoch '))
        expect(lines).to.have.length(2)
        const { efficiency } = first.epochs[0]!.ranks
        expect(lines[0]).to.include(
          `samples/s  2 ranks, ${Math.round(100 * efficiency)} % of the time computing  loss`,
        )
        const csv = readFileSync(path.join(folder, 'log.csv'), 'utf8').split('\n')
        expect(csv[0]).to.equal('epoch,step,efficiency,loss')
        expect(textOf(first.page)).to.include('2 ranks on 1 host').and.to.include('Rank 1 waited')
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
