import { expect } from 'chai'

import {
  arange,
  capture,
  chunk,
  cat,
  DTypeError,
  Generator,
  randn,
  ShapeError,
  split,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never

const shapes = (tensors: readonly Tensor[]): (readonly number[])[] =>
  tensors.map(({ shape }) => shape)

/** PyTorch's own answers for torch.arange(24.).reshape(2, 3, 4). */
const x = arange(24).reshape([2, 3, 4])

describe('cat, split, chunk', () => {
  eachBackend(() => {
    it('cuts along every dimension', () => {
      expect(split(x, [1, 2], 1).map((part) => part.toArray())).to.deep.equal([
        [[[0, 1, 2, 3]], [[12, 13, 14, 15]]],
        [
          [
            [4, 5, 6, 7],
            [8, 9, 10, 11],
          ],
          [
            [16, 17, 18, 19],
            [20, 21, 22, 23],
          ],
        ],
      ])
      expect(split(x, [3, 0, 1], -1).map((part) => part.toArray())[2]).to.deep.equal([
        [[3], [7], [11]],
        [[15], [19], [23]],
      ])
      expect(split(x, 1).map((part) => Array.from(part.data)[0])).to.deep.equal([0, 12])
    })

    it('joins what it cut, of every dtype and size', () => {
      const generator = new Generator(1)
      for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
        for (const shape of [[5], [7, 3], [2, 5, 9], [3, 4, 5, 2], [300, 129], [0, 4], [4, 0]]) {
          const whole = randn(shape, { generator }).to(dtype)
          for (let dim = -shape.length; dim < shape.length; dim++) {
            for (const parts of [chunk(whole, 3, dim), split(whole, 2, dim)]) {
              const joined = cat(parts, dim)
              expect(joined.dtype).to.equal(dtype)
              expect(joined.toArray()).to.deep.equal(whole.toArray())
              expect(joined.buffer).not.to.equal(whole.buffer)
              const shared = dim === 0 || dim === -shape.length
              expect(parts.every(({ buffer }) => buffer === whole.buffer)).to.equal(shared)
            }
          }
        }
      }
    })

    it('is captured', () => {
      const input = tensor([[1, 2, 3]])
      const turned = ({ input }: { input: Tensor }): Tensor => cat(split(input, 1, 1).reverse(), 1)
      const step = capture(turned, { inputs: { input } })
      expect(step.runSync().toArray()).to.deep.equal([[3, 2, 1]])
      expect(step.runSync({ input: tensor([[4, 5, 6]]) }).toArray()).to.deep.equal([[6, 5, 4]])
    })
  })

  it('has the sizes of PyTorch’s parts', () => {
    const seven = zeros([7])
    const cases: [Tensor[], number[]][] = [
      [chunk(seven, 3), [3, 3, 1]],
      [chunk(seven, 5), [2, 2, 2, 1]],
      [chunk(seven, 9), [1, 1, 1, 1, 1, 1, 1]],
      [chunk(zeros([0]), 2), [0, 0]],
      [split(seven, 3), [3, 3, 1]],
      [split(seven, 7), [7]],
      [split(zeros([0]), 3), [0]],
      [split(zeros([0]), 0), [0]],
      [split(zeros([0]), []), []],
    ]
    for (const [parts, sizes] of cases) {
      expect(shapes(parts)).to.deep.equal(sizes.map((size) => [size]))
    }
  })

  it('refuses what does not fit', () => {
    const cases: [() => unknown, new (message: string) => Error, string][] = [
      [() => cat([]), ValueError, 'an array of at least one, got none'],
      [() => cat(wrong(x)), ValueError, 'an array, got Tensor(2, 3, 4)'],
      [() => cat([x, wrong([1])]), ValueError, 'make one with tensor(array)'],
      [() => cat([x, zeros([2, 3, 4], { dtype: 'int32' })]), DTypeError, 'float32 and int32'],
      [() => cat([x, zeros([2, 2, 4])]), ShapeError, '(2, 3, 4) and (2, 2, 4)'],
      [() => cat([x, zeros([2, 3])], 1), ShapeError, 'the same but for dimension 1'],
      [() => cat([x], 3), ShapeError, 'from -3 to 2'],
      [() => cat([zeros([])]), ShapeError, 'scalar'],
      [() => split(wrong(3), 1), ValueError, 'a Tensor'],
      [() => split(x, [1, 1], 1), ShapeError, 'whole numbers whose sum is 3'],
      [() => split(x, [4, -1], 1), ValueError, 'got -1'],
      [() => split(x, [1.5, 1.5], 1), ValueError, 'got 1.5'],
      [() => split(x, 0, 1), ValueError, 'at least 1, got 0'],
      [() => split(x, wrong('1'), 1), ValueError, 'a number or an array'],
      [() => split(x, 1, 5), ShapeError, 'from -3 to 2'],
      [() => chunk(x, 0), ValueError, 'got 0'],
      [() => chunk(x, NaN), ValueError, 'got NaN'],
      [() => chunk(wrong(null), 1), ValueError, 'a Tensor'],
    ]
    for (const [call, error, message] of cases) expect(call).to.throw(error, message)
  })
})
