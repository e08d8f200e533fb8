// npm run test:distributed: jobs on several machines, which are network namespaces of this one, and long tests of
// jobs. Each file of test/distributed/soak is a program of its own, which fails by its exit status.
//   npm run test:distributed                         all of them, one after the other
//   npm run test:distributed -- two-hosts cut-link   those alone
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const FOLDER = 'test/distributed/soak'
const all = new Map(
  fs
    .readdirSync(FOLDER)
    .filter((file) => /^[^.]+\.(ts|mjs)$/.test(file))
    .map((file) => [path.parse(file).name, file])
    .sort(),
)
const names = process.argv.slice(2)
const unknown = names.filter((name) => !all.has(name))
if (unknown.length > 0) {
  console.error(`${FOLDER} has no ${unknown.join(', ')}; it has ${[...all.keys()].join(', ')}`)
  process.exit(2)
}

/** What runs now: told when this program shall end, for it may have made machines. */
let child
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    child?.kill(signal)
    child?.on('close', () => process.exit(1))
  })
}

function run(...args) {
  child = spawn(process.execPath, args, { stdio: 'inherit' })
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)))
}

if (!(await run('scripts/ensure.mjs')) || !(await run('scripts/build-dist.mjs'))) process.exit(1)
const failed = []
for (const name of names.length > 0 ? names : all.keys()) {
  console.log(`\n--- ${name} ---`)
  const started = performance.now()
  if (!(await run('--import', 'tsx', `${FOLDER}/${all.get(name)}`))) failed.push(name)
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
}
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}`)
  process.exit(1)
}
