import { createReadStream } from 'node:fs'
import path from 'node:path'
import { types } from 'node:util'

import { isAsyncIterable, isPath } from '../../check.js'
import { complaint, FormatError, ValueError } from '../../errors.js'
import { show } from '../../show.js'

/** Where a table is read from: a file, what a file holds, or a stream of it. */
export type TableSource = string | URL | Uint8Array | AsyncIterable<Uint8Array | string>

/** What is read, and its name for messages. */
export interface Opened {
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Most bytes that are looked at in one go, so that others get their turn. */
const CHUNK = 32 * 1024

/**
 * The bytes of a source, in pieces of 32 KiB at most.
 *
 * @throws ValueError when it is none. Errors of the file system come as they are.
 */
export function openSource(who: string, source: unknown): Opened {
  if (types.isUint8Array(source)) return { name: 'the buffer', chunks: pieces(() => [source]) }
  if (isAsyncIterable(source)) {
    const { path: file } = source as { path?: unknown }
    const name = typeof file === 'string' ? path.basename(file) : 'the stream'
    return { name, chunks: pieces(() => bytesOf(who, source)) }
  }
  const { href, protocol, pathname } = Object(source) as Partial<URL>
  if (typeof href === 'string' && protocol === 'file:') {
    const name = path.posix.basename(String(pathname))
    return { name, chunks: pieces(() => createReadStream(new URL(href))) }
  }
  if (typeof source === 'string' && isPath(source))
    return { name: path.basename(source), chunks: pieces(() => createReadStream(source)) }
  const expected = 'a path, a file URL, a buffer or a stream of them'
  const text = typeof source === 'string' && /[\n,]/.test(source)
  const hint = text ? 'of a text itself, pass Buffer.from(text)' : undefined
  throw new ValueError(complaint(who, 'the source', expected, show(source), hint))
}

async function* bytesOf(who: string, stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (typeof chunk === 'string') yield Buffer.from(chunk)
    else if (types.isUint8Array(chunk)) yield chunk
    else
      throw new ValueError(complaint(who, 'what the stream gives', 'bytes or texts', show(chunk)))
  }
}

/** @param open Called when the first piece is asked for, so that whoever asks is told of its errors. */
async function* pieces(
  open: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of open()) {
    for (let at = 0; at < chunk.length; at += CHUNK) yield chunk.subarray(at, at + CHUNK)
  }
}

/** Other formats by their first bytes, with what reads them. */
const SIGNATURES: readonly (readonly [string, readonly number[], string])[] = [
  ['UTF-32', [0xff, 0xfe, 0, 0], `convert it: iconv -f UTF-32 -t UTF-8`],
  ['UTF-16 (little endian)', [0xff, 0xfe], `pass { encoding: 'utf-16le' }`],
  ['UTF-16 (big endian)', [0xfe, 0xff], `pass { encoding: 'utf-16be' }`],
  ['gzip', [0x1f, 0x8b], 'pass createReadStream(file).pipe(zlib.createGunzip())'],
  ['a zip archive, as Excel files are', [0x50, 0x4b, 3, 4], 'export the sheet as CSV'],
  ['Parquet', [0x50, 0x41, 0x52, 0x31], 'use data.readParquet'],
  ['an Arrow file', [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'use data.fromArrow'],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd], 'decompress it first'],
]

/** @throws FormatError when the first bytes are those of something else than UTF-8 text. */
export function checkSignature(who: string, name: string, head: Uint8Array): void {
  const found = SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => head[i] === byte))
  if (found === undefined) return
  const [format, , hint] = found
  throw new FormatError(complaint(who, name, 'text in UTF-8', format, hint))
}
