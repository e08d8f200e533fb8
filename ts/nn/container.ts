import { show } from '../show.js'
import { complaint, ValueError } from '../errors.js'
import { enterWorkspace, type Workspace } from '../tensor/workspace.js'
import { isBuiltIn } from './built-in.js'
import { Module } from './module.js'
import type { Parameter } from './parameter.js'

/** A list of modules with names, and the lending of workspaces to them. */
export abstract class Container extends Module implements Iterable<Module> {
  readonly [index: number]: Module

  readonly #names: string[] = []
  readonly #modules: Module[] = []
  /** Whether the child is lent a workspace. Code of a user's own gets tensors of its own. */
  readonly #borrows: boolean[] = []

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

  /** Enters the workspace that the module at a place computes in, if it may borrow one. */
  protected lendTo(index: number, workspace: Workspace | null): void {
    enterWorkspace(this.#borrows[index] ? workspace : null)
  }

  /** @throws ValueError when a module has come since the forward. */
  protected checkPlaces(): void {
    if (this.pass.placed === this.length) return
    const expected = `those of the forward, ${this.pass.placed}`
    throw new ValueError(
      complaint(this.describe(), 'the modules', expected, this.length, 'call forward after append'),
    )
  }

  /** @throws ValueError when the module is none, or its name is empty, has a dot or is taken. */
  protected addChild(name: string, module: unknown): void {
    const index = this.#modules.length
    if (!(module instanceof Module)) {
      throw new ValueError(
        complaint(this.constructor.name, `module ${name}`, 'a Module', describeValue(module)),
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
    const child = module as Module
    this.#names.push(name)
    this.#modules.push(child)
    this.#borrows.push(isBuiltIn(child))
    Object.defineProperty(this, index, { value: module, enumerable: true })
    this.resume(null)
  }
}

/** The error for an input that the pass would overwrite. */
export function ownIntermediate(who: string): ValueError {
  return new ValueError(
    complaint(
      who,
      'input',
      'a tensor of your own',
      'an intermediate result of this container, which this pass would overwrite',
      'pass its clone()',
    ),
  )
}

export function describeValue(value: unknown): string {
  return show(value)
}
