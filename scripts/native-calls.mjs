// Writes ts/kernels/native/index.ts: each operation's call of the addon, from its declaration. With
// --check it tells whether the file is up to date. npm run lint checks, npm run format writes.
// Wants tsx: node --import tsx scripts/native-calls.mjs
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { fieldsOf, operations } from '../ts/kernels/operations.ts'

const file = path.resolve(import.meta.dirname, '../ts/kernels/native/index.ts')
const WIDTH = 100

const HEAD = `// Written by scripts/native-calls.mjs from the declarations in ts/kernels/; \`npm run format\` does it again.
import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'
import { dtypeOf, flatten } from './slots.js'

/** The kernels of the addon. It is loaded at the first call of one of them. */
// prettier-ignore
export const native: Kernels = {
  name: 'native',
`

/** The parts on as few lines as they fit on. */
function filled(parts, indent) {
  const lines = []
  for (const part of parts) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + part.length + 2 <= WIDTH)
      lines.push(`${lines.pop()} ${part},`)
    else lines.push(`${indent}${part},`)
  }
  return lines.join('\n')
}

function parameter([name, { initial }]) {
  return initial === undefined ? name : `${name} = ${initial}`
}

function callOf(operation) {
  const { dtype } = operations[operation]
  const fields = fieldsOf(operation)
  const slots = fields.find(([, { kind }]) => kind === 'slots')?.[0]
  const type = dtype === slots ? `dtypeOf(${slots})` : `${dtype}.dtype`
  const values = dtype === null ? [] : [`dtypeCode[${type}]`]
  for (const [name, { kind, typed, nullable, names }] of fields) {
    if (typed)
      values.push(nullable ? `dtypeCode[${name}?.dtype ?? 'uint8']` : `dtypeCode[${name}.dtype]`)
    if (kind === 'value') values.push(name)
    else if (kind === 'sizes') values.push(...names.map((size) => `${name}.${size}`))
    else if (kind === 'slots') values.push(`...flatten('${operation}', ${type}, ${name})`)
    else if (nullable) values.push(`${name}?.buffer ?? null`, `${name}?.byteOffset ?? 0`)
    else values.push(`${name}.buffer`, `${name}.byteOffset`)
  }
  const parameters = fields.map(parameter)
  const short = `  ${operation}: ({ ${parameters.join(', ')} }) => {`
  const head =
    short.length <= WIDTH ? short : `  ${operation}: ({\n${filled(parameters, '    ')}\n  }) => {`
  return `${head}\n    addon().${operation}(\n${filled(values, '      ')}\n    )\n  },\n`
}

const text = `${HEAD}${Object.keys(operations).map(callOf).join('')}}\n`
if (!process.argv.includes('--check')) fs.writeFileSync(file, text)
else if (fs.readFileSync(file, 'utf8') !== text) {
  console.error('ts/kernels/native/index.ts is not what the declarations say: npm run format')
  process.exitCode = 1
}
