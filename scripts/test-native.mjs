// The native tests: configure, build and run with CMake and ctest.
//   npm run test:native      optimised, with the check of the kernels' symbols
//   npm run test:sanitize    under ASan + UBSan, then under TSan
// Further arguments go to ctest, which runs a suite a process: npm run test:native -- -R Activation
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

const folder = 'build/native'
const programs = sanitize ? ['gradlane_tests_asan', 'gradlane_tests_tsan'] : ['gradlane_tests']

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

step('Configuring (GoogleTest: apt-get install libgtest-dev)', 'cmake', [
  ...['-S', '.', '-B', folder],
  '-DGRADLANE_TESTS=ON',
])
for (const program of programs) {
  if (sanitize) console.log(`\n--- ${program} ---`)
  step('Building the native tests', 'cmake', [
    ...['--build', folder, '--parallel', jobs],
    ...['--target', program],
  ])
  step(
    'Running the native tests',
    'ctest',
    [
      ...['--test-dir', folder, '--output-on-failure', '--parallel', jobs],
      ...['--label-regex', `^${program}$`, ...ctestArgs],
    ],
    {
      // Not detect_stack_use_after_return: GCC before 12.4 puts vectors into frames that it does
      // not align (GCC bug 110027).
      // Memory that is refused is an error of the core, and tested.
      ASAN_OPTIONS: 'strict_string_checks=1:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      TSAN_OPTIONS: 'second_deadlock_stack=1:allocator_may_return_null=1',
    },
  )
}
