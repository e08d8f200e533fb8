import { checkArguments, checkText } from '../../check.js'
import { ClassRegistry } from '../../class-registry.js'
import { complaint, ValueError } from '../../errors.js'
import { isBuiltInClass } from '../../nn/built-in.js'
import { Module } from '../../nn/module.js'
import { callable, type Options, readOptions } from '../../options.js'
import type { Json } from './values.js'

/** How modules of a class are saved and made again. */
export interface RegisterModuleOptions<M extends Module = Module> {
  /** What `create` needs to know of a module, as JSON. Default: nothing. */
  config?: (module: M) => Json
  /**
   * Makes a module from that; the weights are put in afterwards. Its argument comes out of a file: check
   * it where files may come from strangers. Default: the class without arguments.
   */
  create?: (config: never) => M
}

type ModuleClass = abstract new (...args: never[]) => Module

/** A class of a user's own. */
export interface Registered {
  readonly name: string
  readonly constructor: ModuleClass
  config(module: Module): unknown
  create(config: unknown): unknown
}

const OPTIONS = {
  config: callable<(module: Module) => Json>(),
  create: callable<(config: never) => Module>(),
} satisfies Options<RegisterModuleOptions>

const classes = new ClassRegistry<Registered>()

/**
 * Lets `saveModel` and `loadModel` handle modules of a class of one's own. A file holds the name and what
 * `config` gives, never code: whoever loads it registers the class under the same name first.
 *
 * The weights of such a module, with those of all modules inside it, are found by their paths in the state
 * dict; the modules inside are `create`'s to make.
 *
 * @param name Unique in a program. A class of the same name and `name` property takes the place of the
 *   one before, as when a module is loaded anew.
 * @throws ValueError when the class is none of modules or a built-in one, or the name stands for another.
 *
 * @example
 * class Scale extends nn.Module { constructor(readonly features: number) { … } }
 * io.registerModule('Scale', Scale, {
 *   config: ({ features }) => ({ features }),
 *   create: ({ features }: { features: number }) => new Scale(features),
 * })
 */
export function registerModule<C extends ModuleClass>(
  name: string,
  constructor: C,
  options: RegisterModuleOptions<InstanceType<C>> = {},
): void {
  const who = 'registerModule'
  checkArguments(who, 3, arguments)
  checkText(who, 'the name', 'a text that is not empty', name)
  const { config, create } = readOptions(who, OPTIONS, options)
  const prototype: unknown = typeof constructor === 'function' ? constructor.prototype : null
  if (!(prototype instanceof Module) || isBuiltInClass(constructor)) {
    const expected = 'one of your own that extends nn.Module'
    throw new ValueError(complaint(who, 'the class', expected, constructor))
  }
  classes.add(who, {
    name,
    constructor,
    config: (module) => config?.(module),
    create: create ?? (() => Reflect.construct(constructor as unknown as new () => Module, [])),
  })
}

/** How modules of this one's very class are saved; undefined where that is not registered. */
export function registeredClassOf(module: Module): Registered | undefined {
  return classes.of(module)
}

export function registeredAs(name: string): Registered | undefined {
  return classes.named(name)
}
