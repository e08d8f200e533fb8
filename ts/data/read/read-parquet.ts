import type { AsyncBuffer, FileMetaData, ParquetReadOptions } from 'hyparquet'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'

import { checkArguments, checkPath } from '../../check.js'
import { complaint, FormatError } from '../../errors.js'
import { type Options, readOptions } from '../../options.js'
import { peer, peerIfInstalled } from '../../peer.js'
import { reasonOf } from '../../show.js'
import { type Table, unknownColumn } from '../table/table.js'
import { READ_OPTIONS, type ReadOptions } from './read-options.js'

export type ReadParquetOptions = ReadOptions

const OPTIONS = { ...READ_OPTIONS } satisfies Options<ReadParquetOptions>

const WHO = 'readParquet'

/** Rows that are read in one go. */
const ROWS = 2000

/**
 * Reads a Parquet file, by the packages `hyparquet` and, where it is compressed by anything but snappy,
 * `hyparquet-compressors`, which have to be installed. Types are those of `readRows`.
 *
 * @param source A path, a `file:` URL, or bytes.
 * @throws FormatError for what is no such file, or for a value of another type than its column's, naming
 *   row and column; AssetNotFoundError with the line that installs the package that is missing; ValueError
 *   when an option is wrong or names a column that is not there. Errors of the file system as they are.
 */
export async function readParquet(
  source: string | URL | Uint8Array,
  options: ReadParquetOptions = {},
): Promise<Table> {
  checkArguments(WHO, 2, arguments)
  const given = readOptions(WHO, OPTIONS, options)
  const bytes = types.isUint8Array(source)
  if (!bytes) checkPath(WHO, 'the source', source, 'a path, a file URL or bytes')
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } =
    await peer<typeof import('hyparquet')>(WHO, 'hyparquet')
  const path = typeof source === 'string' || bytes ? source : fileURLToPath(source)
  const name = typeof path === 'string' ? basename(path) : 'the buffer'
  const file = typeof path === 'string' ? await asyncBufferFromFile(path) : bufferOf(path)
  const told = (error: unknown): never => {
    throw new FormatError(complaint(WHO, name, 'a Parquet file', reasonOf(error)))
  }
  const metadata = await parquetMetadataAsync(file).catch(told)
  const there = parquetSchema(metadata).children.map(({ element }) => element.name)
  const columns = given.columns ?? there
  const unknown = columns.find((column) => !there.includes(column))
  if (unknown !== undefined) throw unknownColumn(WHO, unknown, there)
  const compressors = await compressorsFor(metadata)
  const end = Math.min(Number(metadata.num_rows), given.limit ?? Infinity)
  const { RowsReader } = await import('./readers.js')
  const reader = new RowsReader(WHO, ` in ${name}`, { ...given, columns }, FormatError)
  const base: ParquetReadOptions = {
    file,
    metadata,
    columns: [...columns],
    ...(compressors === null ? {} : { compressors }),
  }
  for (let rowStart = 0; rowStart < end; rowStart += ROWS) {
    const rowEnd = Math.min(end, rowStart + ROWS)
    const rows = await parquetReadObjects({ ...base, rowStart, rowEnd }).catch(told)
    for (const row of rows) reader.add(row)
    await reader.settle()
  }
  return reader.finish()
}

/** Hyparquet reads files without compression and by snappy alone, the latter slower than with these. */
async function compressorsFor(
  metadata: FileMetaData,
): Promise<NonNullable<ParquetReadOptions['compressors']> | null> {
  const name = 'hyparquet-compressors'
  type Package = typeof import('hyparquet-compressors')
  const codecs = metadata.row_groups.flatMap(({ columns }) =>
    columns.map(({ meta_data: column }) => column?.codec),
  )
  const other = codecs.find((codec) => !['UNCOMPRESSED', 'SNAPPY', undefined].includes(codec))
  const found =
    other === undefined
      ? await peerIfInstalled<Package>(WHO, name)
      : await peer<Package>(`${WHO} of a file compressed by ${other}`, name)
  return found?.compressors ?? null
}

function bufferOf(bytes: Uint8Array): AsyncBuffer {
  return {
    byteLength: bytes.length,
    slice: (start, end) => Uint8Array.from(bytes.subarray(start, end ?? bytes.length)).buffer,
  }
}
