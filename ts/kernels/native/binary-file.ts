import fs from 'node:fs'

/** What the first bytes of a binary tell. */
export interface BinaryFile {
  readonly bytes: number
  /** What it was made for, as `process.platform`-`process.arch`; null where it is no binary. */
  readonly platform: string | null
  /**
   * Whether a Linux binary ends before its table of sections, which stands last. The system would map
   * such a file, of a copy that was interrupted, and kill the process (SIGBUS) when it reads the part
   * that is not there. Other systems refuse it themselves.
   */
  readonly cut: boolean
}

const HEADER = 4096 // where PE and Mach-O have theirs, too

const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
}
const PE_MACHINES: Readonly<Record<number, string>> = {
  0x14c: 'ia32',
  0x8664: 'x64',
  0xaa64: 'arm64',
}
const MACH_O_MACHINES: Readonly<Record<number, string>> = {
  0x1000007: 'x64',
  0x100000c: 'arm64',
}

/** Undefined where there is no such file; otherwise throws what the file system throws. */
export function binaryFile(file: string): BinaryFile | undefined {
  let descriptor: number
  try {
    descriptor = fs.openSync(file, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  try {
    const header = Buffer.alloc(HEADER)
    const read = fs.readSync(descriptor, header, 0, HEADER, 0)
    const bytes = fs.fstatSync(descriptor).size
    return { bytes, platform: platformOf(header), cut: isCut(header, read, bytes) }
  } finally {
    fs.closeSync(descriptor)
  }
}

const isElf64 = (header: Buffer): boolean =>
  header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2

function platformOf(header: Buffer): string | null {
  const named = (system: string, arch: string | undefined): string =>
    `${system}-${arch ?? 'unknown'}`
  if (header.readUInt32BE(0) === 0x7f454c46) {
    const machine = header[5] === 2 ? header.readUInt16BE(0x12) : header.readUInt16LE(0x12)
    return named('linux', ELF_MACHINES[machine])
  }
  if (header.readUInt32LE(0) === 0xfeedfacf) {
    return named('darwin', MACH_O_MACHINES[header.readUInt32LE(4)])
  }
  if (header.toString('latin1', 0, 2) === 'MZ') {
    const at = header.readUInt32LE(0x3c)
    const isPe = at <= HEADER - 6 && header.toString('latin1', at, at + 4) === 'PE\0\0'
    return isPe ? named('win32', PE_MACHINES[header.readUInt16LE(at + 4)]) : null
  }
  return null
}

function isCut(header: Buffer, read: number, bytes: number): boolean {
  if (!isElf64(header) || header[5] === 2) return false
  if (read < 64) return true
  const offset = Number(header.readBigUInt64LE(0x28))
  const [entrySize, entries] = [header.readUInt16LE(0x3a), header.readUInt16LE(0x3c)]
  return bytes < offset + entrySize * entries
}
