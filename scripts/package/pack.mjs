// Packs the package as npm would publish it and installs it into an empty folder, with scripts off
// and nothing but Node on PATH.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Runs a command; its output is returned, and thrown when it fails. */
export function run(command, args, options = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: root,
    maxBuffer: 1 << 28,
    ...options,
  })
  if (status === 0) return stdout
  const end = error?.message ?? (signal ? `signal ${signal}` : `exit status ${status}`)
  throw new Error(`${command} ${args.join(' ')}: ${end}\n${stdout ?? ''}\n${stderr ?? ''}`)
}

/** npm as the script that Node runs, so that PATH may be empty. */
export function npm(args, options) {
  const beside = [
    process.env.npm_execpath,
    path.resolve(process.execPath, '../../lib/node_modules/npm/bin/npm-cli.js'),
    path.resolve(process.execPath, '../node_modules/npm/bin/npm-cli.js'),
    path.resolve(process.execPath, '../../share/nodejs/npm/bin/npm-cli.js'),
  ]
  const cli = beside.find((file) => file !== undefined && fs.existsSync(file))
  if (cli === undefined) throw new Error('npm was not found; run this through `npm run`')
  return run(process.execPath, [cli, ...args], options)
}

/**
 * Builds dist/ and this platform's binary, or takes the one of `npm run build:addon`, or for a
 * release those that lie in prebuilds/; packs. Returns npm's report and the tarball's path.
 */
export function pack(folder, { built = false, release = false } = {}) {
  npm(['run', 'build:ts'])
  if (!release) npm(['run', 'prebuild:here', '--', ...(built ? ['--built'] : [])])
  // `npm publish --dry-run` hands its setting down; the output of scripts is no JSON
  const options = ['--json', '--dry-run=false', '--ignore-scripts', '--pack-destination', folder]
  const [report] = JSON.parse(npm(['pack', ...options]))
  return { report, tarball: path.join(folder, report.filename) }
}

/**
 * An empty project with the tarball and perhaps other packages in it, and an environment whose PATH holds Node
 * alone.
 */
export function installInto(folder, tarball, packages = []) {
  const bin = path.join(folder, 'bin')
  fs.mkdirSync(bin, { recursive: true })
  fs.symlinkSync(process.execPath, path.join(bin, 'node'))
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "name": "empty", "private": true }\n')
  // npm's settings of the caller (npm_config_*) stay behind with the rest of `npm run`.
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|GRADLANE_)/i.test(name))
  const env = { ...Object.fromEntries(kept), PATH: bin }
  npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball, ...packages], {
    cwd: folder,
    env,
  })
  for (const file of ['train.mjs', 'train.cjs']) {
    fs.copyFileSync(path.join(root, 'scripts', 'package', file), path.join(folder, file))
  }
  return env
}

/** Runs both training programs in the folder with that Node; returns what they print. */
export function train(folder, env, node = process.execPath) {
  return ['train.mjs', 'train.cjs'].map((file) =>
    run(node, [file], { cwd: folder, env: { ...env, GRADLANE_BACKEND: 'native' } }).trim(),
  )
}

/** Calls body with a temporary folder that is removed afterwards. */
export async function withFolder(body) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradlane-'))
  try {
    return await body(folder)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
