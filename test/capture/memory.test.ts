import { markAsUntransferable } from 'node:worker_threads'

import { expect } from 'chai'

import {
  capture,
  CaptureError,
  fromTypedArray,
  mul,
  nn,
  ones,
  Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { assumeHeldMemoryCanGo, heldMemoryCanGo } from '../../ts/capture/held-memory.js'
import { kernels } from '../../ts/kernels/backend.js'
import { eachBackend } from '../support/each-backend.js'
import { stateOf, trainings } from '../support/training.js'

/** x * 2 of rows of two. */
const doubling = () => capture(({ x }: { x: Tensor }) => mul(x, 2), { inputs: { x: zeros([2]) } })

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

interface Transferable {
  transfer?(bytes?: number): ArrayBuffer
}

/** Takes the memory away, where this Node allows it, and frees it. */
function takeAway(buffer: ArrayBuffer): void {
  try {
    ;(buffer as Transferable).transfer?.(0)
  } catch {
    // Node 24
  }
}

describe('memory under a captured step', () => {
  eachBackend((backend) => {
    describe('of arrays that lie about themselves', () => {
      class Liar extends Float32Array {
        override get byteOffset(): number {
          return -4096
        }
        override get length(): number {
          return 1 << 20
        }
        override get buffer(): ArrayBuffer {
          return new ArrayBuffer(1 << 20)
        }
      }
      class Growing extends ArrayBuffer {
        override get byteLength(): number {
          return 1 << 30
        }
        get resizable(): boolean {
          return false
        }
      }

      it('is where it is', async () => {
        const x = fromTypedArray(new Liar([1, 2, 3, 4])).reshape([2, 2])
        expect(x.toArray()).to.deep.equal([
          [1, 2],
          [3, 4],
        ])
        const step = doubling()
        const expected = [
          [2, 4],
          [6, 8],
        ]
        expect((await step.scan({ x })).toArray()).to.deep.equal(expected)
        expect(step.scanSync({ x }).toArray()).to.deep.equal(expected)
      })

      it('is of the type that it is of', () => {
        const bytes = Object.setPrototypeOf(
          new Uint8Array(8),
          Float64Array.prototype,
        ) as Float64Array
        expect(fromTypedArray(bytes).dtype).to.equal('uint8')
        expect(fromTypedArray(bytes).shape).to.deep.equal([8])
        const fake = Object.create(Float32Array.prototype) as Float32Array
        expect(() => fromTypedArray(fake, [1])).to.throw(ValueError, /Float32Array/)
      })

      it('is not shared with another thread, nor made smaller by it', () => {
        const shared = new Float32Array(new SharedArrayBuffer(8))
        expect(() => fromTypedArray(shared)).to.throw(ValueError, /SharedArrayBuffer/)
        Object.setPrototypeOf(shared.buffer, ArrayBuffer.prototype)
        expect(() => fromTypedArray(shared)).to.throw(ValueError, /SharedArrayBuffer/)

        const buffer = new (
          Growing as unknown as new (
            bytes: number,
            options: { maxByteLength: number },
          ) => ArrayBuffer
        )(8, { maxByteLength: 64 })
        const x = fromTypedArray(new Float32Array(buffer)).reshape([1, 2])
        expect(() => doubling().scanSync({ x })).to.throw(CaptureError, /resizable/)
        expect(() => capture(() => mul(x, 2))).to.throw(CaptureError, /resizable/)
      })
    })

    it('is refused where a tensor reaches out of its buffer', async () => {
      const step = doubling()
      const buffer = new ArrayBuffer(64)
      for (const byteOffset of [-8, -(2 ** 40), 56, 2 ** 40, 2 ** 53, 2, 0.5, NaN, Infinity]) {
        const x = new Tensor(buffer, byteOffset, [2, 2], 'float32', 4)
        expect(() => step.scanSync({ x })).to.throw(ValueError, /input x/)
        expect(await rejection(step.scan({ x }))).to.be.instanceOf(ValueError)
        const row = new Tensor(buffer, byteOffset === 56 ? 60 : byteOffset, [2], 'float32', 2)
        expect(() => step.runSync({ x: row })).to.throw(ValueError, /input x/)
      }
      Object.defineProperty(buffer, 'byteLength', { value: 2 ** 30 })
      const far = new Tensor(buffer, 64, [2, 2], 'float32', 4)
      expect(() => step.scanSync({ x: far })).to.throw(ValueError, /input x/)
      const fits = new Tensor(buffer, 48, [2, 2], 'float32', 4)
      expect(step.scanSync({ x: fits }).shape).to.deep.equal([2, 2])
      expect(step.runSync({ x: ones([2]) }).toArray()).to.deep.equal([2, 2])
    })

    it('is missed, whatever its buffer says of itself', () => {
      const x = ones([2])
      const step = capture(() => mul(x, 2))
      const view = new Uint8Array(x.buffer)
      Object.defineProperty(x.buffer, 'byteLength', { value: 8 })
      takeAway(x.buffer)
      if (view.length === 8) expect(step.runSync().toArray()).to.deep.equal([2, 2])
      else expect(() => step.runSync()).to.throw(ValueError, /detached/)
    })

    it('has indices and labels that change under a run: they are refused or as they should be', async () => {
      const embedding = new nn.Embedding(4, 8)
      const criterion = new nn.CrossEntropyLoss()
      const step = capture(
        ({ x, y }: { x: Tensor; y: Tensor }) => {
          const prediction = embedding.forward(x)
          const loss = criterion.forward(prediction, y)
          embedding.zeroGrad()
          embedding.backwardParameters(x, criterion.backward(prediction, y))
          return loss
        },
        { inputs: { x: zeros([512], { dtype: 'int32' }), y: zeros([512], { dtype: 'int32' }) } },
      )
      const refused: unknown[] = []
      for (let round = 0; round < 20; round++) {
        const x = zeros([400, 512], { dtype: 'int32' })
        const y = zeros([400, 512], { dtype: 'int32' })
        const of = round % 2 === 0 ? x : y
        const run = rejection(step.scan({ x, y }))
        // for as long as a few steps take, whatever else the machine does
        for (let i = 0; i < 20_000; i++) {
          of.data[(i * 17) % of.length] = i % 2 === 0 ? 2 ** 30 : 3
        }
        const error = await run
        if (error !== undefined) refused.push(error)
      }
      for (const error of refused) {
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(/1073741824/)
      }
    })

    describe('that is taken away while the step runs', () => {
      const size = 40

      it('is an input', async () => {
        const linear = new nn.Linear(size, size)
        const step = capture(({ x }: { x: Tensor }) => linear.forward(x), {
          inputs: { x: zeros([size, size]) },
        })
        const rows = 200
        const expected = step.scanSync({ x: ones([rows, size, size]) })
        const x = ones([rows, size, size])
        const run = step.scan({ x })
        takeAway(x.buffer)
        const filled = Array.from({ length: 20 }, () =>
          new Float32Array(rows * size * size).fill(9),
        )
        const result = await run.catch((error: unknown) => error)
        expect(filled).to.have.length(20)
        // The reference computes in this thread, looks each time, and says what is missing.
        if (backend === 'reference' && x.buffer.byteLength === 0) {
          expect(result).to.be.instanceOf(ValueError)
        } else {
          expect(result).to.deep.equal(expected)
        }
      })

      it('is a parameter', async () => {
        const of = trainings['a classifier with SGD and momentum']!('float32')
        const step = capture((batch: { x: Tensor; y: Tensor }) => of.step(batch), {
          inputs: { x: of.x, y: of.y },
        })
        const [parameter] = of.model.parameters()
        const run = rejection(step.run({}, { times: 2000 }))
        takeAway(parameter!.buffer)
        const error = await run
        if (parameter!.buffer.byteLength > 0) expect(error).to.equal(undefined)
        else {
          expect(error).to.be.instanceOf(ValueError)
          expect(String(error)).to.match(/detached/)
          expect(() => step.runSync()).to.throw(ValueError, /detached/)
        }
        expect(step.running).to.equal(false)
      })
    })

    describe('that is copied for a run', () => {
      afterEach(() => {
        assumeHeldMemoryCanGo(undefined)
      })

      const stacked = (tensor: Tensor): Tensor => {
        const rows = zeros([3, ...tensor.shape], { dtype: tensor.dtype })
        for (let i = 0; i < 3; i++)
          kernels().copy({ x: tensor, y: rows.select(0, i), n: tensor.length })
        return rows
      }

      /** All that a captured step gives and leaves in some runs of both kinds. */
      async function traceOf(
        make: (typeof trainings)[string],
        copied: boolean,
      ): Promise<unknown[]> {
        assumeHeldMemoryCanGo(copied)
        const of = make('float32')
        const step = capture((batch: { x: Tensor; y: Tensor }) => of.step(batch), {
          inputs: { x: of.x, y: of.y },
        })
        const trace: unknown[] = []
        for (let round = 0; round < 2; round++) {
          const losses = await step.scan({ x: stacked(of.x), y: stacked(of.y) })
          trace.push(losses.toArray(), stateOf(of))
          trace.push((await step.run({ x: of.x }, { times: 4 })).item(), stateOf(of))
          trace.push(step.runSync().item(), stateOf(of))
        }
        return trace
      }

      for (const [name, make] of Object.entries(trainings)) {
        it(`trains ${name} to the same bits`, async () => {
          expect(await traceOf(make, true)).to.deep.equal(await traceOf(make, false))
        })
      }

      it('brings back what the steps before a failure wrote, and nothing of its neighbours', async () => {
        assumeHeldMemoryCanGo(true)
        const memory = new Float64Array([5, 0, 7])
        const count = fromTypedArray(memory).narrow(0, 1, 1)
        const one = ones([1], { dtype: 'float64' })
        const linear = new nn.Embedding(2, 3)
        const step = capture(
          ({ x }: { x: Tensor }) => {
            kernels().axpby({ x: one, y: count, n: 1, alpha: 1, beta: 1 })
            return linear.forward(x)
          },
          { inputs: { x: zeros([1], { dtype: 'int32' }) } },
        )
        const run = step.scan({ x: tensor([[0], [1], [9], [0]], { dtype: 'int32' }) })
        memory[0] = 6
        memory[2] = 8
        const error = await rejection(run)
        expect(error).to.be.instanceOf(ValueError)
        expect(Array.from(memory)).to.deep.equal([6, 3, 8])
        expect(step.runSync({ x: tensor([1], { dtype: 'int32' }) }).shape).to.deep.equal([1, 3])
        expect(Array.from(memory)).to.deep.equal([6, 4, 8])
      })
    })

    it('is tried out, so that a run knows whether it can go', () => {
      const buffer = new ArrayBuffer(8)
      markAsUntransferable(buffer)
      takeAway(buffer)
      expect(heldMemoryCanGo()).to.equal(buffer.byteLength === 0)
    })
  })
})
