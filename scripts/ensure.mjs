// Makes a fresh clone ready: installs the packages when they are missing or are not those of
// package-lock.json, and builds the addon when a source is newer than it. Quiet when there is
// nothing to do. With --allow-reference a failed build is a warning: the TypeScript backend runs.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { newestTime } from './newest-time.mjs'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const allowReference = process.argv.includes('--allow-reference')

function fail(message) {
  console.error(`\ngradlane: ${message}\n`)
  process.exit(1)
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

function requireNode() {
  const wanted = readJson('package.json').engines.node.replace('>=', '')
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number)
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    fail(`Node ${wanted} or newer is needed, this is ${process.versions.node}`)
  }
}

// Compared by version and not by time: a checkout gives package-lock.json a new time, not a new
// meaning. npm leaves out optional packages of other platforms.
function missingPackages() {
  const wanted = readJson('package-lock.json').packages
  const installed = readJson('node_modules/.package-lock.json')?.packages ?? {}
  return Object.keys(wanted).filter(
    (name) =>
      name !== '' && !wanted[name].optional && installed[name]?.version !== wanted[name].version,
  )
}

function installPackages() {
  const missing = missingPackages()
  if (missing.length === 0) return
  if (fs.lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      `gradlane: node_modules is a link and lacks ${missing.length} of the packages in ` +
        'package-lock.json; it is left as it is',
    )
    return
  }
  console.log(`gradlane: installing ${missing.length} packages with npm ci`)
  // npm is a script on Windows and needs its shell.
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { stdio: 'inherit', shell: process.platform === 'win32' },
  )
  if (status !== 0) {
    fail(
      `npm ci failed (${error?.message ?? `exit status ${status}`}). It needs a package registry: ` +
        'look at `npm config get registry` and the proxy settings, then run `npm ci --ignore-scripts`',
    )
  }
}

function buildAddon() {
  const built = newestTime('build/Release/gradlane.node')
  // Node's own version is no input: the addon speaks Node-API, which every version keeps.
  if (built > Math.max(newestTime('native'), newestTime('binding.gyp'))) return
  console.log('gradlane: building the addon with node-gyp, about a minute the first time')
  const { status } = spawnSync(process.execPath, ['scripts/build-addon.mjs'], { stdio: 'inherit' })
  if (status === 0) return
  const needs = 'It needs g++ 11 or newer (or clang 14), make and python3; its messages are above.'
  if (!allowReference) fail(`the addon could not be built. ${needs}`)
  console.error(
    `\ngradlane: the addon could not be built. ${needs}\n` +
      'Going on with the reference backend in TypeScript: the same results, many times slower.\n',
  )
}

requireNode()
installPackages()
buildAddon()
