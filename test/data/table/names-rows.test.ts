import { expect } from 'chai'

import { data, manualSeed } from '../../../ts/index.js'

const rows = (count: number): data.Table =>
  data.Table.fromRows(
    Array.from({ length: count }, (_, i) => ({
      key: `k${i}`,
      name: `row number ${i}`,
      half: `h${i >> 1}`,
      place: i % 2 === 0 ? 'here' : 'there',
      gapped: i === 3 ? null : `g${i}`,
      number: i,
      kind: i % 3 === 0 ? 'a' : 'b',
    })),
    { types: { key: 'category', name: 'text', half: 'category', gapped: 'text' } },
  )

describe('columns that name rows', () => {
  it('are left out where columns are chosen, but for few rows or no other column', () => {
    const left = (table: data.Table): string[] =>
      data.ColumnTransformer.for(table, 'kind').columnNames
    expect(left(rows(30))).to.deep.equal(['name', 'half', 'place', 'gapped', 'number'])
    expect(left(rows(19))).to.include('key')
    expect(left(rows(30).select(['key', 'kind']))).to.deep.equal(['key'])
    const words = rows(150).with(
      'key',
      new data.TextColumn(Array.from({ length: 150 }, (_, i) => `w${i}`)),
    )
    expect(left(words)).to.not.include('key')
  })

  it('are told by describe, and by a pipeline that leaves them out', async () => {
    const told = "'key' has another value in each row, as an id has"
    expect(data.describe(rows(30), { target: 'kind' }).warnings).to.include(told)
    expect(data.describe(rows(30), { target: 'key' }).warnings).to.not.include(told)
    manualSeed(1)
    const warnings: Error[] = []
    const listen = (warning: Error) => warnings.push(warning)
    process.on('warning', listen)
    try {
      const model = new data.Pipeline({ target: 'kind' })
      const history = await model.fit(rows(30), { epochs: 1 })
      await new Promise(setImmediate)
      const expected = "left out as each row has another value there, as an id has: 'key'"
      expect(history.warnings).to.deep.equal([expected])
      expect(warnings.map(String)).to.deep.equal([`GradlaneWarning: Pipeline.fit: ${expected}`])
      expect(model.predict({ ...rows(30).row(0), key: 'another' })).to.be.oneOf(['a', 'b'])
    } finally {
      process.off('warning', listen)
    }
  })
})
