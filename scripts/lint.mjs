// npm run lint checks types, rules, layout and layers; npm run format (--fix) repairs what can be
// repaired by a tool. All checks run, then the failed ones are named.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const fix = process.argv.includes('--fix')
const failed = []

function check(name, command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error?.code === 'ENOENT') {
    console.log(`${name}: ${command} is not installed, skipped`)
  } else if (status === 0) {
    console.log(`${name}: ok`)
  } else {
    failed.push(name)
  }
}

function tool(name, script, args) {
  check(name, process.execPath, [path.join('node_modules', script), ...args])
}

const nativeFiles = fs
  .readdirSync('native', { recursive: true })
  .filter((file) => /\.(cc|h)$/.test(file))
  .map((file) => path.join('native', file))
  .sort()

check('native calls', process.execPath, [
  ...['--import', 'tsx', 'scripts/native-calls.mjs'],
  ...(fix ? [] : ['--check']),
])
tool('types', 'typescript/bin/tsc', ['-p', 'tsconfig.json'])
tool('eslint', 'eslint/bin/eslint.js', ['.', '--max-warnings=0', ...(fix ? ['--fix'] : [])])
tool('prettier', 'prettier/bin/prettier.cjs', [
  fix ? '--write' : '--check',
  '--log-level=warn',
  '.',
])
check('clang-format', 'clang-format', [
  ...(fix ? ['-i'] : ['--dry-run', '--Werror', '--ferror-limit=20']),
  ...nativeFiles,
])
if (/"resolved"/.test(fs.readFileSync('package-lock.json', 'utf8')))
  failed.push('lock file names a registry')
check('layers', process.execPath, ['scripts/check-layers.mjs'])

if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}${fix ? '' : ' (npm run format repairs layout)'}`)
  process.exit(1)
}
