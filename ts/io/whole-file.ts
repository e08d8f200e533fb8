import {
  closeSync,
  fstatSync,
  openSync,
  promises,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

import { FormatError } from '../errors.js'

/** Node reads or writes at most 2^31 - 1 bytes in one go. */
const PART = 2 ** 30

/** Bytes that are compared at a time. */
const COMPARED = 2 ** 20

/** The bytes of a file of any length. @param part Most bytes to read at a time. */
export async function readWhole(source: string | URL, part = PART): Promise<Uint8Array> {
  const file = await promises.open(source)
  try {
    const { size } = await file.stat()
    if (size < part) return await promises.readFile(file) // also of what has no length, such as a pipe
    const bytes = Buffer.allocUnsafeSlow(size)
    let end = 0
    for (;;) {
      const { bytesRead } = await file.read(bytes, end, Math.min(part, size - end))
      end += bytesRead
      if (bytesRead === 0 || end === size) return bytes.subarray(0, end)
    }
  } finally {
    await file.close()
  }
}

/** As `readWhole`, without a promise. */
export function readWholeSync(source: string | URL, part = PART): Uint8Array {
  const file = openSync(source, 'r')
  try {
    const { size } = fstatSync(file)
    if (size < part) return readFileSync(file)
    const bytes = Buffer.allocUnsafeSlow(size)
    let end = 0
    for (;;) {
      const read = readSync(file, bytes, end, Math.min(part, size - end), null)
      end += read
      if (read === 0 || end === size) return bytes.subarray(0, end)
    }
  } finally {
    closeSync(file)
  }
}

/** Writes bytes, however many, to the beginning of a file. */
export function writeWholeSync(file: number, bytes: Uint8Array, part = PART): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at, Math.min(part, bytes.length - at))
  }
}

/** @throws FormatError unless a file that is open for reading holds these bytes and no others. */
export async function verify(file: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  const found = Buffer.allocUnsafe(COMPARED)
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(found, 0, COMPARED, at)
    if (isLast(path, bytes, at, found.subarray(0, bytesRead))) return
    at += bytesRead
  }
}

/** As `verify`, without a promise. */
export function verifySync(file: number, path: string, bytes: Uint8Array): void {
  const found = Buffer.allocUnsafe(COMPARED)
  for (let at = 0; ;) {
    const read = readSync(file, found, 0, COMPARED, at)
    if (isLast(path, bytes, at, found.subarray(0, read))) return
    at += read
  }
}

/** Whether nothing comes after what was found at a place. @throws FormatError when that differs. */
function isLast(path: string, bytes: Uint8Array, at: number, found: Uint8Array): boolean {
  const expected = bytes.subarray(at, at + found.length)
  if (Buffer.compare(expected, found) !== 0 || (found.length === 0 && at < bytes.length)) {
    const end = Math.min(at + COMPARED, bytes.length)
    const where = `offset ${at} to ${end}`
    throw new FormatError(`${path}, ${where}: what was read back is not what was written`)
  }
  return found.length === 0
}
