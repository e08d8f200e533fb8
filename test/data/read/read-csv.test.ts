import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'

import { data, FormatError, ValueError } from '../../../ts/index.js'
import { subscriptions } from '../../fixtures/data/subscriptions.mjs'

const read = (text: string, options?: data.ReadCsvOptions): Promise<data.Table> =>
  data.readCsv(Buffer.from(text), options)

const refused = async (reading: Promise<unknown>): Promise<Error & { code?: string }> => {
  try {
    await reading
  } catch (error) {
    return error as Error
  }
  throw new Error('it was read')
}

describe('readCsv', () => {
  it('reads penguins, gaps and all', async () => {
    const table = await data.readCsv('test/fixtures/data/penguins.csv')
    expect(table.length).to.equal(344)
    expect(table.types).to.deep.equal({
      species: 'category',
      island: 'category',
      bill_length_mm: 'number',
      bill_depth_mm: 'number',
      flipper_length_mm: 'number',
      body_mass_g: 'number',
      sex: 'category',
    })
    expect(table.row(0)).to.deep.equal({
      species: 'Adelie',
      island: 'Torgersen',
      bill_length_mm: 39.1,
      bill_depth_mm: 18.7,
      flipper_length_mm: 181,
      body_mass_g: 3750,
      sex: 'male',
    })
    const gaps = table.columnNames.map((name) => {
      const column = table.column(name)
      return Array.from({ length: table.length }, (_, row) => column.isGap(row)).filter(Boolean)
        .length
    })
    expect(gaps).to.deep.equal([0, 0, 2, 2, 2, 2, 11])
    expect(table.notes).to.deep.equal([])
  })

  it('finds dates, names and classes', async () => {
    const cars = await data.readCsv('test/fixtures/data/cars.csv')
    expect(cars.types).to.include({ mpg: 'number', model_year: 'date', origin: 'category' })
    expect(cars.types).to.include({ name: 'text' })
    const lines = Buffer.from([...subscriptions(3000)].join('\n'))
    const table = await data.readCsv(lines, { sample: 100 })
    expect(table.length).to.equal(3000)
    expect(table.types).to.include({ newsletter: 'category', signed_up: 'date' })
    expect(table.column('newsletter'))
      .to.have.property('categories')
      .that.has.members(['false', 'true'])
  })

  it('reads the same of a path, a URL, bytes and streams', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'gradlane-'))
    try {
      const text = '\ufeffa,ä\n1,"x\n""y"""\n2,é\n'
      const file = path.join(folder, 'rows.csv')
      await writeFile(file, text)
      const bytes = Buffer.from(text)
      const single = Array.from(bytes, (byte) => Buffer.from([byte]))
      const sources: data.TableSource[] = [
        file,
        pathToFileURL(file),
        bytes,
        new Uint8Array(bytes),
        Readable.from([text]),
        Readable.from(single),
        new Blob([bytes]).stream(),
      ]
      for (const source of sources) {
        expect((await data.readCsv(source)).toRows()).to.deep.equal([
          { a: 1, ä: 'x\n"y"' },
          { a: 2, ä: 'é' },
        ])
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  for (const mark of [',', ';', '\t', '|'])
    it(`finds ${JSON.stringify(mark)} between the cells`, async () => {
      const rows = [
        ['a', 'b'],
        ['1', '"x,;|y"'],
        ['2', '3:4'],
      ]
      const table = await read(rows.map((row) => row.join(mark)).join('\r\n'))
      expect(table.columnNames).to.deep.equal(['a', 'b'])
      expect(table.row(0)).to.deep.equal({ a: 1, b: 'x,;|y' })
    })

  it('finds decimal commas where they are sure', async () => {
    const table = await read('a;b;c;d\n1,5;1.234,5;1,234;7\n-2;10;5,678;8\n')
    expect(table.types).to.deep.equal({ a: 'number', b: 'number', c: 'category', d: 'number' })
    expect(table.row(0)).to.deep.equal({ a: 1.5, b: 1234.5, c: '1,234', d: 7 })
    expect(table.notes.join('\n')).to.match(/c: '1,234' may be a fraction or thousands/)
    const told = await read('c;d\n1,234;1,5\n5,678;2\n', { decimal: ',' })
    expect(told.toRows()).to.deep.equal([
      { c: 1.234, d: 1.5 },
      { c: 5.678, d: 2 },
    ])
  })

  it('takes for gaps what pandas does, or what it is told', async () => {
    const text = 'a,b\n1,NA\nNaN,x\n-999,null\n'
    expect((await read(text)).toRows()).to.deep.equal([
      { a: 1, b: null },
      { a: null, b: 'x' },
      { a: -999, b: null },
    ])
    const told = await read(text, { missing: ['-999', 'NaN'] })
    expect(told.toRows()).to.deep.equal([
      { a: 1, b: 'NA' },
      { a: null, b: 'x' },
      { a: null, b: 'null' },
    ])
  })

  it('reads dates of a column in one order, and leaves those that are not clear', async () => {
    const table = await read(
      'iso,dots,us,unclear,words\n2024-02-29 12:30,1.2.2024,2/13/2024,1/2/2024,"Mar 3, 2024"\n' +
        '2024-03-01T00:00:00+01:00,13.2.2024,1/2/2024,3/4/2024,4 March 2024\n',
    )
    expect(table.types).to.deep.equal({
      iso: 'date',
      dots: 'date',
      us: 'date',
      unclear: 'category',
      words: 'date',
    })
    const iso = (row: number, name: string): string => (table.row(row)[name] as Date).toISOString()
    expect(iso(0, 'iso')).to.equal('2024-02-29T12:30:00.000Z')
    expect(iso(1, 'iso')).to.equal('2024-02-29T23:00:00.000Z')
    expect(iso(0, 'dots')).to.equal('2024-02-01T00:00:00.000Z')
    expect(iso(1, 'us')).to.equal('2024-01-02T00:00:00.000Z')
    expect(iso(0, 'words')).to.equal('2024-03-03T00:00:00.000Z')
    expect(table.notes.join('\n')).to.match(/unclear: '1\/2\/2024' may be day or month first/)
    const told = await read('d\n1/2/2024\n', { dates: 'dmy' })
    expect(told.row(0).d).to.deep.equal(new Date('2024-02-01'))
    expect((await read('d\n2023-02-29\n2023-02-28\n')).types).to.deep.equal({ d: 'category' })
  })

  it('keeps digits that are no numbers, and tells what it was not sure of', async () => {
    const table = await read(
      'zip,id,mixed,price\n01067,90071992547409931,1,"$1,200"\n80331,2,?,$3\n1,3,5,$7\n',
    )
    expect(table.types).to.deep.equal({
      zip: 'category',
      id: 'number',
      mixed: 'category',
      price: 'category',
    })
    expect(table.row(0).zip).to.equal('01067')
    const notes = table.notes.join('\n')
    expect(notes).to.match(/zip: '01067' begins with a zero/)
    expect(notes).to.match(/id: '90071992547409931' has more digits/)
    expect(notes).to.match(
      /mixed: 1 of 3 cells are no numbers, the first is '\?'.*missing: \['\?'\]/,
    )
    expect(notes).to.match(/price: '\$1,200' looks like a number with marks/)
  })

  it('takes types, columns, a limit and names', async () => {
    const text = 'a,b,c\n1,2,x\n3,4,y\n5,oops,z\n'
    const table = await read(text, { columns: ['c', 'b'], types: { b: 'category' }, limit: 2 })
    expect(table.toRows()).to.deep.equal([
      { c: 'x', b: '2' },
      { c: 'y', b: '4' },
    ])
    expect((await read('1,2\n', { header: ['x', 'y'] })).row(0)).to.deep.equal({ x: 1, y: 2 })
    expect((await read('1,2\n', { header: false })).columnNames).to.deep.equal([
      'column_1',
      'column_2',
    ])
    expect((await read('1,2\n3,4\n', { limit: 0 })).length).to.equal(0)
    const [first, second] = [
      refused(read(text, { columns: ['d'] })),
      refused(read(text, { types: { A: 'text' } })),
    ]
    expect((await first).message).to.match(/the column to be one of the table, got 'd'/)
    expect((await second).message).to.match(/the column to be one of the table, got 'A'/)
  })

  it('gives each column a name of its own', async () => {
    const table = await read('a,,a,a.1,__proto__,=1+1,<b>\n1,2,3,4,5,6,7\n')
    const names = ['a', 'column_2', 'a.2', 'a.1', '__proto__', '=1+1', '<b>']
    expect(table.columnNames).to.deep.equal(names)
    expect(Object.entries(table.row(0))).to.deep.equal(names.map((name, i) => [name, i + 1]))
    expect(Object.getPrototypeOf(table.row(0))).to.equal(Object.prototype)
    expect(table.notes.join('\n')).to.match(/a\.2: the name 'a' is there twice/)
  })

  it('keeps columns without a value, and those whose values come late', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => `,${i < 45 ? '' : 'late'}`)
    const table = await read(`empty,late\n${rows.join('\n')}\n`, { sample: 10 })
    expect(table.types).to.deep.equal({ empty: 'number', late: 'category' })
    expect(table.row(44)).to.deep.equal({ empty: null, late: null })
    expect(table.row(45)).to.deep.equal({ empty: null, late: 'late' })
    const typed = await read('a,b\n,\n', { types: { a: 'text', b: 'date' } })
    expect(typed.types).to.deep.equal({ a: 'text', b: 'date' })
  })

  it('takes for text what has too many different categories', async () => {
    const rows = Array.from({ length: 70_000 }, (_, i) => (i < 300 ? 'same' : `id${i}`))
    const table = await read(`id\n${rows.join('\n')}\n`, { sample: 100 })
    expect(table.types).to.deep.equal({ id: 'text' })
    expect([table.row(0).id, table.row(69_999).id]).to.deep.equal(['same', 'id69999'])
    const asked = await read(`id\n${rows.join('\n')}\n`, { types: { id: 'category' } })
    expect(asked.types).to.deep.equal({ id: 'category' })
  })

  it('reads another encoding when it is named', async () => {
    const latin = Buffer.from('name\nJürgen\n', 'latin1')
    const table = await data.readCsv(latin, { encoding: 'windows-1252' })
    expect(table.row(0)).to.deep.equal({ name: 'Jürgen' })
    const wide = Buffer.from('\ufeffname\nJürgen\n', 'utf16le')
    const other = await data.readCsv(wide, { encoding: 'utf-16le' })
    expect(other.toRows()).to.deep.equal([{ name: 'Jürgen' }])
  })

  it('lets other work go on', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},word,${i / 7}`)
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await read(`a,b,c\n${lines.join('\n')}\n`)
    clearInterval(timer)
    expect(turns).to.be.above(5)
  })

  describe('refuses', () => {
    const long = `a,b\n${'1,2\n'.repeat(100)}`
    const cases: [what: string, bytes: string | Buffer, options: data.ReadCsvOptions, RegExp][] = [
      ['an empty file', '', {}, /the buffer to be text with a row of names, got an empty one/],
      ['a file of blank lines', '\n\n', {}, /a row of names, got an empty one/],
      ['a byte order mark alone', '\ufeff', {}, /a row of names, got an empty one/],
      [
        'a row that is too short',
        'a,b\n1,2\n3\n',
        {},
        /row 1 in the buffer \(line 3\) to be 2 cells wide.*got 1 cells/,
      ],
      [
        'a row that is too long',
        'a,b\n1,2,3\n',
        {},
        /row 0 in the buffer \(line 2\) to be 2 cells wide.*got 3 cells/,
      ],
      [
        'UTF-16',
        Buffer.from('\ufeffa,b\n', 'utf16le'),
        {},
        /UTF-8, got UTF-16 \(little endian\); pass \{ encoding/,
      ],
      ['UTF-16 without a mark', Buffer.from('a,b\n1,2\n', 'utf16le'), {}, /a zero byte; UTF-16/],
      [
        'Latin-1',
        Buffer.from('a,b\n1,2\n3,ü\n', 'latin1'),
        {},
        /row 1 of the buffer to be text in UTF-8, got byte 0xFC, "ü" in Latin-1/,
      ],
      [
        'a character cut at the end',
        Buffer.from('a\nü').subarray(0, -1),
        {},
        /text in UTF-8, got byte 0xC3/,
      ],
      ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0]), {}, /got gzip; pass createReadStream/],
      [
        'a spreadsheet',
        Buffer.from('PK\u0003\u0004rest'),
        {},
        /got a zip archive, as Excel files are; export/,
      ],
      [
        'a word among numbers',
        `${long}3,four\n`,
        { sample: 50 },
        /row 100 of column 'b' in the buffer \(line 102\) to be a number, as the rows before, got 'four'; pass \{ missing: \['four'\]/,
      ],
      [
        'a word in a column of numbers',
        'a\n1\nx\n',
        { types: { a: 'number' } },
        /row 1 of column 'a' in the buffer \(line 3\) to be a number, got 'x'/,
      ],
      [
        'no date in a column of dates',
        'a\n2024-02-30\n',
        { types: { a: 'date' } },
        /row 0 of column 'a'.*a date, got '2024-02-30'/,
      ],
      [
        'an infinite number',
        'a,b\n1,2\ninf,3\n',
        {},
        /row 1 of column 'a'.*a finite number.*got 'inf'/,
      ],
      [
        'a number that is too large',
        'a\n1\n1e999\n',
        {},
        /row 1 of column 'a'.*a finite number.*got '1e999'/,
      ],
      [
        'too many columns',
        `${'a,'.repeat(20)}b\n`,
        { maxColumns: 10 },
        /10 columns at most, got 21 columns/,
      ],
      ['a million columns', 'a,'.repeat(1_000_000), {}, /16384 columns at most/],
      [
        'a row that does not end',
        `a,b\n1,"${'x'.repeat(200_000)}`,
        { maxRowBytes: 65536 },
        /row 0 of the buffer to be of 65536 bytes at most, got more; is a quote left open/,
      ],
      [
        'an open quote',
        'a,b\n1,"x\n',
        {},
        /row 0 in the buffer.*closed by a quote, got the end of the file/,
      ],
      [
        'a quote inside of a cell',
        'a,b\n1,x"y"\n',
        {},
        /cell 1 of row 0.*quoted as a whole.*pass \{ quote: null \}/,
      ],
      ['more after a quote', 'a,b\n1,"x"y\n', {}, /row 0.*quoted as a whole/],
    ]
    for (const [what, bytes, options, message] of cases)
      it(what, async () => {
        const error = await refused(data.readCsv(Buffer.from(bytes as Buffer), options))
        expect(error).to.be.instanceOf(FormatError)
        expect(error.message).to.match(message)
        expect(error.message).to.match(/^readCsv: /)
      })

    it('a file that is not there, as Node does', async () => {
      expect(await refused(data.readCsv('nowhere.csv'))).to.have.property('code', 'ENOENT')
    })

    it('what is no source', async () => {
      for (const source of [7, null, {}, [], 'a\0b', new URL('http://localhost/')])
        expect(await refused(data.readCsv(source as string))).to.be.instanceOf(ValueError)
      const stream = Readable.from([{}]) as AsyncIterable<never>
      expect((await refused(data.readCsv(stream))).message).to.match(
        /bytes or texts, got an object/,
      )
    })
  })
})
