import { expect } from 'chai'

import { data, Generator, ValueError } from '../../../ts/index.js'

const table = new data.Table({
  id: Array.from({ length: 100 }, (_, i) => i),
  species: Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 'rare' : i % 2 === 0 ? 'a' : 'b')),
  owner: Array.from({ length: 100 }, (_, i) => `o${i % 7}`),
  day: Array.from({ length: 100 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + ((i * 37) % 100)))),
})

const ids = (part: data.Table): number[] => part.toRows().map(({ id }) => id as number)
const generator = (): Generator => new Generator(3)

function shares(part: data.Table): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { species } of part) counts[species as string] = (counts[species as string] ?? 0) + 1
  return counts
}

describe('data.trainTestSplit', () => {
  it('draws parts that do not overlap, the same for the same seed', () => {
    const { train, test } = data.trainTestSplit(table, { testSize: 0.2, generator: generator() })
    expect([train.length, test.length]).to.deep.equal([80, 20])
    expect(new Set([...ids(train), ...ids(test)]).size).to.equal(100)
    expect(ids(train)).not.to.deep.equal(ids(train).sort((a, b) => a - b))
    const again = data.trainTestSplit(table, { testSize: 0.2, generator: generator() })
    expect(ids(again.test)).to.deep.equal(ids(test))
  })

  it('rounds as scikit-learn does', () => {
    const sizes = (options: data.TrainTestSplitOptions): number[] => {
      const { train, test } = data.trainTestSplit(table, options)
      return [train.length, test.length]
    }
    expect(sizes({})).to.deep.equal([75, 25])
    expect(sizes({ testSize: 0.333 })).to.deep.equal([66, 34])
    expect(sizes({ trainSize: 0.333 })).to.deep.equal([33, 67])
    expect(sizes({ trainSize: 10, testSize: 0.1 })).to.deep.equal([10, 10])
  })

  it('keeps the shares of classes', () => {
    const { train, test } = data.trainTestSplit(table, {
      testSize: 0.2,
      stratify: 'species',
      generator: generator(),
    })
    expect(shares(train)).to.deep.equal({ rare: 8, a: 32, b: 40 })
    expect(shares(test)).to.deep.equal({ rare: 2, a: 8, b: 10 })
  })

  it('keeps groups together', () => {
    const { train, test } = data.trainTestSplit(table, { testSize: 2, group: 'owner' })
    const owners = (part: data.Table): Set<unknown> =>
      new Set(part.toRows().map((row) => row.owner))
    expect(owners(test).size).to.equal(2)
    expect(owners(train).size).to.equal(5)
    expect([...owners(train)].some((owner) => owners(test).has(owner))).to.equal(false)
  })

  it('tests on the latest rows', () => {
    const { train, test } = data.trainTestSplit(table, { testSize: 0.3, time: 'day' })
    const days = (part: data.Table): number[] => part.toRows().map(({ day }) => Number(day))
    expect(Math.max(...days(train))).to.be.below(Math.min(...days(test)))
    expect(days(train)).to.deep.equal(days(train).sort((a, b) => a - b))
  })

  it('takes the last rows when nothing is drawn', () => {
    const { train, test } = data.trainTestSplit(table, { shuffle: false, testSize: 3 })
    expect(ids(test)).to.deep.equal([97, 98, 99])
    expect(train.length).to.equal(97)
  })

  it('refuses what cannot be cut', () => {
    const refused = (options: data.TrainTestSplitOptions, what: RegExp): void => {
      expect(() => data.trainTestSplit(table, options)).to.throw(ValueError, what)
    }
    refused({ testSize: 100 }, /at least 1 each and 100 together, got 0 and 100/)
    refused({ testSize: 1.5 }, /testSize/)
    refused({ stratify: 'speceis' }, /did you mean 'species'/)
    refused({ stratify: 'species', group: 'owner' }, /stratify and group/)
    refused({ stratify: 'id' }, /in two rows or more/)
    refused({ stratify: 'species', shuffle: false }, /leave out shuffle/)
    refused({ time: 'species' }, /dates or numbers/)
    refused({ testSize: 2, stratify: 'species' }, /of 3 rows or more/)
    const gaps = table.with('species', [null, ...Array.from({ length: 99 }, () => 'a')])
    expect(() => data.trainTestSplit(gaps, { stratify: 'species' })).to.throw(
      ValueError,
      /row 0 of stratify.*a gap/,
    )
  })
})
