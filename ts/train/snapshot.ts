import { kernels } from '../kernels/backend.js'
import type { Module } from '../nn/module.js'
import { Parameter } from '../nn/parameter.js'
import type { OptimizerStateDict } from '../optim/optimizer.js'
import type { Schedulable } from '../optim/scheduler/scheduler.js'
import { defaultGenerator, type Generator } from '../random/generator.js'
import type { Tensor } from '../tensor/tensor.js'

/** What training needs of an optimizer. Every `Optimizer` has it. */
export interface TrainingOptimizer extends Schedulable {
  zeroGrad(): void
  step(): void
  stateDict(): OptimizerStateDict
  loadStateDict(state: OptimizerStateDict): void
}

/**
 * All that a trial run changes, so that nothing is left of it: parameters, gradients, buffers, training
 * flags, the optimizer's state and options, generators. What a module of a user's keeps in other
 * places is not known here.
 *
 * Tensors get their contents back, not other storage, so whoever holds their buffers goes on with
 * them.
 */
export class Snapshot {
  readonly #model: Module
  readonly #optimizer: TrainingOptimizer | null
  readonly #tensors: (readonly [tensor: Tensor, before: Tensor])[]
  readonly #grads: (readonly [Parameter, grad: Tensor | null, before: Tensor | null])[]
  readonly #training: (readonly [Module, boolean])[]
  readonly #generators: (readonly [Generator, state: Tensor])[]
  readonly #state: OptimizerStateDict | null

  constructor(
    model: Module,
    optimizer: TrainingOptimizer | null = null,
    generators: readonly Generator[] = [],
  ) {
    this.#model = model
    this.#optimizer = optimizer
    const parameters = new Set([...model.parameters(), ...parametersOf(optimizer)])
    this.#tensors = [...parameters, ...model.buffers()].map((tensor) => [tensor, tensor.clone()])
    this.#grads = Array.from(parameters, (parameter) => {
      const { grad } = parameter
      return [parameter, grad, grad === null ? null : grad.clone()]
    })
    this.#training = model.modules().map((module) => [module, module.training])
    const all = new Set([defaultGenerator, ...model.generators(), ...generators])
    this.#generators = Array.from(all, (generator) => [generator, generator.getState()])
    this.#state = optimizer === null ? null : optimizer.stateDict()
  }

  /** Puts everything back. A `backward` needs a new `forward` afterwards. */
  restore(): void {
    for (const [tensor, before] of this.#tensors)
      kernels().copy({ x: before, y: tensor, n: tensor.length })
    for (const [parameter, grad, before] of this.#grads) {
      if (grad === null || before === null) parameter.zeroGrad()
      else {
        kernels().copy({ x: before, y: grad, n: grad.length })
        parameter.grad = grad
      }
    }
    for (const [module, training] of this.#training) module.training = training
    for (const module of this.#model.modules()) module.resume(null)
    for (const [generator, state] of this.#generators) generator.setState(state)
    if (this.#state !== null) this.#optimizer!.loadStateDict(this.#state)
  }
}

/** The parameters that an optimizer updates; none where it does not tell. */
export function parametersOf(optimizer: TrainingOptimizer | null): Parameter[] {
  return (optimizer?.paramGroups ?? []).flatMap((group) => {
    const params: unknown = (group as { params?: unknown }).params
    return Array.isArray(params) ? params.filter((item) => item instanceof Parameter) : []
  })
}
