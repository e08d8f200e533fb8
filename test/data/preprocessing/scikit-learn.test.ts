import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { data, type NestedArray, tensor } from '../../../ts/index.js'

type Cell = number | string | null

interface Case {
  readonly name: string
  readonly options: Record<string, data.Json>
  readonly fit: Cell[] | Cell[][]
  readonly transform: Cell[] | Cell[][]
  readonly result: Cell[][]
  readonly inverse?: Cell[][]
  readonly names?: string[]
}

const file = new URL('../../fixtures/preprocessing.json', import.meta.url)
const fixture = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Case[]>

/** What scikit-learn was given: numbers as a tensor, a column of texts as a list. */
function given(rows: Cell[] | Cell[][]): data.TransformerInput {
  const columns = Array.isArray(rows[0])
    ? (rows as Cell[][])
    : (rows as Cell[]).map((cell) => [cell])
  const texts = columns.flat().some((cell) => typeof cell === 'string')
  if (texts) return columns.map(([cell]) => cell!)
  return tensor(
    columns.map((row) => row.map((cell) => (cell as number | null) ?? NaN)),
    { dtype: 'float64' },
  )
}

function close(got: unknown, expected: unknown, tolerance: number, what: string): void {
  if (Array.isArray(expected)) {
    expect(got, what).to.be.an('array').with.lengthOf(expected.length)
    expected.forEach((part, i) => {
      close((got as unknown[])[i], part, tolerance, `${what}[${i}]`)
    })
  } else if (typeof expected === 'number') {
    expect(got, what).to.be.closeTo(expected, tolerance * Math.max(1, Math.abs(expected)))
  } else if (expected === null) expect(Number.isNaN(got) || got === null, what).to.equal(true)
  else expect(got, what).to.equal(expected)
}

const KNOWN = new Set(['name', 'options', 'fit', 'transform', 'result', 'inverse', 'names'])

/**
 * Relative to the value, at least to 1. Numbers are float64 on both sides and differ by some roundings;
 * what comes from categories and texts is float32. MinMaxScaler alone: scikit-learn adds up numbers of
 * 1e6 times the scale (at most 4), of which 2^-53 is lost.
 */
function toleranceOf(name: string, family: string): number {
  if (family !== 'scalers') return 1e-6
  return name === 'MinMaxScaler' ? 1e6 * 4 * 2 ** -52 : 1e-12
}

function check(one: Case, tolerance: number): void {
  const transformer = data.transformerFrom(one)
  const x = given(one.transform)
  transformer.fit(given(one.fit))
  const made = transformer.transform(x)
  const rows = 'toArray' in made ? made.toArray() : cellsOf(made)
  close(rows, one.result, tolerance, 'transform')
  if (one.inverse !== undefined && 'toArray' in made) {
    const back = transformer.inverseTransform(made)
    close(
      'toArray' in back ? back.toArray() : cellsOf(back),
      one.inverse,
      tolerance * 10,
      'inverse',
    )
  }
  if (one.names !== undefined) {
    expect(transformer.getFeatureNamesOut([''])).to.deep.equal(one.names.map((name) => `_${name}`))
  }
  for (const [key, value] of Object.entries(one)) {
    if (!KNOWN.has(key))
      close((transformer as unknown as Record<string, unknown>)[key], value, tolerance, key)
  }
  const again = data.transformerFrom(JSON.parse(JSON.stringify(transformer.config())) as Case)
  again.loadStateDict(transformer.stateDict())
  const second = again.transform(x)
  expect('toArray' in second ? second.toArray() : cellsOf(second)).to.deep.equal(rows)
}

const cellsOf = (column: data.Column): unknown[][] =>
  Array.from({ length: column.length }, (_, i) => [column.get(i)])

describe('preprocessing as scikit-learn does it', () => {
  for (const family of ['scalers', 'encoders', 'texts']) {
    fixture[family]!.forEach((one, i) => {
      it(`${family} ${i}: ${one.name} ${JSON.stringify(one.options)}`, () => {
        check(one, toleranceOf(one.name, family))
      })
    })
  }

  it('gives float32 for rows and the dtype of a tensor', () => {
    const scaler = new data.StandardScaler()
    const rows: NestedArray = [[-1], [1]]
    expect(scaler.fitTransform([[1], [3]]).toArray()).to.deep.equal(rows)
    expect(scaler.fitTransform([[1], [3]]).dtype).to.equal('float32')
    expect(scaler.fitTransform(tensor([[1], [3]], { dtype: 'float64' })).dtype).to.equal('float64')
  })
})
