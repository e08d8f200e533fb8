// Puts beside the compiled TypeScript what a report carries along: its own style and script, and uPlot
// with its licence.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const to = path.join(process.argv[2] ?? 'dist', 'report/assets')
const uPlot = path.dirname(createRequire(import.meta.url).resolve('uplot/package.json'))

fs.cpSync('ts/report/assets', to, { recursive: true })
for (const [file, name] of [
  ['dist/uPlot.iife.min.js', 'uPlot.iife.min.js'],
  ['dist/uPlot.min.css', 'uPlot.min.css'],
  ['LICENSE', 'uPlot.LICENSE'],
]) {
  fs.copyFileSync(path.join(uPlot, file), path.join(to, name))
}
