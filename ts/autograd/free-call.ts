import { complaint, ValueError } from '../errors.js'
import { zeros } from '../tensor/create.js'
import { enterPass } from '../tensor/pass.js'
import { Tensor } from '../tensor/tensor.js'
import { type Ends, isDifferentiating, ownSum, releaseGraph, runBackward } from './backward.js'
import { edgeOf, leafOf } from './differentiable.js'
import { isGradEnabled, setGradEnabled } from './grad-mode.js'
import type { Gradient, History } from './node.js'
import { keepGradients } from './tensor.js'

/**
 * A call of a function of tensors that is written freely, for callers that have backward passes by hand:
 * the graph from its outputs back to its inputs.
 */
export class FreeCall {
  #outputs: readonly (History | null)[] = []

  private constructor(
    private readonly given: readonly Tensor[],
    private readonly inputs: readonly (History | null)[],
    /** Whether it is the graph of this call alone. */
    readonly isApart: boolean,
  ) {}

  /**
   * Calls a function. What it is given begins a graph where it is part of none.
   *
   * @param apart Whether it begins one in any case and the output is part of none, because what surrounds
   *   the call has a backward of its own.
   * @returns what the function returns, and the call; null where no graph is made.
   */
  static of(
    body: (...inputs: Tensor[]) => unknown,
    given: readonly Tensor[],
    apart: boolean,
  ): [output: unknown, call: FreeCall | null] {
    const outer = enterPass(null)
    const mode = isGradEnabled()
    try {
      // What a backward by hand computes again it may differentiate.
      if (!mode && !(apart && isDifferentiating())) return [body(...given), null]
      setGradEnabled(true)
      const inputs: Tensor[] = []
      // What is given twice stays one tensor.
      given.forEach((input, i) => {
        const first = given.indexOf(input)
        inputs.push(first < i ? inputs[first]! : argumentOf(input, apart))
      })
      const call = new FreeCall(given, inputs.map(edgeOf), apart)
      const output = body(...inputs)
      call.#outputs = tensorsOf(output).map(edgeOf)
      const own = (tensor: Tensor): Tensor => {
        const place = inputs.indexOf(tensor)
        if (place >= 0) return given[place]!
        return apart ? tensor.detach() : tensor
      }
      return [mapTensors(output, own), call]
    } finally {
      setGradEnabled(mode)
      enterPass(outer)
    }
  }

  /**
   * Adds to the gradients of leaves and returns those by the inputs, if somebody wants them. The graph stays.
   *
   * @param gradients By the outputs.
   * @param isKept Whether those by the inputs are somebody's own; else they last as long as the workspace's.
   */
  backward(gradients: readonly Gradient[], wantsInputs: boolean, isKept: boolean): Tensor[] {
    const roots: History[] = []
    const seeds: Tensor[] = []
    this.#outputs.forEach((output, i) => {
      const gradient = gradients[i]
      if (output === null || !gradient) return
      roots.push(output)
      seeds.push(gradient)
    })
    const ends = this.#ends(wantsInputs)
    const found = runBackward(roots, seeds, true, null, ends)
    const own = [...found].filter(([history]) => !ends.histories.has(history))
    keepGradients(new Map(own))
    if (!wantsInputs) return []
    return this.inputs.map((input, i) => {
      const gradient = input === null ? undefined : found.get(input)
      // The same tensor may be given twice: its gradient counts once.
      if (gradient && this.inputs.indexOf(input) === i)
        return isKept ? ownSum(gradient) : gradient.sum
      const { shape, dtype } = this.given[i]!
      return zeros(shape, { dtype: isFloat(dtype) ? dtype : 'float32' })
    })
  }

  /** Frees what the graph has saved. */
  release(): void {
    const roots = this.#outputs.filter((output) => output !== null)
    releaseGraph(roots, this.#ends(false))
  }

  #ends(wanted: boolean): Ends {
    return { histories: new Set(this.inputs.filter((input) => input !== null)), wanted }
  }
}

/** @throws ValueError for a call that was made without a graph. */
export function graphOf(who: { describe(): string }, call: object | null): FreeCall {
  if (call !== null) return call as FreeCall
  throw new ValueError(
    complaint(
      who.describe(),
      'the forward',
      'one that made a graph',
      'one inside of noGrad',
      'call forward outside of it before backward',
    ),
  )
}

function argumentOf(input: Tensor, apart: boolean): Tensor {
  if (!isFloat(input.dtype) || (!apart && input.requiresGrad)) return input
  const argument = input.detach()
  leafOf(argument, true).argumentOf = input
  return argument
}

/** Whether a gradient by a tensor is wanted outside of the functions that it was given to as well. */
export function isWanted(tensor: Tensor): boolean {
  const given = (tensor.history as History | null)?.argumentOf
  return given ? isWanted(given) : tensor.requiresGrad
}

const isFloat = (dtype: string): boolean => dtype === 'float32' || dtype === 'float64'

/** The tensors of an output: one, a list or some with names. */
export function tensorsOf(output: unknown): Tensor[] {
  if (output instanceof Tensor) return [output]
  const parts: unknown[] =
    typeof output === 'object' && output !== null ? Object.values(output) : []
  return parts.filter((part) => part instanceof Tensor)
}

/** An output of the same form, of other tensors. Anything else is left as it is. */
export function mapTensors(output: unknown, of: (tensor: Tensor) => Tensor): unknown {
  if (output instanceof Tensor) return of(output)
  if (Array.isArray(output)) return output.map((part: unknown) => mapTensors(part, of))
  if (typeof output !== 'object' || output === null) return output
  const mapped = Object.entries(output).map(([name, part]) => [name, mapTensors(part, of)])
  return Object.fromEntries(mapped) as unknown
}
