import { expect } from 'chai'

import {
  add,
  capture,
  fit,
  info,
  mul,
  nn,
  optim,
  setFlushDenormal,
  tensor,
  type Tensor,
  ValueError,
  ones,
  zeros,
} from '../../ts/index.js'
import { addon } from '../../ts/kernels/native/load.js'
import { native } from '../../ts/kernels/native/index.js'
import { needsNative, withDenormals, withThreads } from '../support/backends.js'
import { eachBackend } from '../support/each-backend.js'
import { stateOf, trainings } from '../support/training.js'

const SMALLEST = 2 ** -149

/** Whether numbers of JavaScript are computed as the language says, on this thread. */
function javaScriptKeepsDenormals(): boolean {
  const x = Float64Array.of(Number.MIN_VALUE, 2 ** -1022)
  return x[0]! + x[0]! === 2 * Number.MIN_VALUE && x[1]! / 2 > 0
}

const isDenormal = (value: number): boolean => value !== 0 && Math.abs(value) < 2 ** -126

describe('denormals', () => {
  eachBackend((backend) => {
    afterEach(() => {
      setFlushDenormal(true)
    })

    it('count as 0 by default, in results and operands, on the native backend', () => {
      const flushed = backend === 'native'
      expect(info().flushDenormal).to.equal(flushed)
      const tiny = tensor([SMALLEST, -SMALLEST, 2 ** -126, 1])
      const doubled = flushed ? [0, -0, 2 ** -125, 2] : [2 * SMALLEST, -2 * SMALLEST, 2 ** -125, 2]
      expect(add(tiny, tiny).toArray()).to.deep.equal(doubled)
      expect(mul(tensor([2 ** -126]), 0.5).item()).to.equal(flushed ? 0 : 2 ** -127)
    })

    it('are computed with when asked for, from the next operation on', () => {
      const set = backend === 'native'
      const tiny = tensor([SMALLEST])
      for (const mode of [false, true, false]) {
        expect(setFlushDenormal(mode)).to.equal(set)
        expect(info().flushDenormal).to.equal(set && mode)
        expect(add(tiny, tiny).item()).to.equal(set && mode ? 0 : 2 * SMALLEST)
      }
    })

    it('of what is copied stay what they are', () => {
      expect(tensor([SMALLEST]).clone().item()).to.equal(SMALLEST)
    })

    it('are refused a mode that is none', () => {
      for (const mode of [1, 'true', null, undefined]) {
        expect(() => setFlushDenormal(mode as unknown as boolean)).to.throw(ValueError, 'true or')
      }
      expect(info().flushDenormal).to.equal(backend === 'native')
    })

    it('count in a captured step as they do when it runs', async () => {
      const step = capture(({ x }) => mul(x, 2), { inputs: { x: tensor([SMALLEST]) } })
      for (const mode of [true, false, true]) {
        setFlushDenormal(mode)
        const expected = backend === 'native' && mode ? 0 : 2 * SMALLEST
        expect(step.runSync().item()).to.equal(expected)
        expect((await step.run()).item()).to.equal(expected)
      }
    })

    it('of JavaScript are never touched', async () => {
      const tiny = tensor([SMALLEST])
      const check = (): void => {
        expect(javaScriptKeepsDenormals()).to.equal(true)
      }
      add(tiny, tiny)
      check()
      if (backend === 'native') {
        const [x, y] = [ones([2]), zeros([1])]
        expect(() => {
          native.axpby({ x, y, n: 2, alpha: 1, beta: 1 })
        }).to.throw()
        check()
      }
      const step = capture(({ x }) => mul(x, 2), { inputs: { x: tiny } })
      check()
      step.runSync()
      check()
      await step.run({}, { times: 100 })
      check()
      const [model, x] = [new nn.Linear(3, 1), ones([8, 3])]
      await fit(model, [x, ones([8, 1])], {
        criterion: new nn.MSELoss(),
        optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
        epochs: 2,
        callbacks: [{ onEpochEnd: check }],
      })
      check()
    })

    it('give the same bits in a captured training', async () => {
      let some = false
      for (const [title, make] of Object.entries(trainings)) {
        for (const mode of [true, false]) {
          setFlushDenormal(mode)
          const faded = (): ReturnType<typeof make> => {
            const made = make('float32')
            for (const { data } of made.model.parameters()) {
              for (let i = 0; i < data.length; i++) data[i]! *= 2 ** -68
            }
            for (let i = 0; i < made.x.length; i++) made.x.data[i]! *= 2 ** -68
            return made
          }
          const eager = faded()
          const losses = Array.from({ length: 4 }, () => eager.step(eager).item())
          const tiny = eager.model.parameters().some(({ grad }) => grad?.data.some(isDenormal))
          if (backend === 'native' && mode) expect(tiny, title).to.equal(false)
          some ||= tiny
          const captured = faded()
          const { x, y } = captured
          const step = capture((batch: { x: Tensor; y: Tensor }) => captured.step(batch), {
            inputs: { x, y },
          })
          expect(step.runSync({ x, y }).item(), title).to.equal(losses[0])
          expect((await step.run({ x, y }, { times: 3 })).item(), title).to.equal(losses[3])
          expect(stateOf(captured), title).to.deep.equal(stateOf(eager))
        }
      }
      expect(some, 'gradients that are denormals, where they are computed with').to.equal(true)
    })
  })

  it('count alike on every thread, also on those that were there before', function () {
    needsNative(this)
    const n = 300_001
    const x = new Float32Array(n).map((_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** -(120 + (i % 30)))
    const sums = (): number[] => {
      const out = new Float32Array(n)
      for (let i = 0; i < 20; i++) {
        addon().axpby(0, x.buffer, 0, out.buffer, 0, n, 0.75, i === 0 ? 0 : 0.5)
      }
      return Array.from(out)
    }
    for (const computed of [false, true, false]) {
      withDenormals(computed, () => {
        expect(withThreads(2, sums)).to.deep.equal(withThreads(1, sums))
      })
    }
  })
})
