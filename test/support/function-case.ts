// Cases of test/fixtures/functions/: calls of functions of tensors, by name, with all their gradients.
import * as gradlane from '../../ts/index.js'
import { add, mul, sum, Tensor } from '../../ts/index.js'
import type { DType, FloatDType } from '../../ts/kernels/dtype.js'
import { indices, type InputKind, numbers, probabilities } from './formula.js'
import { type Result, tensorOf } from './pytorch-fixture.js'

interface Spec {
  readonly shape: readonly number[]
  readonly dtype?: 'int32' | 'uint8'
  readonly values?: Result['float64']
  readonly seed?: number
  readonly kind?: InputKind | 'positive' | 'probabilities'
  readonly below?: number
  readonly constant?: boolean
}

/** `case` of test/fixtures/function.py. */
export interface FunctionCase {
  readonly name: string
  readonly arguments: readonly unknown[]
  readonly roundings: number
  readonly size?: number
  readonly uses?: readonly number[]
  readonly captured?: boolean
  readonly results: readonly (Result & { readonly dtype?: DType })[]
  readonly gradients: readonly (Result | null)[]
}

/** What a case came to: results, and gradients by the operands that have one. */
export interface Outcome {
  readonly results: readonly Tensor[]
  readonly gradients: readonly (Tensor | null)[]
}

const GRADIENT_SEED = 41

type Call = (...args: unknown[]) => unknown

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function mapped(argument: unknown, operand: (spec: Spec) => Tensor): unknown {
  if (Array.isArray(argument)) return argument.map((one) => mapped(one, operand))
  if (isPlain(argument)) {
    if ('tensor' in argument) return operand(argument['tensor'] as Spec)
    return Object.fromEntries(Object.entries(argument).map(([k, v]) => [k, mapped(v, operand)]))
  }
  const isNumber = argument === 'NaN' || argument === 'Infinity' || argument === '-Infinity'
  return isNumber ? Number(argument) : argument
}

function valuesFor({ shape, values, seed = 0, kind, below }: Spec): number[] {
  if (values !== undefined) return values.map(Number)
  if (below !== undefined) return indices(shape, below)
  if (kind === 'probabilities') return probabilities(shape, seed)
  if (kind === 'positive') return numbers(shape, seed).map((v) => Math.abs(v) + 0.5)
  return numbers(shape, seed, kind)
}

function tensorsOf(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result]
  return Object.values(result as Record<string, Tensor>)
}

/** What a case is computed from: operands, and the gradients by its results. */
export function givenOf(one: FunctionCase, dtype: FloatDType): Record<string, Tensor> {
  const given: [string, Tensor][] = []
  mapped(one.arguments, (spec) => {
    const tensor = tensorOf(valuesFor(spec), spec.shape, (spec.dtype ?? dtype) as FloatDType)
    given.push([`x${given.length}`, tensor])
    return tensor
  })
  one.results.forEach(({ shape, dtype: whole }, k) => {
    if (whole === undefined)
      given.push([`g${k}`, tensorOf(numbers(shape, GRADIENT_SEED + k), shape, dtype)])
  })
  return Object.fromEntries(given)
}

function functionOf(name: string): Call {
  const { functional = {} } = gradlane.nn as unknown as { functional?: Record<string, Call> }
  return (gradlane as unknown as Record<string, Call>)[name] ?? functional[name] ?? criterion(name)
}

/** A criterion as a function: its options come last, a weight among them as a list. */
function criterion(name: string): Call {
  type Loss = new (options: object) => { forward(...inputs: Tensor[]): Tensor }
  const make = gradlane.nn[name as keyof typeof gradlane.nn] as unknown as Loss
  return (...args) => {
    const last = args.at(-1)
    const options = last instanceof Tensor ? {} : (last as Record<string, unknown>)
    const inputs = args.filter((input) => input instanceof Tensor)
    const weight = options['weight'] as number[] | undefined
    const { dtype } = inputs[0]!
    const own = weight && { weight: gradlane.tensor(weight, { dtype }) }
    return new make({ ...options, ...own }).forward(...inputs)
  }
}

/**
 * Calls the function and backward on copies of the operands, which stay as they are.
 *
 * @param asMethod Whether as a method, where there is one.
 */
export function outcomeOf(
  one: FunctionCase,
  given: Readonly<Record<string, Tensor>>,
  asMethod: boolean,
): Outcome {
  let next = 0
  const sources: Tensor[] = []
  const args = mapped(one.arguments, ({ dtype, constant = false }) => {
    const own = given[`x${next++}`]!.clone()
    if (dtype === undefined && !constant) sources.push(own.requiresGrad_())
    return own
  }) as unknown[]
  const [first, ...rest] = args
  const method: unknown = asMethod && first instanceof Tensor ? first[one.name as never] : undefined
  const result =
    method === undefined ? functionOf(one.name)(...args) : (method as Call).apply(first, rest)
  const results = tensorsOf(result)
  const shares = results
    .map((y, k) => ({ y, k }))
    .filter(({ y, k }) => y.requiresGrad && one.uses?.includes(k) !== false)
    .map(({ y, k }) => ({ y, g: given[`g${k}`]! }))
  if (shares.length === 1) shares[0]!.y.backward(shares[0]!.g)
  if (shares.length > 1)
    shares
      .map(({ y, g }) => sum(mul(y, g)))
      .reduce((a, b) => add(a, b))
      .backward()
  return { results, gradients: sources.map(({ grad }) => grad) }
}
