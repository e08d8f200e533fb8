import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { type Options, readOptions, unchecked } from '../options.js'
import { defaultGenerator, Generator } from '../random/generator.js'
import { constructorArguments } from './built-in.js'
import { Module } from './module.js'
import type { ModuleTree } from './module-tree.js'
import type { Inputs } from './module-types.js'

export interface TransformerStackOptions {
  /** What follows the last layer. Default: nothing. */
  norm?: Module | null
}

const OPTIONS = {
  norm: unchecked<Module | null>(null),
} satisfies Options<TransformerStackOptions>

/** Layers of an encoder or a decoder, one after the other. */
export abstract class TransformerStack<
  L extends ModuleTree<Module>,
  I extends Inputs,
> extends Module<I> {
  layers: L[]
  norm: Module | null

  /**
   * @param layer One that is copied, which begin alike; or a list of layers, which are taken as they are.
   * @param numLayers How many copies.
   * @throws ValueError when something is no module, or the layer one that cannot be copied: of another class.
   */
  constructor(layer: L | readonly L[], numLayers?: number, options: TransformerStackOptions = {}) {
    checkArguments(new.target.name, 3, arguments)
    super()
    const who = new.target.name
    const { norm } = readOptions(who, OPTIONS, options)
    if (norm !== null) checkModule(who, 'norm', norm)
    this.layers = stackOf(who, layer, numLayers)
    this.norm = norm
  }

  protected override get isLent(): boolean {
    return true
  }

  /** @throws ValueError for a layer that comes twice: its keys of both places would be one sequence. */
  protected checkCached(cache: unknown): void {
    if (cache === null || new Set(this.layers).size === this.layers.length) return
    const expected = 'null where a layer stands in several places'
    throw new ValueError(complaint(this.describe(), 'cache', expected, cache))
  }
}

export function checkModule(who: string, what: string, module: unknown): void {
  if (module instanceof Module) return
  throw new ValueError(complaint(who, what, 'a Module', module))
}

/**
 * The layers of a stack: those of a list, or copies of one, which begin with its numbers.
 *
 * @throws ValueError for what is no module, or no layer that can be copied.
 */
function stackOf<M extends ModuleTree<Module>>(
  who: string,
  given: M | readonly M[],
  count: number | undefined,
): M[] {
  if (Array.isArray(given)) {
    const layers = given as M[]
    layers.forEach((layer, i) => {
      checkModule(who, `layer ${i}`, layer)
    })
    if (count === undefined || count === layers.length) return [...layers]
    const expected = `${layers.length}, as many as there are, or left out`
    throw new ValueError(complaint(who, 'numLayers', expected, count))
  }
  const layer = given as M
  checkModule(who, 'the layer', layer)
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) {
    throw new ValueError(complaint(who, 'numLayers', 'a whole number of at least 0', count))
  }
  return Array.from({ length: count }, () => copyOf(who, layer))
}

function copyOf<M extends ModuleTree<Module>>(who: string, layer: M): M {
  const args = constructorArguments(layer)
  const { generator } = layer as { generator?: unknown }
  const own = generator instanceof Generator ? generator : undefined
  const copy = args === null ? null : remade(layer, [...args], own)
  if (copy === null || copy.toString() !== layer.toString()) {
    const hint = 'give a list of as many layers: [make(), make()]'
    const expected = 'one of the library as its constructor makes it, which can be copied'
    throw new ValueError(complaint(who, 'the layer', expected, layer.describe(), hint))
  }
  copy.loadStateDict(layer.stateDict())
  const modules = layer.modules()
  copy.modules().forEach((module, i) => {
    module.training = modules[i]!.training
  })
  const parameters = layer.parameters()
  copy.parameters().forEach((parameter, i) => {
    parameter.requiresGrad = parameters[i]!.requiresGrad
  })
  return copy
}

/** One of the same class and options. What draws is afterwards as before. */
function remade<M extends ModuleTree<Module>>(
  layer: M,
  args: unknown[],
  generator: Generator | undefined,
): M {
  const constructor = layer.constructor as new (...args: unknown[]) => M
  const drawing = generator ?? defaultGenerator
  const state = drawing.getState()
  const options: unknown = args.at(-1)
  if (generator !== undefined) args[args.length - 1] = { ...(options as object), generator }
  try {
    return new constructor(...args)
  } finally {
    drawing.setState(state)
  }
}
