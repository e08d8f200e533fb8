import { show } from '../show.js'
import { complaint, ValueError } from '../errors.js'
import { isBuiltIn } from './built-in.js'
import { Module } from './module.js'
import type { Parameter } from './parameter.js'

/** A list of modules with names. */
export abstract class Container extends Module implements Iterable<Module> {
  readonly [index: number]: Module

  readonly #names: string[] = []
  readonly #modules: Module[] = []

  protected override get isLent(): boolean {
    return true
  }

  /** Number of modules. */
  get length(): number {
    return this.#modules.length
  }

  /** The module at a place; negative places count from the end. */
  at(index: number): Module | undefined {
    if (!Number.isInteger(index)) {
      throw new ValueError(complaint(this.constructor.name, 'index', 'a whole number', index))
    }
    return this.#modules.at(index)
  }

  /** The module of a name. */
  get(name: string): Module | undefined {
    return this.#modules[this.#names.indexOf(name)]
  }

  [Symbol.iterator](): IterableIterator<Module> {
    return this.#modules.values()
  }

  override *namedChildren(): Generator<[string, Module]> {
    for (let i = 0; i < this.#modules.length; i++) yield [this.#names[i]!, this.#modules[i]!]
  }

  override collect(parameters: Set<Parameter>, seen: Set<Module>): void {
    if (!isBuiltIn(this)) {
      super.collect(parameters, seen)
      return
    }
    if (seen.has(this)) return
    seen.add(this)
    for (const module of this.#modules) module.collect(parameters, seen)
  }

  override trains(): boolean {
    return isBuiltIn(this) ? this.#modules.some((module) => module.trains()) : super.trains()
  }

  /** The modules by place. */
  protected get childList(): readonly Module[] {
    return this.#modules
  }

  /** @throws ValueError when the module is none, or its name is empty, has a dot or is taken. */
  protected addChild(name: string, module: unknown): void {
    const index = this.#modules.length
    if (!(module instanceof Module)) {
      throw new ValueError(
        complaint(this.constructor.name, `module ${name}`, 'a Module', show(module)),
      )
    }
    if (
      typeof name !== 'string' ||
      name === '' ||
      name.includes('.') ||
      this.#names.includes(name)
    ) {
      throw new ValueError(
        complaint(
          this.constructor.name,
          'the name of a module',
          'not empty, without a dot and not taken',
          show(name),
        ),
      )
    }
    for (const inside of module.modules()) {
      if (inside !== this) continue
      const got = module === this ? 'the container itself' : 'one that holds the container'
      throw new ValueError(complaint(this.constructor.name, `module ${name}`, 'another one', got))
    }
    this.#names.push(name)
    this.#modules.push(module as Module)
    Object.defineProperty(this, index, { value: module, enumerable: true })
    this.resume(null)
  }
}
