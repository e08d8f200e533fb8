import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { data, Generator, ValueError } from '../../../ts/index.js'

interface Case {
  readonly name: 'KFold' | 'StratifiedKFold' | 'GroupKFold' | 'TimeSeriesSplit'
  readonly options: object
  readonly rows: number
  readonly values: string[] | null
  readonly folds: number[][][]
}

interface Sizes {
  readonly rows: number
  readonly options: data.TrainTestSplitOptions
  readonly sizes: number[]
}

const file = new URL('../../fixtures/splits.json', import.meta.url)
const fixture = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[]; sizes: Sizes[] }

const plain = (folds: Iterable<data.Fold>): number[][][] =>
  Array.from(folds, ({ train, test }) => [[...train], [...test]])

const generator = (): Generator => new Generator(9)

/** Each row is tested once, and learned from in all other folds. */
function checkParts(folds: number[][][], rows: number): void {
  const all = Array.from({ length: rows }, (_, row) => row)
  const ascending = (some: number[]): number[] => [...some].sort((a, b) => a - b)
  expect(ascending(folds.flatMap(([, test]) => test!))).to.deep.equal(all)
  for (const [train, test] of folds) expect(ascending([...train!, ...test!])).to.deep.equal(all)
}

describe('folds as scikit-learn cuts them', () => {
  for (const { name, options, rows, values, folds } of fixture.cases) {
    it(`${name} ${JSON.stringify(options)} of ${rows} rows`, () => {
      const splitter = new data[name](options) as data.StratifiedKFold
      expect(plain(splitter.split(rows, values!))).to.deep.equal(folds)
      expect(splitter.length).to.equal(folds.length)
    })
  }
  for (const { rows, options, sizes } of fixture.sizes) {
    it(`trainTestSplit ${JSON.stringify(options)} of ${rows} rows`, () => {
      const table = new data.Table({ x: new Float64Array(rows) })
      const { train, test } = data.trainTestSplit(table, options)
      expect([train.length, test.length]).to.deep.equal(sizes)
    })
  }
})

describe('folds that are drawn', () => {
  const classes = Array.from({ length: 40 }, (_, i) => (i < 30 ? 'a' : 'b'))
  const table = new data.Table({ kind: classes, owner: classes.map((_, i) => `o${i % 11}`) })

  it('are other ones in each repeat and the same for the same seed', () => {
    const kFold = (): data.KFold =>
      new data.KFold({ nSplits: 4, nRepeats: 2, shuffle: true, generator: generator() })
    const folds = plain(kFold().split(table))
    expect(kFold().length).to.equal(8)
    expect(folds).to.have.lengthOf(8)
    checkParts(folds.slice(0, 4), 40)
    checkParts(folds.slice(4), 40)
    expect(folds.slice(0, 4)).not.to.deep.equal(folds.slice(4))
    expect(plain(kFold().split(table))).to.deep.equal(folds)
  })

  it('keep the shares of the classes', () => {
    const splitter = new data.StratifiedKFold({ shuffle: true, generator: generator() })
    const folds = plain(splitter.split(table, 'kind'))
    checkParts(folds, 40)
    for (const [, test] of folds) {
      expect(test!.filter((row) => classes[row] === 'b')).to.have.lengthOf(2)
    }
    expect(folds).not.to.deep.equal(plain(new data.StratifiedKFold().split(table, 'kind')))
  })

  it('keep groups together', () => {
    const splitter = new data.GroupKFold({ nSplits: 3, shuffle: true, generator: generator() })
    const folds = plain(splitter.split(table, 'owner'))
    checkParts(folds, 40)
    for (const [train, test] of folds) {
      const owners = new Set(train!.map((row) => row % 11))
      expect(test!.some((row) => owners.has(row % 11))).to.equal(false)
    }
  })

  it('refuse what cannot be cut', () => {
    const refused = (run: () => Iterable<data.Fold>, what: RegExp): void => {
      expect(() => plain(run())).to.throw(ValueError, what)
    }
    refused(() => new data.KFold().split(4), /5 or more, one a fold, got 4/)
    refused(() => new data.KFold().split('table' as never), /a Table or a number of rows/)
    refused(() => new data.KFold({ nSplits: 1 }).split(4), /nSplits/)
    refused(() => new data.KFold({ nRepeats: 2 }).split(4), /shuffle: true/)
    refused(() => new data.StratifiedKFold({ nSplits: 11 }).split(table, 'kind'), /class.*got 10/)
    refused(() => new data.StratifiedKFold().split(table, 'knd'), /did you mean 'kind'/)
    refused(() => new data.StratifiedKFold().split(3, 'kind'), /number of rows|no table/)
    refused(
      () => new data.StratifiedKFold().split(40, [...classes.slice(1), null]),
      /row 39.*a gap/,
    )
    refused(() => new data.GroupKFold({ nSplits: 12 }).split(table, 'owner'), /groups.*got 11/)
    refused(() => new data.TimeSeriesSplit().split(5), /a row before, got 5/)
    refused(() => new data.TimeSeriesSplit({ gap: 5 }).split(30), /a gap of 5.*got 30/)
  })
})
