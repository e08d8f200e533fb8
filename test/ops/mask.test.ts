import { expect } from 'chai'

import {
  clamp,
  DTypeError,
  eq,
  logicalAnd,
  lt,
  maskedFill,
  ones,
  ShapeError,
  sqrt,
  tensor,
  ValueError,
  where,
} from '../../ts/index.js'

const int = tensor([1, 2, 3], { dtype: 'int32' })
const floats = tensor([1, 2, 3])
const mask = tensor([0, 1, 1], { dtype: 'uint8' })

describe('masks', () => {
  it('are refused of operands that do not go together', () => {
    expect(() => eq(floats, int)).to.throw(DTypeError, 'float32 and int32')
    expect(() => eq(floats, ones([2]))).to.throw(ShapeError, '(3) and (2)')
    expect(() => lt([1, 2] as never, 3)).to.throw(ValueError, 'a Tensor')
    expect(() => lt(floats, null as never)).to.throw(ValueError, 'a Tensor')
    expect(() => logicalAnd(mask, ones([2]))).to.throw(ShapeError)
  })

  it('compare integers with numbers that their dtype does not hold', () => {
    const byte = tensor([0, 255], { dtype: 'uint8' })
    expect(lt(byte, 255.5).toArray()).to.deep.equal([1, 1])
    expect(eq(byte, 256).toArray()).to.deep.equal([0, 0])
    expect(lt(int, Infinity).toArray()).to.deep.equal([1, 1, 1])
    expect(lt(int, NaN).toArray()).to.deep.equal([0, 0, 0])
  })

  it('choose nothing that they cannot', () => {
    expect(() => where(floats, floats, 0)).to.throw(DTypeError, 'try ne(mask, 0)')
    expect(() => where(mask, floats, int)).to.throw(DTypeError, 'float32 and int32')
    expect(() => where(mask, int, 0.5)).to.throw(ValueError, 'one that int32 can hold')
    expect(() => where(mask, ones([2]), floats)).to.throw(ShapeError)
    expect(() => maskedFill(floats, mask, ones([1]))).to.throw(ValueError, '0-d')
    expect(where(mask, 1, 2).dtype).to.equal('float32')
  })

  it('let no NaN of the side that is not chosen into a gradient', () => {
    const x = tensor([-1, 4]).requiresGrad_()
    const positive = x.gt(0)
    where(positive, sqrt(where(positive, x, 1)), 0)
      .sum()
      .backward()
    expect(x.grad!.toArray()).to.deep.equal([0, 0.25])
  })
})

describe('clamp', () => {
  it('refuses what is no bound', () => {
    expect(() => clamp(floats, null)).to.throw(ValueError, 'at least one')
    expect(() => clamp(int, 0)).to.throw(DTypeError)
    expect(() => clamp(floats, '0' as never)).to.throw(ValueError, 'a bound')
    expect(() => clamp(floats, ones([3], { dtype: 'float64' }))).to.throw(DTypeError)
    expect(() => clamp(floats, ones([2]))).to.throw(ShapeError)
  })
})
