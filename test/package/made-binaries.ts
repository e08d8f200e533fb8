/** Headers of binaries, as few as the loaders of their systems read, built from bytes. */
export interface Made {
  exported?: string[]
  libraries?: string[]
  /** ELF: versions of symbols; Mach-O and PE: the oldest system, `11.0`. */
  versions?: string[]
  system?: string
  symbols?: number
  arch?: 'x64' | 'arm64'
}

/** Bytes that grow; `at` of what is added is returned. */
class Bytes {
  private readonly all = Buffer.alloc(1 << 16)
  private end = 0

  constructor(start: number) {
    this.end = start
  }

  add(...values: (string | Buffer)[]): number {
    const start = this.end
    for (const value of values) {
      const bytes = Buffer.from(value as string, 'latin1')
      this.end += bytes.copy(this.all, this.end)
    }
    return start
  }

  u16(at: number, ...values: number[]): void {
    values.forEach((value, i) => this.all.writeUInt16LE(value, at + 2 * i))
  }

  u32(at: number, ...values: number[]): void {
    values.forEach((value, i) => this.all.writeUInt32LE(value, at + 4 * i))
  }

  /** In the lower half of 64 bits. */
  u64(at: number, ...values: number[]): void {
    values.forEach((value, i) => this.all.writeUInt32LE(value, at + 8 * i))
  }

  room(size: number): number {
    return this.add(Buffer.alloc(size))
  }

  get done(): Buffer {
    return this.all.subarray(0, this.end)
  }
}

const text = (name: string) => `${name}\0`

export function elf({ exported = [], libraries = [], versions = [], arch = 'x64' }: Made): Buffer {
  const file = new Bytes(0x40)
  const strings = file.add('\0')
  const name = (value: string) => file.add(text(value)) - strings
  const imported = name('malloc')
  const hidden = name('hidden')
  const names = exported.map(name)
  const needed = libraries.map(name)
  const wanted = versions.map(name)
  const stringsEnd = file.room(0)

  const symbol = (at: number, info: number, other: number, section: number) => {
    const start = file.room(24)
    file.u32(start, at)
    file.u16(start + 4, info | (other << 8), section)
    return start
  }
  const symbols = symbol(0, 0, 0, 0)
  symbol(imported, 0x12, 0, 0) // undefined
  symbol(hidden, 0x12, 2, 1)
  symbol(hidden, 0x02, 0, 1) // local
  names.forEach((at, i) => symbol(at, i % 2 === 0 ? 0x12 : 0x22, 0, 1))
  const symbolsEnd = file.room(0)

  const dynamic = file.room(16 * (needed.length + 1))
  needed.forEach((at, i) => {
    file.u64(dynamic + 16 * i, 1, at)
  })
  const dynamicEnd = file.room(0)

  const needs = file.room(16 + 16 * wanted.length)
  file.u16(needs, 1, wanted.length)
  file.u32(needs + 8, 16, 0)
  wanted.forEach((at, i) => {
    file.u32(needs + 16 + 16 * i + 8, at, i + 1 < wanted.length ? 16 : 0)
  })
  const needsEnd = file.room(0)

  const sections: [type: number, start: number, end: number, link: number][] = [
    [0, 0, 0, 0],
    [3, strings, stringsEnd, 0],
    [11, symbols, symbolsEnd, 1],
    [6, dynamic, dynamicEnd, 1],
    ...(wanted.length > 0
      ? [[0x6ffffffe, needs, needsEnd, 1] as [number, number, number, number]]
      : []),
  ]
  const table = file.room(64 * sections.length)
  sections.forEach(([type, start, end, link], i) => {
    file.u32(table + 64 * i + 4, type)
    file.u64(table + 64 * i + 24, start, end - start)
    file.u32(table + 64 * i + 40, link)
  })
  const bytes = file.done
  bytes.write('\x7fELF', 0, 'latin1')
  file.u16(18, arch === 'x64' ? 0x3e : 0xb7)
  file.u64(0x28, table)
  file.u16(0x3a, 64, sections.length)
  return bytes
}

/** An export trie whose edges are whole names. */
function exportTrie(names: string[]): Buffer {
  // the number of a node takes two bytes
  const rootSize = 2 + names.reduce((sum, name) => sum + name.length + 3, 0)
  const leaf = [2, 0, 0, 0] // two bytes about the symbol, no children
  const edges = names.flatMap((name, i) => {
    const at = rootSize + leaf.length * i
    return [...Buffer.from(text(name), 'latin1'), (at & 127) | 128, at >> 7]
  })
  return Buffer.from([0, names.length, ...edges, ...names.flatMap(() => leaf)])
}

export function machO({
  exported = [],
  libraries = [],
  system = '11.0',
  symbols = 0,
  arch = 'arm64',
}: Made): Buffer {
  const trie = exportTrie(exported)
  const file = new Bytes(32)
  const command = (kind: number, size: number) => {
    const at = file.room(size)
    file.u32(at, kind, size)
    return at
  }
  const info = command(0x80000022, 48)
  const table = command(2, 24)
  file.u32(table + 12, symbols)
  const build = command(0x32, 24)
  const [major = 0, minor = 0] = system.split('.').map(Number)
  file.u32(build + 8, 1, (major << 16) | (minor << 8))
  for (const library of libraries) {
    const size = 24 + 8 * Math.ceil((library.length + 1) / 8)
    const at = command(0xc, size)
    file.u32(at + 8, 24)
    file.done.write(library, at + 24, 'latin1')
  }
  file.u32(info + 40, file.add(trie), trie.length)
  file.u32(0, 0xfeedfacf, arch === 'x64' ? 0x01000007 : 0x0100000c)
  file.u32(16, 3 + libraries.length)
  return file.done
}

export function pe({ exported = [], libraries = [], system = '6.0', arch = 'x64' }: Made): Buffer {
  const start = 0x400
  const address = 0x1000 // of the one section
  const file = new Bytes(start)
  const rva = (at: number) => at - start + address
  const names = exported.map((name) => file.add(text(name)))
  const imported = libraries.map((name) => file.add(text(name)))
  const pointers = file.room(4 * names.length)
  file.u32(pointers, ...names.map(rva))
  const exportTable = file.room(40)
  file.u32(exportTable + 20, names.length, names.length, 0, rva(pointers))
  const importTable = file.room(20 * (imported.length + 1))
  imported.forEach((at, i) => {
    file.u32(importTable + 20 * i + 12, rva(at))
  })
  const size = file.room(0) - start

  const header = 0x80
  const optional = header + 24
  file.u32(0x3c, header)
  file.u16(header + 4, arch === 'x64' ? 0x8664 : 0xaa64, 1)
  file.u16(header + 20, 240)
  file.u16(optional, 0x20b)
  file.u16(optional + 48, ...system.split('.').map(Number))
  file.u32(optional + 108, 16, rva(exportTable), 40, rva(importTable), 20)
  file.u32(optional + 240 + 8, size, address, size, start)
  const bytes = file.done
  bytes.write('MZ', 0, 'latin1')
  bytes.write('PE\0\0', header, 'latin1')
  return bytes
}
