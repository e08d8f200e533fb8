// Refused input of the functions of indices, and of order; what they compute is held to PyTorch in functions.test.ts.
import { expect } from 'chai'

import {
  arange,
  argsort,
  capture,
  CaptureError,
  DTypeError,
  embedding,
  gather,
  indexSelect,
  maskedSelect,
  nonzero,
  oneHot,
  pad,
  scatter,
  scatterAdd,
  ShapeError,
  sort,
  tensor,
  type Tensor,
  topk,
  tril,
  triu,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never
const int = (values: number | number[] | number[][]) => tensor(values, { dtype: 'int32' })
const x = arange(12).reshape([3, 4])
const index = int([[0, 1, 2, 1]])

describe('functions of indices', () => {
  eachBackend(() => {
    it('take uint8 indices, and values of every dtype', () => {
      const bytes = tensor([[2, 0]], { dtype: 'uint8' })
      for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
        const from = x.to(dtype)
        expect(gather(from, 0, bytes).toArray()).to.deep.equal([[8, 1]])
        expect(indexSelect(from, 1, bytes.reshape([2])).dtype).to.equal(dtype)
        expect(scatterAdd(from, 0, bytes, from).toArray()).to.deep.equal([
          [0, 2, 2, 3],
          [4, 5, 6, 7],
          [8, 9, 10, 11],
        ])
        expect(scatter(from, 1, bytes, 7).toArray()).to.deep.equal([
          [7, 1, 7, 3],
          [4, 5, 6, 7],
          [8, 9, 10, 11],
        ])
        expect(tril(from).toArray()).to.deep.equal([
          [0, 0, 0, 0],
          [4, 5, 0, 0],
          [8, 9, 10, 0],
        ])
        expect(pad(from, [0, 0, 1, -2], { value: 3 }).toArray()).to.deep.equal([
          [3, 3, 3, 3],
          [0, 1, 2, 3],
        ])
        const { values, indices } = topk(from, 2, 0)
        expect(values.dtype).to.equal(dtype)
        expect(indices.toArray()).to.deep.equal([[2, 2, 2, 2], [1, 1, 1, 1]]) // prettier-ignore
      }
    })

    it('name an index that is not there, and where, before anything is written', () => {
      const bad = int([[0, 1, 3, 1]])
      const calls: [string, () => unknown][] = [
        ['gather: index 3 at element 2 is outside [0, 3)', () => gather(x, 0, bad)],
        ['scatter: index 3 at element 2 is outside [0, 3)', () => scatter(x, 0, bad, 1)],
        ['scatterAdd: index 3 at element 2 is', () => scatterAdd(x, 0, bad, x)],
        ['indexSelect: index -1 at row 1 is outside [0, 4)', () => indexSelect(x, 1, int([0, -1]))],
        ['embedding: index 3 at row 2 is outside [0, 3)', () => embedding(bad, x)],
        ['oneHot: index 3 at element 2 is outside [0, 3)', () => oneHot(bad, 3)],
        ['oneHot: index -2 at element 0 is outside', () => oneHot(int([-2, 1]))],
      ]
      for (const [message, call] of calls) expect(call).to.throw(ValueError, message)
      expect(x.toArray()).to.deep.equal(arange(12).reshape([3, 4]).toArray())
    })

    it('do so in a captured step too, which goes on with good ones', () => {
      const pick = ({ index }: { index: Tensor }): Tensor => gather(x.clone(), 0, index)
      const step = capture(pick, { inputs: { index } })
      expect(step.runSync().toArray()).to.deep.equal([[0, 5, 10, 7]])
      expect(() => step.runSync({ index: int([[0, 1, 2, -5]]) })).to.throw(
        ValueError,
        'gather: index -5 at element 3 is outside [0, 3)',
      )
      expect(step.runSync({ index: int([[2, 2, 2, 2]]) }).toArray()).to.deep.equal([[8, 9, 10, 11]])
    })
  })

  it('refuse by name what reads numbers while a step is captured', () => {
    const calls: [string, (x: Tensor) => Tensor][] = [
      ['nonzero', nonzero],
      ['maskedSelect', (x) => maskedSelect(x, x.to('uint8'))],
      ['oneHot', (x) => oneHot(x.to('int32'))],
    ]
    for (const [name, of] of calls) {
      expect(() => capture(({ x }: { x: Tensor }) => of(x), { inputs: { x: zeros([3]) } }))
        .to.throw(CaptureError)
        .with.property('message')
        .that.includes(name)
    }
  })

  it('refuse what does not fit', () => {
    const cases: [() => unknown, new (message: string) => Error, string][] = [
      [() => gather(x, 2, index), ShapeError, 'from -2 to 1'],
      [() => gather(x, 0, index.to('float32')), DTypeError, 'int32 or uint8, got float32'],
      [() => gather(x, 0, wrong([0])), ValueError, 'gather: expected the index to be a Tensor'],
      [() => gather(wrong(3), 0, index), ValueError, 'gather: expected the tensor'],
      [() => gather(x, 0, int([0])), ShapeError, 'of shape (3, 4) but for dimension 0, got shape (1)'],
      [() => gather(x, 0, int([[0, 0, 0, 0, 0]])), ShapeError, 'got shape (1, 5)'],
      [() => scatter(x, 1, int([[0], [0], [0], [0]]), 1), ShapeError, 'got shape (4, 1)'],
      [() => scatter(x, 0, index, zeros([1, 3])), ShapeError, 'no larger than the source, of shape (1, 3)'],
      [() => scatter(x, 0, index, x.to('float64')), DTypeError, 'float32 and float64'],
      [() => scatter(x, 0, index, wrong('1')), ValueError, 'the source to be a Tensor'],
      [() => scatter(x.to('int32'), 0, index, 0.5), ValueError, 'whole number'],
      [() => scatterAdd(x, 0, index, wrong(1)), ValueError, 'the source to be a Tensor'],
      [() => indexSelect(x, 0, index), ShapeError, 'a vector, got shape (1, 4)'],
      [() => embedding(index, zeros([4])), ShapeError, 'the table to be of 2 dimensions'],
      [() => embedding(index, x.to('int32')), DTypeError, 'float32 or float64'],
      [() => embedding(index, x, { paddingIdx: 3 }), ValueError, 'from -3 to 2, got 3'],
      [() => embedding(index, x, { paddingIdx: -4 }), ValueError, 'from -3 to 2, got -4'],
      [() => maskedSelect(x, x), DTypeError, 'the mask to be uint8'],
      [() => maskedSelect(x, zeros([3], { dtype: 'uint8' })), ShapeError, '(3, 4) and (3)'],
      [() => oneHot(x, 3), DTypeError, 'int32 or uint8'],
      [() => oneHot(int([])), ValueError, 'given where there is no number'],
      [() => oneHot(index, -2), ValueError, 'a whole number, or -1'],
      [() => tril(zeros([3])), ShapeError, 'at least 2 dimensions, got shape (3)'],
      [() => triu(x, 0.5), ValueError, 'diagonal to be a whole number'],
      [() => pad(x, [1]), ValueError, 'whole numbers in pairs, got (1)'],
      [() => pad(x, [1, 0.5]), ValueError, 'whole numbers in pairs'],
      [() => pad(x, [1, 1, 1, 1, 1, 1]), ShapeError, '3 pairs for (3, 4)'],
      [() => pad(x, [-3, -2]), ShapeError, 'without negative sizes, got (3, -1)'],
      [() => pad(x, [-3, -2], { mode: 'reflect' }), ShapeError, 'without negative sizes'],
      [() => pad(x, [4, 0], { mode: 'reflect' }), ShapeError, 'pad: expected a padding smaller than'],
      [() => pad(x, [5, 0], { mode: 'circular' }), ShapeError, 'pad: expected a padding of at most'],
      [() => pad(x, [1, 1], { mode: wrong('mirror') }), ValueError, 'mode'],
      [() => pad(x.to('int32'), [1, 1], { mode: 'reflect' }), DTypeError, 'float32 or float64'],
      [() => sort(x, 2), ShapeError, 'from -2 to 1'],
      [() => sort(x, 0, wrong({ stable: true })), ValueError, 'stable'],
      [() => argsort(wrong([1])), ValueError, 'argsort: expected the tensor'],
      [() => topk(x, 5), ValueError, 'k to be a whole number from 0 to 4, got 5'],
      [() => topk(x, -1), ValueError, 'from 0 to 4'],
      [() => topk(x, 1.5), ValueError, 'from 0 to 4'],
    ] // prettier-ignore
    for (const [call, error, message] of cases) expect(call).to.throw(error, message)
  })
})
