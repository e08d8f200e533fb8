// Every operation of a world on tensors whose results can be told.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { distributed, empty, full, getNumThreads, tensor } from '../../../dist/index.js'
import { say } from './say.mjs'

const options = process.argv[2] === undefined ? {} : { library: process.argv[2] }
const world = await distributed.init(options)
const { rank, size } = world
assert.equal(await distributed.init(), world)
assert(!('UCX_MEM_EVENTS' in process.env)) // was for the library alone

/** Of messages that libraries send in pieces. */
const LONG = 100003

/** Of each rank other numbers, whose sum depends on the order of additions. */
const value = (of, i) => Math.sin(of * 7.7 + i) * 10 ** ((of + i) % 5)
const made = (of, n, dtype) => {
  const result = empty([n], dtype)
  for (let i = 0; i < n; i++)
    result.data[i] = dtype === 'int32' ? Math.trunc(value(of, i)) : value(of, i)
  return result
}
const reduced = (n, dtype, op) => {
  const result = made(0, n, dtype)
  for (let of = 1; of < size; of++) {
    const { data } = made(of, n, dtype)
    for (let i = 0; i < n; i++) {
      const sum = result.data[i]
      result.data[i] =
        op === 'min'
          ? Math.min(sum, data[i])
          : op === 'max'
            ? Math.max(sum, data[i])
            : sum + data[i]
    }
  }
  if (op === 'mean') for (let i = 0; i < n; i++) result.data[i] /= size
  return result
}

for (const dtype of ['float32', 'float64', 'int32']) {
  for (const op of ['sum', 'mean', 'min', 'max']) {
    if (dtype === 'int32' && op === 'mean') continue
    for (const n of [
      0,
      1,
      2,
      3,
      4,
      7,
      1000,
      ...(dtype === 'float64' && op === 'sum' ? [LONG] : []),
    ]) {
      const x = made(rank, n, dtype)
      assert.equal(await world.allReduce(x, { op }), x)
      assert.deepEqual(x.data, reduced(n, dtype, op).data, `${op} of ${n} ${dtype}`)
    }
  }
}
const odd = tensor(rank === 1 ? [NaN, 1, -Infinity] : [rank, NaN, 3])
await world.allReduce(odd, { op: 'max' })
assert.deepEqual(odd.toArray(), [NaN, NaN, 3])

for (const dtype of ['float32', 'float64', 'int32', 'uint8']) {
  for (const n of [0, 1, 5, ...(dtype === 'float64' ? [LONG] : [])]) {
    const src = n % size
    const x = full([n], rank + 1, { dtype })
    assert.equal(await world.broadcast(x, { src }), x)
    assert.deepEqual(x.data, full([n], src + 1, { dtype }).data)
    const all = await world.allGather(full([n], rank + 1, { dtype }))
    assert.deepEqual(all.shape, [size, n])
    assert.equal(all.dtype, dtype)
    for (let of = 0; of < size; of++)
      assert(all.data.subarray(of * n, of * n + n).every((x) => x === of + 1))
  }
}

// One after the other, also where nobody waits; and a view writes nothing beside itself.
const row = full([3, 4], rank)
const calls = [0, 1, 2].map((i) => world.allReduce(row.select(0, i)))
row.data.fill(-1) // what is sent was taken when it was called
const turns = []
const timer = setInterval(() => turns.push(1), 1)
await Promise.all([...calls, world.barrier()])
clearInterval(timer)
assert(row.data.every((x) => x === (size * (size - 1)) / 2))

const refused = []
for (const call of [
  () => world.allReduce([1, 2]),
  () => world.allReduce(empty([2], 'uint8')),
  () => world.allReduce(empty([2], 'int32'), { op: 'mean' }),
  () => world.allReduce(empty([2]), { op: 'product' }),
  () => world.broadcast(empty([2]), { src: size }),
]) {
  await call().catch(({ code }) => refused.push(code))
}
await world.barrier() // nobody else has noticed
const loaded = /\/\S*\/libmpi(ch|_abi)?\.so\S*/.exec(readFileSync('/proc/self/maps', 'utf8'))[0]
say({ rank, size, hosts: world.hosts.length, refused, threads: getNumThreads(), loaded })
if (process.argv[3] === 'close') {
  // What is called after close does not reach MPI, which has ended then.
  await Promise.all([
    world.close(),
    world.close(),
    assert.rejects(world.barrier(), { code: 'ERR_DISTRIBUTED' }),
  ])
  await world.close()
  await assert.rejects(world.barrier(), { code: 'ERR_DISTRIBUTED' })
}
