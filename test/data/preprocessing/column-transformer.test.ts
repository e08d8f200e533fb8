import { expect } from 'chai'

import { data, GradlaneError, tensor, ValueError } from '../../../ts/index.js'

const train = data.Table.fromRows([
  { bill: 1, island: 'b', species: 'x' },
  { bill: null, island: 'a', species: 'y' },
  { bill: 3, island: null, species: 'x' },
  { bill: 5, island: 'b', species: 'y' },
])

function made() {
  return new data.ColumnTransformer({
    bill: [new data.SimpleImputer({ addIndicator: true }), new data.StandardScaler()],
    island: new data.OneHotEncoder(),
  })
}

const round = (rows: unknown): unknown =>
  JSON.parse(JSON.stringify(rows), (_, x: unknown) =>
    typeof x === 'number' ? Math.round(x * 1e4) / 1e4 : x,
  )

describe('data.ColumnTransformer', () => {
  it('puts the numbers of its columns side by side', () => {
    const columns = made()
    const numbers = columns.fitTransform(train)
    expect(columns.featureNames).to.deep.equal([
      'bill',
      'missingindicator_bill',
      'island_a',
      'island_b',
      'island_nan',
    ])
    expect(columns.outputWidth).to.equal(5)
    expect(columns.columnNames).to.deep.equal(['bill', 'island'])
    expect([...columns.inputTypes]).to.deep.equal([
      ['bill', 'number'],
      ['island', 'category'],
    ])
    expect(columns.outputIndices.get('island')).to.deep.equal([2, 5])
    expect(numbers.dtype).to.equal('float32')
    expect(round(numbers.toArray())).to.deep.equal([
      [-1.4142, -0.5774, 0, 1, 0],
      [0, 1.7321, 1, 0, 0],
      [0, -0.5774, 0, 0, 1],
      [1.4142, -0.5774, 0, 1, 0],
    ])
  })

  it('takes a row, rows and a table', () => {
    const columns = made().fit(train)
    const row = { bill: 3, island: 'a' }
    expect(columns.transform(row).toArray()).to.deep.equal(columns.transform([row]).toArray())
    expect(columns.transform(train.toRows() as never).toArray()).to.deep.equal(
      columns.transform(train).toArray(),
    )
    expect(columns.transform([]).shape).to.deep.equal([0, 5])
    expect(columns.transform({ bill: null, island: 'unseen' }).toArray()).to.deep.equal(
      columns.transform(data.Table.fromRows([{ island: 'unseen', bill: null }])).toArray(),
    )
  })

  it('tells categories that the fit did not see', () => {
    const table = data.Table.fromRows([
      { size: 'S', kind: 'a', place: 'x', code: 1, note: 'some words' },
      { size: 'L', kind: 'b', place: 'y', code: 2, note: 'more words' },
    ])
    const columns = new data.ColumnTransformer({
      size: new data.OrdinalEncoder({ categories: ['S', 'M', 'L'] }),
      kind: [new data.SimpleImputer({ strategy: 'mostFrequent' }), new data.OneHotEncoder()],
      place: new data.EmbeddingEncoder(),
      code: new data.OneHotEncoder(),
      note: new data.HashingVectorizer(),
    })
    columns.fit(table)
    expect(columns.unseen(table)).to.deep.equal([])
    const odd = { size: 'XL', kind: 'c', place: '__proto__', code: 3, note: 'words' }
    const usual = { ...odd, size: 'M', kind: null, place: null, code: null }
    const expected = [
      { column: 'size', category: 'XL', rows: 2 },
      { column: 'kind', category: 'c', rows: 2 },
      { column: 'place', category: '__proto__', rows: 2 },
      { column: 'code', category: '3', rows: 2 },
    ]
    expect(columns.unseen([odd, usual, odd])).to.deep.equal(expected)
    expect(columns.unseen(data.Table.fromRows([odd, usual, odd]))).to.deep.equal(expected)
    expect(columns.unseen(usual)).to.deep.equal([])
    const missing = (): unknown =>
      columns.unseen({ ...usual, kind: undefined, size: 1, more: 2 } as never)
    expect(missing).to.throw(ValueError, "'more'")
    expect(() => made().unseen({ bill: 1, island: 'a' })).to.throw(ValueError, 'call fit first')
  })

  it('goes back', () => {
    const columns = made().fit(train)
    const back = columns.inverseTransform(columns.transform(train)).toRows()
    expect(round(back)).to.deep.equal(train.toRows().map(({ bill, island }) => ({ bill, island })))
  })

  it('is made again from its configuration and state', () => {
    const columns = made().fit(train)
    const config = JSON.parse(JSON.stringify(columns.config())) as data.ColumnTransformerConfig
    const again = data.ColumnTransformer.fromConfig(config)
    again.loadStateDict(columns.stateDict())
    expect(again.transform(train).toArray()).to.deep.equal(columns.transform(train).toArray())
    expect(again.featureNames).to.deep.equal(columns.featureNames)
    expect(again.config()).to.deep.equal(columns.config())
  })

  it('does in slices what it does at once', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      bill: i % 13 === 0 ? null : Math.sin(i) * 10,
      island: `i${i % 5}`,
    }))
    const table = data.Table.fromRows(rows)
    const columns = await made().fitAsync(table)
    const sliced = await columns.transformAsync(table)
    expect(sliced.data).to.deep.equal(made().fitTransform(table).data)
    const stopped = AbortSignal.abort()
    const error = await columns.fitAsync(table, { signal: stopped }).catch((e: unknown) => e)
    expect((error as Error).name).to.equal('AbortError')
  })

  it('refuses rows that do not fit, by row and column', () => {
    const columns = made().fit(train)
    const refused = (rows: unknown, what: RegExp): void => {
      expect(() => columns.transform(rows as data.Table)).to.throw(ValueError, what)
    }
    refused([{ bill: 1, island: 'a' }, { bill: 1 }], /row 1 .*column 'island'.*a gap is null/)
    refused({ bill: 1, islnd: 'a' }, /row 0 .*column 'island'.*is it 'islnd'\?/)
    refused({ bill: 1, island: 'a', extra: 1 }, /row 0 .*'extra'/)
    refused({ bill: 'long', island: 'a' }, /row 0 of column 'bill'.*a number.*'long'/)
    refused([{ bill: Infinity, island: 'a' }], /row 0 of bill.*finite number.*Infinity/)
    refused([1], /row 0.*an object/)
    expect(
      columns.transform({ bill: '3', island: 'a', species: 'x' } as never).toArray(),
    ).to.deep.equal(columns.transform({ bill: 3, island: 'a' }).toArray())
  })

  it('names the gap that nothing fills', () => {
    const columns = new data.ColumnTransformer({ bill: new data.StandardScaler() }).fit(train)
    expect(() => columns.transform(train)).to.throw(
      ValueError,
      /row 1 of column 'bill' .*a gap.*SimpleImputer/,
    )
    expect(() => columns.transform({ bill: 1e300 })).to.throw(ValueError, /float32/)
  })

  it('refuses to be used before fit, and stays as it was when a fit fails', () => {
    expect(() => made().transform(train)).to.throw(ValueError, /call fit first/)
    expect(() => made().stateDict()).to.throw(ValueError, /call fit first/)
    const columns = made().fit(train)
    const before = columns.transform(train).toArray()
    const words = train.with('island', ['a', 'b', 'c', 'd']).with('bill', ['p', 'q', 'r', 's'])
    expect(() => columns.fit(words)).to.throw(GradlaneError, /bill/)
    expect(() => columns.fit(train.drop(['bill']))).to.throw(ValueError, /'bill'/)
    expect(columns.transform(train).toArray()).to.deep.equal(before)
  })

  it('refuses what makes no numbers and transformers of two columns', () => {
    const imputer = new data.SimpleImputer({ strategy: 'mostFrequent' })
    expect(() => new data.ColumnTransformer({ island: imputer }).fit(train)).to.throw(
      GradlaneError,
      /OneHotEncoder last/,
    )
    expect(() => new data.ColumnTransformer({ bill: imputer, island: imputer })).to.throw(
      ValueError,
      /of its own/,
    )
    expect(() => new data.ColumnTransformer({})).to.throw(ValueError, /one or more/)
  })

  it('suits itself to a table', () => {
    const columns = data.ColumnTransformer.for(train, 'species').fit(train)
    expect(columns.columnNames).to.deep.equal(['bill', 'island'])
    expect(columns.outputWidth).to.equal(5)
    expect(() => data.ColumnTransformer.for(train, 'spcies')).to.throw(ValueError, /'species'/)
  })

  it('takes columns of any name', () => {
    const rows = JSON.parse('[{"__proto__": 1, "=1+1": "a"}, {"__proto__": 2, "=1+1": "b"}]') as []
    const table = data.Table.fromRows(rows)
    const columns = data.ColumnTransformer.for(table).fit(table)
    expect(columns.featureNames).to.deep.equal(['__proto__', '=1+1_a', '=1+1_b'])
    const again = data.ColumnTransformer.fromConfig(columns.config())
    again.loadStateDict(columns.stateDict())
    expect(again.transform(table).toArray()).to.deep.equal(columns.transform(table).toArray())
    expect(columns.transform(rows).toArray()).to.deep.equal(columns.transform(table).toArray())
  })
})

describe('data.targetFor', () => {
  it('numbers classes and finds them again', () => {
    const target = data.targetFor(train.column('species'))
    expect(target.task).to.equal('classification')
    expect(target.outputs).to.equal(2)
    expect(target.transform(train.column('species')).toArray()).to.deep.equal([0, 1, 0, 1])
    expect(
      target.decode(
        tensor([
          [1, 0],
          [0, 1],
        ]),
      ),
    ).to.deep.equal(['x', 'y'])
    const again = data.targetFrom(target.config())
    again.loadStateDict(target.stateDict())
    expect(again.decode(tensor([[0, 1]]))).to.deep.equal(['y'])
    expect(() => target.transform(['x', 'z'])).to.throw(ValueError, /row 1.*'z'/)
  })

  it('scales numbers and gives their unit back', () => {
    const target = data.targetFor([10, 20, 30])
    expect(target.task).to.equal('regression')
    const scaled = target.transform([10, 20, 30])
    expect(scaled.shape).to.deep.equal([3, 1])
    expect(round(target.decode(scaled))).to.deep.equal([10, 20, 30])
    const again = data.targetFrom(target.config())
    again.loadStateDict(target.stateDict())
    expect(again.decode(scaled)).to.deep.equal(target.decode(scaled))
  })

  it('refuses a state that is none, whatever it is for', () => {
    const states = [undefined, null, 3, 'state', []] as never[]
    for (const like of [
      made(),
      new data.StandardScaler(),
      new data.LabelEncoder(),
      new data.TargetScaler(),
    ])
      for (const state of states)
        expect(() => {
          like.loadStateDict(state)
        }).to.throw(ValueError, /^\w+\.loadStateDict: expected the state to be an object/)
  })

  it('takes two numbers as classes unless it is told otherwise', () => {
    const target = data.targetFor([0, 1, 1])
    expect(target.decode(tensor([[0, 1]]))).to.deep.equal([1])
    expect(data.targetFor([0, 1, 1], { task: 'regression' }).task).to.equal('regression')
  })

  it('refuses targets that nothing can be learned of', () => {
    const refused = (values: data.ColumnInput, what: RegExp): void => {
      expect(() => data.targetFor(values)).to.throw(ValueError, what)
    }
    refused(['a', 'a'], /two classes or more, got 'a' in each row/)
    refused([5, 5, 5], /numbers that differ, got 5 in each row/)
    refused(['a', null], /row 1 of the target.*a gap/)
    refused([1, 2, Infinity], /row 2 of the target.*Infinity/)
    refused([], /rows/)
    refused([new Date(0)], /date/)
  })
})
