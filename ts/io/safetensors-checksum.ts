import { complaint, FormatError } from '../errors.js'

/** Under this name in the metadata: the checksums of the header and of the elements, in hexadecimal. */
export const CHECKSUM = 'gradlane_gmac'

// The space is one that nobody else writes. A program that has changed the tensors and kept the metadata
// has not kept this place, so nobody takes the old checksum for that of the new elements.
const OPENING = `{"__metadata__":{ "${CHECKSUM}":"`
const BLANK = '0'.repeat(32)
const HEADER_AT = 8 + OPENING.length
const DATA_AT = HEADER_AT + BLANK.length + 1

/** Most bytes that OpenSSL takes at once are 2^31 - 1. */
const PART = 2 ** 30

/**
 * GMAC with a key and a nonce of zeros: AES-128-GCM that encrypts nothing. No secret, but a checksum that
 * every CPU has instructions for; CRC-32 of zlib takes nearly twice the time.
 */
function checksumOf(bytes: Uint8Array): string {
  const { createCipheriv } = process.getBuiltinModule('node:crypto')
  const gmac = createCipheriv('aes-128-gcm', new Uint8Array(16), new Uint8Array(12))
  for (let start = 0; start < bytes.length; start += PART) {
    gmac.setAAD(bytes.subarray(start, start + PART))
  }
  gmac.final()
  return gmac.getAuthTag().toString('hex')
}

/** How a header begins, before `addChecksum` has filled the checksum in; metadata of one's own may follow. */
export const unsigned = `${OPENING}${BLANK} ${BLANK}"`

/** Fills in the checksum of a file whose header begins as `unsigned`. */
export function addChecksum(bytes: Buffer, dataStart: number): void {
  bytes.write(checksumOf(bytes.subarray(dataStart)), DATA_AT, 'latin1')
  bytes.write(checksumOf(bytes.subarray(0, dataStart)), HEADER_AT, 'latin1')
}

/**
 * @returns the checksum that the elements must have; null where the header has none.
 * @throws FormatError when the header does not have its own.
 */
export function checkHeader(who: string, bytes: Uint8Array, dataStart: number): string | null {
  const header = Buffer.from(bytes.subarray(0, dataStart)) // a copy
  const end = DATA_AT + BLANK.length
  if (header.length <= end || header.toString('latin1', 8, HEADER_AT) !== OPENING) return null
  const expected = header.toString('latin1', HEADER_AT, HEADER_AT + BLANK.length)
  header.write(BLANK, HEADER_AT, 'latin1')
  const got = checksumOf(header)
  if (got !== expected) throw damaged(who, 'the header', [0, dataStart], expected, got)
  return header.toString('latin1', DATA_AT, end)
}

/** @throws FormatError when the elements do not have this checksum. */
export function checkData(
  who: string,
  bytes: Uint8Array,
  dataStart: number,
  checksum: string,
): void {
  const found = checksumOf(bytes.subarray(dataStart))
  if (found === checksum) return
  throw damaged(who, 'the data', [dataStart, bytes.length], checksum, found)
}

function damaged(
  who: string,
  what: string,
  [start, end]: readonly [number, number],
  expected: string,
  got: string,
): FormatError {
  const where = `${who}, offset ${start} to ${end}`
  const hint = 'the file was damaged after it was written'
  return new FormatError(complaint(where, `the checksum of ${what}`, expected, got, hint))
}
