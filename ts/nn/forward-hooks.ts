import type { Calls } from '../autograd/call.js'
import { checkFunction, isPlain } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { Tensor } from '../tensor/tensor.js'

type Inputs = readonly unknown[]
type PreHook = (module: object, inputs: Inputs) => unknown
type PostHook = (module: object, inputs: Inputs, output: unknown) => unknown

/** The hooks of a module's forward, in the order of their registration. */
export class ForwardHooks {
  readonly #before: PreHook[] = []
  readonly #after: PostHook[] = []

  /** @param calls Those with the hooks around them, beside the module's own inside. */
  constructor(
    readonly module: object,
    readonly calls: Calls,
  ) {}

  get isEmpty(): boolean {
    return this.#before.length + this.#after.length === 0
  }

  /** @returns what removes it. */
  add(who: string, kind: 'before' | 'after', hook: unknown): () => void {
    checkFunction(who, 'the hook', hook)
    // One of its own for each registration of a function.
    const own: PostHook = (...given) => (hook as PostHook)(...given)
    const hooks: unknown[] = kind === 'before' ? this.#before : this.#after
    hooks.push(own)
    this.#show()
    return () => {
      const at = hooks.indexOf(own)
      if (at >= 0) hooks.splice(at, 1)
      this.#show()
    }
  }

  /** Puts them into a property of the module, by which captured steps see that they have changed. */
  #show(): void {
    if (this.isEmpty) Reflect.deleteProperty(this.module, 'forwardHooks')
    else Reflect.set(this.module, 'forwardHooks', [...this.#before, ...this.#after])
  }

  /** A forward with the hooks around it. */
  run(module: object, inputs: Inputs, forward: (inputs: Inputs) => unknown): unknown {
    let given = inputs
    for (const hook of [...this.#before]) {
      const instead = hook(module, given)
      if (instead !== undefined && instead !== null) given = this.#inputs(module, instead)
    }
    let output = forward(given)
    for (const hook of [...this.#after]) output = hook(module, given, output) ?? output
    return output
  }

  #inputs(module: object, instead: unknown): Inputs {
    const list = Array.isArray(instead) ? (instead as unknown[]) : [instead]
    const fits = (one: unknown, i: number): boolean =>
      one instanceof Tensor || (i > 0 && i === list.length - 1 && isPlain(one))
    if (list.length > 0 && list.every(fits)) return list
    throw new ValueError(
      complaint(
        module.constructor.name,
        'what a hook before forward returns',
        'a Tensor, a list of them or nothing',
        instead,
      ),
    )
  }
}
