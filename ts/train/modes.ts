import type { Module } from '../nn/module.js'

type Flags = readonly (readonly [Module, boolean])[]

/**
 * The training flags of a model as they are now, to compute with later. A request handler may have
 * switched the model to evaluation meanwhile, and finds its own flags again.
 */
export class Modes {
  readonly #flags: Flags

  private constructor(flags: Flags) {
    this.#flags = flags
  }

  static of(model: Module): Modes {
    return new Modes(model.modules().map((module) => [module, module.training]))
  }

  /** All modules in evaluation mode. */
  static evaluating(model: Module): Modes {
    return new Modes(model.modules().map((module) => [module, false]))
  }

  /** Gives the model these flags again. */
  restore(): void {
    assign(this.#flags)
  }

  /** Runs `body` with these flags. */
  during<T>(body: () => T): T {
    const before = this.#flags.map(([module]) => [module, module.training] as const)
    assign(this.#flags)
    try {
      return body()
    } finally {
      assign(before)
    }
  }
}

function assign(flags: Flags): void {
  for (const [module, training] of flags) module.training = training
}
