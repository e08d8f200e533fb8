// Work that uses the addon and its thread pool, over the built package: what the other programs do
// in the main thread and in workers.
import { getNumThreads, setNumThreads } from '../../../dist/index.js'
import { kernels } from '../../../dist/kernels/backend.js'

const SIZE = 192 // large enough for a matrix product to be split among threads

function view(length) {
  const data = new Float32Array(length)
  const { buffer } = data
  return { buffer, byteOffset: 0, length, dtype: 'float32', data }
}

/** A function whose every call multiplies matrices; its result is the same number each time. */
export function makeWork() {
  if (getNumThreads() < 2) setNumThreads(2)
  const [a, b, out] = [view(SIZE * SIZE), view(SIZE * SIZE), view(SIZE * SIZE)]
  for (let i = 0; i < SIZE * SIZE; i++) {
    a.data[i] = Math.sin(i)
    b.data[i] = Math.cos(i)
  }
  return () => {
    kernels().matmul(a, b, out, SIZE, SIZE, SIZE)
    kernels().activation(1, out, out, SIZE * SIZE, 0)
    let sum = 0
    for (const value of out.data) sum += value
    return sum
  }
}
