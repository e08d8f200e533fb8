import type { Module } from '../nn/module.js'

let depth = 0

/** Whether what runs at the moment is part of a training or an evaluation, and not another's call between two steps. */
export function isTraining(): boolean {
  return depth > 0
}

/** Runs `body` as a part of a training, up to where it waits for something. */
export function inTraining<T>(body: () => T): T {
  depth++
  try {
    return body()
  } finally {
    depth--
  }
}

/**
 * The training flags that a model is computed with, kept apart from those it has at the moment: a request
 * handler may have switched it to evaluation meanwhile, and finds its own flags again.
 */
export class Modes {
  readonly #model: Module
  readonly #evaluating: boolean
  readonly #modules: Module[] = []
  readonly #flags: boolean[] = []
  /** While something is computed with them: those that the modules get back. */
  #found: boolean[] | null = null

  private constructor(model: Module, evaluating: boolean) {
    this.#model = model
    this.#evaluating = evaluating
    for (const module of model.modules()) this.#add(module, module.training)
  }

  /** Those that it has now. */
  static of(model: Module): Modes {
    return new Modes(model, false)
  }

  /** All modules in evaluation mode. */
  static evaluating(model: Module): Modes {
    return new Modes(model, true)
  }

  /** Takes in modules that the model has got since. */
  update(): void {
    const known = new Set(this.#modules)
    for (const module of this.#model.modules()) {
      // Where the model is switched to evaluation for a while, the flag says nothing of the training.
      if (!known.has(module)) this.#add(module, module.training || !this.#model.training)
    }
  }

  /** What the modules have now, whatever they are computed with. */
  now(): boolean[] {
    return this.#modules.map(({ training }) => training)
  }

  /**
   * Modules are computed with the flags that were given to them since `before`, unless the model as a
   * whole was switched: that is done to predict.
   */
  follow(before: readonly boolean[]): void {
    if (this.#model.training !== before[0]) return
    this.#modules.forEach(({ training }, i) => {
      if (training !== before[i]) this.#flags[i] = training
    })
  }

  /** Gives the model these flags again. */
  restore(): void {
    this.#assign(this.#flags)
  }

  /** Runs `body` with these flags. */
  during<T>(body: () => T): T {
    const outer = this.#found
    const found = this.now()
    this.#found = found
    this.#assign(this.#flags)
    try {
      return inTraining(body)
    } finally {
      this.#assign(found)
      this.#found = outer
    }
  }

  #add(module: Module, training: boolean): void {
    const flag = training && !this.#evaluating
    this.#modules.push(module)
    this.#flags.push(flag)
    if (this.#found === null) return
    this.#found.push(module.training)
    module.training = flag
  }

  #assign(flags: readonly boolean[]): void {
    const modules = this.#modules
    for (let i = 0; i < flags.length; i++) modules[i]!.training = flags[i]!
  }
}
