import { expect } from 'chai'

import { elf, type Made, machO, pe } from './made-binaries.js'

interface Checks {
  checkBinary: (name: string, bytes: Buffer) => string
}
const script = new URL('../../scripts/package/binaries.mjs', import.meta.url).href
const { checkBinary } = (await import(script)) as Checks

const ENTRY_POINTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
const GLIBC = ['libm.so.6', 'libc.so.6', 'ld-linux-aarch64.so.1']

interface Platform {
  name: string
  make: (made: Made) => Buffer
  good: Made
}
const platforms: Platform[] = [
  {
    name: 'linux-x64/gradlane.glibc.node',
    make: elf,
    good: {
      exported: ENTRY_POINTS,
      libraries: ['libstdc++.so.6', 'libgcc_s.so.1', 'libc.so.6'],
      versions: ['GLIBC_2.2.5', 'GLIBC_2.28', 'GLIBCXX_3.4.25', 'CXXABI_1.3.11', 'GCC_3.0'],
    },
  },
  {
    name: 'linux-arm64/gradlane.glibc.node',
    make: elf,
    good: { exported: ENTRY_POINTS, libraries: GLIBC, versions: ['GLIBC_2.17'], arch: 'arm64' },
  },
  {
    name: 'linux-arm64/gradlane.musl.node',
    make: elf,
    good: { exported: ENTRY_POINTS, libraries: ['libc.so'], arch: 'arm64' },
  },
  ...(['x64', 'arm64'] as const).map((arch) => ({
    name: `darwin-${arch}/gradlane.node`,
    make: machO,
    good: {
      // the last two are the linker's own
      exported: [...ENTRY_POINTS.map((name) => `_${name}`), '___dso_handle', '__mh_dylib_header'],
      libraries: ['/usr/lib/libSystem.B.dylib'],
      symbols: 253,
      arch,
    },
  })),
  {
    name: 'win32-x64/gradlane.node',
    make: pe,
    good: {
      exported: ENTRY_POINTS,
      libraries: ['KERNEL32.dll', 'api-ms-win-crt-heap-l1-1-0.dll'],
    },
  },
]

for (const { name, make, good } of platforms) {
  describe(`check:package, ${name}`, () => {
    const check = (made: Made) => () => checkBinary(name, make({ ...good, ...made }))

    it('takes a binary as it should be', () => {
      expect(check({})()).to.include('exports and floors as they should be')
    })

    it('refuses one symbol more or less among the exports', () => {
      expect(check({ exported: [...(good.exported ?? []), '__Znwm'] })).to.throw(
        'exports something',
      )
      expect(check({ exported: good.exported?.slice(1) ?? [] })).to.throw('exports something')
      expect(check({ exported: [] })).to.throw('exports something')
    })

    it('refuses a library that not every system has', () => {
      const libraries = [...(good.libraries ?? []), 'libgomp.so.1']
      expect(check({ libraries })).to.throw('libgomp.so.1')
    })

    it('refuses the other architecture', () => {
      expect(check({ arch: good.arch === 'arm64' ? 'x64' : 'arm64' })).to.throw('another platform')
    })

    it('refuses the format of another system', () => {
      const other = make === elf ? machO : elf
      expect(() => checkBinary(name, other(good))).to.throw('another platform')
    })

    it('refuses what is too large', () => {
      const bytes = Buffer.concat([make(good), Buffer.alloc(1.65 * (1 << 20))])
      expect(() => checkBinary(name, bytes)).to.throw('are the limit')
    })
  })
}

describe('check:package, floors of binaries', () => {
  const check = (name: string, made: Made) => {
    const { make, good } = platforms.find((platform) => platform.name === name) as Platform
    return () => checkBinary(name, make({ ...good, ...made }))
  }

  it('refuse a newer glibc, libstdc++ or C++ ABI', () => {
    for (const version of ['GLIBC_2.29', 'GLIBCXX_3.4.26', 'CXXABI_1.3.12', 'GLIBC_2.28.1']) {
      expect(check('linux-x64/gradlane.glibc.node', { versions: ['GLIBC_2.4', version] })).to.throw(
        version,
      )
    }
  })

  it('refuse a binary for glibc under the name of musl', () => {
    const name = 'linux-arm64/gradlane.musl.node'
    expect(check(name, { libraries: GLIBC })).to.throw('libm.so.6')
    expect(check(name, { versions: ['GLIBC_2.17'] })).to.throw('GLIBC_2.17')
  })

  it('refuse a binary for musl under the name of glibc', () => {
    expect(check('linux-arm64/gradlane.glibc.node', { libraries: ['libc.so'] })).to.throw('libc.so')
  })

  it('refuse a newer macOS and a newer Windows', () => {
    expect(check('darwin-arm64/gradlane.node', { system: '12.3' })).to.throw('12.3')
    expect(check('darwin-x64/gradlane.node', { system: '11.1' })).to.throw('11.1')
    expect(check('win32-x64/gradlane.node', { system: '10.1' })).to.throw('10.1')
  })

  it('refuse an import from node.exe, which Electron and a renamed Node do not have', () => {
    const libraries = ['KERNEL32.dll', 'node.exe']
    expect(check('win32-x64/gradlane.node', { libraries })).to.throw('node.exe')
  })

  it('refuse the names of local functions in a file for macOS', () => {
    expect(check('darwin-arm64/gradlane.node', { symbols: 4174 })).to.throw('4174 symbols')
  })

  it('refuse a cut file and a name that is not published', () => {
    const { good } = platforms.at(-1) as Platform
    const whole = pe(good)
    expect(() => checkBinary('win32-x64/gradlane.node', whole.subarray(0, 0x410))).to.throw()
    expect(() => checkBinary('freebsd-x64/gradlane.node', whole)).to.throw('no file')
  })
})
