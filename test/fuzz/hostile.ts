import { nn, optim, ones, Tensor, zeros } from '../../ts/index.js'
import type { Draw } from './draw.js'

/** What hostile getters, traps and functions throw: it may come through as it is. */
export class Hostile extends Error {}

function hostile(): never {
  throw new Hostile('thrown by an argument')
}

function detached(): Tensor {
  const tensor = ones([4, 3])
  structuredClone(tensor.buffer, { transfer: [tensor.buffer] })
  return tensor
}

function cyclic(): unknown[] {
  const list: unknown[] = [1, 2]
  list.push(list)
  return list
}

function cyclicObject(): object {
  const object: Record<string, unknown> = { a: 1 }
  object['self'] = object
  return object
}

const traps: ProxyHandler<object> = {
  get: hostile,
  has: hostile,
  ownKeys: hostile,
  getPrototypeOf: hostile,
  getOwnPropertyDescriptor: hostile,
}

const numbers: readonly unknown[] = [NaN, -0, 0, -1, 0.5, 1.5, -2.5, 7, Infinity, -Infinity]
const extremes: readonly unknown[] = [
  ...[2 ** 31, 2 ** 32 + 1, 2 ** 53, 2 ** 63, 1e21, 1e200, Number.MAX_VALUE, Number.MIN_VALUE],
  ...[-(2 ** 31), -(2 ** 53), -1e300],
]
const primitives: readonly unknown[] = [
  ...[undefined, null, true, false, 0n, 1n, -1n, 2n ** 70n, Symbol('s'), Symbol.iterator],
  ...['', '1', 'NaN', 'float32', 'mean', '__proto__', 'constructor', 'toString', 'x'.repeat(3000)],
  'a\0b',
]
const objects: readonly (() => unknown)[] = [
  () => ({}),
  () => Object.create(null) as unknown,
  () => [],
  () => [[]],
  () => [undefined],
  () => [null, null],
  () => new Array<number>(3),
  () => [1n],
  () => [Symbol('s')],
  () => ({ length: -1 }),
  () => ({ length: 2 }),
  () => ({ length: 2n }),
  () => Object.freeze([1, 2, 3]),
  cyclic,
  cyclicObject,
  () => () => undefined,
  () => hostile,
  () => nn.Identity,
  () => new Proxy({}, traps),
  () => new Proxy([], traps),
  () => new Proxy(() => undefined, traps),
  () => new Date(),
  () => new Date(NaN),
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => /x/,
  () => new Error('an error for an argument'),
  () => new ArrayBuffer(8),
  () => new SharedArrayBuffer(8),
  () => new DataView(new ArrayBuffer(8)),
  () => new Float32Array(3),
  () => new Float64Array(0),
  () => new Int8Array([-1]),
  () => new BigInt64Array(2),
  () => Buffer.from('abc'),
  () => Promise.resolve(1),
  () => Object(1) as unknown,
  () => Object('mean') as unknown,
  () => Object(Symbol('s')) as unknown,
  () => ({ toString: hostile, valueOf: hostile }),
  () => ({ [Symbol.toPrimitive]: () => ({}) }),
  () => ({ toString: () => 1n, valueOf: () => Symbol('s') }),
  () => ({
    get length(): number {
      return hostile()
    },
  }),
  () => ({ [Symbol.iterator]: hostile }),
  () => ({ [Symbol.iterator]: () => ({}) }),
  () => ({ [Symbol.iterator]: 1 }),
  () => ({ [Symbol.asyncIterator]: () => ({ next: () => 1 }) }),
  () => ({ then: hostile }),
  () => ({ state: {}, params: [], step: 1, stateDict: 1 }),
]
const ours: readonly (() => unknown)[] = [
  detached,
  () => zeros([0, 3]),
  () => zeros([4, 0]),
  () => zeros([]),
  () => zeros([4, 3], { dtype: 'int32' }),
  () => zeros([4, 3], { dtype: 'uint8' }),
  () => zeros([4, 3], { dtype: 'float64' }),
  () => zeros([1, 1, 1, 1, 1]),
  () => Tensor,
  () => new nn.Linear(2, 2),
  () => nn.ReLU,
  () => new nn.MSELoss(),
  () => new optim.SGD([new nn.Parameter(ones([2]))]),
]

/**
 * Something that most arguments are not.
 *
 * @param counts Whether work is proportional to it: then no number is large.
 */
export function hostileValue(draw: Draw, counts: boolean): unknown {
  switch (draw.int(9)) {
    case 0:
    case 1:
      return draw.pick(numbers)
    case 2:
      return draw.pick(counts ? numbers : extremes)
    case 3:
    case 4:
      return draw.pick(primitives)
    case 5:
    case 6:
    case 7:
      return draw.pick(objects)()
    case 8:
      return draw.pick(ours)()
    default:
      return draw.anything()
  }
}

/** Wherever a value is read out of it, something else happens. */
export function hostileGetter(target: object, key: PropertyKey, read: () => unknown): void {
  Object.defineProperty(target, key, { get: read, configurable: true, enumerable: true })
}

export { hostile }
