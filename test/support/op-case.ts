import { expect } from 'chai'

import type { Kernels, View } from '../../ts/kernels/kernels.js'
import { native } from '../../ts/kernels/native/index.js'
import { reference } from '../../ts/kernels/reference/index.js'
import {
  type DType,
  type FloatDType,
  itemSize,
  type TypedArray,
  viewOf,
} from '../../ts/kernels/dtype.js'
import { nativeExpected, referenceTestedHere, withDenormals, withThreads } from './backends.js'
import { lastOf } from './last-of.js'
import { arrayOf } from './samples.js'
import { isWithin } from './tolerance.js'

/** Bytes around every operand that no operation may touch. */
const GUARD_BYTES = 128
const GUARD = 0xa5

/** Absolute error allowed for element i, or `exact` where all backends must give the same bits. */
export type Bound = 'exact' | ((i: number, expected: number) => number)

export interface OpCase<Name extends string> {
  /** Names the sizes and options, for messages. */
  readonly title: string
  /** Of the results whose bounds are not exact. */
  readonly dtype: FloatDType
  /** What each operand holds before the call. */
  readonly operands: Readonly<Record<Name, TypedArray>>
  /** The operands that the call writes; all others must stay as they are. */
  readonly bounds: Readonly<Partial<Record<NoInfer<Name>, Bound>>>
  /** Pairs (written, read) that may be the same memory. */
  readonly inPlace?: readonly (readonly [NoInfer<Name>, NoInfer<Name>])[]
  /** The expected values depend on the dtype itself and are not computed in float64. */
  readonly ownDType?: boolean
  /** Cases in a row with the same text here have the same expected values, which are computed once. */
  readonly expectedOf?: string
  run(kernels: Kernels, views: Readonly<Record<NoInfer<Name>, ArrayView>>): void
}

/** Elements of all operands from which on GRADLANE_TEST_SMALL leaves a case out. */
const SMALL = 8192
const onlySmall = (process.env['GRADLANE_TEST_SMALL'] ?? '') !== ''

/** Whether a case of so many elements is left out in this run. */
export const tooBig = (elements: number): boolean => onlySmall && elements > SMALL

const onceExpected = lastOf()

interface Placed {
  readonly view: ArrayView
  readonly buffer: ArrayBuffer
  readonly start: number
}

function dtypeOf(array: TypedArray): DType {
  if (array instanceof Float32Array) return 'float32'
  if (array instanceof Float64Array) return 'float64'
  return array instanceof Int32Array ? 'int32' : 'uint8'
}

/** A view over the elements of a typed array, with the array itself. */
export interface ArrayView extends View {
  readonly data: TypedArray
}

export function asView(data: TypedArray): ArrayView {
  const { buffer, byteOffset, length } = data
  return { buffer: buffer as ArrayBuffer, byteOffset, length, dtype: dtypeOf(data), data }
}

/** A copy of `values` in the middle of a guarded buffer, `shift` elements off a round address. */
function place(values: TypedArray, shift: number): Placed {
  const dtype = dtypeOf(values)
  const start = GUARD_BYTES + shift * itemSize[dtype]
  const buffer = new ArrayBuffer(start + values.byteLength + GUARD_BYTES)
  new Uint8Array(buffer).fill(GUARD)
  const data = viewOf(dtype, buffer, start, values.length)
  data.set(values)
  return { view: asView(data), buffer, start }
}

const bytesOf = (array: TypedArray): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength)

function expectGuardsWhole(placed: Placed, what: string): void {
  const bytes = new Uint8Array(placed.buffer)
  const end = placed.start + placed.view.data.byteLength
  for (let i = 0; i < bytes.length; i++) {
    if (i === placed.start) i = end
    if (bytes[i] !== GUARD)
      expect.fail(`${what}: byte ${i - placed.start} outside of it was written`)
  }
}

interface Placement {
  /** Elements that the operands are shifted by, in turn: 0, shift, 2 shift, ... */
  readonly shift?: number
  readonly alias?: readonly [string, string]
}

/** Runs a case and gives what it wrote, having checked that it wrote nothing else. */
function results<Name extends string>(
  kernels: Kernels,
  opCase: OpCase<Name>,
  { shift = 0, alias }: Placement = {},
): Map<Name, TypedArray> {
  const what = `${opCase.title} on ${kernels.name}`
  const names = Object.keys(opCase.operands) as Name[]
  const placed = new Map<string, Placed>()
  names.forEach((name, i) => placed.set(name, place(opCase.operands[name], i * shift)))
  if (alias) placed.set(alias[0], placed.get(alias[1])!)
  opCase.run(
    kernels,
    Object.fromEntries(names.map((name) => [name, placed.get(name)!.view])) as Record<
      Name,
      ArrayView
    >,
  )
  const written = new Map<Name, TypedArray>()
  for (const name of names) {
    const operand = placed.get(name)!
    expectGuardsWhole(operand, `${what}, ${name}`)
    if (opCase.bounds[name] !== undefined) written.set(name, operand.view.data)
    else if (
      name !== alias?.[1] &&
      !bytesOf(operand.view.data).equals(bytesOf(opCase.operands[name]))
    ) {
      expect.fail(`${what}: operand ${name} was changed`)
    }
  }
  return written
}

/** What the case must give: the reference on the same numbers in float64. */
function expectedOf<Name extends string>(opCase: OpCase<Name>): Map<Name, TypedArray> {
  if (opCase.ownDType) return results(reference, opCase)
  const wide = Object.fromEntries(
    Object.entries<TypedArray>(opCase.operands).map(([name, values]) => [
      name,
      values instanceof Float32Array ? arrayOf('float64', values) : values,
    ]),
  ) as Record<Name, TypedArray>
  return results(reference, { ...opCase, operands: wide })
}

function expectWithinBounds<Name extends string>(
  opCase: OpCase<Name>,
  backend: string,
  actual: Map<Name, TypedArray>,
  expected: Map<Name, TypedArray>,
): void {
  for (const [name, values] of actual) {
    const bound = opCase.bounds[name]!
    const wanted = expected.get(name)!
    const dtype = values instanceof Float32Array ? 'float32' : 'float64'
    for (let i = 0; i < values.length; i++) {
      if (values[i] === wanted[i]) continue
      const allowed = bound === 'exact' ? 0 : bound(i, wanted[i]!)
      if (!isWithin(dtype, values[i]!, wanted[i]!, allowed)) {
        expect.fail(
          `${opCase.title} on ${backend}: ${name}[${i}] is ${values[i]}, expected ${wanted[i]} ± ${allowed}`,
        )
      }
    }
  }
}

function expectSameBits<Name extends string>(
  what: string,
  actual: Map<Name, TypedArray>,
  expected: Map<Name, TypedArray>,
): void {
  for (const [name, values] of actual) {
    if (bytesOf(values).equals(bytesOf(expected.get(name)!))) continue
    const wanted = expected.get(name)!
    const i = values.findIndex((value, at) => !Object.is(value, wanted[at]))
    expect.fail(`${what}: ${name}[${i}] is ${values[i]}, was ${wanted[i]} before`)
  }
}

/** Neither 0 nor as large as the smallest normal number. */
function isDenormal(value: number, _: number, array: TypedArray): boolean {
  const smallest = array instanceof Float32Array ? 2 ** -126 : 2 ** -1022
  return value !== 0 && Math.abs(value) < smallest
}

/** With denormals counted as 0: no thread computes with them, and none comes of other numbers. */
function checkFlushed<Name extends string>(opCase: OpCase<Name>): void {
  withDenormals(false, () => {
    const one = withThreads(1, () => results(native, opCase))
    const two = withThreads(2, () => results(native, opCase, { shift: 1 }))
    expectSameBits(`${opCase.title}, denormals as 0, two threads`, two, one)
    if (Object.values<TypedArray>(opCase.operands).some((values) => values.some(isDenormal))) return
    for (const [name, values] of one) {
      expect(values.find(isDenormal), `${opCase.title}: a denormal in ${name}`).to.equal(undefined)
    }
  })
}

/**
 * Checks both backends against the expected values, and of the native one that its bits depend neither
 * on where the operands lie, nor on the number of threads, nor on working in place.
 */
export function check<Name extends string>(opCase: OpCase<Name>): void {
  const operands = Object.values<TypedArray>(opCase.operands)
  if (tooBig(operands.reduce((sum, values) => sum + values.length, 0))) return
  const { title, expectedOf: sameAs } = opCase
  const expected =
    sameAs === undefined ? expectedOf(opCase) : onceExpected(sameAs, () => expectedOf(opCase))
  if (referenceTestedHere) {
    const own = results(reference, opCase)
    expectWithinBounds(opCase, 'reference', own, expected)
    for (const alias of opCase.inPlace ?? []) {
      const [written, read] = alias
      expectSameBits(
        `${title} on reference, ${written} over ${read}`,
        results(reference, opCase, { alias }),
        own,
      )
    }
  }
  if (!nativeExpected) return
  checkFlushed(opCase)
  withDenormals(true, () => {
    checkNative(opCase, expected)
  })
}

function checkNative<Name extends string>(
  opCase: OpCase<Name>,
  expected: Map<Name, TypedArray>,
): void {
  const { title } = opCase
  const run = (placement?: Placement) => results(native, opCase, placement)
  const first = withThreads(1, () => run())
  expectWithinBounds(opCase, 'native', first, expected)
  for (const shift of [1, 3]) {
    expectSameBits(`${title}, operands shifted by ${shift} elements`, run({ shift }), first)
  }
  expectSameBits(
    `${title}, two threads`,
    withThreads(2, () => run({ shift: 1 })),
    first,
  )
  for (const alias of opCase.inPlace ?? []) {
    const [written, read] = alias
    expectSameBits(`${title}, ${written} over ${read}`, run({ shift: 1, alias }), first)
  }
}
