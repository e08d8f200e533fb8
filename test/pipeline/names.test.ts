import { expect } from 'chai'

import { data } from '../../ts/index.js'
import { imbalance, textOf } from '../support/html.js'

const MARKUP = '</script><img src=x onerror=alert(1)>'
const NAMES = ['__proto__', 'constructor', MARKUP, '=1+1', 'a\u001b[31mb\n']

/** An object that owns its keys, whatever they are called. */
function own(entries: readonly (readonly [string, unknown])[]): Record<string, never> {
  const made = {}
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true })
  return made
}

describe('Pipeline: names from data do no harm', () => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    own([...NAMES.map((name, j) => [name, (i * (j + 3)) % 7] as const), ['kind', NAMES[i % 3]]]),
  )
  const table = data.Table.fromRows(rows)
  const row = own(NAMES.map((name) => [name, 3]))
  const model = new data.Pipeline({ target: 'kind' })
  before(() => model.fit(table, { epochs: 2 }))

  it('as columns and as classes', () => {
    expect(model.classes).to.have.members(NAMES.slice(0, 3))
    const shares = model.predictProba(row)
    expect(Object.keys(shares)).to.deep.equal(model.classes)
    expect(shares['__proto__']).to.be.a('number')
    expect(model.predict(row)).to.be.oneOf(NAMES)
    const { contributions, baseline } = model.explain(row)
    expect(contributions.map(({ column }) => column)).to.have.members(NAMES)
    expect(contributions.map(({ cell }) => cell)).to.deep.equal(NAMES.map(() => 3))
    expect(Object.keys(baseline.row)).to.deep.equal(NAMES)
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)
    expect(Object.getPrototypeOf({})).to.equal(Object.prototype)
  })

  it('in JSON', () => {
    const { columns, classes } = JSON.parse(JSON.stringify(model.describe())) as {
      columns: { name: string }[]
      classes: string[]
    }
    expect(columns.map(({ name }) => name)).to.deep.equal(NAMES)
    expect(classes).to.deep.equal(model.classes)
    const shares = JSON.stringify(model.predictProba(row))
    expect(shares).to.include('"__proto__":')
  })

  it('in what is printed', () => {
    expect(String(model)).to.include("'a\\u001b[31mb\\n'")

    expect(String(model)).not.to.match(/\u001b/)
  })

  it('in the report', async () => {
    const importance = await data.permutationImportance(model, table, { repeats: 1 })
    expect(importance.columns.map(({ name }) => name)).to.have.members(NAMES)
    const html = await model.history!.toHTML({ importance })
    expect(imbalance(html)).to.equal(null)
    expect(html).not.to.include('<img')
    const [, section] = /<section id="why">(.*?)<\/section>/s.exec(html)!
    expect(textOf(section!)).to.include(MARKUP)
  })

  it('as weights', async () => {
    const classWeights = own(NAMES.slice(0, 3).map((name, i) => [name, i + 1]))
    const weighted = new data.Pipeline({ target: 'kind' })
    await weighted.fit(table, { epochs: 1, classWeights })
    expect(weighted.isFitted).to.equal(true)
  })
})
