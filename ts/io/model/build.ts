import { complaint, FormatError, ValueError } from '../../errors.js'
import { describeOnly, refuseWhileRecording } from '../../kernels/backend.js'
import { Module } from '../../nn/module.js'
import type { Parameter } from '../../nn/parameter.js'
import { defaultGenerator } from '../../random/generator.js'
import { reasonOf, show } from '../../show.js'
import { sameShape } from '../../tensor/workspace.js'
import { type Architecture, classes, LIMITS, type Node, pathsOfParameters } from './architecture.js'
import { registeredAs } from './registry.js'
import { decoded } from './values.js'

/** A module, and what a file may not have too much of. */
interface Made {
  readonly module: Module
  /** Modules inside of each other, this one counted. */
  readonly depth: number
  /** Paths to this module and those inside it, seen from it. */
  readonly paths: number
}

/**
 * A model as described. Tensors of built-in modules have no memory yet, so sizes cost nothing; those of
 * registered classes are as their constructors leave them. The default generator stays as it was.
 *
 * @throws FormatError when the description does not make a model.
 */
export function build(who: string, architecture: Architecture): Module {
  refuseWhileRecording('loading a model')
  const made: Made[] = []
  for (const node of architecture.modules) made.push(makeNode(who, node, made))
  const model = made.at(-1)!.module
  share(who, model, architecture.shared)
  freeze(who, model, architecture.frozen)
  setModes(who, model, architecture.training)
  return model
}

function makeNode(who: string, node: Node, before: readonly Made[]): Made {
  let depth = 1
  let paths = 1
  const moduleAt = (place: number): Module => {
    const inner = before[place]
    const where = `${who}: module ${before.length} of the file`
    if (inner === undefined) throw new FormatError(`${where} refers to one that is not before it`)
    depth = Math.max(depth, inner.depth + 1)
    paths += inner.paths
    if (depth > LIMITS.depth || paths > LIMITS.paths) {
      throw new FormatError(`${where} is nested too deeply, or too often the same`)
    }
    return inner.module
  }
  const module =
    'custom' in node
      ? makeRegistered(who, node.custom, node.config)
      : makeBuiltIn(
          who,
          node.class,
          node.arguments.map((arg) => decoded(who, arg, moduleAt)),
        )
  return { module, depth, paths }
}

function makeBuiltIn(who: string, name: string, args: unknown[]): Module {
  const constructor = classes().get(name)
  if (constructor === undefined) {
    const hint = 'the file may be of a newer gradlane'
    throw new FormatError(complaint(who, 'a class of modules', 'one that nn has', show(name), hint))
  }
  try {
    return describeOnly(() => new constructor(...args))
  } catch (error) {
    throw new FormatError(`${who}: ${reasonOf(error)}`, { cause: error })
  }
}

function makeRegistered(who: string, name: string, config: unknown): Module {
  const registered = registeredAs(name)
  if (registered === undefined) {
    const hint = `io.registerModule(${show(name)}, …) before loading tells what it stands for`
    throw new FormatError(
      complaint(who, 'a class of modules', 'a registered one', show(name), hint),
    )
  }
  const state = defaultGenerator.getState()
  try {
    const module = registered.create(decoded(who, config))
    if (module instanceof registered.constructor) return module
    const expected = `of class ${registered.constructor.name}`
    throw new ValueError(complaint('create', 'what it returns', expected, module))
  } catch (error) {
    throw new FormatError(`${who}: ${name}: ${reasonOf(error)}`, { cause: error })
  } finally {
    defaultGenerator.setState(state)
  }
}

/** Puts one parameter where the file says that one is. */
function share(who: string, model: Module, shared: Architecture['shared']): void {
  if (shared.length === 0) return
  const owners = new Map<string, readonly [module: Module, name: string, parameter: Parameter]>()
  for (const [path, module] of model.namedModules()) {
    for (const [name, parameter] of module.ownParameters()) {
      owners.set(path === '' ? name : `${path}.${name}`, [module, name, parameter])
    }
  }
  const ownerOf = (path: string) => {
    const owner = owners.get(path)
    if (owner === undefined) throw nowhere(who, 'a shared parameter', path)
    return owner
  }
  for (const [first, ...others] of shared) {
    const [, , parameter] = ownerOf(first!)
    for (const path of others) {
      const [module, name, own] = ownerOf(path)
      if (own === parameter) continue
      if (own.dtype !== parameter.dtype || !sameShape(own.shape, parameter.shape)) {
        const expected = `${parameter.toString()} as ${show(first)} is`
        throw new FormatError(complaint(who, show(path), expected, own.toString()))
      }
      put(module, name, parameter)
    }
  }
}

/** Sets a property, or an element of an array in one: `name.index`. */
function put(module: Module, name: string, parameter: Parameter): void {
  const properties = module as unknown as Record<string, unknown>
  if (Object.hasOwn(module, name)) {
    properties[name] = parameter
    return
  }
  const dot = name.lastIndexOf('.')
  const list = properties[name.slice(0, dot)] as unknown[]
  list[Number(name.slice(dot + 1))] = parameter
}

function freeze(who: string, model: Module, frozen: readonly string[]): void {
  if (frozen.length === 0) return
  const parameters = new Map(
    Array.from(pathsOfParameters(model), ([parameter, [path]]) => [path!, parameter]),
  )
  for (const path of frozen) {
    const parameter = parameters.get(path)
    if (parameter === undefined) throw nowhere(who, 'a frozen parameter', path)
    parameter.requiresGrad = false
  }
}

function setModes(who: string, model: Module, training: Architecture['training']): void {
  model.train(training === true)
  if (typeof training === 'boolean') return
  const modules = new Map(model.namedModules())
  for (const path of training) {
    const module = modules.get(path)
    if (module === undefined) throw nowhere(who, 'a module in training mode', path)
    module.training = true
  }
}

function nowhere(who: string, what: string, path: string): FormatError {
  return new FormatError(complaint(who, what, 'a path of the model', show(path)))
}
