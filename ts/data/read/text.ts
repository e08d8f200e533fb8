import { complaint, FormatError } from '../../errors.js'
import { checkSignature, type Opened } from './source.js'

/** Text in UTF-8, checked, without a byte order mark. */
export interface Text {
  readonly bytes: Uint8Array
  /** Not text after these bytes: what is wrong, said once they are read. */
  readonly complaint?: (row: string) => FormatError
}

/**
 * The text of a source in UTF-8, whole characters at a time. What is no text ends it: the bytes before it
 * come first, so that whoever reads them can tell the row.
 *
 * @param encoding What `TextDecoder` knows; undefined for UTF-8.
 * @throws FormatError when it begins as another format does.
 */
export async function* textOf(
  who: string,
  { name, chunks }: Opened,
  encoding?: string,
): AsyncGenerator<Text> {
  const utf8 = encoding === undefined ? chunks : decoded(who, name, chunks, encoding)
  let rest: Uint8Array = Buffer.alloc(0)
  let first = true
  for await (const chunk of utf8) {
    let bytes: Uint8Array = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    if (first) {
      if (bytes.length < 4) {
        rest = bytes
        continue
      }
      checkSignature(who, name, bytes)
      bytes = withoutMark(bytes)
      first = false
    }
    const end = bytes.length - openCharacter(bytes)
    rest = bytes.subarray(end)
    yield* checked(who, name, bytes.subarray(0, end))
  }
  if (first) {
    checkSignature(who, name, rest)
    rest = withoutMark(rest)
  }
  yield* checked(who, name, rest)
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return marked ? bytes.subarray(3) : bytes
}

/** How many bytes at the end begin a character that goes on. */
function openCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back]
    if (byte === undefined || byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

function* checked(who: string, name: string, bytes: Uint8Array): Generator<Text> {
  if (bytes.length === 0) return
  const nul = bytes.indexOf(0)
  if (nul >= 0) {
    const hint = 'UTF-16 without a byte order mark? convert it: iconv -f UTF-16LE -t UTF-8'
    const wrong = (row: string): FormatError =>
      new FormatError(complaint(who, `${row} of ${name}`, 'text in UTF-8', 'a zero byte', hint))
    yield { bytes: bytes.subarray(0, nul), complaint: wrong }
  } else if (process.getBuiltinModule('node:buffer').isUtf8(bytes)) yield { bytes }
  else {
    const at = firstInvalid(bytes)
    const byte = bytes[at]!
    const shown = `byte 0x${byte.toString(16).toUpperCase()}, ${JSON.stringify(String.fromCharCode(byte))} in Latin-1`
    const hint = `pass { encoding: 'windows-1252' } for a file of older Windows programs`
    const wrong = (row: string): FormatError =>
      new FormatError(complaint(who, `${row} of ${name}`, 'text in UTF-8', shown, hint))
    yield { bytes: bytes.subarray(0, at), complaint: wrong }
  }
}

/** Where bytes stop being UTF-8. */
function firstInvalid(bytes: Uint8Array): number {
  let at = 0
  for (;;) {
    const lead = bytes[at]!
    const size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
    if (!process.getBuiltinModule('node:buffer').isUtf8(bytes.subarray(at, at + size))) return at
    at += size
  }
}

async function* decoded(
  who: string,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  const read = (chunk?: Uint8Array): Uint8Array => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream: chunk !== undefined }))
    } catch {
      throw new FormatError(complaint(who, name, `text in ${encoding}`, 'bytes that are none'))
    }
  }
  for await (const chunk of chunks) yield read(chunk)
  yield read()
}

/** Whether `TextDecoder` knows an encoding. */
export function encodingExists(name: unknown): boolean {
  try {
    return typeof name === 'string' && new TextDecoder(name, { fatal: true }).encoding !== ''
  } catch {
    return false
  }
}
