import { complaint, FormatError } from '../../errors.js'
import { isWithheld } from '../../kernels/allocate.js'
import type { DType } from '../../kernels/dtype.js'
import type { Module } from '../../nn/module.js'
import { stateEntries } from '../../nn/state-dict.js'
import { formatShape, type Shape, type Tensor } from '../../tensor/tensor.js'
import { overwrite } from '../../tensor/overwrite.js'
import { sameShape } from '../../tensor/workspace.js'
import { shown } from '../json.js'

/** Most names that a message lists. */
const LISTED = 5

/**
 * Compares what a model needs with what there is, before anything is read.
 *
 * @param stored The names of what there is.
 * @throws FormatError when something is missing, superfluous or of another shape.
 */
export function checkState(
  who: string,
  model: Module,
  stored: Iterable<string>,
  shapeOf: (name: string) => Shape | undefined,
): void {
  const missing: string[] = []
  const odd: string[] = []
  const needed = new Set<string>()
  for (const [name, { shape }] of stateEntries(model)) {
    needed.add(name)
    const found = shapeOf(name)
    if (found === undefined) missing.push(shown(name))
    else if (!sameShape(found, shape)) {
      odd.push(`${shown(name)} ${formatShape(found)} for ${formatShape(shape)}`)
    }
  }
  const unexpected = Array.from(stored).filter((name) => !needed.has(name))
  const parts = [
    ...(missing.length > 0 ? [`missing ${listed(missing)}`] : []),
    ...(unexpected.length > 0 ? [`unexpected ${listed(unexpected.map(shown))}`] : []),
    ...(odd.length > 0 ? [`of another shape ${listed(odd)}`] : []),
  ]
  if (parts.length > 0) {
    throw new FormatError(`${who}: the tensors are not those of the model: ${parts.join('; ')}`)
  }
}

/**
 * Gives the tensors of a model, which `checkState` has compared, the elements of the stored ones: their
 * very memory where a tensor has none of its own.
 *
 * @param tensor Reads one.

 * @throws FormatError when one is of another kind of numbers, or stored under two names in two versions.
 */
export function readState(who: string, model: Module, tensor: (name: string) => Tensor): void {
  const first = new Map<Tensor, string>()
  for (const [name, target] of stateEntries(model)) {
    const source = converted(who, name, tensor(name), target.dtype)
    const before = first.get(target)
    if (before !== undefined) {
      if (sameBytes(source, target)) continue
      const names = `${shown(before)} and ${shown(name)}`
      throw new FormatError(
        `${who}: ${names} are one tensor of the model and two different ones here`,
      )
    }
    first.set(target, name)
    if (isWithheld(target.buffer)) target.adopt(source)
    else overwrite(target, source)
  }
}

function converted(who: string, name: string, tensor: Tensor, dtype: DType): Tensor {
  const bothFloat = tensor.dtype.startsWith('float') && dtype.startsWith('float')
  if (tensor.dtype === dtype || bothFloat) return tensor.to(dtype)
  throw new FormatError(complaint(who, `the tensor ${shown(name)}`, dtype, tensor.dtype))
}

function sameBytes(a: Tensor, b: Tensor): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return names.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
