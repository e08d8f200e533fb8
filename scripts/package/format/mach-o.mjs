// Dynamic libraries and bundles of macOS: 64 bits, one architecture, as <mach-o/loader.h> has them.
const ARCHES = { 0x01000007: 'x64', 0x0100000c: 'arm64' }
const LC = {
  SYMTAB: 0x2,
  LOAD_DYLIB: 0xc,
  LOAD_WEAK_DYLIB: 0x80000018,
  REEXPORT_DYLIB: 0x8000001f,
  DYLD_INFO: 0x22,
  DYLD_INFO_ONLY: 0x80000022,
  DYLD_EXPORTS_TRIE: 0x80000033,
  VERSION_MIN_MACOSX: 0x24,
  BUILD_VERSION: 0x32,
}

export const isMachO = (bytes) => bytes.readUInt32LE(0) === 0xfeedfacf

const text = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at))

/** A number in base 128, its lowest digit first, and where the next byte stands. */
function uleb(bytes, at) {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes.readUInt8(at++)
    value += (byte & 127) * scale
    if (byte < 128) return [value, at]
  }
}

/** The names of an export trie, a tree whose edges are the parts of names. */
function namesOf(trie) {
  const names = []
  const seen = new Set()
  const visit = (node, prefix) => {
    if (seen.has(node)) throw new Error('the export trie has a circle')
    seen.add(node)
    const [terminal, start] = uleb(trie, node)
    if (terminal > 0) names.push(prefix)
    let at = start + terminal
    for (let children = trie.readUInt8(at++); children > 0; children--) {
      const edge = text(trie, at)
      const [child, next] = uleb(trie, at + edge.length + 1)
      at = next
      visit(child, prefix + edge)
    }
  }
  if (trie.length > 0) visit(0, '')
  return names
}

const version = (packed) => `${packed >>> 16}.${(packed >>> 8) & 255}`

/**
 * What dyld sees: exported symbols, libraries, and the oldest macOS that it loads the file on; and
 * the number of symbols whose names the file holds.
 */
export function readMachO(bytes) {
  const found = { exported: [], libraries: [], system: undefined, symbols: 0 }
  const trie = (offset, size) => namesOf(bytes.subarray(offset, offset + size))
  let at = 32
  for (let commands = bytes.readUInt32LE(16); commands > 0; commands--) {
    const word = (offset) => bytes.readUInt32LE(at + offset)
    switch (word(0)) {
      case LC.SYMTAB:
        found.symbols = word(12)
        break
      case LC.DYLD_INFO:
      case LC.DYLD_INFO_ONLY:
        found.exported.push(...trie(word(40), word(44)))
        break
      case LC.DYLD_EXPORTS_TRIE:
        found.exported.push(...trie(word(8), word(12)))
        break
      case LC.LOAD_DYLIB:
      case LC.LOAD_WEAK_DYLIB:
      case LC.REEXPORT_DYLIB:
        found.libraries.push(text(bytes, at + word(8)))
        break
      case LC.VERSION_MIN_MACOSX:
        found.system = version(word(8))
        break
      case LC.BUILD_VERSION:
        found.system = version(word(12))
        break
    }
    at += word(4)
  }
  return { format: 'Mach-O', arch: ARCHES[bytes.readUInt32LE(4)], ...found }
}
