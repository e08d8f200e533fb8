// npm run prebuild:here: the binary of this platform into prebuilds/, with prebuildify and node-gyp.
// prebuildify cleans build/ and moves the file out of it, so it works on a copy of the sources.
//   npm run prebuild:here -- --built    takes the binary of `npm run build:addon`, which the
//                                       same compiler made with the same flags
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const work = path.join(root, 'build', 'prebuild')
const built = process.argv.includes('--built')
const { name } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))

fs.rmSync(work, { recursive: true, force: true })
fs.mkdirSync(work, { recursive: true })
const entries = built
  ? ['package.json', 'build/Release/gradlane.node']
  : ['package.json', 'binding.gyp', 'native']
for (const entry of entries) {
  fs.cpSync(path.join(root, entry), path.join(work, entry), { recursive: true })
}
fs.symlinkSync(path.join(root, 'node_modules'), path.join(work, 'node_modules'), 'junction')

// Node-API is the same in every version, so the headers beside the running Node serve.
const prefix = path.resolve(path.dirname(process.execPath), '..')
const hasHeaders = fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h'))
const env = { ...process.env, ...(hasHeaders ? { npm_config_nodedir: prefix } : {}) }

const { status } = spawnSync(
  process.execPath,
  [
    path.join(root, 'node_modules/prebuildify/bin.js'),
    ...['--napi', '--strip', '--tag-libc', '--name', name, '-t', '20.19.0'],
    ...['--cwd', work, '--out', root],
    ...(built ? ['--node-gyp', 'true'] : []), // the command that does nothing
  ],
  { stdio: 'inherit', cwd: work, env },
)
if (status !== 0) process.exit(status ?? 1)

const folder = path.join(root, 'prebuilds', `${process.platform}-${process.arch}`)
for (const file of fs.readdirSync(folder)) {
  const { size } = fs.statSync(path.join(folder, file))
  console.log(`${path.relative(root, path.join(folder, file))}: ${(size / 1024).toFixed(0)} KiB`)
}
