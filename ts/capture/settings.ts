import { getBackend } from '../kernels/backend.js'
import { processes } from '../kernels/processes.js'
import { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { Optimizer } from '../optim/optimizer.js'
import { Tensor } from '../tensor/tensor.js'
import { Leaves } from './leaves.js'
import { Properties } from './properties.js'

/**
 * What decided in JavaScript which kernel calls a function makes: the properties of all that took part
 * (modules with those below, criteria, datasets, optimizers), which parameters and other leaves are trained,
 * and the gradients it found. What a class keeps in private fields is not seen.
 */
export class Settings {
  readonly #backend = getBackend()
  readonly #processes = processes()
  readonly #used: ReadonlySet<object>
  readonly #passing: ReadonlySet<ArrayBuffer>
  readonly #objects: readonly object[]
  readonly #properties: readonly Properties[]
  readonly #leaves: Leaves
  readonly #optimizers: readonly Optimizer<object>[]
  readonly #revisions: readonly number[]

  /**
   * As they are now.
   *
   * @param used What took part.
   * @param passing Memory whose tensors are there for one pass only.
   */
  constructor(used: ReadonlySet<object>, passing: ReadonlySet<ArrayBuffer>) {
    const objects = new Set<object>()
    const parameters = new Set<Parameter>()
    const leaves = new Set<Tensor>()
    for (const object of used) {
      if (object instanceof Tensor) leaves.add(object)
      else if (object instanceof Module) {
        for (const module of object.modules()) objects.add(module)
        object.collect(parameters, new Set())
      } else objects.add(object)
    }
    this.#used = used
    this.#passing = passing
    this.#objects = [...objects]
    this.#properties = this.#objects.map((object) => new Properties(object, passing))
    this.#leaves = new Leaves(new Set([...parameters, ...leaves]))
    this.#optimizers = this.#objects.filter((object) => object instanceof Optimizer)
    this.#revisions = this.#optimizers.map(({ revision }) => revision)
  }

  /** Those of the same as they are now. */
  again(): Settings {
    return new Settings(this.#used, this.#passing)
  }

  /** What a pass of the function has changed is what it does, not what it goes by. */
  leaveOutChanges(): void {
    this.#properties.forEach((properties, i) => {
      properties.leaveOutChanges(this.#objects[i]!)
    })
  }

  /** What counts for nothing in others counts for nothing here. */
  leaveOutWhat(others: Settings): void {
    others.#objects.forEach((object, i) => {
      const at = this.#objects.indexOf(object)
      if (at >= 0) this.#properties[at]!.leaveOutWhat(others.#properties[i]!)
    })
  }

  /** Whether nothing was set since. It is asked before every run of a step. */
  areAsBefore(): boolean {
    if (!this.#leaves.areAsBefore()) return false
    const optimizers = this.#optimizers
    for (let i = 0; i < optimizers.length; i++) {
      if (optimizers[i]!.revision !== this.#revisions[i]) return false
    }
    const objects = this.#objects
    for (let i = 0; i < objects.length; i++) {
      if (!this.#properties[i]!.areThoseOf(objects[i]!)) return false
    }
    return this.#backend === getBackend() && this.#processes === processes()
  }
}
