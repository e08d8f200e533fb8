import { expect } from 'chai'

import { data, FormatError, ValueError } from '../../../ts/index.js'

const refused = async (reading: Promise<unknown>): Promise<Error> => {
  try {
    await reading
  } catch (error) {
    return error as Error
  }
  throw new Error('it was read')
}
const lines = (text: string, options?: data.ReadJsonLinesOptions): Promise<data.Table> =>
  data.readJsonLines(Buffer.from(text), options)

describe('readRows', () => {
  const rows = [
    { id: 1n, name: 'Ada', born: new Date(5), member: true, seen: '2024-01-02' },
    { id: 2, name: null, born: null, member: false, seen: '2024-02-03T10:00Z' },
    { id: null, born: undefined, member: null, seen: null, late: 1.5 },
  ]
  const expected = [
    {
      id: 1,
      name: 'Ada',
      born: new Date(5),
      member: 'true',
      seen: new Date('2024-01-02'),
      late: null,
    },
    {
      id: 2,
      name: null,
      born: null,
      member: 'false',
      seen: new Date('2024-02-03T10:00Z'),
      late: null,
    },
    { id: null, name: null, born: null, member: null, seen: null, late: 1.5 },
  ]

  it('reads arrays, generators and what has to be awaited alike', async () => {
    const wait = async function* () {
      for (const row of rows) yield await Promise.resolve(row)
    }
    const sources = [rows, new Set(rows), rows.values(), wait()]
    for (const source of sources) {
      const table = await data.readRows(source)
      expect(table.toRows()).to.deep.equal(expected)
      expect(table.types).to.deep.equal({
        id: 'number',
        name: 'category',
        born: 'date',
        member: 'category',
        seen: 'date',
        late: 'number',
      })
    }
  })

  it('agrees with Table.fromRows', async () => {
    const many = Array.from({ length: 500 }, (_, i) => ({
      a: i % 7,
      b: i % 3 ? `x${i % 5}` : null,
    }))
    const table = await data.readRows(many)
    expect(table.toRows()).to.deep.equal(data.Table.fromRows(many).toRows())
  })

  it('takes columns, types and a limit, and leaves an endless source', async () => {
    let ended = false
    const endless = function* () {
      try {
        for (let i = 0; ; i++) yield { i, price: `${i}.5`, rest: {} as never }
      } finally {
        ended = true
      }
    }
    const options: data.ReadRowsOptions = {
      columns: ['price'],
      types: { price: 'number' },
      limit: 3,
    }
    const table = await data.readRows(endless(), options)
    expect(table.toRows()).to.deep.equal([{ price: 0.5 }, { price: 1.5 }, { price: 2.5 }])
    expect(ended).to.equal(true)
  })

  it('tells of numbers that are texts, as of a database', async () => {
    const table = await data.readRows([{ price: '1.50' }, { price: '2.25' }])
    expect(table.types).to.deep.equal({ price: 'category' })
    expect(table.notes.join()).to.match(/price: '1.50' looks like a number/)
  })

  it('refuses what is no table', async () => {
    const cases: [unknown, data.ReadRowsOptions, RegExp][] = [
      [7, {}, /an iterable or async iterable of objects, got 7/],
      ['text', {}, /an iterable or async iterable/],
      [[{ a: 1 }, null], {}, /row 1 to be an object, got null/],
      [
        [{ a: 1 }, { a: 'x' }],
        {},
        /row 1 of column 'a' to be a number, as the rows before, got 'x'/,
      ],
      [
        [{ a: { b: 1 } }],
        {},
        /row 0 of column 'a' to be a text, .*got an object; leave the column out/,
      ],
      [[{ a: Infinity }], {}, /row 0 of column 'a' to be a finite number/],
      [[{ a: 1, b: 2, c: 3 }], { maxColumns: 2 }, /row 0 to be one of 2 columns at most/],
      [
        [{ a: 1 }],
        { columns: ['b'], types: { c: 'text' } },
        /the column to be in the rows, got 'b'/,
      ],
      [[{ a: 1 }], { types: { b: 'text' } }, /the column to be one of the table, got 'b'/],
    ]
    for (const [source, options, message] of cases) {
      expect((await refused(data.readRows(source as [], options))).message).to.match(message)
    }
  })
})

describe('readJsonLines', () => {
  it('reads an object a line', async () => {
    const text = '{"a":1,"b":"x","__proto__":true}\r\n\n{"b":null,"d":"2024-03-04"}\n{"a":2.5}'
    const table = await lines(text)
    expect(table.types).to.deep.equal({
      a: 'number',
      b: 'category',
      ['__proto__']: 'category',
      d: 'date',
    })
    expect(table.length).to.equal(3)
    expect(Object.entries(table.row(0))).to.deep.equal([
      ['a', 1],
      ['b', 'x'],
      ['__proto__', 'true'],
      ['d', null],
    ])
    expect(table.row(2).a).to.equal(2.5)
  })

  it('reads lines that come in pieces, as many as asked for', async () => {
    const text = Array.from({ length: 100 }, (_, i) => `{"i":${i},"ü":"é"}`).join('\n')
    const pieces = async function* () {
      for (const byte of Buffer.from(text)) yield await Promise.resolve(Uint8Array.of(byte))
    }
    const table = await data.readJsonLines(pieces(), { limit: 50 })
    expect(table.length).to.equal(50)
    expect(table.row(49)).to.deep.equal({ i: 49, ü: 'é' })
  })

  it('refuses what is no such text, naming row and column', async () => {
    const cases: [string | Buffer, data.ReadJsonLinesOptions, RegExp][] = [
      ['', {}, /the buffer to be text with an object a line/],
      ['{"a":1}\n{"a":', {}, /row 1 of the buffer to be a JSON object/],
      ['[{"a":1},\n{"a":2}]', {}, /row 0 of the buffer.*use data\.readRows\(JSON\.parse/],
      ['{"a":1}\n7\n', {}, /row 1 of the buffer to be a JSON object, got 7/],
      ['{"a":1}\n{"a":"x"}\n', {}, /row 1 of column 'a' in the buffer to be a number/],
      [
        Buffer.from('{"a":"x"}\n{"a":"ü"}\n', 'latin1'),
        {},
        /row 1 of the buffer to be text in UTF-8/,
      ],
      [
        `{"a":"${'x'.repeat(100_000)}"}`,
        { maxRowBytes: 1000 },
        /row 0 of the buffer to be of 1000 bytes at most/,
      ],
    ]
    for (const [text, options, message] of cases) {
      const error = await refused(data.readJsonLines(Buffer.from(text as Buffer), options))
      expect(error).to.be.instanceOf(FormatError)
      expect(error.message).to.match(message)
    }
    expect(await refused(lines('{}', { encoding: 'klingon' }))).to.be.instanceOf(ValueError)
  })
})
