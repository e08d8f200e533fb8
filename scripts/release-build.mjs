// npm run release:build: the binaries of all platforms into prebuilds/ from one machine, two targets
// at a time, then the checks of what ships. linux-x64's is `npm run prebuild:here`'s, which GCC makes;
// the others come from `npm run prebuild:cross`.
//   npm run release:build -- darwin-arm64 linux-x64    those alone
//   npm run release:build -- --jobs 4                  so many at a time
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { checkBinary, checkComplete } from './package/binaries.mjs'
import { published } from './package/published.mjs'
import { each } from './package/queue.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: 'string', default: '2' } },
})
const jobs = Number(values.jobs)
const all = Object.keys(published)
const wanted = positionals.length > 0 ? positionals : all
const unknown = wanted.filter((name) => !all.includes(name))
if (unknown.length > 0 || !Number.isInteger(jobs) || jobs < 1) {
  console.error(`usage: release:build [--jobs <number>] [${all.join('|')}]...`)
  process.exit(1)
}

const logs = path.join(root, 'build', 'release')
fs.mkdirSync(logs, { recursive: true })

/** Which script makes it: this machine's own compiler where it is the one that ships. */
function command(name) {
  const here = `${process.platform}-${process.arch}` === 'linux-x64'
  if (name === 'linux-x64' && here) return ['scripts/prebuild.mjs']
  return ['scripts/prebuild-cross.mjs', name]
}

function build(name) {
  const log = fs.openSync(path.join(logs, `${name}.log`), 'w')
  const child = spawn(process.execPath, command(name), { cwd: root, stdio: ['ignore', log, log] })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => {
      fs.closeSync(log)
      if (status === 0) resolve()
      else reject(new Error(`exit status ${status}, build/release/${name}.log tells why`))
    })
  })
}

let done = 0
const started = Date.now()
const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`
const failures = await each(wanted, jobs, async (name) => {
  console.log(`${elapsed()}: ${name} …`)
  try {
    await build(name)
    const file = published[name]
    const line = checkBinary(file, fs.readFileSync(path.join(root, 'prebuilds', file)))
    console.log(`${elapsed()}: ${++done} of ${wanted.length}, ${line}`)
  } catch (error) {
    console.error(`${elapsed()}: ${name} failed: ${error.message}`)
    throw error
  }
})
if (failures.length > 0) process.exit(1)
if (wanted === all) checkComplete(path.join(root, 'prebuilds'))
console.log(`${wanted.length} of ${wanted.length} built and checked in ${elapsed()}`)
