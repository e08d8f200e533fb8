// npm run check:node-versions: the packed tarball under every line of Node that is supported. The
// Nodes come from the npm packages node-<platform>-<arch>. Writes docs/node-versions.md.
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { installInto, npm, pack, root, run, train, withFolder } from './package/pack.mjs'

const LINES = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26']
const binary = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

withFolder((folder) => {
  const { tarball, report } = pack(folder)
  const rows = []
  let failed = 0
  for (const line of LINES) {
    const home = path.join(folder, `node-${line}`)
    fs.mkdirSync(home)
    fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n')
    npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', `${binary}@${line}`], {
      cwd: home,
    })
    const node = path.join(home, 'node_modules', binary, 'bin', 'node')
    const version = run(node, ['--version']).trim()
    const project = path.join(folder, `project-${line}`)
    const env = installInto(project, tarball)
    let result
    try {
      result = train(project, env, node).join('; ')
    } catch (error) {
      failed++
      result = `FAILED: ${error.message.split('\n').slice(0, 6).join(' ')}`
    }
    console.log(`${version}: ${result}`)
    rows.push(`| ${version} | ${result} |`)
  }
  const text = [
    '# Versions of Node',
    '',
    'What `npm run check:node-versions` printed: the packed tarball, installed into an empty folder with',
    'scripts off and no compiler on PATH, trains a network through `import` and computes through',
    '`require`.',
    '',
    `Package ${report.name} ${report.version} on ${process.platform}-${process.arch}.`,
    '',
    '| Node | result |',
    '| --- | --- |',
    ...rows,
    '',
  ]
  fs.mkdirSync(path.join(root, 'docs'), { recursive: true })
  fs.writeFileSync(path.join(root, 'docs', 'node-versions.md'), text.join('\n'))
  process.exitCode = failed > 0 ? 1 : 0
})
