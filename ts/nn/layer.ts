import type { Tensor } from '../tensor/tensor.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

type ModuleClass = new (...args: never[]) => Module

/** Options with a value for each, but for what draws; anything else as it is. */
type Whole<T> = T extends number | string | Module | Iterable<unknown> | null | undefined
  ? T
  : { [K in Exclude<keyof T, 'generator'>]-?: T[K] | undefined }

/** Arguments of a constructor that leave no option out, so that none can be forgotten. */
type WholeArguments<P extends readonly unknown[]> = { [K in keyof P]-?: Whole<P[K]> }

const builtIn = new WeakMap<object, (module: never) => readonly unknown[]>()

/**
 * Declares a class as built-in: it takes its results from `allocate` and keeps none of them longer
 * than a pass, so a container may lend it a workspace. A class that a user derives from it is not.
 *
 * @param argumentsOf What the constructor makes such a module of: numbers, words, modules inside, and
 *   lists and objects of them. A file with a model holds it.
 */
export function markBuiltIn<C extends ModuleClass>(
  constructor: C,
  argumentsOf: (module: InstanceType<C>) => WholeArguments<ConstructorParameters<C>>,
): void {
  builtIn.set(constructor, argumentsOf)
}

/** What the constructor of a built-in class makes such a module of; null for any other class. */
export function constructorArguments(module: Module): readonly unknown[] | null {
  return builtIn.get(module.constructor)?.(module as never) ?? null
}

/** Whether a class is a built-in one. */
export function isBuiltInClass(value: unknown): value is new (...args: unknown[]) => Module {
  return typeof value === 'function' && builtIn.has(value)
}

/** Whether the module's very class is a built-in one. */
export function isBuiltIn(module: Module): boolean {
  return builtIn.has(module.constructor)
}

/** Base of the built-in modules without children. */
export abstract class Layer extends Module {
  /** Names of the properties that hold a parameter or may come to hold one: those of a built-in class are fixed. */
  #names: readonly string[] | null = null

  readonly #isBuiltIn = isBuiltIn(this)

  protected override computeGradients(
    input: Tensor,
    gradOutput: Tensor,
    wantsInput: boolean,
  ): Tensor | null {
    this.updateGradParameters(input, gradOutput)
    return wantsInput || !this.#isBuiltIn ? this.computeGradInput(input, gradOutput) : null
  }

  override trains(): boolean {
    if (!this.#isBuiltIn) return super.trains()
    const names = this.#parameterNames()
    for (let i = 0; i < names.length; i++) {
      const value = (this as unknown as Record<string, unknown>)[names[i]!]
      if (value instanceof Parameter && value.requiresGrad) return true
    }
    return false
  }

  #parameterNames(): readonly string[] {
    return (this.#names ??= Object.entries(this)
      .filter(([, value]) => value === null || value instanceof Parameter)
      .map(([name]) => name))
  }
}
