// Shared objects of Linux: 64 bits, little-endian, as the ELF specification and glibc lay them out.
const ARCHES = { 0x3e: 'x64', 0xb7: 'arm64' }
const SHT_DYNAMIC = 6
const SHT_DYNSYM = 11
const SHT_GNU_VERNEED = 0x6ffffffe
const DT_NEEDED = 1
const [STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE] = [1, 2, 10]
const [STV_DEFAULT, STV_PROTECTED] = [0, 3]

export const isElf = (bytes) => bytes.toString('latin1', 0, 4) === '\x7fELF'

const offset64 = (bytes, at) => Number(bytes.readBigUInt64LE(at))

function sectionsOf(bytes) {
  const [start, size] = [offset64(bytes, 0x28), bytes.readUInt16LE(0x3a)]
  return Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, i) => {
    const at = start + i * size
    return {
      type: bytes.readUInt32LE(at + 4),
      offset: offset64(bytes, at + 24),
      size: offset64(bytes, at + 32),
      link: bytes.readUInt32LE(at + 40),
    }
  })
}

/** What the dynamic linker sees: exported symbols, libraries, versions of symbols (`GLIBC_2.17`). */
export function readElf(bytes) {
  const sections = sectionsOf(bytes)
  const byType = (type) => sections.find((section) => section.type === type)
  const [symbols, dynamic, needs] = [SHT_DYNSYM, SHT_DYNAMIC, SHT_GNU_VERNEED].map(byType)
  if (symbols === undefined || dynamic === undefined) throw new Error('no dynamic symbols')
  const nameIn = (section, at) => {
    const start = sections[section.link].offset + at
    return bytes.toString('latin1', start, bytes.indexOf(0, start))
  }

  const exported = []
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += 24) {
    const binding = bytes[at + 4] >> 4
    const visibility = bytes[at + 5] & 3
    const defined = bytes.readUInt16LE(at + 6) !== 0
    if (!defined || ![STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE].includes(binding)) continue
    if (visibility !== STV_DEFAULT && visibility !== STV_PROTECTED) continue
    exported.push(nameIn(symbols, bytes.readUInt32LE(at)))
  }

  const libraries = []
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    if (offset64(bytes, at) === DT_NEEDED) {
      libraries.push(nameIn(dynamic, offset64(bytes, at + 8)))
    }
  }

  const versions = []
  for (let at = needs?.offset, next = 1; at !== undefined && next !== 0; at += next) {
    let entry = at + bytes.readUInt32LE(at + 8)
    for (let i = bytes.readUInt16LE(at + 2); i > 0; i--) {
      versions.push(nameIn(needs, bytes.readUInt32LE(entry + 8)))
      entry += bytes.readUInt32LE(entry + 12)
    }
    next = bytes.readUInt32LE(at + 12)
  }
  return { format: 'ELF', arch: ARCHES[bytes.readUInt16LE(18)], exported, libraries, versions }
}
