import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'

import { complaint } from '../errors.js'
import { data, FormatError } from '../index.js'
import { peer } from '../peer.js'
import { reasonOf, show } from '../show.js'
import { UsageError } from './usage-error.js'

/** What a reader may be told; `types` are those that are not to be found. */
export interface FormatOptions {
  readonly types: Readonly<Record<string, data.ColumnType>>
  readonly missing: readonly string[] | undefined
  readonly delimiter: string | undefined
  readonly decimal: '.' | ',' | undefined
  readonly dates: data.DateOrder | undefined
  readonly encoding: string | undefined
}

export interface Format {
  readonly name: string
  /** Of the names of files, in lower case. */
  readonly endings: readonly string[]
  /** The options that say something to it. */
  readonly takes: readonly (keyof FormatOptions)[]
  /** @param source The file, or what it unpacks to. */
  readonly read: (file: string, options: FormatOptions, source: Source) => Promise<data.Table>
}

type Source = string | Readable

const TEXT = ['types', 'dates', 'encoding'] as const

const CSV: Format = {
  name: 'CSV',
  endings: [],
  takes: ['types', 'missing', 'delimiter', 'decimal', 'dates', 'encoding'],
  read: (_, options, source) => data.readCsv(source, csvOptions(options)),
}

const FORMATS: readonly Format[] = [
  {
    name: 'tab-separated text',
    endings: ['.tsv', '.tab'],
    takes: CSV.takes,
    read: (_, options, source) =>
      data.readCsv(source, csvOptions({ ...options, delimiter: options.delimiter ?? '\t' })),
  },
  {
    name: 'lines of JSON',
    endings: ['.jsonl', '.ndjson'],
    takes: TEXT,
    read: (_, { types, dates, encoding }, source) =>
      data.readJsonLines(source, { types, dates, encoding }),
  },
  {
    name: 'JSON',
    endings: ['.json'],
    takes: TEXT,
    read: async (file, { types, dates, encoding }, source) => {
      const rows = await arrayOf(file, source, encoding)
      return data.readJsonLines(linesOf(file, rows), { types, dates })
    },
  },
  {
    name: 'Parquet',
    endings: ['.parquet'],
    takes: ['types'],
    read: async (file, { types }) => {
      await needs('Parquet', 'hyparquet')
      return data.readParquet(file, { types })
    },
  },
  {
    name: 'Arrow',
    endings: ['.arrow', '.feather'],
    takes: ['types'],
    read: readArrow,
  },
]

const PACKED = /\.gz$/i

/** What a file is by the ending of its name, .gz apart; CSV by any other. */
export function formatOf(file: string): Format {
  const name = file.toLowerCase().replace(PACKED, '')
  return FORMATS.find(({ endings }) => endings.some((ending) => name.endsWith(ending))) ?? CSV
}

/** The table of a file. @throws UsageError for a folder. */
export async function readFormat(file: string, options: FormatOptions): Promise<data.Table> {
  if ((await stat(file)).isDirectory()) throw new UsageError(`${file} is a folder`)
  return formatOf(file).read(file, options, PACKED.test(file) ? unpacked(file) : file)
}

function unpacked(file: string): Readable {
  const texts = pipeline(createReadStream(file), createGunzip(), () => {
    // Whoever reads is told of an error.
  })
  return Object.assign(texts, { path: file })
}

/** What `data.readCsv` takes. */
export function csvOptions({ missing, ...options }: FormatOptions): data.ReadCsvOptions {
  return { ...options, ...(missing !== undefined && { missing }) }
}

/** A package that is no dependency. @throws AssetNotFoundError with how to have it. */
function needs<M>(what: string, name: string): Promise<M> {
  const fix = `npx -p gradlane -p ${name} gradlane …, or npm install ${name} beside gradlane`
  return peer(`reading ${what}`, name, fix)
}

async function arrayOf(
  file: string,
  source: Source,
  encoding = 'utf-8',
): Promise<readonly unknown[]> {
  const bytes = typeof source === 'string' ? await readFile(source) : await buffer(source)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch (error) {
    const hint = 'an object a line is .jsonl by its name'
    throw new FormatError(complaint('gradlane', basename(file), 'JSON', reasonOf(error), hint))
  }
  if (Array.isArray(value)) return value as unknown[]
  throw new FormatError(complaint('gradlane', basename(file), 'an array of objects', show(value)))
}

/** As a stream of that file, for the names of rows in messages. */
function linesOf(file: string, rows: readonly unknown[]): AsyncIterable<string> {
  function* lines(): Generator<string> {
    for (const row of rows) yield `${JSON.stringify(row)}\n`
  }
  return Object.assign(Readable.from(lines()), { path: file })
}

async function readArrow(file: string, { types }: FormatOptions): Promise<data.Table> {
  const { tableFromIPC } = await needs<typeof import('apache-arrow')>('Arrow', 'apache-arrow')
  const bytes = await readFile(file)
  const refused = (got: string): FormatError => {
    const hint = /compressed/.test(got) ? 'write it without compression, or as Parquet' : undefined
    return new FormatError(complaint('gradlane', basename(file), 'a file of Arrow', got, hint))
  }
  let arrow: data.ArrowTable
  try {
    arrow = tableFromIPC(bytes)
  } catch (error) {
    throw refused(reasonOf(error))
  }
  // So it makes of other bytes.
  if (arrow.schema.fields.length === 0) throw refused('one without columns')
  const table = data.fromArrow(arrow)
  const others = Object.entries(types).some(([name, type]) => table.column(name).type !== type)
  return others ? data.readRows(table, { types }) : table
}
