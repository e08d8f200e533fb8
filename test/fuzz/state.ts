import { createHash } from 'node:crypto'
import { isProxy } from 'node:util/types'

import { Generator, metrics, nn, optim, Tensor } from '../../ts/index.js'
import { itemSize } from '../../ts/kernels/dtype.js'

/**
 * What a value holds, as text: tensors with their bytes, modules, optimizers, schedulers, metrics and
 * generators by their state, plain objects and arrays by their properties. No getter is called and no
 * trap met.
 */
export function stateOf(value: unknown): string {
  const seen = new Map<unknown, number>()
  const show = (part: unknown): string => {
    if (typeof part === 'function') return 'function'
    if (typeof part !== 'object' || part === null) return `${typeof part} ${shown(part)}`
    if (isProxy(part)) return 'proxy'
    if (seen.has(part)) return `#${seen.get(part)}`
    seen.set(part, seen.size)
    return inside(part, show)
  }
  return show(value)
}

function shown(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function inside(value: object, show: (part: unknown) => string): string {
  if (value instanceof nn.Parameter) {
    return `parameter ${bytes(value)} ${show(value.grad)} ${show(value.requiresGrad)}`
  }
  if (value instanceof Tensor) return bytes(value)
  if (value instanceof Generator) return bytes(value.getState())
  if (value instanceof nn.Module) {
    const modules = [...value.namedModules()]
    const parts = modules.map(([path, module]) => [
      ...[path, module.training],
      ...module.ownParameters(),
      ...module.ownBuffers(),
      ...module.generators(),
    ])
    return `module ${show(parts)}`
  }
  if (value instanceof optim.Optimizer) return `optimizer ${show((value as Stateful).stateDict())}`
  if (value instanceof optim.LRScheduler || value instanceof optim.ReduceLROnPlateau) {
    return `scheduler ${show([value.stateDict(), value.optimizer])}`
  }
  if (value instanceof metrics.Metric) return `metric ${show((value as Stateful).stateDict())}`
  if (ArrayBuffer.isView(value)) {
    if (value.buffer.byteLength === 0) return 'view without memory'
    const own = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return `view ${Buffer.from(own).toString('base64')}`
  }
  const plain = Object.entries(Object.getOwnPropertyDescriptors(value))
  const parts = plain.map(([key, property]) =>
    'value' in property ? `${key}: ${show(property.value)}` : `${key}: getter`,
  )
  return `{ ${parts.join(', ')} }`
}

interface Stateful {
  stateDict(): unknown
}

function bytes({ buffer, byteOffset, shape, dtype, length }: Tensor): string {
  if (buffer.byteLength === 0) return `${dtype} (${shape.join()}) without memory`
  const own = new Uint8Array(buffer).subarray(byteOffset, byteOffset + length * itemSize[dtype])
  return `${dtype} (${shape.join()}) ${createHash('sha1').update(own).digest('base64')}`
}
