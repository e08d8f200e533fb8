import { expect } from 'chai'

import { data } from '../../../ts/index.js'

describe('Table', () => {
  const rows = [
    {
      bill: 39.1,
      island: 'Biscoe',
      born: new Date(5),
      wild: true,
      note: 'seen once near the shore',
    },
    { bill: null, island: 'Dream', born: undefined, wild: false, note: 'a very large one, alone' },
    { bill: NaN, island: 'Biscoe', born: new Date(7), wild: null, note: null },
    { island: null, born: null, wild: true, note: 'ringed by the team in winter' },
  ]
  const table = data.Table.fromRows(rows)

  it('finds the types of its columns and keeps gaps', () => {
    expect(table.types).to.deep.equal({
      bill: 'number',
      island: 'category',
      born: 'date',
      wild: 'category',
      note: 'text',
    })
    expect(table.row(0)).to.deep.equal({ ...rows[0], wild: 'true' })
    expect(table.row(3)).to.deep.equal({ ...rows[3], bill: null, wild: 'true' })
    expect([...table].map(({ bill }) => bill)).to.deep.equal([39.1, null, null, null])
    expect(table.column('island')).to.include({ type: 'category', length: 4 })
  })

  it('takes rows, slices, selects and drops', () => {
    expect(table.take([2, 0, 2]).select(['island']).toRows()).to.deep.equal([
      { island: 'Biscoe' },
      { island: 'Biscoe' },
      { island: 'Biscoe' },
    ])
    expect(table.slice(-2).drop(['bill', 'born', 'wild', 'note']).toRows()).to.deep.equal([
      { island: 'Biscoe' },
      { island: null },
    ])
    const more = table.with('bill', [1, 2, 3, 4])
    expect(more.columnNames).to.deep.equal(table.columnNames)
    expect(more.row(3).bill).to.equal(4)
    expect(table.row(3).bill).to.equal(null)
  })

  it('reads texts as the type that was asked for', () => {
    const typed = data.Table.fromRows([{ a: '1.5', b: '2020-01-02', c: 3 }], {
      types: { a: 'number', b: 'date', c: 'category' },
    })
    expect(typed.row(0)).to.deep.equal({ a: 1.5, b: new Date('2020-01-02'), c: '3' })
  })

  it('holds a column named __proto__', () => {
    const odd = data.Table.fromRows([JSON.parse('{ "__proto__": 1, "a": 2 }') as data.RowInput])
    expect(Object.entries(odd.row(0))).to.deep.equal([
      ['__proto__', 1],
      ['a', 2],
    ])
  })

  const refused: [string, () => unknown, string, RegExp][] = [
    [
      'a value of another kind',
      () => data.Table.fromRows([{ a: 1 }, { a: 'x' }]),
      'ERR_VALUE',
      /row 1 of column 'a'/,
    ],
    [
      'columns of different lengths',
      () => new data.Table({ a: [1], b: [1, 2] }),
      'ERR_SHAPE',
      /'b'/,
    ],
    [
      'a column that is not there',
      () => table.column('islnad'),
      'ERR_VALUE',
      /did you mean 'island'/,
    ],
    ['a row that is not there', () => table.take([4]), 'ERR_VALUE', /within 0 to 3/],
    [
      'a type of a column that is not there',
      () => data.Table.fromRows([{ a: 1 }], { types: { b: 'number' } }),
      'ERR_VALUE',
      /'b'/,
    ],
  ]
  for (const [what, act, code, words] of refused) {
    it(`refuses ${what}`, () => {
      expect(act).to.throw(words).with.property('code', code)
    })
  }
})
