// DLLs of Windows: PE32+, as Microsoft's "PE Format" has them.
const ARCHES = { 0x8664: 'x64', 0xaa64: 'arm64' }
const PE32_PLUS = 0x20b
const DIRECTORY = { exports: 0, imports: 1, delayed: 13 }

export const isPe = (bytes) => bytes.toString('latin1', 0, 2) === 'MZ'

/** What the loader sees: exported symbols, libraries, and the oldest Windows that it is for. */
export function readPe(bytes) {
  const header = bytes.readUInt32LE(0x3c)
  const optional = header + 24
  if (bytes.readUInt16LE(optional) !== PE32_PLUS) throw new Error('not a file of 64 bits')
  const table = optional + bytes.readUInt16LE(header + 20)
  const sections = Array.from({ length: bytes.readUInt16LE(header + 6) }, (_, i) => {
    const [size, address, rawSize, raw] = [8, 12, 16, 20].map((field) =>
      bytes.readUInt32LE(table + 40 * i + field),
    )
    return { address, end: address + Math.max(size, rawSize), raw }
  })
  const place = (address) => {
    const section = sections.find((one) => one.address <= address && address < one.end)
    if (section === undefined) throw new Error(`no section holds the address ${address}`)
    return section.raw + address - section.address
  }
  const name = (address) => {
    const start = place(address)
    return bytes.toString('latin1', start, bytes.indexOf(0, start))
  }
  const directory = (index) => {
    if (index >= bytes.readUInt32LE(optional + 108)) return undefined
    const address = bytes.readUInt32LE(optional + 112 + 8 * index)
    return address === 0 ? undefined : place(address)
  }
  const listed = (start, size, field) => {
    const names = []
    for (let at = start; at !== undefined; at += size) {
      const address = bytes.readUInt32LE(at + field)
      if (address === 0) break
      names.push(name(address))
    }
    return names
  }

  const exported = []
  const at = directory(DIRECTORY.exports)
  if (at !== undefined) {
    const [functions, count] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)]
    for (let i = 0; i < count; i++) {
      exported.push(name(bytes.readUInt32LE(place(bytes.readUInt32LE(at + 32)) + 4 * i)))
    }
    if (functions > count) exported.push(`${functions - count} by number alone`)
  }
  return {
    format: 'PE',
    arch: ARCHES[bytes.readUInt16LE(header + 4)],
    exported,
    libraries: [
      ...listed(directory(DIRECTORY.imports), 20, 12),
      ...listed(directory(DIRECTORY.delayed), 32, 4),
    ],
    system: `${bytes.readUInt16LE(optional + 48)}.${bytes.readUInt16LE(optional + 50)}`,
  }
}
