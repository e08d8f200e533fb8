import { complaint, ValueError } from '../errors.js'
import type { FloatDType } from '../kernels/dtype.js'
import { zeros } from '../tensor/create.js'
import { checkTensor, Tensor } from '../tensor/tensor.js'
import { checkLike } from './check.js'
import { joinedAll, joinsGraph } from './differentiable.js'
import { noGrad } from './grad-mode.js'
import type { Gradient } from './node.js'

/**
 * What a call of a `Function` hands from its forward to its backward: tensors by `save`, anything else as
 * properties.
 */
export interface Context {
  /** What is no tensor. */
  [name: string]: unknown
  /** Which arguments a gradient is wanted of. */
  readonly needsInputGrad: readonly boolean[]
  /** What was saved, in that order. */
  readonly saved: readonly Tensor[]
  /**
   * Keeps tensors for backward: arguments, results, or anything in between. A write into one of them before
   * that makes backward throw.
   *
   * @throws ValueError unless all are tensors.
   */
  save(...tensors: readonly Tensor[]): void
}

class Call implements Context {
  [name: string]: unknown
  #saved: readonly Tensor[] = []

  constructor(readonly needsInputGrad: readonly boolean[]) {}

  save(...tensors: readonly Tensor[]): void {
    for (const tensor of tensors) checkTensor('Context.save', tensor, 'what it keeps')
    this.#saved = tensors
  }

  get saved(): readonly Tensor[] {
    return this.#saved
  }

  /** Gives them into the care of the graph, or takes them back for a while. */
  static exchange(call: Call, saved: readonly Tensor[]): readonly Tensor[] {
    const before = call.#saved
    call.#saved = saved
    return before
  }
}

/** What a forward gives: a tensor, or several. */
type Results = Tensor | readonly Tensor[]

/** What a backward gives: a gradient an argument of forward, null for one that has none. */
type Gradients = Gradient | undefined | readonly (Gradient | undefined)[]

/** A class with these two methods, as a subclass of `Function` is. */
interface Derived<A extends unknown[], O extends Results> {
  readonly name: string
  forward(ctx: Context, ...args: A): O
  // Any list of gradients: as many as there are results.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  backward(ctx: Context, ...gradients: any[]): Gradients
}

/**
 * An operation with a gradient of one's own. A subclass has two static methods and is called by `apply`.
 *
 * `forward` takes the arguments of `apply`, tensors and anything else, and computes without a graph.
 * `backward` takes the gradients by its results (zeros where there is none) and returns one for each
 * argument: null for what has none. It must not write into those that it is given.
 *
 * @example
 * class Exp extends autograd.Function {
 *   static forward(ctx: autograd.Context, x: Tensor, factor: number) {
 *     const y = exp(mul(x, factor))
 *     ctx.save(y)
 *     ctx.factor = factor
 *     return y
 *   }
 *   static backward(ctx: autograd.Context, gradient: Tensor) {
 *     const [y] = ctx.saved
 *     return [mul(mul(gradient, y!), ctx.factor as number), null]
 *   }
 * }
 * const y = Exp.apply(x, 2)
 *
 * Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- PyTorch's vocabulary
export abstract class Function {
  /**
   * Runs `forward`. The results become part of the graph where an argument requires a gradient.
   *
   * @throws ValueError unless `forward` returns a tensor or an array of tensors.
   * The backward pass throws ValueError, ShapeError or DTypeError where `backward` does not return a
   * gradient like the argument, or null, for each of the arguments.
   */
  static apply<A extends unknown[], O extends Results>(this: Derived<A, O>, ...args: A): O {
    const who = checkDerived(this)
    const tensors = args.filter((arg) => arg instanceof Tensor)
    const needs = args.map((arg) => arg instanceof Tensor && arg.requiresGrad)
    const ctx = new Call(needs)
    const results: unknown = noGrad(() => this.forward(ctx, ...args))
    const own = ownResults(who, results)
    const saved = Call.exchange(ctx, [])
    const floats = own.filter(({ dtype }) => dtype === 'float32' || dtype === 'float64')
    if (joinsGraph(...tensors) && floats.length > 0) {
      const likes = args.map((arg) =>
        arg instanceof Tensor ? { shape: arg.shape, dtype: arg.dtype } : null,
      )
      const forms = own.map((tensor) => ({
        shape: tensor.shape,
        dtype: tensor.dtype as FloatDType,
        place: floats.indexOf(tensor),
      }))
      const node = joinedAll(who, tensors, {}, floats, saved, (gradients, _wants, kept) => {
        const given = forms.map(({ shape, dtype, place }) =>
          place < 0 ? null : (gradients[place] ?? zeros(shape, { dtype })),
        )
        Call.exchange(ctx, kept as readonly Tensor[])
        try {
          const returned: unknown = this.backward(ctx, ...given)
          return gradientsOf(who, returned, likes)
        } finally {
          Call.exchange(ctx, [])
        }
      })
      node.mayFail = true
    }
    return (results instanceof Tensor ? own[0] : own) as O
  }
}

/** The name of a subclass. @throws ValueError unless it has both methods. */
function checkDerived(derived: object): string {
  const { name, forward, backward } = derived as Partial<Derived<unknown[], Tensor>>
  const who = typeof name === 'string' && name !== '' ? name : 'autograd.Function'
  if (typeof forward === 'function' && typeof backward === 'function') return who
  throw new ValueError(
    complaint(who, 'it', 'a class with static forward and backward', 'one that lacks one of them'),
  )
}

/** Its results as tensors that nothing else is: one that is an argument is another view of it. */
function ownResults(who: string, results: unknown): Tensor[] {
  const list: unknown[] = Array.isArray(results) ? results : [results]
  const seen = new Set<unknown>()
  return list.map((result) => {
    checkTensor(`${who}.forward`, result, 'what it returns')
    const isOwn = result.history === null && !result.requiresGrad && !seen.has(result)
    seen.add(result)
    return isOwn ? result : result.detach()
  })
}

/** The gradients by the arguments that are tensors. */
function gradientsOf(
  who: string,
  returned: unknown,
  likes: readonly (Pick<Tensor, 'shape' | 'dtype'> | null)[],
): Gradient[] {
  const list: unknown[] = Array.isArray(returned) ? returned : [returned]
  if (list.length !== likes.length) {
    const expected = `${likes.length} gradients, one an argument of forward, null where there is none`
    throw new ValueError(
      complaint(`${who}.backward`, 'what it returns', expected, `${list.length}`),
    )
  }
  const gradients: Gradient[] = []
  likes.forEach((like, i) => {
    const gradient = list[i] ?? null
    const what = `the gradient by argument ${i}`
    if (like !== null) {
      if (gradient !== null) checkLike(`${who}.backward`, like, gradient, what)
      gradients.push(gradient)
    } else if (gradient !== null) {
      throw new ValueError(
        complaint(`${who}.backward`, what, 'null, as that is no tensor', gradient),
      )
    }
  })
  return gradients
}
