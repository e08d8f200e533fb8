// npm run build:ts: compiles ts/ into dist/, when a source is newer than it. Made beside it and then
// put into its place, so that dist/ is whole whoever looks at it meanwhile.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { newestTime } from './newest-time.mjs'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const inputs = [
  ...['ts', 'tsconfig.json', 'tsconfig.build.json'],
  ...['scripts/build-dist.mjs', 'scripts/copy-assets.mjs'],
]

const started = new Date()
if (Math.max(...inputs.map(newestTime)) >= newestTime('dist/index.js')) {
  const made = `build/dist-${process.pid}`
  const old = `${made}-old`
  fs.rmSync(made, { recursive: true, force: true })
  for (const args of [
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', made],
    ['scripts/copy-assets.mjs', made],
  ]) {
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
  // A source that was changed during the compilation is newer than what was made of it.
  fs.utimesSync(path.join(made, 'index.js'), started, started)
  if (fs.existsSync('dist')) fs.renameSync('dist', old)
  fs.renameSync(made, 'dist')
  fs.rmSync(old, { recursive: true, force: true })
}
