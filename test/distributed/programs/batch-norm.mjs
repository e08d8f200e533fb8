// BatchNorm with `sync` on ranks with batches of their own, against one layer that has them all.
import assert from 'node:assert/strict'

import {
  capture,
  cat,
  distributed,
  empty,
  nn,
  noGrad,
  permute,
  setBackend,
  tensor,
  zeros,
} from '../../../dist/index.js'
import { say } from './say.mjs'

const captured = new nn.BatchNorm1d(1, { sync: true, dtype: 'float64' })
const step = capture(({ x }) => captured.forward(x), {
  inputs: { x: tensor([[1], [5]], { dtype: 'float64' }) },
})
assert.deepEqual(step.runSync().toArray().flat().map(Math.round), [-1, 1]) // of its own

const world = await distributed.init()
const { rank, size } = world

// What was captured before there were others is captured again.
const x = tensor([[rank * 4], [rank * 4 + 2]], { dtype: 'float64' })
const [first] = step.runSync({ x }).toArray()
assert(Math.abs(first - (rank * 4 - 5) / Math.sqrt(35 / 3 + 1e-5)) < 1e-14, first)

/** (n, channels, …) of some rank, the same on all. */
function made(of, shape, dtype, shift = 0) {
  const result = empty(shape, dtype)
  for (let i = 0; i < result.length; i++)
    result.data[i] = Math.sin(of * 7.7 + i * (of + 1.3)) + Math.cos(i * 0.11 * of) + shift
  return result
}

/** As rows of (n · …, channels). */
const rowsOf = (x) =>
  x.ndim === 2 ? x : permute(x, [0, 2, 3, 1]).reshape([x.length / x.shape[1], x.shape[1]])

function distance(a, b, what) {
  assert.deepEqual(a.shape, b.shape, what)
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0)
}

const all = Array.from({ length: size }, (_, i) => i)
const cases = [
  { name: 'uneven batches', dtype: 'float64', shapes: [5, 1, 3].map((n) => [n, 4]), bound: 1e-14 },
  { name: 'none on a rank', dtype: 'float64', shapes: [2, 0, 6].map((n) => [n, 4]), bound: 1e-14 },
  // Around 1e8 numbers are 1.5e-8 apart.
  {
    ...{ name: 'far from 0', dtype: 'float64', shapes: [5, 2, 3].map((n) => [n, 2]) },
    ...{ shift: 1e8, bound: 1e-7 },
  },
  {
    ...{ name: 'images of different sizes', dtype: 'float64', bound: 1e-14 },
    shapes: [
      [3, 3, 2, 5],
      [2, 3, 4, 4],
      [1, 3, 7, 1],
    ],
  },
  {
    ...{ name: 'in float32', dtype: 'float32', bound: 4e-6 },
    shapes: all.map(() => [8, 3, 16, 16]),
  },
]
for (const { name, dtype, shapes, shift = 0, bound } of cases) {
  const channels = shapes[0][1]
  const options = { dtype, momentum: 0.3 }
  const Layer = shapes[0].length === 2 ? nn.BatchNorm1d : nn.BatchNorm2d
  const layer = new Layer(channels, { ...options, sync: true })
  const whole = new nn.BatchNorm1d(channels, options)
  for (const { weight } of [layer, whole])
    for (let c = 0; c < channels; c++) weight.data[c] = 1 + c / 4
  const inputs = all.map((of) => made(of, shapes[of], dtype, shift))
  const gradients = all.map((of) => made(of + 10, shapes[of], dtype))
  const before = inputs.slice(0, rank).reduce((sum, each) => sum + rowsOf(each).shape[0], 0)
  const own = (rows) => rows.narrow(0, before, rowsOf(inputs[rank]).shape[0])

  const close = (a, b, what) => {
    const off = distance(a, b, what)
    assert(off <= bound, `${name}: ${what} is off by ${off}`)
  }
  const [x, g] = noGrad(() => [cat(inputs.map(rowsOf), 0), cat(gradients.map(rowsOf), 0)])
  const y = whole.forward(x)
  const byX = whole.backward(x, g)
  const output = layer.forward(inputs[rank])
  const byInput = layer.backward(inputs[rank], gradients[rank])
  close(rowsOf(output), own(y), 'the output')
  close(rowsOf(byInput), own(byX), 'the gradient by the input')
  close(layer.runningMean, whole.runningMean, 'the running mean')
  close(layer.runningVar, whole.runningVar, 'the running variance')
  assert.equal(layer.numBatchesTracked.item(), 1)
  for (const of of ['weight', 'bias']) {
    const grad = layer[of].grad.clone()
    assert.equal(distance(await world.allReduce(grad), grad), 0)
    assert(distance(grad, whole[of].grad) <= 100 * bound, `${name}: the gradient by the ${of}`)
  }

  // The same in a graph, and captured, where the activation function is part of it.
  const leaf = inputs[rank].clone().requiresGrad_()
  const again = new Layer(channels, { ...options, sync: true })
  again.weight.data.set(layer.weight.data)
  const z = again.forward(leaf)
  z.backward(gradients[rank])
  assert.deepEqual([z.data, leaf.grad.data], [output.data, byInput.data], name)
  const model = new nn.Sequential(again, new nn.ReLU())
  const pass = ({ x, g }) => ({ y: model.forward(x), byX: model.backward(x, g) })
  const given = { x: inputs[rank], g: gradients[rank] }
  const eager = pass(given)
  const replayed = capture(pass, { inputs: given })
  assert.equal(replayed.describe().includes('batchNormStatistics'), true)
  const same = replayed.runSync()
  assert.deepEqual([same.y.data, same.byX.data], [eager.y.data, eager.byX.data], name)
}

// In evaluation a rank asks no others.
if (rank === 0) {
  const layer = new nn.BatchNorm1d(2, { sync: true }).eval()
  assert.equal(layer.forward(zeros([1, 2])).length, 2)
  const plain = new nn.BatchNorm1d(2, { sync: true, trackRunningStats: false }).eval()
  assert.equal(plain.forward(tensor([[1, 2], [3, 5]])).length, 4) // prettier-ignore
}

const failure = (run) => {
  try {
    run()
    return null
  } catch ({ code, message }) {
    return { code, message }
  }
}
const layer = new nn.BatchNorm1d(2, { sync: true })
const oneValue = failure(() => layer.forward(zeros([rank === 1 ? 1 : 0, 2])))
assert.deepEqual(layer.runningVar.toArray(), [1, 1])
assert.equal(layer.numBatchesTracked.item(), 0)
layer.forward(zeros([0, 2])) // nobody has any
assert.equal(layer.numBatchesTracked.item(), 0)

setBackend('reference')
const onReference = failure(() => layer.forward(zeros([4, 2])))
setBackend('native')

await world.close()
assert.equal(failure(() => layer.forward(zeros([1, 2]))).code, 'ERR_VALUE') // an ordinary layer again
layer.forward(zeros([3, 2]))
say({ rank, oneValue, onReference })
