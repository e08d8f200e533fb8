// npm run test:soak: the long tests. Each file of test/soak that is no mocha test is a program of its
// own, which fails by its exit status.
//   npm run test:soak                           all of them, one after the other
//   npm run test:soak -- kills train            those alone
//   npm run test:soak -- train -- 5000 captured with arguments for it
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const all = fs
  .readdirSync('test/soak')
  .filter((file) => /^[^.]+\.ts$/.test(file))
  .map((file) => path.basename(file, '.ts'))
  .sort()
const given = process.argv.slice(2)
const split = given.indexOf('--')
const names = split < 0 ? given : given.slice(0, split)
const programArgs = split < 0 ? [] : given.slice(split + 1)
const unknown = names.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`test/soak has no ${unknown.join(', ')}; it has ${all.join(', ')}`)
  process.exit(2)
}

function run(args) {
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0
}

if (!run(['scripts/ensure.mjs']) || !run(['scripts/build-dist.mjs'])) process.exit(1)
const failed = []
for (const name of names.length > 0 ? names : all) {
  console.log(`\n--- ${name} ---`)
  const started = performance.now()
  // A young generation that grows at a moment of V8's own choosing would be taken for a leak.
  const flags = ['--expose-gc', '--max-semi-space-size=1', '--import', 'tsx']
  if (!run([...flags, `test/soak/${name}.ts`, ...programArgs])) failed.push(name)
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
}
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}`)
  process.exit(1)
}
