import { CaptureError } from '../errors.js'
import type { KernelCall } from '../kernels/operations.js'
import { Tensor } from '../tensor/tensor.js'
import { tensorsOf } from './passes/tensors.js'

/**
 * Refuses a function that does not do the same each time, judged by two recordings of it. A replay
 * cannot follow what JavaScript carries from one step to the next, so
 *
 * - both must make the same calls with the same numbers;
 * - where the second works on another tensor than the first, that must be one that it made itself: a
 *   result of the first step among its operands would be a link that the replay does not know.
 *
 * @throws CaptureError naming the first call that differs.
 */
export function checkSameStep(first: readonly KernelCall[], second: readonly KernelCall[]): void {
  const places = new Places(first)
  const length = Math.max(first.length, second.length)
  for (let i = 0; i < length; i++) {
    const [a, b] = [first[i], second[i]]
    if (a?.method !== b?.method) {
      throw differing(
        i,
        `is ${a?.method ?? 'none'} in one step and ${b?.method ?? 'none'} in the next`,
      )
    }
    const reason = difference(a!.args, b!.args, places) ?? constants(a!, b!)
    if (reason !== null) throw differing(i, `(${a!.method}) ${reason}`)
  }
}

/** Which tensor of the second recording stands where one of the first did. */
class Places {
  readonly #buffers = new Map<ArrayBuffer, number>()
  readonly #partner = new Map<string, string>()
  readonly #inFirst: ReadonlySet<string>

  constructor(first: readonly KernelCall[]) {
    const tensors = first.flatMap(({ args }) => tensorsOf(args))
    this.#inFirst = new Set(tensors.filter(({ length }) => length > 0).map((t) => this.#key(t)))
  }

  match(a: Tensor, b: Tensor): boolean {
    // Without an element there is nothing to tell apart, and no place of its own.
    if (a.length === 0) return true
    const [from, to] = [this.#key(a), this.#key(b)]
    const known = this.#partner.get(from)
    if (known !== undefined) return known === to
    if (from !== to && this.#inFirst.has(to)) return false
    this.#partner.set(from, to)
    return true
  }

  #key({ buffer, byteOffset }: Tensor): string {
    let number = this.#buffers.get(buffer)
    if (number === undefined) {
      number = this.#buffers.size
      this.#buffers.set(buffer, number)
    }
    return `${number}:${byteOffset}`
  }
}

/**
 * `tensor([…])` copies what JavaScript wrote. Nothing has been computed yet, so any other tensor that
 * differs between the recordings holds zeros.
 */
function constants(a: KernelCall, b: KernelCall): string | null {
  if (a.method !== 'copy' || b.method !== 'copy') return null
  const [from, to] = [a.args.x, b.args.x]
  if (!(from instanceof Tensor) || !(to instanceof Tensor)) return null
  const same =
    from.buffer === to.buffer || from.elements.every((x, i) => Object.is(x, to.elements[i]))
  return same ? null : 'starts from other numbers than the step before it; make them an input'
}

function difference(a: unknown, b: unknown, places: Places, what = ''): string | null {
  if (a instanceof Tensor && b instanceof Tensor) {
    if (a.toString() !== b.toString()) return `works on ${a.toString()} and then on ${b.toString()}`
    if (places.match(a, b)) return null
    return `works on a ${b.toString()} that the step before it left; keep such a state in a tensor that is written in place`
  }
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    const keys = Object.keys({ ...a, ...b })
    for (const key of keys) {
      const part = (value: object): unknown => (value as Record<string, unknown>)[key]
      const name = Array.isArray(a) ? `${what} ${key}` : key
      const reason = difference(part(a), part(b), places, name)
      if (reason !== null) return reason
    }
    return null
  }
  if (Object.is(a, b)) return null
  return `has ${what} ${String(a)} in one step and ${String(b)} in the next`
}

function differing(call: number, what: string): CaptureError {
  return new CaptureError(
    `capture: the function does not do the same each time: its kernel call ${call} ${what}. ` +
      'A captured step begins with zeroGrad(), or grad = null of its leaves, if it computes gradients (that of the model, where its optimizer ' +
      'holds some of the parameters only), and draws random numbers with gradlane; what it prepares once is ' +
      'prepared by running it before the capture',
  )
}
