// Everything with shapes that hold no element and have another size of up to 2^31 - 1, in a process of
// its own: work in proportion to such a size is repeated until it cannot be overlooked, and then the
// CPU time that the process is given runs out. It prints what it does before doing it.
import assert from 'node:assert/strict'
import { openSync, writeSync } from 'node:fs'
import { inspect } from 'node:util'

import {
  argmax,
  chunk,
  cat,
  data,
  GradlaneError,
  io,
  jacobian,
  matmul,
  metrics,
  nn,
  predict,
  type Shape,
  softmax,
  split,
  sub,
  sum,
  summary,
  transpose,
  zeros,
} from '../../ts/index.js'
import { kernels } from '../../ts/kernels/backend.js'
import { moduleCases } from '../support/module-cases/index.js'
import { sweep } from '../support/size-sweep.js'

/** Of what it is at. */
const log = openSync(process.argv[2]!, 'w')
/** So many loops over 2^31 - 1 places take more than the minute of CPU time that the process has. */
const REPEATS = 150
const HUGE = 2 ** 31 - 1

/** Runs what may be refused, many times where it is not. */
function meet(label: string, run: () => void, repeats = REPEATS): void {
  writeSync(log, `${label}\n`)
  try {
    run()
  } catch (error) {
    if (!(error instanceof GradlaneError)) throw new Error(label, { cause: error })
    return
  }
  for (let i = 0; i < repeats; i++) run()
}

/** A fixed stream of whole numbers below `n`. */
function stream(): (n: number) => number {
  let state = 1
  return (n) => {
    state = Math.imul(state, 1103515245) + 12345
    return (state >>> 8) % n
  }
}

/** All sizes of up to five, some of more. */
function* sizesOf(count: number): Generator<readonly number[]> {
  const each = [0, 1, 3, HUGE]
  if (count <= 5) {
    for (let i = 0; i < 4 ** count; i++) {
      yield Array.from({ length: count }, (_, k) => each[Math.floor(i / 4 ** k) % 4]!)
    }
    return
  }
  const next = stream()
  for (let i = 0; i < 400; i++) {
    const some = i % 3 === 0 ? each : [0, 1, 1, 1, 1, 2, 3, HUGE]
    yield Array.from({ length: count }, () => some[next(some.length)]!)
  }
}

for (const [name, { count, run }] of Object.entries(sweep)) {
  for (const sizes of sizesOf(count)) {
    meet(`${name} ${sizes.join(' ')}`, () => {
      run(kernels(), ...sizes)
    })
  }
}

/** Whether a module makes no elements out of none; padding does. */
function staysEmpty(module: nn.Module, shape: Shape): boolean {
  try {
    return module.forward(zeros(shape)).length === 0
  } catch {
    return false
  }
}

for (const { title, make, shapes } of moduleCases) {
  const module = make('float32')
  for (const [shape] of shapes) {
    for (let i = 0; i < shape.length ** 2; i++) {
      const [zero, large] = [i % shape.length, Math.floor(i / shape.length)]
      const small = shape.map((size, k) => (k === zero ? 0 : size))
      if (zero === large || !staysEmpty(module, small)) continue
      const others = small.reduce(
        (product, size, k) => (k === large || size === 0 ? product : product * size),
        1,
      )
      const sizes = small.map((size, k) => (k === large ? Math.floor(HUGE / others) : size))
      meet(`${title} (${sizes.join(', ')})`, () => {
        const x = zeros(sizes)
        const y = module.forward(x)
        module.backward(x, zeros(y.shape))
      })
      const told = `summary of ${title} (${sizes.join(', ')})`
      meet(told, () => summary(module, sizes).toString(), 0)
    }
  }
}

const wide = zeros([0, HUGE])
const long = zeros([HUGE, 0])

const refused = (label: string, make: () => unknown): void => {
  writeSync(log, `${label}\n`)
  assert.throws(make, { code: 'ERR_SHAPE' }, label)
}
refused('toArray', () => long.toArray())
refused('split', () => split(long, 1))
refused('chunk', () => chunk(wide, HUGE))
refused('TensorDataset', () => new data.TensorDataset([long]))
refused('DataLoader', () => new data.DataLoader([long, long]))
refused('a second huge size', () => zeros([HUGE, 2, 0]))
refused('a size beyond 2^53', () => zeros([2 ** 60, 0]))
refused('concat', () => cat([long, long]))
refused('reshape', () => wide.reshape([0, HUGE, 2]))
refused('results beyond 2^31 - 1', () =>
  new nn.Upsample({ scaleFactor: 2 }).forward(zeros([0, 1, HUGE])),
)
refused('results that hold elements', () => matmul(long, zeros([0, 3])))

const same = (label: string, make: () => unknown, expected: unknown): void => {
  meet(label, () => {
    assert.deepEqual(make(), expected, label)
  })
}
const shapeOf = (make: () => { shape: Shape }) => () => [...make().shape]
same('inspect', () => inspect(long), 'Tensor(2147483647, 0) float32 Float32Array(0) []')
same('inspect of few', () => inspect(zeros([2, 0])), 'Tensor(2, 0) float32 [ [], [] ]')
same('toArray of few', () => zeros([2, 0, 5]).toArray(), [[], []])
same('toArray of a wide one', () => wide.toArray(), [])
same('split of few', () => split(zeros([3, 0]), 1).length, 3)
same('split in halves', () => split(long, 2 ** 30).length, 2)
same('chunk of few', () => chunk(zeros([0, 2]), 3).length, 3)
same(
  'sub',
  shapeOf(() => sub(long, long)),
  [HUGE, 0],
)
same('sum', () => sum(long).item(), 0)
same(
  'softmax',
  shapeOf(() => softmax(wide)),
  [0, HUGE],
)
same(
  'argmax',
  shapeOf(() => argmax(wide, 1)),
  [0],
)
same(
  'transpose',
  shapeOf(() => transpose(long, 0, 1)),
  [0, HUGE],
)
same(
  'matmul',
  shapeOf(() => matmul(wide, long)),
  [0, 0],
)
same(
  'clone',
  shapeOf(() => long.clone()),
  [HUGE, 0],
)
same(
  'select',
  shapeOf(() => long.select(0, 5)),
  [0],
)
same(
  'Linear',
  shapeOf(() => new nn.Linear(0, HUGE, { bias: false }).weight),
  [HUGE, 0],
)
same(
  'orthogonal',
  shapeOf(() => nn.init.orthogonal_(zeros([HUGE, 0]))),
  [HUGE, 0],
)
same(
  'jacobian',
  shapeOf(() => jacobian(new nn.ReLU(), long)),
  [HUGE, 0, 0],
)
same(
  'R2Score',
  () => {
    const score = new metrics.R2Score()
    score.update(long, long)
    return score.compute()
  },
  NaN,
)

// A file of 80 bytes brings such a shape.
const header = JSON.stringify({ x: { dtype: 'F32', shape: [HUGE, 0], data_offsets: [0, 0] } })
const file = Buffer.concat([Buffer.alloc(8), Buffer.from(header)])
file.writeBigUInt64LE(BigInt(header.length))
const { x } = io.safetensorsFromBuffer(file).tensors
same(
  'safetensors',
  shapeOf(() => x!),
  [HUGE, 0],
)
const again = (): { shape: Shape } =>
  io.safetensorsFromBuffer(io.safetensorsToBuffer({ x: x! })).tensors['x']!
same('safetensors again', shapeOf(again), [HUGE, 0])

writeSync(log, 'predict\n')
await assert.rejects(predict(new nn.ReLU(), long), { code: 'ERR_SHAPE' })
writeSync(log, 'end\n')
