// A call whose last argument is an object of options: each tensor among them is an input like those before.
import { isPlain } from '../check.js'
import { noTensor, Tensor } from '../tensor/tensor.js'

export type CallOptions = Readonly<Record<string, unknown>>

/** Takes the options from the end of the arguments. A copy, so that they are read once; null: there are none. */
export function takeOptions(given: unknown[]): CallOptions | null {
  const last = given.at(-1)
  if (given.length < 2 || (last !== undefined && !isPlain(last))) return null
  given.pop()
  return last === undefined ? null : { ...(last as CallOptions) }
}

/**
 * All inputs of a call with several arguments, those before its options and the tensors in them; null for a single
 * one.
 *
 * @throws ValueError for what is no tensor.
 */
export function severalOf(
  module: { describe(): string },
  given: readonly unknown[],
  options: CallOptions | null,
): Tensor[] | null {
  given.forEach((other, i) => {
    if (!(other instanceof Tensor)) throw noTensor(module.describe(), `input ${i}`, other)
  })
  const tensors = given as Tensor[]
  if (options !== null) return [...tensors, ...apart(options).inputs]
  return tensors.length > 1 ? tensors : null
}

/** The arguments again, of the inputs or of others in their place. */
export function argumentsOf(inputs: readonly Tensor[], options: CallOptions | null): unknown[] {
  if (options === null) return [...inputs]
  return grouped(inputs, options, { ...options })
}

/** Gradients by the inputs in the form of the arguments. */
export function gradientsInForm(gradients: readonly unknown[], options: CallOptions): unknown[] {
  return grouped(gradients, options, {})
}

/** The list of gradients by the inputs, from one in the form of the arguments. */
export function gradientList(gradients: unknown, options: CallOptions): unknown[] {
  const list: unknown[] = Array.isArray(gradients) ? [...(gradients as unknown[])] : [gradients]
  const { names } = apart(options)
  const last = Array.isArray(gradients) ? list.pop() : null
  const named: object = typeof last === 'object' && last !== null ? last : {}
  return [...list, ...names.map((name) => (Reflect.get(named, name) as unknown) ?? null)]
}

function grouped(
  list: readonly unknown[],
  options: CallOptions,
  named: Record<string, unknown>,
): unknown[] {
  const { names } = apart(options)
  const before = list.length - names.length
  names.forEach((name, i) => {
    named[name] = list[before + i]
  })
  return [...list.slice(0, before), named]
}

function apart(options: CallOptions): { names: string[]; inputs: Tensor[] } {
  const names = Object.keys(options).filter((name) => options[name] instanceof Tensor)
  return { names, inputs: names.map((name) => options[name] as Tensor) }
}
