import { notePass, noteUse } from '../kernels/backend.js'
import { Reduction } from '../kernels/kernels.js'
import { choice, type Options } from '../options.js'
import { Calls, joinCall } from '../autograd/call.js'
import { isGraphMade } from '../autograd/differentiable.js'
import { noGrad } from '../autograd/grad-mode.js'
import { FreeCall, graphOf } from '../autograd/free-call.js'
import { noteBackward, noteResult } from '../autograd/kept-graphs.js'
import type { Gradient } from '../autograd/node.js'
import { isUnit } from '../autograd/seed.js'
import { complaint, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { mul } from '../ops/binary.js'
import { neg } from '../ops/unary.js'
import { ones } from '../tensor/create.js'
import { enterPass, type Pass } from '../tensor/pass.js'
import { checkTensor, noTensor, Tensor } from '../tensor/tensor.js'

/** `none`: one loss a row or element; `mean` and `sum` of them: one number. */
export type ReductionName = keyof typeof Reduction

export interface CriterionOptions {
  /** Default `mean`. */
  reduction?: ReductionName
}

/** What every criterion takes. */
export const CRITERION = {
  reduction: choice(['none', 'mean', 'sum'], 'mean'),
} satisfies Options<CriterionOptions>

const NAMES = ['the prediction', 'the target']

/**
 * Base class of loss functions. A custom one writes `computeOutput` and `computeGradInput`; one of other
 * inputs says in its type what it takes and which gradients it gives:
 * `Criterion<[anchor: Tensor, positive: Tensor, negative: Tensor], [Tensor, Tensor, Tensor]>`.
 *
 * @example
 * const loss = criterion.forward(prediction, target) // 0-d; loss.item() is the number
 * model.backward(input, criterion.backward(prediction, target))
 */
export abstract class Criterion<
  I extends readonly Tensor[] = [prediction: Tensor, target: Tensor],
  G extends Tensor | readonly (Tensor | null)[] = Tensor,
> {
  /**
   * From which prediction on a sample with a single number is of class 1, for metrics that `fit` and
   * `evaluate` compute: 0.5, for probabilities.
   */
  get threshold(): number {
    return 0.5
  }

  /** The last call, or the one at work. */
  #pass: Pass | null = null
  readonly #calls = new Calls(this)
  /** A `forward` written freely, whose backward is that of its graph. */
  readonly #free: ((...inputs: Tensor[]) => Tensor) | null = null

  constructor() {
    const forward: unknown = Reflect.get(this, 'forward')
    const { prototype } = Criterion
    const hasHooks = Reflect.get(this, 'computeOutput') !== Reflect.get(prototype, 'computeOutput')
    if (forward === Reflect.get(prototype, 'forward') || hasHooks) return
    this.#free = forward as (...inputs: Tensor[]) => Tensor
    const value = (Reflect.get(prototype, 'forward') as (...inputs: I) => Tensor).bind(this)
    Object.defineProperty(this, 'forward', { value, configurable: true, writable: true })
  }

  /**
   * Whether its backward is no code of a user's own.
   *
   * @internal
   */
  get isBuiltIn(): boolean {
    return false
  }

  /** Result of the last `forward`; null before the first, and after a capture, which computes none. */
  get output(): Tensor | null {
    return this.#pass?.isDone === true ? (this.#pass.output as Tensor) : null
  }

  /** The call at work, or the last one: in `computeOutput` the place for what its backward needs. */
  protected get pass(): Pass {
    return this.#pass!
  }

  /**
   * The call with these inputs and what its forward has kept: the last one, or one that is made now, for a
   * backward needs no forward before it.
   */
  protected passOf(...inputs: I): Pass {
    if (this.#pass?.isOf(inputs[0], inputs) !== true) this.forward(...inputs)
    return this.#pass!
  }

  /** The loss of a prediction. */
  protected computeOutput(..._inputs: I): Tensor {
    throw this.#without('forward, or computeOutput and computeGradInput')
  }

  /** Gradient of the loss by the prediction; of the sum of the losses where there are many. */
  protected computeGradInput(...inputs: I): G {
    if (this.#free === null) throw this.#without('computeGradInput beside computeOutput')
    const pass = this.passOf(...inputs)
    const call = graphOf({ describe: () => this.constructor.name }, pass.graph)
    const { shape, dtype } = pass.output as Tensor
    const gradients = call.backward([ones(shape, { dtype: dtype as FloatDType })], true, true)
    return (gradients.length === 1 ? gradients[0] : gradients) as unknown as G
  }

  /** A free `forward`. By hand, of a prediction and a target only the prediction has a gradient. */
  #runFree(pass: Pass, inputs: I, outer: Pass | null): Tensor {
    if (pass.isSpent) (pass.graph as FreeCall | null)?.release()
    const two = inputs.length === 2
    const body = (...given: Tensor[]): Tensor =>
      this.#free!.apply(this, two ? [given[0]!, inputs[1]!] : given)
    const [output, call] = FreeCall.of(body, two ? [inputs[0]!] : inputs, outer !== null)
    pass.graph = call
    checkTensor(this.constructor.name, output, 'what forward returns')
    return output
  }

  /**
   * Runs the forward of a call again, whose pass another one has taken over.
   *
   * @internal
   */
  repeat(inputs: readonly Tensor[]): Pass {
    noGrad(() => this.forward(...(inputs as I)))
    return this.#pass!
  }

  /**
   * Gradients by the inputs of a call that stands in a graph.
   *
   * @internal
   */
  differentiate(
    pass: Pass,
    [gradient]: readonly Gradient[],
    wants: readonly boolean[],
  ): readonly Gradient[] {
    this.#pass = pass
    const found: Tensor | readonly Gradient[] = this.backward(...(pass.several as unknown as I))
    const loss = pass.output as Tensor
    const scaled = (by: Gradient): Gradient => (by === null ? null : times(by, gradient!, loss))
    if (!(found instanceof Tensor)) return found.map((by, i) => (wants[i] ? scaled(by) : null))
    const byFirst = scaled(found)
    return [byFirst, wants[1] ? neg(byFirst!) : null]
  }

  /**
   * Whether the loss is one of prediction - target, so that its gradient by the target is the other's with
   * its sign changed. Otherwise a target that requires a gradient is refused.
   */
  protected get isOfDifference(): boolean {
    return false
  }

  /**
   * The loss, in storage of its own: a 0-d tensor for the reductions `mean` and `sum`.
   *
   * @throws ShapeError, DTypeError when prediction and target do not fit each other.
   */
  forward(...given: I): Tensor {
    const inputs = this.#checked(given)
    notePass(this)
    const joins = isGraphMade()
    if (joins && this.#free === null) this.#checkTarget(inputs)
    const last = this.#pass
    const pass = (this.#pass = this.#calls.take())
    const outer = enterPass(pass)
    try {
      pass.begin()
      const output =
        this.#free === null ? this.computeOutput(...inputs) : this.#runFree(pass, inputs, outer)
      pass.end(output, inputs[0]!, inputs)
      pass.isTraining = true // a pass is small, so each call keeps its own
      if (joins && this.#free === null) {
        joinCall(this.#calls, pass, output, [])
        noteResult()
      }
      return output
    } catch (error) {
      this.#pass = last
      throw error
    } finally {
      enterPass(outer)
    }
  }

  /**
   * Gradient of the loss by the prediction, in storage of its own. With reduction `none` it is that of
   * the sum of the losses.
   *
   * @throws ShapeError, DTypeError when prediction and target do not fit each other.
   */
  backward(...given: I): G {
    const inputs = this.#checked(given)
    const pass = (this.#pass ??= this.#calls.take())
    pass.beginBackward()
    const outer = enterPass(pass)
    try {
      const gradient = this.computeGradInput(...inputs)
      this.#pass.isSpent = true
      noteBackward()
      return gradient
    } finally {
      enterPass(outer)
    }
  }

  /**
   * What the loss of a batch counts beside those of others: their mean with these weights is the loss of
   * all samples together, wherever batches are cut. A number, or a tensor of one element, valid until the
   * next batch, where the values of the targets decide it; 0 where every target is ignored. Null where
   * losses are added up instead.
   *
   * @throws ShapeError, DTypeError when prediction and target do not fit each other.
   */
  lossWeight(...inputs: I): number | Tensor | null {
    return this.computeLossWeight(...this.#checked(inputs))
  }

  /**
   * What `lossWeight` returns. By default the number of samples, and null where `reduction` is `sum`.
   */
  protected computeLossWeight(...[first]: I): number | Tensor | null {
    return (this as { reduction?: unknown }).reduction === 'sum' ? null : (first!.shape[0] ?? 1)
  }

  /** @throws ValueError for a target that requires a gradient where there is none by it. */
  #checkTarget(inputs: readonly Tensor[]): void {
    if (inputs.length !== 2 || !inputs[1]!.requiresGrad || this.isOfDifference) return
    throw new ValueError(
      complaint(
        this.constructor.name,
        'the target',
        'one that requires no gradient',
        'one that does',
        'detach() it, or write the loss with functions of tensors',
      ),
    )
  }

  /**
   * The inputs as tensors, where a criterion takes something else in their place.
   *
   * @internal
   */
  protected inputsOf(given: readonly unknown[]): readonly unknown[] {
    return given
  }

  #checked(given: I): I {
    noteUse(this)
    const inputs = this.inputsOf(given)
    const count = Math.max(inputs.length, (this.#free ?? this.computeOutput).length)
    for (let i = 0; i < count; i++) {
      if (inputs[i] instanceof Tensor) continue
      throw noTensor(this.constructor.name, NAMES[i] ?? `input ${i}`, inputs[i])
    }
    return inputs as I
  }

  #without(what: string): ValueError {
    return new ValueError(
      complaint(this.constructor.name, 'the class', `to have ${what}`, 'neither'),
    )
  }

  /** The arguments the criterion was made with, as `toString` shows them. */
  extraRepr(): string {
    return ''
  }

  toString(): string {
    return `${this.constructor.name}(${this.extraRepr()})`
  }
}

/**
 * A gradient by an input times that by the loss, which is one number or one a sample or element: the
 * input's shape, or that without the classes.
 */
function times(by: Tensor, gradient: Tensor, loss: Tensor): Tensor {
  if (isUnit(gradient)) return by
  const { shape } = loss
  if (shape.length === 0 || shape.length === by.ndim) return mul(by, gradient)
  const missing = by.ndim - shape.length
  return mul(
    by,
    gradient.reshape([shape[0]!, ...Array<number>(missing).fill(1), ...shape.slice(1)]),
  )
}
