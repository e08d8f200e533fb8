import { expect } from 'chai'

import { data, type GradlaneError, nn } from '../../ts/index.js'
import { rejection } from '../train/setting.js'
import { flowers, houses } from './rows.js'

const columns = () =>
  new data.ColumnTransformer({
    width: [new data.SimpleImputer(), new data.StandardScaler()],
    colour: new data.OneHotEncoder(),
  })

const network = (inputs: number, outputs: number): nn.Module => new nn.Linear(inputs, outputs)

type Loose = Record<string, unknown>
const make = (options: Loose = {}): data.Pipeline =>
  new data.Pipeline({ target: 'kind', columns: columns(), network, ...options })

/** What was wrong, and the code and the words that tell. */
type Case = readonly [what: string, attempt: () => unknown, code: string, message: RegExp]

async function refuses([what, attempt, code, message]: Case): Promise<void> {
  const error = (await rejection(Promise.resolve().then(attempt))) as GradlaneError
  expect(String(error), what).to.match(message)
  expect(error.code, what).to.equal(code)
}

describe('Pipeline: what it refuses', () => {
  const table = flowers(30)
  const texts = (values: string[]) => new data.TextColumn(values)

  const options: readonly Case[] = [
    ['nothing', () => new data.Pipeline(undefined as never), 'ERR_VALUE', /pass \{ target \}/],
    ['a misspelt option', () => make({ optimiser: 1 }), 'ERR_VALUE', /did you mean optimizer/],
    ['a list of columns', () => make({ columns: ['width'] }), 'ERR_VALUE', /a ColumnTransformer/],
    ['a network by itself', () => make({ network: new nn.ReLU() }), 'ERR_VALUE', /a function/],
    ['another task', () => make({ task: 'ranking' }), 'ERR_VALUE', /'classification' or/],
  ]
  for (const one of options) it(`${one[0]} as an option`, () => refuses(one))

  const fits: readonly Case[] = [
    ['rows', () => make().fit([{}] as never), 'ERR_VALUE', /a Table.*fromRows/],
    ['no rows', () => make().fit(table.take([])), 'ERR_VALUE', /at least one row, got none/],
    ['no such target', () => make({ target: 'kin' }).fit(table), 'ERR_VALUE', /mean 'kind'/],
    [
      'gaps in the target',
      () => make({ target: 'width', columns: undefined }).fit(flowers(90)),
      'ERR_VALUE',
      /'width' to be a value in each row, got none in \d of 90, the first of them row \d/,
    ],
    [
      'one class',
      () => make().fit(table.with('kind', Array<string>(30).fill('rose'))),
      'ERR_VALUE',
      /the target 'kind' to be two classes or more, got 'rose' alone, in 30 rows/,
    ],
    [
      'a constant target',
      () => make().fit(table.with('kind', new Float64Array(30).fill(2))),
      'ERR_VALUE',
      /different numbers, got 2 alone/,
    ],
    [
      'an infinite target',
      () => make().fit(table.with('kind', Float64Array.from([...Array(29).keys(), Infinity]))),
      'ERR_NOT_FINITE',
      /row 29 of the target 'kind'/,
    ],
    [
      'dates to predict',
      () =>
        make().fit(table.with('kind', new data.DateColumn(new Float64Array(30).map((_, i) => i)))),
      'ERR_VALUE',
      /date/,
    ],
    [
      'texts to predict',
      () => make().fit(table.with('kind', texts(Array.from({ length: 30 }, (_, i) => `no ${i}`)))),
      'ERR_VALUE',
      /text/,
    ],
    [
      'the target among the columns',
      () =>
        make({ columns: new data.ColumnTransformer({ kind: new data.OneHotEncoder() }) }).fit(
          table,
        ),
      'ERR_VALUE',
      /reads the target 'kind'/,
    ],
    [
      'a column that is not there',
      () => make().fit(table.drop(['width'])),
      'ERR_VALUE',
      /the column to be one of the table, got 'width'/,
    ],
    [
      'a gap that nothing fills',
      () =>
        make({ columns: new data.ColumnTransformer({ width: new data.StandardScaler() }) }).fit(
          flowers(),
        ),
      'ERR_VALUE',
      /row \d+ of column 'width' to be a value, got a gap; put a data.SimpleImputer/,
    ],
    [
      'a network of other outputs',
      () => make({ network: (inputs: number) => new nn.Linear(inputs, 7) }).fit(table),
      'ERR_SHAPE',
      /shape \(1, 2\), got shape \(1, 7\)/,
    ],
    ['no network', () => make({ network: () => 3 }).fit(table), 'ERR_VALUE', /a Module/],
    [
      'validation twice',
      () => make().fit(table, { validation: table, validationSplit: 0.2 }),
      'ERR_VALUE',
      /exclude each other/,
    ],
    [
      'a split that leaves nothing',
      () => make().fit(table, { validationSplit: 1 }),
      'ERR_VALUE',
      /between 0 and 1/,
    ],
    [
      'weights of another class',
      () => make().fit(table, { classWeights: { rose: 1, daisy: 1, tulip: 3 } }),
      'ERR_VALUE',
      /'daisy', 'rose', got one for 'tulip'/,
    ],
    [
      'weights of too few classes',
      () => make().fit(table, { classWeights: { rose: 1 } }),
      'ERR_VALUE',
      /none for 'daisy'/,
    ],
    [
      'weights where a number is predicted',
      () =>
        new data.Pipeline({ target: 'price', network }).fit(houses(), { classWeights: 'balanced' }),
      'ERR_VALUE',
      /left out where a number/,
    ],
    [
      'an option of fit alone',
      () => make().fit(table, { shuffle: false } as never),
      'ERR_VALUE',
      /unknown option shuffle/,
    ],
  ]
  for (const one of fits) it(`${one[0]} in fit`, () => refuses(one))

  it('anything before fit', async () => {
    const model = make() as unknown as Record<string, (...args: unknown[]) => unknown>
    for (const method of ['predict', 'predictProba', 'explain', 'evaluate', 'describe']) {
      const args = method === 'evaluate' ? [table] : method === 'describe' ? [] : [{}]
      await refuses([method, () => model[method]!(...args), 'ERR_VALUE', /await fit first/])
    }
  })

  describe('once it is fitted', () => {
    const model = make()
    const row = { width: 3, colour: 'red' }
    before(() => model.fit(table, { epochs: 1 }))

    const rows: readonly Case[] = [
      ['a missing key', () => model.predict({ width: 3 }), 'ERR_VALUE', /row 0.*'colour'/],
      [
        'a misspelt key',
        () => model.predict([row, { width: 3, color: 'red' }]),
        'ERR_VALUE',
        /row 1.*'colour'.*is it 'color'/,
      ],
      [
        'a further key',
        () => model.predict({ ...row, weight: 3 }),
        'ERR_VALUE',
        /got a value for 'weight'/,
      ],
      [
        'a word for a number',
        () => model.predict({ ...row, width: 'wide' }),
        'ERR_VALUE',
        /row 0 of column 'width' to be a number, got 'wide'/,
      ],
      [
        'an infinite number',
        () => model.predict({ ...row, width: Infinity }),
        'ERR_VALUE',
        /row 0 of.*width.*finite/,
      ],
      ['a list for a row', () => model.predict([[3, 'red']] as never), 'ERR_VALUE', /row 0/],
      ['a text', () => model.predict('red' as never), 'ERR_VALUE', /an object/],
      ['nothing', () => model.predict(undefined as never), 'ERR_VALUE', /an object/],
      [
        'a table without a column',
        () => model.predict(table.drop(['width'])),
        'ERR_VALUE',
        /got 'width'/,
      ],
      [
        'a class that it has not seen',
        () => model.evaluate(table.with('kind', Array<string>(30).fill('tulip'))),
        'ERR_VALUE',
        /row 0 of the target.*'tulip'/,
      ],
      ['evaluation of rows', () => model.evaluate([row] as never), 'ERR_VALUE', /to be a Table/],
      [
        'an explanation of another class',
        () => model.explain(row, { class: 'tulip' }),
        'ERR_VALUE',
        /one of \['daisy', 'rose'\], got 'tulip'/,
      ],
      [
        'importance of another thing',
        () => data.permutationImportance({} as never, table),
        'ERR_VALUE',
        /to be a Pipeline/,
      ],
    ]
    for (const one of rows) it(one[0], () => refuses(one))

    it('and is afterwards as it was', () => {
      expect(model.predict(row)).to.be.oneOf(['daisy', 'rose'])
    })
  })
})
