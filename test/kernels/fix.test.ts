import { expect } from 'chai'

import { fixFor, type Failure } from '../../ts/kernels/native/fix.js'

const file = '/app/node_modules/gradlane/prebuilds/linux-x64/gradlane.glibc.node'
const there = { file, found: { bytes: 1_000_000, platform: 'linux-x64', cut: false } }

const usual: Failure = {
  reason: '',
  code: 'ERR_DLOPEN_FAILED',
  findings: {
    places: [{ file: '/app/node_modules/gradlane/build/Release/gradlane.node', found: undefined }],
    further: null,
    nodeGypBuild: '4.8.4',
    bundled: false,
    checkout: false,
  },
  runtime: 'Node',
  platform: 'linux-x64',
  libc: 'glibc 2.27',
  permissions: false,
}

function fix({ findings, ...rest }: Partial<Omit<Failure, 'findings'>> & { findings?: object }) {
  return fixFor({ ...usual, ...rest, findings: { ...usual.findings, ...findings } })
}

/** As the systems word it. */
const refusals: Record<string, [string, RegExp, Partial<Failure>?]> = {
  'an old glibc': [
    `/lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.28' not found (required by ${file})`,
    /system is too old \(glibc 2\.27; glibc 2\.28 is needed/,
  ],
  'an old libstdc++': [
    `/usr/lib64/libstdc++.so.6: version \`GLIBCXX_3.4.21' not found (required by ${file})`,
    /C\+\+ library of this system is too old/,
  ],
  'no libstdc++': [
    'libstdc++.so.6: cannot open shared object file: No such file or directory',
    /apt-get install libstdc\+\+6/,
  ],
  'a binary for glibc under musl': [
    `Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ${file})`,
    /another C library than this process has \(musl\)/,
    { libc: 'musl' },
  ],
  'a file system without exec': [
    `${file}: failed to map segment from shared object: Operation not permitted`,
    /noexec/,
  ],
  'a file system without exec, as newer glibc words it': [
    `${file}: failed to map segment from shared object`,
    /noexec/,
  ],
  'too little memory': [
    `${file}: failed to map segment from shared object: Cannot allocate memory`,
    /more memory/,
  ],
  'a file that others may not read': [
    `${file}: cannot open shared object file: Permission denied`,
    /read the file/,
  ],
}

describe('the fix for a binary that does not load', () => {
  for (const [what, [reason, expected, rest]] of Object.entries(refusals)) {
    it(`fits ${what}`, () => {
      expect(fix({ reason, findings: { places: [there] }, ...rest })).to.match(expected)
    })
  }

  it('fits Deno without its permission', () => {
    const reason = `Requires ffi access to "${file}", run again with the --allow-ffi flag`
    const told = fix({ reason, code: undefined, runtime: 'Deno', findings: { places: [there] } })
    expect(told).to.include('--allow-ffi').and.include('--allow-read')
  })

  it('fits a platform that nothing is published for', () => {
    const told = fix({ reason: 'no binary', platform: 'linux-riscv64' })
    expect(told).to.match(/no binary is published for linux-riscv64, only for .*linux-x64/)
  })

  it('builds in a source checkout and installs elsewhere', () => {
    for (const places of [[], [{ file, found: { bytes: 9, platform: 'linux-x64', cut: true } }]]) {
      expect(fix({ findings: { places, checkout: true } })).to.include('npm run build:addon')
      const told = fix({ findings: { places } })
      expect(told).to.include('npm ci').and.not.include('build:addon')
    }
  })
})
