// Memory and refused input of the functions of shapes; what they compute is held to PyTorch in functions.test.ts.
import { expect } from 'chai'

import {
  arange,
  cat,
  expand,
  flatten,
  flip,
  narrow,
  permute,
  reshape,
  roll,
  select,
  ShapeError,
  slice,
  split,
  squeeze,
  stack,
  tensor,
  type Tensor,
  tile,
  transpose,
  unbind,
  unflatten,
  unsqueeze,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never
const x = arange(24).reshape([2, 3, 4])

describe('functions of shapes', () => {
  it('share memory where only the shape changes, and along dimension 0', () => {
    const sharing: [string, (x: Tensor) => Tensor][] = [
      ['reshape', (x) => reshape(x, [6, 4])],
      ['squeeze', (x) => squeeze(x)],
      ['unsqueeze', (x) => unsqueeze(x, 1)],
      ['flatten', (x) => flatten(x, 1)],
      ['unflatten', (x) => unflatten(x, 2, [2, 2])],
      ['narrow', (x) => narrow(x, 0, 1, 1)],
      ['select', (x) => select(x, -3, 1)],
      ['slice', (x) => slice(x, 0, 1)],
      ['slice of one with a step', (x) => slice(x, 0, 1, 2, 5)],
      ['split', (x) => split(x, 1)[1]!],
      ['unbind', (x) => unbind(x)[1]!],
      ['expand to what it is', (x) => expand(x, [2, -1, 4])],
    ]
    for (const [name, of] of sharing) {
      const part = of(x)
      expect(part.buffer, name).to.equal(x.buffer)
      expect(Object.isFrozen(part.shape), name).to.equal(true)
    }
    const copying: [string, (x: Tensor) => Tensor][] = [
      ['permute', (x) => permute(x, [0, 1, 2])],
      ['transpose', (x) => transpose(x, 0, 1)],
      ['narrow', (x) => narrow(x, 1, 0, 3)],
      ['select', (x) => select(x, 1, 0)],
      ['slice with a step', (x) => slice(x, 1, 0, 3, 2)],
      ['split', (x) => split(x, 3, 1)[0]!],
      ['flip', (x) => flip(x, [])],
      ['roll', (x) => roll(x, 0)],
      ['tile', (x) => tile(x, [1])],
      ['expand', (x) => expand(x, [1, 2, 3, 4])],
      ['cat', (x) => cat([x])],
    ]
    for (const [name, of] of copying) {
      expect(of(x).buffer, name).not.to.equal(x.buffer)
    }
  })

  it('write through parts along dimension 0', () => {
    const whole = zeros([3, 2])
    select(whole, 0, -1).data.set([5, 6])
    narrow(whole, 0, 1, 1).data[1] = 4
    expect(whole.toArray()).to.deep.equal([
      [0, 0],
      [0, 4],
      [5, 6],
    ])
  })

  eachBackend(() => {
    it('move integers as they are', () => {
      const whole = tensor([[1, 2, 3], [4, 5, 255]], { dtype: 'uint8' }) // prettier-ignore
      expect(transpose(whole, 0, 1).toArray()).to.deep.equal([[1, 4], [2, 5], [3, 255]]) // prettier-ignore
      expect(flip(whole.to('int32'), 1).toArray()).to.deep.equal([[3, 2, 1], [255, 5, 4]]) // prettier-ignore
      expect(tile(whole, [1, 2]).dtype).to.equal('uint8')
      expect(stack([whole, whole]).shape).to.deep.equal([2, 2, 3])
    })

    it('take parts without elements', () => {
      const none = zeros([0, 3])
      expect(transpose(none, 0, 1).shape).to.deep.equal([3, 0])
      expect(flip(none, [0, 1]).shape).to.deep.equal([0, 3])
      expect(roll(none, 2, 0).shape).to.deep.equal([0, 3])
      expect(unbind(none)).to.deep.equal([])
      expect(unbind(none, 1).map(({ shape }) => shape)).to.deep.equal([[0], [0], [0]])
      expect(unflatten(none, 0, [-1, 2]).shape).to.deep.equal([0, 2, 3])
      expect(narrow(x, 2, 4, 0).shape).to.deep.equal([2, 3, 0])
    })
  })

  it('refuse what does not fit', () => {
    const cases: [() => unknown, new (message: string) => Error, string][] = [
      [() => reshape(x, [5, -1]), ShapeError, '24 elements'],
      [() => squeeze(x, 3), ShapeError, 'from -3 to 2'],
      [() => squeeze(x, [0, -3]), ShapeError, 'each dimension once at most, got (0, -3)'],
      [() => unsqueeze(x, 4), ShapeError, 'unsqueeze: expected dim'],
      [() => flatten(x, 1, 0), ShapeError, 'endDim to be at least startDim, 1, got 0'],
      [() => unflatten(x, 1, [2, 2]), ShapeError, 'sizes whose product is 3, got (2, 2)'],
      [() => unflatten(x, 1, [-1, 2]), ShapeError, 'sizes whose product is 3'],
      [() => unflatten(x, 1, [-1, -1]), ShapeError, 'sizes whose product is 3'],
      [() => unflatten(x, 1, []), ShapeError, 'sizes whose product is 3'],
      [() => unflatten(x, 1, wrong(3)), ShapeError, 'an array of sizes'],
      [() => permute(x, [0, 1]), ShapeError, 'each of the 3 dimensions once, got (0, 1)'],
      [() => permute(x, [0, 1, 1]), ShapeError, 'each dimension once at most'],
      [() => permute(x, [0, 1, 3]), ShapeError, 'from -3 to 2'],
      [() => transpose(x, 0, wrong(undefined)), ShapeError, 'from -3 to 2'],
      [() => transpose(wrong([[1]]), 0, 1), ValueError, 'transpose: expected the tensor'],
      [() => narrow(x, 1, 2, 2), ShapeError, 'within dimension 1 of (2, 3, 4), got start 2'],
      [() => narrow(x, 1, -4, 1), ShapeError, 'within dimension 1'],
      [() => narrow(x, 1, 0, -1), ShapeError, 'within dimension 1'],
      [() => narrow(x, 0.5, 0, 1), ShapeError, 'from -3 to 2'],
      [() => select(x, 1, 3), ShapeError, 'within dimension 1 of (2, 3, 4), got 3'],
      [() => select(x, 1, -4), ShapeError, 'within dimension 1'],
      [() => select(tensor(1), 0, 0), ShapeError, 'scalar'],
      [() => slice(x, 0, 0, 1, 0), ValueError, 'step to be a whole number of at least 1, got 0'],
      [() => slice(x, 0, 0, 1, -1), ValueError, 'at least 1, got -1'],
      [() => slice(x, 0, 0.5), ValueError, 'start to be a whole number'],
      [() => slice(x, 0, 0, NaN), ValueError, 'end to be a whole number'],
      [() => expand(x, [2, 3]), ShapeError, 'repeats only dimensions of size 1 of (2, 3, 4)'],
      [() => expand(x, [2, 3, 8]), ShapeError, 'got (2, 3, 8)'],
      [() => expand(x, [-1, 2, 3, 4]), ShapeError, 'got (-1, 2, 3, 4)'],
      [() => tile(x, [-1]), ShapeError, 'whole numbers of at least 0'],
      [() => tile(x, wrong(2)), ShapeError, 'an array of sizes'],
      [() => flip(x, [0, 0]), ShapeError, 'each dimension once at most'],
      [() => flip(x, 3), ShapeError, 'from -3 to 2'],
      [() => roll(x, [1, 2]), ValueError, 'one where no dimension is named, got 2 for 1'],
      [() => roll(x, [1, 2], 0), ValueError, 'as many as dimensions'],
      [() => roll(x, [], []), ValueError, 'at least one'],
      [() => roll(x, 0.5), ValueError, 'every shift to be a whole number'],
      [() => stack([x, zeros([2, 3])]), ShapeError, 'the same, got (2, 3, 4) and (2, 3)'],
      [() => stack([]), ValueError, 'at least one, got none'],
      [() => stack([x], 4), ShapeError, 'stack: expected dim'],
      [() => cat([x, zeros([2])]), ShapeError, '(2, 3, 4) and (2)'],
      [() => unbind(x, 3), ShapeError, 'from -3 to 2'],
      [() => unbind(zeros([2 ** 20, 0])), ShapeError, 'at most 2^16 parts'],
    ]
    for (const [call, error, message] of cases) expect(call).to.throw(error, message)
  })
})
