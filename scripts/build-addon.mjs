// Builds the addon into build/Release with node-gyp: incremental, and offline where the headers
// of the running Node are installed beside it.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'

const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
const prefix = path.resolve(path.dirname(process.execPath), '..')
const hasHeaders = fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h'))
const nodedir = hasHeaders ? [`--nodedir=${prefix}`] : []

function run(command) {
  const args = [nodeGyp, command, ...nodedir, '--jobs', String(os.availableParallelism())]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

// gyp reads the source list when it configures, so a changed list needs that step again.
const stamp = 'build/config.gypi'
const inputs = [
  'binding.gyp',
  'native/kernels.gypi',
  'native/sources.cjs',
  'native/sources.json',
  'package-lock.json',
]
const stale =
  !fs.existsSync(stamp) ||
  inputs.some(
    (input) => fs.existsSync(input) && fs.statSync(input).mtimeMs > fs.statSync(stamp).mtimeMs,
  )
if (stale) {
  // make does not see that an archive has other members than before.
  const folder = 'build/Release/obj.target'
  const made = fs.existsSync(folder) ? fs.readdirSync(folder) : []
  for (const file of made) if (file.endsWith('.a')) fs.rmSync(path.join(folder, file))
  run('configure')
}
run('build')
