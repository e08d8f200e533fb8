import { complaint, FormatError, ValueError } from '../../errors.js'
import * as nn from '../../nn/index.js'
import { constructorArguments, isBuiltInClass } from '../../nn/built-in.js'
import { itemSize } from '../../kernels/dtype.js'
import type { Module } from '../../nn/module.js'
import type { Parameter } from '../../nn/parameter.js'
import { stateEntries } from '../../nn/state-dict.js'
import { show } from '../../show.js'
import { registeredClassOf } from './registry.js'
import { encoded } from './values.js'

/** A module of a file: of a built-in class with the constructor's arguments, or of a registered one. */
export type Node =
  | { readonly class: string; readonly arguments: readonly unknown[] }
  | { readonly custom: string; readonly config?: unknown }

/** What a file says of a model beside its tensors. Modules and parameters have the paths of a state dict. */
export interface Architecture {
  /** Those inside stand before those around them, which name them by their places; the last is the model. */
  readonly modules: readonly Node[]
  /** Whether all are in training mode, or those that are. */
  readonly training: boolean | readonly string[]
  /** Parameters without `requiresGrad`. */
  readonly frozen: readonly string[]
  /** Paths of one parameter that is a property of several modules. */
  readonly shared: readonly (readonly string[])[]
}

/** What no model needs, and a file made by hand might ask for. */
export const LIMITS = { modules: 10_000, depth: 100, paths: 100_000 }

type Classes = ReadonlyMap<string, new (...args: unknown[]) => Module>

let byName: Classes | undefined
let names: ReadonlyMap<unknown, string> | undefined

/** The built-in classes, which a file names as `nn` does. Looked up once, not by every import. */
export function classes(): Classes {
  return (byName ??= new Map(
    Object.entries(nn).flatMap(([name, value]) => (isBuiltInClass(value) ? [[name, value]] : [])),
  ))
}

function nameOf(constructor: unknown): string | undefined {
  names ??= new Map(Array.from(classes(), ([name, value]) => [value, name]))
  return names.get(constructor)
}

/** @throws ValueError when a file cannot hold the model, naming the module that is to blame. */
export function architectureOf(who: string, model: Module): Architecture {
  checkMemory(who, model)
  return {
    modules: nodesOf(who, model),
    training: trainingOf(model),
    frozen: frozenOf(model),
    shared: [...pathsOfParameters(model).values()].filter((paths) => paths.length > 1),
  }
}

function nodesOf(who: string, model: Module): Node[] {
  const nodes: Node[] = []
  const places = new Map<Module, number>()
  const inside = new Set<Module>()
  const place = (module: Module, depth: number): number => {
    const known = places.get(module)
    if (known !== undefined) return known
    if (depth > LIMITS.depth || nodes.length >= LIMITS.modules) {
      const most = `of at most ${LIMITS.modules} modules, ${LIMITS.depth} inside of each other`
      throw new ValueError(complaint(who, 'the model', most, 'more'))
    }
    const node = nodeOf(who, model, module, (child) => place(child, depth + 1))
    nodes.push(node)
    places.set(module, nodes.length - 1)
    if ('custom' in node) for (const part of module.modules()) if (part !== module) inside.add(part)
    return nodes.length - 1
  }
  place(model, 0)
  for (const module of inside) {
    if (!places.has(module)) continue
    const where = pathOf(model, module)
    throw new ValueError(
      `${who}: ${where} stands both inside a module of a registered class, which makes it, and ` +
        'elsewhere; let one class hold all that shares it',
    )
  }
  return nodes
}

function nodeOf(
  who: string,
  model: Module,
  module: Module,
  placeOf: (module: Module) => number,
): Node {
  const what = pathOf(model, module)
  const args = constructorArguments(module)
  const name = nameOf(module.constructor)
  if (args !== null && name !== undefined) {
    return {
      class: name,
      arguments: args.map((arg, i) => encoded(who, `${what}[${i}]`, arg, placeOf)),
    }
  }
  const registered = registeredClassOf(module)
  if (registered === undefined) {
    const { name: own } = module.constructor
    const hint = `io.registerModule('${own}', ${own}) lets files hold it`
    const expected = 'a built-in module or one of a registered class'
    throw new ValueError(complaint(who, what, expected, `one of class ${own}`, hint))
  }
  const config = registered.config(module)
  if (config === undefined) return { custom: registered.name }
  return { custom: registered.name, config: encoded(who, `the config of ${what}`, config) }
}

/** Two tensors of a model that share memory would be two in a file. */
function checkMemory(who: string, model: Module): void {
  const ranges = Array.from(new Map(Array.from(stateEntries(model), ([a, b]) => [b, a])))
    .map(([{ buffer, byteOffset, length, dtype }, name]) => {
      return { name, buffer, start: byteOffset, end: byteOffset + length * itemSize[dtype] }
    })
    .filter(({ start, end }) => start < end)
  const last = new Map<ArrayBuffer, (typeof ranges)[number]>()
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    const before = last.get(range.buffer)
    if (before !== undefined && before.end > range.start) {
      const both = `${show(before.name)} and ${show(range.name)}`
      const hint = 'make both properties one Parameter'
      throw new ValueError(`${who}: ${both} are two tensors that share memory; ${hint}`)
    }
    last.set(range.buffer, range)
  }
}

/** For messages. */
function pathOf(model: Module, module: Module): string {
  for (const [path, candidate] of model.namedModules()) {
    if (candidate === module && path !== '') return `module ${show(path)}`
  }
  return 'the model'
}

function trainingOf(model: Module): Architecture['training'] {
  const modules = [...model.namedModules()]
  const training = modules.filter(([, module]) => module.training)
  if (training.length === 0 || training.length === modules.length) return training.length > 0
  return training.map(([path]) => path)
}

function frozenOf(model: Module): string[] {
  const parameters = [...model.namedParameters()]
  return parameters.filter(([, { requiresGrad }]) => !requiresGrad).map(([path]) => path)
}

/** The paths of each parameter, by the first path of each module. */
export function pathsOfParameters(model: Module): Map<Parameter, string[]> {
  const found = new Map<Parameter, string[]>()
  for (const [path, module] of model.namedModules()) {
    for (const [name, parameter] of module.ownParameters()) {
      const own = path === '' ? name : `${path}.${name}`
      const paths = found.get(parameter)
      if (paths === undefined) found.set(parameter, [own])
      else paths.push(own)
    }
  }
  return found
}

/** What a file says of a model. @throws FormatError when it is no such thing. */
export function checkedArchitecture(who: string, value: unknown): Architecture {
  const { modules, training, frozen, shared } = Object(value) as Partial<
    Record<keyof Architecture, unknown>
  >
  const wrong = (what: string, expected: string, got: unknown): FormatError =>
    new FormatError(complaint(who, `the model's ${what}`, expected, got))
  if (!Array.isArray(modules) || modules.length === 0 || modules.length > LIMITS.modules) {
    throw wrong('modules', `a list of 1 to ${LIMITS.modules}`, modules)
  }
  for (const node of modules as unknown[]) {
    if (!isNode(node)) throw wrong('modules', 'a class with arguments each', node)
  }
  if (typeof training !== 'boolean' && !isPaths(training)) {
    throw wrong('training', 'true, false or a list of paths', training)
  }
  if (!isPaths(frozen)) throw wrong('frozen', 'a list of paths', frozen)
  if (!Array.isArray(shared) || !shared.every((paths) => isPaths(paths) && paths.length > 1)) {
    throw wrong('shared', 'lists of two or more paths', shared)
  }
  return { modules: modules as Node[], training, frozen, shared: shared as string[][] }
}

function isNode(value: unknown): boolean {
  const { class: name, arguments: args, custom } = Object(value) as Record<string, unknown>
  return typeof custom === 'string' || (typeof name === 'string' && Array.isArray(args))
}

function isPaths(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((path) => typeof path === 'string')
}
