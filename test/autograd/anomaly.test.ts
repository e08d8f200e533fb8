import { expect } from 'chai'

import {
  add,
  autograd,
  capture,
  CaptureError,
  log,
  mean,
  mul,
  NotFiniteError,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const leaf = (values: number | number[]): Tensor =>
  tensor(values, { dtype: 'float64' }).requiresGrad_()

function thrownBy(body: () => unknown): Error {
  try {
    body()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

function rootOfDifference(a: Tensor, b: Tensor): Tensor {
  return sqrt(sub(a, b))
}

describe('autograd.detectAnomaly', () => {
  eachBackend(() => {
    it('names the operation whose backward gives the first NaN, and where its forward was called', () => {
      const x = leaf([4, 1])
      const run = (): void => {
        // 0 · Infinity at the square root of 0
        sum(mul(rootOfDifference(x, leaf([0, 1])), leaf([1, 0]))).backward()
      }
      run()
      expect(x.grad!.data[1]).to.be.NaN
      const before = [...x.grad!.data]
      const error = thrownBy(() => {
        autograd.detectAnomaly(run)
      })
      expect(error).to.be.instanceOf(NotFiniteError)
      expect(error.message).to.match(/gradient that sqrt gives its operand 0 .*NaN in shape \(2\)/)
      expect(error.message.split('\n')[1]).to.not.include('ts/autograd')
      expect(error.message).to.match(/at rootOfDifference .*anomaly\.test\.ts/)
      expect([...x.grad!.data]).to.deep.equal(before)
      run()
    })

    it('names the operation that made the first NaN of the forward', () => {
      const x = leaf([-1, 1])
      const error = thrownBy(() => {
        autograd.detectAnomaly(() => {
          mean(add(log(x), 1)).backward()
        })
      })
      expect(error).to.be.instanceOf(NotFiniteError)
      expect(error.message).to.match(
        /float64 is NaN\nThe first NaN of the forward was made by log, called\n +at /,
      )
      expect(x.grad).to.equal(null)
    })

    it('returns what its function returns where all is well', () => {
      const x = leaf([1, 2])
      const loss = autograd.detectAnomaly(() => {
        const loss = sum(mul(x, x))
        loss.backward()
        return loss
      })
      expect([loss.item(), x.grad!.toArray()]).to.deep.equal([5, [2, 4]])
    })

    it('sees writes through data, which nothing else does', () => {
      const x = leaf([1, 2])
      const run = (): void => {
        const loss = sum(mul(x, x))
        x.data[1] = 3
        loss.backward()
      }
      run()
      x.grad = null
      x.data[1] = 2
      expect(() => {
        autograd.detectAnomaly(run)
      }).to.throw(ValueError, 'what mul saved')
      expect(x.grad).to.equal(null)
    })
  })

  it('takes no async function and no capture, and ends with its function', () => {
    const x = leaf([1])
    expect(() => autograd.detectAnomaly(async () => Promise.resolve(1))).to.throw(
      ValueError,
      'async',
    )
    expect(() => autograd.detectAnomaly(() => capture(() => sum(mul(x, x))))).to.throw(
      CaptureError,
      'autograd.detectAnomaly',
    )
    expect(() => capture(() => autograd.detectAnomaly(() => sum(mul(x, x))))).to.throw(CaptureError)
    sum(sqrt(sub(x, x))).backward()
    expect(x.grad!.item()).to.be.NaN
  })
})
