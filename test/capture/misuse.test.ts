import { expect } from 'chai'

import {
  capture,
  CaptureError,
  DTypeError,
  fromTypedArray,
  GradlaneError,
  manualSeed,
  mul,
  nn,
  ones,
  setBackend,
  ShapeError,
  Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { stateOf, type Training, trainings } from '../support/training.js'

const wrong = (value: unknown): never => value as never
const classifier = (): Training => trainings['a classifier with SGD and momentum']!('float32')

function captured(of: Training) {
  return capture((batch: { x: Tensor; y: Tensor }) => of.step(batch), {
    inputs: { x: of.x, y: of.y },
  })
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('capture: what it refuses', () => {
  eachBackend((backend) => {
    const x = ones([2])
    const impossible: readonly (readonly [string, () => unknown, RegExp])[] = [
      [
        'item()',
        () => x.reshape([2]).narrow(0, 0, 1).item(),
        /item\(\).*Tensor\(1\) float32.*return the tensor/,
      ],
      ['data', () => x.data, /reading data/],
      ['toArray()', () => mul(x, 2).toArray(), /toArray\(\)/],
      [
        'memory from outside',
        () => fromTypedArray(new Float32Array(2)),
        /fromTypedArray.*before capture/,
      ],
      ['seeding', () => manualSeed(1), /int32/],
      [
        'another backend',
        (): void => {
          setBackend(backend)
        },
        /setBackend/,
      ],
      [
        'another dtype',
        () => new nn.Linear(2, 2).to('float64'),
        /changing the dtype of Parameter\(2, 2\)/,
      ],
      ['a capture inside', () => capture(() => x), /already/],
      ['a Promise', () => Promise.resolve(x), /a Promise/],
      ['a number', () => 3, /return tensors.*number/],
      ['a number in a list', () => [x, 3], /number/],
    ]
    for (const [what, body, message] of impossible) {
      it(`${what} in the function`, () => {
        expect(() => capture(wrong(body))).to.throw(CaptureError, message)
        // and goes back to computing
        expect(mul(x, 2).toArray()).to.deep.equal([2, 2])
      })
    }

    it('no function, no tensors', () => {
      expect(() => capture(wrong(3))).to.throw(ValueError, /a function, got 3/)
      expect(() => capture(() => x, { inputs: wrong({ a: [1] }) })).to.throw(
        ValueError,
        /input a.*an array/,
      )
    })

    it('shows tensors without their numbers', () => {
      capture(() => {
        expect(x).to.have.property('length', 2)
        const text = (
          x as unknown as Record<symbol, (d: number, o: object, i: () => string) => string>
        )[Symbol.for('nodejs.util.inspect.custom')]!(0, {}, () => '')
        expect(text).to.match(/not computed yet/)
      })
    })

    const changing: readonly (readonly [string, () => () => unknown, RegExp])[] = [
      [
        'gradients that add up from the first step on',
        () => {
          const linear = new nn.Linear(2, 2)
          return () => {
            linear.forward(x)
            linear.backwardParameters(x, x)
          }
        },
        /call 1 \(matmul\) has beta 0 in one step and 1 in the next.*zeroGrad/,
      ],
      [
        'a number that counts up',
        () => {
          let n = 0
          return () => mul(x, n++)
        },
        /\(fill\) has value 0 in one step and 1 in the next/,
      ],
      [
        'numbers of Math.random()',
        () => () => mul(x, tensor([Math.random(), 1])),
        /\(copy\) starts from other numbers/,
      ],
      [
        'other calls',
        () => {
          let odd = false
          return () => {
            odd = !odd
            return odd ? mul(x, x) : zeros([2])
          }
        },
        /is binary in one step and fill in the next/,
      ],
      [
        'more calls',
        () => {
          let kept: Tensor | undefined
          return () => mul(x, (kept ??= tensor([1, 2])))
        },
        /call 0 is copy in one step and binary in the next/,
      ],
      [
        'a result of the step before',
        () => {
          let state = zeros([2])
          return () => (state = mul(state, x))
        },
        /\(binary\) works on a Tensor\(2\) float32 that the step before it left/,
      ],
    ]
    for (const [what, make, message] of changing) {
      it(what, () => {
        expect(() => capture(wrong(make()))).to.throw(CaptureError, message)
      })
    }

    it('inputs that are not like the examples, with nothing changed', async () => {
      const of = classifier()
      const step = captured(of)
      const before = stateOf(of)
      const wrongs: [unknown, typeof GradlaneError, RegExp][] = [
        [{ x: zeros([6, 13]) }, ShapeError, /input x.*\(7, 13\).*\(6, 13\).*last, smaller batch/],
        [{ y: zeros([7]) }, DTypeError, /input y.*int32.*float32/],
        [{ x: [1] }, ValueError, /input x.*an array/],
        [{ z: x }, ValueError, /no input z; the inputs are x, y/],
      ]
      for (const [inputs, type, message] of wrongs) {
        expect(() => step.runSync(wrong(inputs))).to.throw(type, message)
        const error = await rejection(step.run(wrong(inputs)))
        expect(error).to.be.instanceOf(type)
        expect(String(error)).to.match(message)
      }
      expect(() => step.runSync({}, { times: 0 })).to.throw(ValueError, /times/)
      expect(() => step.scanSync({})).to.throw(ShapeError, /at least one row/)
      expect(() => step.scanSync({ x: zeros([0, 7, 13]) })).to.throw(ShapeError, /one row/)
      expect(() =>
        step.scanSync({ x: zeros([3, 7, 13]), y: zeros([2, 7], { dtype: 'int32' }) }),
      ).to.throw(ShapeError, /input y.*\(3, 7\)/)
      expect(stateOf(of)).to.deep.equal(before)
    })

    it('a second run while one is in flight', async () => {
      const of = classifier()
      const step = captured(of)
      const run = step.run({}, { times: 200 })
      expect(step.running).to.equal(true)
      expect(await rejection(step.run())).to.be.instanceOf(CaptureError)
      expect(() => step.runSync()).to.throw(CaptureError, /in flight/)
      await run
      expect(step.running).to.equal(false)
      const eager = classifier()
      for (let i = 0; i < 200; i++) eager.step(eager)
      expect(stateOf(of)).to.deep.equal(stateOf(eager))
    })

    it('a label out of range, naming the call; the step can go on', async () => {
      const of = classifier()
      const step = captured(of)
      const ys = tensor(
        [
          [0, 0, 0, 0, 0, 0, 0],
          [0, 0, 9, 0, 0, 0, 0],
        ],
        { dtype: 'int32' },
      )
      const error = await rejection(step.scan({ y: ys }))
      expect(error).to.be.instanceOf(ValueError)
      expect(String(error)).to.match(
        /9.*\(call 2, crossEntropy, of the captured step; 1 steps were run before\)/s,
      )
      expect(() => step.scanSync({ y: ys })).to.throw(ValueError, /9/)
      await step.run({ y: of.y })
    })

    it('an aborted signal, before and at once', async () => {
      const of = classifier()
      const step = captured(of)
      const before = stateOf(of)
      const error = await rejection(step.run({}, { signal: AbortSignal.abort(new Error('no')) }))
      expect(error).to.have.property('message', 'no')
      expect(stateOf(of)).to.deep.equal(before)
      expect(step.running).to.equal(false)
    })

    it('inputs that do not fit parameters which were converted since the capture', async () => {
      const moved = classifier()
      const step = captured(moved)
      step.runSync()
      moved.model.to('float64')
      expect(() => step.runSync()).to.throw(DTypeError, /input to be float64/)
      expect(await rejection(step.run())).to.be.instanceOf(DTypeError)
      expect(step.running).to.equal(false)
    })

    it('memory that is gone or could go', () => {
      const gone = ones([2])
      const step = capture(() => mul(gone, 2))
      expect(() => structuredClone(gone.buffer, { transfer: [gone.buffer] })).to.satisfy(
        (clone: () => unknown) => {
          try {
            clone()
          } catch {
            return true // Node 22 and newer refuse; 20 copies
          }
          return gone.buffer.byteLength === 8
        },
      )
      expect(step.runSync().toArray()).to.deep.equal([2, 2])
      const Resizable = ArrayBuffer as unknown as new (
        bytes: number,
        options: { maxByteLength: number },
      ) => ArrayBuffer
      const resizable = fromTypedArray(new Float32Array(new Resizable(8, { maxByteLength: 64 })))
      expect(() => capture(() => mul(resizable, 2))).to.throw(CaptureError, /resizable.*clone/)
    })
  })
})
