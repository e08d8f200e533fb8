import fs from 'node:fs'

/**
 * Whether a Linux binary ends before its table of sections, which stands last. The system would map
 * such a file, of a copy that was interrupted, and kill the process (SIGBUS) when it reads the part
 * that is not there. False for every other kind of file.
 */
export function isTruncated(file: string): boolean {
  const header = Buffer.alloc(64)
  const descriptor = fs.openSync(file, 'r')
  try {
    const read = fs.readSync(descriptor, header, 0, header.length, 0)
    const elf64 = header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2
    if (!elf64) return false
    if (read < header.length) return true
    const [offset, entrySize, entries] = [
      Number(header.readBigUInt64LE(0x28)),
      header.readUInt16LE(0x3a),
      header.readUInt16LE(0x3c),
    ]
    return fs.fstatSync(descriptor).size < offset + entrySize * entries
  } finally {
    fs.closeSync(descriptor)
  }
}
