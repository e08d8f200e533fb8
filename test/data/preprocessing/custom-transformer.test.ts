import { expect } from 'chai'

import { data, type GradlaneError, manualSeed, ShapeError, ValueError } from '../../../ts/index.js'

type Numbers = data.NumberColumn

/** Powers of a number, of its distance to the training's least one. */
class Powers extends data.CustomTransformer<{ readonly least: number }> {
  constructor(readonly most: number) {
    super()
  }

  override learn({ values }: Numbers): { least: number } {
    return { least: values.reduce((a, b) => Math.min(a, b)) }
  }

  override outputNames(): string[] {
    return Array.from({ length: this.most }, (_, i) => (i === 0 ? '' : `${i + 1}`))
  }

  override compute({ values }: Numbers, { least }: { least: number }): Float64Array[] {
    return this.outputNames().map((_, i) => values.map((value) => (value - least) ** (i + 1)))
  }
}

const powers = {
  config: ({ most }: Powers) => ({ most }),
  create: ({ most }: { most: number }) => new Powers(most),
}

/** Letters of a text. */
class Letters extends data.CustomTransformer {
  override compute(column: data.Column): number[][] {
    const lengths = Array.from({ length: column.length }, (_, row) => column.get(row))
    return [lengths.map((text) => (text === null ? 0 : (text as string).length))]
  }
}

describe('data.CustomTransformer', () => {
  before(() => {
    data.registerTransformer('Powers', Powers, powers)
  })

  it('learns from all rows of a column, and computes with that', () => {
    const column = Float64Array.from({ length: 10_000 }, (_, i) => 10_000 - i) // in three blocks
    const transformer = new Powers(2).fit(column)
    expect(transformer.transform([3, 1, 5]).toArray()).to.deep.equal([
      [2, 4],
      [0, 0],
      [4, 16],
    ])
    expect(transformer.getFeatureNamesOut(['size'])).to.deep.equal(['size', 'size_2'])
    expect(String(transformer)).to.equal('Powers({ most: 2 })')
    expect(() => transformer.inverseTransform([[1, 1]])).to.throw(ValueError, 'Powers.inverse')

    class Seen extends data.CustomTransformer<string[]> {
      override learn(column: data.Column): string[] {
        return Array.from({ length: column.length }, (_, row) => String(column.get(row)))
      }
      override compute(column: data.Column, seen: string[]): number[][] {
        return [Array.from({ length: column.length }, () => seen.length)]
      }
    }
    for (const cells of [
      Array.from({ length: 5000 }, (_, i) => (i % 7 === 0 ? null : `k${i % 3}`)),
      Array.from({ length: 5000 }, (_, i) => new Date(i)),
      new data.TextColumn(Array.from({ length: 5000 }, (_, i) => `no ${i}`)),
    ]) {
      expect(new Seen().fitTransform(cells).shape).to.deep.equal([5000, 1])
      expect(new Seen().fit(cells).transform(cells).data[4999]).to.equal(5000)
    }
  })

  it('is part of a pipeline and of its file', async () => {
    data.registerTransformer('Letters', Letters)
    const rows = Array.from({ length: 60 }, (_, i) => {
      return { size: (i * 7) % 11, word: 'x'.repeat(i % 5), y: ((i * 7) % 11) ** 2 + (i % 5) }
    })
    const columns = new data.ColumnTransformer({
      size: [new data.SimpleImputer(), new Powers(2), new data.StandardScaler()],
      word: new Letters(),
    })
    manualSeed(1)
    const model = new data.Pipeline({ target: 'y', columns })
    await model.fit(data.Table.fromRows(rows), { epochs: 3 })
    expect(model.columns!.featureNames).to.deep.equal(['size', 'size_2', 'word'])
    const row = { size: 4, word: null }
    const again = data.Pipeline.fromBuffer(model.toBuffer())
    expect(again.predict(row)).to.equal(model.predict(row))
    expect(again.explain(row).contributions).to.have.length(2)
    expect(data.transformerFrom(new Powers(3).config()))
      .to.be.instanceOf(Powers)
      .and.include({ most: 3 })
  })

  it('is refused by name where its class is not registered, or stands for another', async () => {
    class Unknown extends Letters {}
    const model = new data.Pipeline({
      target: 'y',
      columns: new data.ColumnTransformer({ word: new Unknown() }),
    })
    const table = data.Table.fromRows([
      { word: 'a', y: 1 },
      { word: 'b', y: 2 },
      { word: 'c', y: 3 },
    ])
    const error = await model.fit(table).catch((thrown: unknown) => thrown as GradlaneError)
    expect((error as Error).message).to.include("data.registerTransformer('Unknown', Unknown)")
    expect(String(new Unknown())).to.equal('Unknown()')
    const wrong: readonly (readonly [() => unknown, RegExp])[] = [
      [
        () => {
          data.registerTransformer('StandardScaler', Unknown)
        },
        /of this library/,
      ],
      [
        () => {
          data.registerTransformer('Powers', Unknown)
        },
        /stands for Powers/,
      ],
      [
        () => {
          data.registerTransformer('', Unknown)
        },
        /not empty/,
      ],
      [
        () => {
          data.registerTransformer('Scaler', data.StandardScaler as never)
        },
        /one of your own/,
      ],
      [
        () => {
          data.registerTransformer('Text', 'Unknown' as never)
        },
        /one of your own/,
      ],
      [() => data.transformerFrom({ name: 'Other', options: {} }), /data.registerTransformer/],
    ]
    for (const [attempt, message] of wrong) expect(attempt).to.throw(ValueError, message)
  })

  it('is held to what it has to return', () => {
    class Odd extends data.CustomTransformer {
      constructor(
        readonly made: unknown,
        readonly known: unknown = null,
        readonly names: unknown = [''],
      ) {
        super()
      }
      override learn(): data.Json {
        return this.known as data.Json
      }
      override outputNames(): string[] {
        return this.names as string[]
      }
      override compute(): number[][] {
        return this.made as number[][]
      }
    }
    const column = [1, 2]
    for (const made of [
      null,
      [],
      [1, 2],
      [[1]],
      [['a', 'b']],
      [
        [1, 2],
        [1, 2],
      ],
      'ab',
    ])
      expect(() => new Odd(made).fitTransform(column)).to.throw(ShapeError, '1 of 2 numbers each')
    for (const known of [1n, NaN, new Map(), { at: new Date() }, () => 1])
      expect(() => new Odd([[1, 2]], known).fit(column)).to.throw(ValueError, 'to be JSON')
    for (const names of [[], ['a', 'a'], [1], 'a'])
      expect(() => new Odd([[1, 2]], null, names).fit(column)).to.throw(ValueError, 'outputNames')
    expect(new Odd([[1, 2]]).fitTransform(column).toArray()).to.deep.equal([[1], [2]])
  })
})
