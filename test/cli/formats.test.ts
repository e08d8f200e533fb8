import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

import { readArguments } from '../../ts/cli/arguments.js'
import { ioOf } from '../../ts/cli/io.js'
import { readTable, TABLE_OPTIONS } from '../../ts/cli/tables.js'
import { UsageError } from '../../ts/cli/usage-error.js'
import { data } from '../../ts/index.js'
import { gradlane } from '../support/command.js'
import { rejection } from '../train/setting.js'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/data/${name}`, import.meta.url))

/** What the command line makes of a file. */
function read(
  file: string,
  args: readonly string[] = [],
  known?: Record<string, data.ColumnType>,
): Promise<data.Table> {
  const stdin = Readable.from([''])
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const { values } = readArguments(args, [], TABLE_OPTIONS)!
  const { signal } = new AbortController()
  return readTable(file, values, ioOf({ stdin, stdout, stderr }, signal), known)
}

describe('command line: formats', () => {
  let folder: string
  let rows: data.Row[]
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-formats-'))
    rows = (await data.readParquet(fixture('rows.parquet'))).toRows()
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  function write(name: string, text: string | Buffer): string {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }

  /** The rows with `separator` between their cells. */
  function separated(separator: string): string {
    const names = Object.keys(rows[0]!)
    const textOf = (value: data.Cell): string =>
      value instanceof Date ? value.toISOString() : String(value ?? '')
    const lines = rows.map((row) => names.map((name) => textOf(row[name]!)).join(separator))
    return [names.join(separator), ...lines, ''].join('\n')
  }

  it('are told by the ending of a name: the same rows from each', async () => {
    const lines = rows.map((row) => JSON.stringify(row))
    const files = [
      fixture('rows.parquet'),
      fixture('rows.arrow'),
      write('rows.csv', separated(',')),
      write('rows.TSV', separated('\t')),
      write('rows.txt', separated(';')),
      write('rows.jsonl', lines.join('\n')),
      write('rows.ndjson', lines.join('\n')),
      write('rows.json', JSON.stringify(rows)),
      write('rows.csv.gz', gzipSync(separated(','))),
      write('rows.json.GZ', gzipSync(JSON.stringify(rows))),
      write('rows.jsonl.gz', gzipSync(lines.join('\n'))),
    ]
    for (const file of files) {
      const table = await read(file)
      expect(table.toRows(), file).to.deep.equal(rows)
      const typed = await read(file, ['--types', 'whole=category'], { small: 'category' })
      expect(typed.types, file).to.include({ whole: 'category', small: 'category', day: 'date' })
      expect(typed.column('whole').get(1), file).to.equal('2')
    }
  })

  it('take the options that say something to them', async () => {
    const file = write('days.json', '[{"day":"3/4/2024"},{"day":"5/6/2024"}]')
    const first = async (order: string): Promise<unknown> =>
      (await read(file, ['--dates', order])).column('day').get(0)
    expect(await first('dmy')).to.deep.equal(new Date('2024-04-03'))
    expect(await first('mdy')).to.deep.equal(new Date('2024-03-04'))
    const cases: [string, string[]][] = [
      [fixture('rows.parquet'), ['--delimiter', ';']],
      [fixture('rows.arrow'), ['--encoding', 'latin1']],
      [file, ['--missing', 'none']],
    ]
    for (const [name, args] of cases) {
      const error = (await rejection(read(name, args))) as Error
      expect(error).to.be.instanceOf(UsageError)
      expect(error.message).to.include(args[0]!).and.to.include(name)
    }
  })

  it('refuse what is none of them, by file and row', async () => {
    const cases: [string, string | Buffer, RegExp][] = [
      ['cut.json', '[{"x":1},', /^ERR_FORMAT: gradlane: expected cut\.json to be JSON/],
      ['one.json', '{"x":1}', /expected one\.json to be an array of objects/],
      ['odd.json', '[{"x":1},7]', /row 1 of odd\.json/],
      ['odd.parquet', 'PAR2', /expected odd\.parquet to be a Parquet file/],
      ['odd.arrow', 'ARROW2', /expected odd\.arrow to be a file of Arrow/],
    ]
    for (const [name, text, message] of cases) {
      const error = (await rejection(read(write(name, text)))) as Error
      expect(error, name).to.have.property('code', 'ERR_FORMAT')
      expect(`ERR_FORMAT: ${error.message.replace(/^ERR_FORMAT:? /, '')}`).to.match(message)
    }
    const packed = await rejection(read(fixture('rows.lz4.arrow')))
    expect(String(packed)).to.match(/rows\.lz4\.arrow .*; write it without compression/)
    const cut = gzipSync('x,y\n1,2\n').subarray(0, 20)
    expect(await rejection(read(write('cut.csv.gz', cut)))).to.have.property('code', 'Z_BUF_ERROR')
    expect(await rejection(read(join(folder, 'no.csv.gz')))).to.have.property('code', 'ENOENT')
    const error = await rejection(read(fixture('rows.arrow'), [], { none: 'number' }))
    expect(String(error)).to.include("'none'")
  })

  it('are those of predict, too', async () => {
    const many = Array.from({ length: 8 }, () => rows).flat()
    const table = data.Table.fromRows(many).select(['number', 'class', 'day', 'whole'])
    const model = new data.Pipeline({ target: 'whole', lr: 1e-3 })
    await model.fit(table, { epochs: 1 })
    const file = join(folder, 'model.safetensors')
    await model.save(file)
    const answers: string[] = []
    for (const name of ['rows.parquet', 'rows.arrow']) {
      const { code, stdout, stderr } = await gradlane([
        'predict',
        file,
        fixture(name),
        '--keep',
        'class',
      ])
      expect(code, stderr).to.equal(0)
      answers.push(stdout)
    }
    expect(answers[0]).to.equal(answers[1])
    expect(answers[0]!.trimEnd().split('\r\n')).to.have.length(5)
  })
})
