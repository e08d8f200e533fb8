/** What operations declare of their operands, held against what the kernels do. */
import { expect } from 'chai'

import type { Kernels, View } from '../../ts/kernels/kernels.js'
import {
  argument,
  inPlaceOf,
  type KernelCall,
  overwrittenBy,
  writtenBy,
} from '../../ts/kernels/operations.js'
import type { TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { everyOp, type OpName, opNames } from '../support/every-op/index.js'
import { asView } from '../support/op-case.js'

type Operands = Readonly<Record<string, TypedArray>>

/** The operands of an operation that stand in some of its arguments. */
function lookInto(name: OpName, some: (call: KernelCall) => readonly string[]): string[] {
  const views = new Map<View, string>()
  const operands = everyOp[name].operands()
  for (const [operand, values] of Object.entries(operands)) views.set(asView(values), operand)
  let found: string[] = []
  const recorder = {
    [name]: (args: object) => {
      const named = (value: unknown): string[] => {
        if (typeof value !== 'object' || value === null) return []
        const operand = views.get(value as View)
        return operand === undefined ? Object.values(value).flatMap(named) : [operand]
      }
      const call = { method: name, args } as KernelCall
      found = some(call).flatMap((field) => named(argument(call, field)))
    },
  }
  const byName = Object.fromEntries(Array.from(views, ([view, operand]) => [operand, view]))
  everyOp[name].run(recorder as unknown as Kernels, byName)
  return found
}

function runOn(kernels: Kernels, name: OpName, operands: Operands): void {
  const views = Object.entries(operands).map(([operand, values]) => [operand, asView(values)])
  everyOp[name].run(kernels, Object.fromEntries(views) as Record<string, View>)
}

const bytesOf = (values: TypedArray): number[] =>
  Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))

describe(suiteTitle('effects of the kernels'), () => {
  for (const name of opNames) {
    it(`${name} writes no other operand than it is known to write`, () => {
      const written = lookInto(name, writtenBy)
      for (const kernels of backends) {
        const [operands, before] = [everyOp[name].operands(), everyOp[name].operands()]
        runOn(kernels, name, operands)
        for (const [operand, values] of Object.entries(operands)) {
          if (written.includes(operand)) continue
          expect(bytesOf(values), `${kernels.name}: ${operand}`).to.deep.equal(
            bytesOf(before[operand]!),
          )
        }
      }
    })

    it(`${name} writes over an operand what it would write elsewhere`, () => {
      const [operand, result] = lookInto(name, (call) => inPlaceOf(call) ?? [])
      if (operand === undefined || result === undefined) return
      for (const kernels of backends) {
        const [apart, together] = [everyOp[name].operands(), everyOp[name].operands()]
        together[result] = together[operand]!
        runOn(kernels, name, apart)
        runOn(kernels, name, together)
        expect(bytesOf(together[result]), kernels.name).to.deep.equal(bytesOf(apart[result]!))
      }
    })

    it(`${name} leaves nothing of what it overwrites`, () => {
      for (const operand of lookInto(name, overwrittenBy)) {
        for (const kernels of backends) {
          const [clean, dirty] = [everyOp[name].operands(), everyOp[name].operands()]
          clean[operand]!.fill(0)
          dirty[operand]!.fill(dirty[operand] instanceof Uint8Array ? 255 : NaN)
          if (dirty[operand] instanceof Int32Array) dirty[operand].fill(-1)
          runOn(kernels, name, clean)
          runOn(kernels, name, dirty)
          for (const other of Object.keys(clean)) {
            expect(bytesOf(dirty[other]!), `${kernels.name}: ${other}`).to.deep.equal(
              bytesOf(clean[other]!),
            )
          }
        }
      }
    })
  }
})
