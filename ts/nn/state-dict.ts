import { flag, type Options } from '../options.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { overwrite } from '../tensor/overwrite.js'
import { sameShape } from '../tensor/workspace.js'

export interface LoadOptions {
  /** Whether missing and unexpected keys are refused; sizes must always fit. Default true. */
  strict?: boolean
}

export const LOAD = { strict: flag(true) } satisfies Options<LoadOptions>

/** Tensors by path, as in PyTorch: `'0.weight'`, `'bn.running_mean'`. */
export type StateDict = Record<string, Tensor>

export interface LoadResult {
  /** Paths of the module that the state dict did not have. */
  readonly missingKeys: string[]
  /** Keys of the state dict that the module did not have. */
  readonly unexpectedKeys: string[]
}

/** What state dicts see of a module. */
interface Stateful {
  ownParameters(): Iterable<[string, Tensor]>
  ownBuffers(options: { persistentOnly: boolean }): Iterable<[string, Tensor]>
  namedChildren(): Iterable<[string, Stateful]>
}

/** Every tensor of the module's state under each of its paths (shared ones have several). */
export function* stateEntries(module: Stateful, prefix = ''): Generator<[string, Tensor]> {
  for (const [name, parameter] of module.ownParameters()) yield [prefix + name, parameter]
  for (const [name, buffer] of module.ownBuffers({ persistentOnly: true })) {
    yield [prefix + name, buffer]
  }
  for (const [name, child] of module.namedChildren())
    yield* stateEntries(child, `${prefix}${name}.`)
}

export function stateDict(module: Stateful): StateDict {
  const views = Array.from(stateEntries(module), ([key, tensor]): [string, Tensor] => {
    const { buffer, byteOffset, shape, dtype, length } = tensor
    return [key, new Tensor(buffer, byteOffset, shape, dtype, length)]
  })
  return Object.fromEntries(views)
}

export function loadStateDict(module: Stateful, state: StateDict, strict: boolean): LoadResult {
  const who = `${module.constructor.name}.loadStateDict`
  if (typeof state !== 'object' || (state as unknown) === null) {
    throw new ValueError(complaint(who, 'the state', 'tensors by name', typeof state))
  }
  const targets = new Map(stateEntries(module))
  const missingKeys = [...targets.keys()].filter((key) => !Object.hasOwn(state, key))
  const unexpectedKeys = Object.keys(state).filter((key) => !targets.has(key))
  const pairs: [Tensor, Tensor][] = []
  const odd: string[] = []
  for (const [key, target] of targets) {
    const source: unknown = Object.hasOwn(state, key) ? state[key] : undefined
    if (source === undefined) continue
    if (!(source instanceof Tensor)) {
      throw noTensor(who, key, source)
    }
    if (sameShape(source.shape, target.shape)) pairs.push([source, target])
    else odd.push(`${key} ${formatShape(source.shape)} for ${formatShape(target.shape)}`)
  }

  if (odd.length > 0) throw new ShapeError(`${who}: shapes differ: ${odd.join(', ')}`)
  if (strict && missingKeys.length + unexpectedKeys.length > 0) {
    const parts = [
      ...(missingKeys.length > 0 ? [`missing ${missingKeys.join(', ')}`] : []),
      ...(unexpectedKeys.length > 0 ? [`unexpected ${unexpectedKeys.join(', ')}`] : []),
    ]
    throw new ValueError(`${who}: ${parts.join('; ')}; { strict: false } ignores such keys`)
  }

  for (const tensor of pairs.flat()) tensor.checkMemory()
  for (const [source, target] of pairs) overwrite(target, source)
  return { missingKeys, unexpectedKeys }
}
