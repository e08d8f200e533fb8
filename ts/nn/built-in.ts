import type { ModuleTree } from './module-tree.js'

type ModuleClass = new (...args: never[]) => object

/** Options with a value for each, but for what draws; anything else as it is. */
type Whole<T> = T extends number | string | ModuleTree<never> | Iterable<unknown> | null | undefined
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
export function constructorArguments(module: object): readonly unknown[] | null {
  return builtIn.get(module.constructor)?.(module as never) ?? null
}

/** Whether a class is a built-in one. */
export function isBuiltInClass(value: unknown): value is new (...args: unknown[]) => object {
  return typeof value === 'function' && builtIn.has(value)
}

/** Whether the module's very class is a built-in one. */
export function isBuiltIn(module: object): boolean {
  return builtIn.has(module.constructor)
}
