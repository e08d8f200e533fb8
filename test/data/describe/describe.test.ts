import { expect } from 'chai'

import { data, ValueError } from '../../../ts/index.js'

const NUL = String.fromCharCode(27)

describe('data.describe', () => {
  it('tells of penguins what pandas does', async () => {
    const table = await data.readCsv('test/fixtures/data/penguins.csv')
    const { rows, columns, target, warnings } = data.describe(table, { target: 'species' })
    expect(rows).to.equal(344)
    const mass = columns.find(({ name }) => name === 'body_mass_g')!
    expect(mass).to.include({ type: 'number', gaps: 2, distinct: 94, min: 2700, max: 6300 })
    expect(mass.mean).to.be.closeTo(4201.754385964912, 1e-9)
    expect(mass.std).to.be.closeTo(801.9545356980955, 1e-9)
    expect(mass.quartiles).to.deep.equal([3550, 4050, 4750])
    const sex = columns.find(({ name }) => name === 'sex')!
    expect(sex).to.deep.include({
      gaps: 11,
      distinct: 2,
      top: [
        ['male', 168],
        ['female', 165],
      ],
    })
    expect(target?.classes).to.deep.equal([
      ['Adelie', 152],
      ['Gentoo', 124],
      ['Chinstrap', 68],
    ])
    expect(columns[0]!.leakage).to.equal(null)
    for (const { name, leakage } of columns.slice(1)) expect(leakage, name).to.be.within(0, 0.9)
    expect(warnings).to.deep.equal([])
  })

  const many = Array.from({ length: 400 }, (_, i) => i)
  const price = many.map((i) => (i * 7919) % 400)
  const table = new data.Table({
    price,
    cents: price.map((value) => 100 * value),
    copy: price.map((value) => value),
    label: price.map((value) => (value < 200 ? 'cheap' : 'dear')),
    same: many.map(() => 'x'),
    empty: many.map(() => null),
    when: many.map((i) => new Date(864e5 * (i % 3))),
    noise: many.map((i) => (i * i * 31) % 101),
    rare: many.map((i) => (i % 40 === 0 ? 'yes' : 'no')),
    told: many.map((i) => (i % 40 === 0 ? 'left early' : i % 2 === 0 ? null : 'stays')),
  })

  it('finds constant, empty and duplicate columns, and those that give a number away', () => {
    const { columns, warnings } = data.describe(table, { target: 'price' })
    const by = new Map(columns.map((column) => [column.name, column]))
    expect(by.get('copy')!.duplicateOf).to.equal('price')
    expect(by.get('same')!.constant).to.equal(true)
    expect(by.get('when')).to.deep.include({
      min: new Date(0),
      max: new Date(2 * 864e5),
      distinct: 3,
    })
    expect(by.get('cents')!.leakage).to.be.closeTo(1, 1e-12)
    expect(by.get('label')!.leakage).to.be.within(0.7, 0.8)
    expect(by.get('noise')!.leakage).to.be.below(0.2)
    expect(warnings).to.deep.equal([
      "'cents' gives the target away by itself (1.000 of 1): is it known beforehand?",
      "'copy' holds the same as 'price'",
      "'copy' gives the target away by itself (1.000 of 1): is it known beforehand?",
      "'same' has the same value in each row",
      "'empty' has no value at all",
    ])
  })

  it('finds classes out of balance, one class, and columns that give a class away', () => {
    const { warnings } = data.describe(table, { target: 'rare' })
    expect(warnings).to.include(
      "the target 'rare' is out of balance: 390 rows are 'no', 10 are 'yes'",
    )
    expect(warnings).to.include(
      "'told' gives the target away by itself (1.000 of 1): is it known beforehand?",
    )
    const one = data.describe(table, { target: 'same' }).warnings
    expect(one[0]).to.equal("the target 'same' has one class, 'x'")
    const gaps = data.describe(table, { target: 'told' }).warnings
    expect(gaps[0]).to.match(/the target 'told' has no value in 190 of 400 rows/)
  })

  it('takes two numbers, or any where it is told to, for classes', () => {
    const few = new data.Table({
      y: many.map((i) => (i % 40 === 0 ? 1 : 0)),
      kind: many.map((i) => (i % 40 === 0 ? 7 : i % 45 === 0 ? 5 : i % 50 === 0 ? 4 : i % 3)),
      noise: many.map((i) => (i * i * 31) % 101),
    })
    const { target, warnings } = data.describe(few.drop(['kind']), { target: 'y' })
    expect(target).to.deep.include({
      type: 'number',
      classes: [
        ['0', 390],
        ['1', 10],
      ],
    })
    expect(warnings).to.deep.equal([
      "the target 'y' is out of balance: 390 rows are '0', 10 are '1'",
    ])
    expect(data.describe(few, { target: 'kind' }).target!.classes).to.equal(null)
    const told = data.describe(few, { target: 'kind', task: 'classification' })
    expect(told.target!.classes).to.have.length(6)
    expect(told.warnings[0]).to.match(
      /out of balance: \d+ rows are '\d', \d+ are '4', \d+ are '5', \d+ are '7'$/,
    )
    const number = data.describe(few, { target: 'y', task: 'regression' })
    expect(number.target!.classes).to.equal(null)
    expect(() => data.describe(few, { target: 'y', task: 'both' as never })).to.throw(ValueError)
  })

  it('tells that rows are few where something is to be predicted', () => {
    const few = table.slice(0, 199)
    const told = '199 rows are few: another split may give quite other figures'
    expect(data.describe(few, { target: 'noise' }).warnings).to.include(told)
    expect(data.describe(few).warnings).to.not.include(told)
    expect(data.describe(table.slice(0, 200), { target: 'noise' }).warnings.join()).to.not.match(
      /few/,
    )
  })

  it('does not take a number of its own for each row for a leak', () => {
    const ids = new data.Table({
      id: many.map((i) => `id${i}`),
      y: many.map((i) => ((i * 7919) % 13 < 6 ? 'a' : 'b')),
    })
    const typed = ids.with(
      'id',
      data.Table.fromRows([...ids], { types: { id: 'category' } }).column('id'),
    )
    expect(data.describe(typed, { target: 'y' }).columns[0]!.leakage).to.be.below(0.2)
  })

  it('repeats what reading was not sure of', async () => {
    const read = await data.readCsv(Buffer.from('zip\n01\n'))
    expect(data.describe(read).warnings).to.deep.equal([...read.notes])
  })

  it('is a table as a text, without what a terminal would obey', () => {
    const odd = new data.Table({ [`${NUL}[2J`]: [1, 2.25, 4], b: ['x', `${NUL}c`, null] })
    const text = String(data.describe(odd))
    expect(text).not.to.include(NUL)
    expect(
      text
        .split('\n')
        .slice(0, 3)
        .map((line) => line.replace(/ +/g, ' ')),
    ).to.deep.equal([
      '3 rows, 2 columns',
      '',
      'column type gaps distinct mean std min 25 % 50 % 75 % max',
    ])
    expect(text).to.match(/number +0 +3 +2\.4167 +1\.5069 +1 +1\.625 +2\.25 +3\.125 +4/)
  })

  it('describes a table of no rows', () => {
    const none = data.describe(new data.Table({ a: [], b: ['x'].slice(1) }), { target: 'a' })
    expect(none.columns.map(({ distinct, constant }) => [distinct, constant])).to.deep.equal([
      [0, false],
      [0, false],
    ])
    expect(String(none)).to.include('0 rows, 2 columns, target a')
  })

  it('refuses a target that is no column, and what is no table', () => {
    expect(() => data.describe(table, { target: 'prices' })).to.throw(
      ValueError,
      /did you mean 'price'/,
    )
    expect(() => data.describe([] as never)).to.throw(ValueError, /the table to be a data\.Table/)
  })
})
