// The declarations of operations in ts/kernels against the argument structs of the core, which hold the
// same fields in the same order.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect } from 'chai'

import { fieldsOf, type KernelName, operations } from '../../ts/kernels/operations.js'

const native = fileURLToPath(new URL('../../native/', import.meta.url))
const headers = ['ops/', 'cpu/tables/']
  .flatMap((folder) => readdirSync(native + folder).map((file) => native + folder + file))
  .filter((file) => file.endsWith('.h'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')

/** What the first group of `pattern` is in the headers. */
function find(pattern: string): string {
  const found = new RegExp(pattern).exec(headers)
  if (found === null) throw new Error(`no header holds ${pattern}`)
  return found[1]!
}

const list = (names: string) =>
  names
    .split(',')
    .map((name) => name.trim().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()))

/** The fields of the core's struct; a struct of sizes in it stands for its members. */
function fieldsOfCore(operation: string): string[] {
  const args = find(`void ${operation}\\(const (\\w+)& args\\);`)
  return list(find(`GRADLANE_FIELDS\\(${args},([^)]*)\\)`)).flatMap((name) => {
    if (!['shape', 'geometry', 'place'].includes(name)) return [name]
    const type = new RegExp(`struct ${args} \\{[^}]*?(\\w+) ${name}[;\\s]`).exec(headers)![1]!
    const members = find(`struct ${type} \\{([^]*?)\\n\\};`)
      .replaceAll(/ = \d+/g, '')
      .matchAll(/std::int64_t ([\w,\s]+);/g)
    return [...members].flatMap(([, names]) => list(names!))
  })
}

function declared(operation: KernelName): string[] {
  const { dtype } = operations[operation]
  const fields = fieldsOf(operation).flatMap(([name, { kind, typed, names }]) => {
    if (kind === 'sizes') return names as readonly string[]
    return typed ? [`${name}Dtype`, name] : [name]
  })
  return dtype === null ? fields : ['dtype', ...fields]
}

/** A pass and its gradient that share a struct of the core, whose operands are `from` and `to`. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  from: ['x', 'gradOut'],
  to: ['out', 'gradX'],
}

describe('fields of operations', () => {
  const table = readFileSync(`${native}ops/operations.cc`, 'utf8')
  const pairs = [...table.matchAll(/OperationOf<&(\w+)>\("(\w+)"\)/g)]

  it('are those of every operation of the core', () => {
    expect(pairs.map(([, , name]) => name).sort()).deep.equal(Object.keys(operations).sort())
  })

  for (const [, inCore, name] of pairs) {
    it(name!, () => {
      const ours = declared(name as KernelName)
      const core = fieldsOfCore(inCore!).map((field, i) => {
        if (i === 0 && field.endsWith('Dtype')) return 'dtype'
        return SHARED[field]?.includes(ours[i]!) ? ours[i]! : field
      })
      expect(ours).deep.equal(core)
    })
  }
})
