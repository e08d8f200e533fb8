// The native tests: configure, build and run with CMake and ctest.
//   npm run test:native      an optimised build, with the check of the kernels' symbols
//   npm run test:sanitize    one build with ASan + UBSan, one with TSan
// Further arguments go to ctest: npm run test:native -- -R Activation
import { spawnSync } from 'node:child_process'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const args = process.argv.slice(2)
const sanitize = args.includes('--sanitize')
const ctestArgs = args.filter((arg) => arg !== '--sanitize')
const jobs = String(os.availableParallelism())

const builds = sanitize
  ? [
      { folder: 'build/asan', sanitizers: 'address,undefined' },
      { folder: 'build/tsan', sanitizers: 'thread' },
    ]
  : [{ folder: 'build/native', sanitizers: '' }]

function run(command, commandArgs, env = {}) {
  const { status, error } = spawnSync(command, commandArgs, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  if (error?.code === 'ENOENT') {
    console.error(`\n${command} is not installed (Debian: apt-get install cmake libgtest-dev)\n`)
    process.exit(1)
  }
  return status === 0
}

function step(what, command, commandArgs, env) {
  if (run(command, commandArgs, env)) return
  console.error(`\n${what} failed\n`)
  process.exit(1)
}

for (const { folder, sanitizers } of builds) {
  if (sanitizers) console.log(`\n--- ${sanitizers} ---`)
  step('Configuring (GoogleTest: apt-get install libgtest-dev)', 'cmake', [
    '-S',
    '.',
    '-B',
    folder,
    `-DGRADLANE_SANITIZE=${sanitizers}`,
    '-DGRADLANE_TESTS=ON',
  ])
  step('Building the native tests', 'cmake', ['--build', folder, '--parallel', jobs])
  step(
    'Running the native tests',
    'ctest',
    ['--test-dir', folder, '--output-on-failure', '--parallel', jobs, ...ctestArgs],
    {
      // Not detect_stack_use_after_return: GCC before 12.4 puts vectors into frames that it does
      // not align (GCC bug 110027).
      ASAN_OPTIONS: 'strict_string_checks=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      TSAN_OPTIONS: 'second_deadlock_stack=1',
    },
  )
}
