/**
 * Buffers that are no longer what they were when a tensor was made over them: detached (transferred
 * to a worker), or shrunk. Every operation of both backends must say so, with the same words, and must
 * not have written anything.
 */
import { expect } from 'chai'

import type { Kernels, View } from '../../ts/kernels/kernels.js'
import { itemSize, type TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { everyOp, type OpName, opNames } from '../support/every-op/index.js'
import { asView } from '../support/op-case.js'

/** Resizable ArrayBuffers, which Node 20 has and the ES2023 library does not declare. */
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(bytes: number): void }

function detached(values: TypedArray): View {
  const { byteOffset, buffer, length, dtype } = asView(values)
  structuredClone(buffer, { transfer: [buffer] })
  expect(buffer.byteLength).to.equal(0)
  return { buffer, byteOffset, length, dtype }
}

/** A view whose buffer has lost its last byte. */
function shrunk(values: TypedArray): View {
  const view = asView(values)
  const buffer = new Resizable(values.byteLength, { maxByteLength: values.byteLength })
  new Uint8Array(buffer).set(new Uint8Array(view.buffer, view.byteOffset, values.byteLength))
  buffer.resize(values.byteLength - 1)
  return { ...view, buffer, byteOffset: 0 }
}

/** A view that starts past the end of its buffer. */
function beyond(values: TypedArray): View {
  const view = asView(values)
  return { ...view, byteOffset: view.byteOffset + values.byteLength + itemSize[view.dtype] }
}

/** A view that starts between two elements. */
function misplaced(values: TypedArray): View {
  const view = asView(values)
  const buffer = new ArrayBuffer(values.byteLength + 8)
  return { ...view, buffer, byteOffset: 1 }
}

interface Failure {
  readonly code: unknown
  readonly message: string
}

/** Calls an operation with one operand spoiled; gives what it threw, if no other operand changed. */
function failureOf(
  kernels: Kernels,
  name: OpName,
  operand: string,
  spoil: (values: TypedArray) => View,
): Failure | undefined {
  const operands = everyOp[name].operands()
  const views = Object.fromEntries(
    Object.entries(operands).map(([key, values]) => [
      key,
      key === operand ? spoil(values) : asView(values),
    ]),
  )
  const others = Object.keys(operands).filter((key) => key !== operand)
  const before = others.map((key) => Array.from(operands[key]!))
  try {
    everyOp[name].run(kernels, views)
    return undefined
  } catch (error) {
    expect(
      others.map((key) => Array.from(operands[key]!)),
      `${kernels.name}.${name} changed something before it found ${operand} spoiled`,
    ).to.deep.equal(before)
    const { code, message } = error as Error & { code?: unknown }
    return { code, message }
  }
}

const spoilers = { detached, shrunk, beyond, misplaced }

describe(suiteTitle('bad buffers'), () => {
  for (const name of opNames) {
    it(name, () => {
      for (const [operand, values] of Object.entries(everyOp[name].operands())) {
        for (const [how, spoil] of Object.entries(spoilers)) {
          // no place is wrong for single bytes
          if (how === 'misplaced' && values instanceof Uint8Array) continue
          const failures = backends.map((kernels) => failureOf(kernels, name, operand, spoil))
          for (const failure of failures) {
            const what = `${name} with ${operand} ${how}`
            expect(failure, `${what} was accepted`).not.to.equal(undefined)
            expect(failure!.code, what).to.equal('ERR_VALUE')
            expect(failure!.message, what).to.match(new RegExp(`^${name}: ${operand} `))
            expect(failure, 'both backends say the same').to.deep.equal(failures[0])
          }
        }
      }
    })
  }

  it('a call of no elements looks at no buffer', () => {
    for (const kernels of backends) {
      const gone = detached(new Float32Array(4))
      kernels.unary({ kind: 0, x: gone, y: gone, n: 0 })
      kernels.fill({ y: gone, n: 0, value: 1 })
      kernels.matmul({ a: gone, b: gone, out: gone, m: 0, n: 0, k: 0 })
    }
  })
})
