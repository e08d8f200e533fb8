import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { fromTypedArray, type Tensor } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import type { InputKind } from './formula.js'
import { arrayOf } from './samples.js'
import { isWithin } from './tolerance.js'

/** Numbers as JSON can hold them. */
type Listed = readonly (number | 'NaN' | 'Infinity' | '-Infinity')[]

/** What PyTorch computed in both dtypes; float32 is left out where it has the same numbers. */
export interface Result {
  readonly shape: readonly number[]
  readonly float64: Listed
  readonly float32?: Listed
}

/** Results by name: `output`, `gradInput`, `grad <parameter>`, `after <buffer>`, … */
export type Results = Readonly<Record<string, Result>>

/** A forward and a backward pass of a layer: `layer` of test/fixtures/formula.py. */
export interface LayerCase {
  readonly name: string
  readonly arguments: readonly unknown[]
  readonly options: Readonly<Record<string, unknown>>
  readonly input: readonly number[]
  readonly kind?: InputKind
  readonly mode?: 'eval'
  /** The shapes of the state dict. */
  readonly state: Readonly<Record<string, readonly number[]>>
  /** Absent where PyTorch raises an error. */
  readonly results?: Results
  /** The same without products of a special value and a zero that is padding, or a weight of nothing. */
  readonly skipping?: Results
}

/** A loss and its gradient: `case` of test/fixtures/criterion.py. */
export interface LossCase {
  readonly name: PointwiseName | 'CrossEntropyLoss' | 'NLLLoss'
  readonly options: Readonly<Record<string, unknown>>
  readonly target: 'numbers' | 'same' | 'soft' | 'hard' | 'sparse' | 'logs' | 'classes' | 'shares'
  readonly shape: readonly number[]
  readonly kind?: InputKind
  /** The target of the kind `shares`. */
  readonly shares?: readonly number[]
  /** Absent where PyTorch raises an error. */
  readonly results?: Results
}

/** Criteria whose losses each belong to one element. */
export type PointwiseName =
  | 'MSELoss'
  | 'L1Loss'
  | 'SmoothL1Loss'
  | 'HuberLoss'
  | 'BCELoss'
  | 'BCEWithLogitsLoss'
  | 'KLDivLoss'

/** The cases of `test/fixtures/<name>.json`. */
export function readCases(name: string): readonly unknown[] {
  const text = readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { cases: readonly unknown[] }).cases
}

export const valuesOf = (result: Result, dtype: FloatDType): number[] =>
  (dtype === 'float32' ? (result.float32 ?? result.float64) : result.float64).map(Number)

export const tensorOf = (
  values: Iterable<number>,
  shape: readonly number[],
  dtype: FloatDType | 'int32',
): Tensor => fromTypedArray(arrayOf(dtype, values), [...shape])

export const camel = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** PyTorch's options with our names: kernel_size to kernelSize. */
export function camelOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]))
}

/** The error that element i may have, its expected value given. */
export type Bound = (i: number, expected: number) => number

/**
 * Compares with one of the accepted lists, whose maker may be as far off as we: twice the bound. NaN and
 * infinities must be met exactly.
 */
export function expectResult(
  what: string,
  actual: Tensor,
  shape: readonly number[],
  accepted: readonly (readonly number[])[],
  dtype: FloatDType,
  bound: Bound,
): void {
  expect(actual.shape, what).to.deep.equal(shape)
  for (let i = 0; i < actual.length; i++) {
    const got = actual.data[i]!
    const fits = accepted.some((list) => isWithin(dtype, got, list[i]!, 2 * bound(i, list[i]!)))
    if (fits) continue
    const wanted = accepted.map((list) => `${list[i]} ± ${2 * bound(i, list[i]!)}`).join(' or ')
    expect.fail(`${what}[${i}] in ${dtype}: expected ${wanted}, got ${got}`)
  }
}
