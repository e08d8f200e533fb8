import { expect } from 'chai'

import {
  capture,
  Generator,
  getNumThreads,
  mul,
  nn,
  ones,
  rand,
  randn,
  setNumThreads,
  tensor,
  Tensor,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { moduleCases } from '../support/module-cases/index.js'
import { stateOf, trainings } from '../support/training.js'

const numbers = (t: Tensor): number[] => Array.from(t.data)

describe('capture', () => {
  eachBackend((backend) => {
    for (const [title, make] of Object.entries(trainings)) {
      for (const dtype of ['float32', 'float64'] as const) {
        for (const threads of backend === 'native' ? [1, 2] : [1]) {
          it(`equals the eager run bit for bit: ${title}, ${dtype}, ${threads} threads`, async () => {
            const before = getNumThreads()
            if (backend === 'native') setNumThreads(threads)
            try {
              const eager = make(dtype)
              const losses = Array.from({ length: 6 }, () => eager.step(eager).item())
              const expected = stateOf(eager)

              const captured = make(dtype)
              const untouched = stateOf(captured)
              const { x, y } = captured
              const step = capture((batch: { x: Tensor; y: Tensor }) => captured.step(batch), {
                inputs: { x, y },
              })
              expect(stateOf(captured), 'capture computes nothing').to.deep.equal(untouched)
              expect((await step.run({ x, y })).item()).to.equal(losses[0])
              expect(step.runSync().item()).to.equal(losses[1])
              expect((await step.run({}, { times: 3 })).item()).to.equal(losses[4])
              expect(step.runSync({ x, y }).item()).to.equal(losses[5])
              expect(stateOf(captured)).to.deep.equal(expected)
            } finally {
              if (backend === 'native') setNumThreads(before)
            }
          })
        }
      }
    }

    it('goes on where eager steps ended, and they where it ended', async () => {
      const make = trainings['a regression with BatchNorm, Dropout, Adam and clipping']!
      const eager = make('float32')
      for (let i = 0; i < 6; i++) eager.step(eager)
      const mixed = make('float32')
      for (let i = 0; i < 2; i++) mixed.step(mixed)
      const step = capture((batch: { x: Tensor; y: Tensor }) => mixed.step(batch), {
        inputs: { x: mixed.x, y: mixed.y },
      })
      await step.run({}, { times: 2 })
      for (let i = 0; i < 2; i++) mixed.step(mixed)
      expect(stateOf(mixed)).to.deep.equal(stateOf(eager))
    })

    it('sees a learning rate that is set between two runs', () => {
      const make = trainings['a classifier with SGD and momentum']!
      const [eager, captured] = [make('float32'), make('float32')]
      const step = capture((batch: { x: Tensor; y: Tensor }) => captured.step(batch), {
        inputs: { x: captured.x, y: captured.y },
      })
      for (const lr of [0.3, 0.01, 0.2]) {
        eager.optimizer.paramGroups[0]!.lr = lr
        captured.optimizer.paramGroups[0]!.lr = lr
        eager.step(eager)
        step.runSync()
      }
      expect(stateOf(captured)).to.deep.equal(stateOf(eager))
    })

    it('takes new inputs by copy and returns tensors of the caller’s own', async () => {
      const step = capture(({ x }) => mul(x, 2), { inputs: { x: ones([2]) } })
      const x = tensor([1, 2])
      const run = step.run({ x })
      x.data.fill(9)
      const first = await run
      const second = await step.run({ x })
      expect([numbers(first), numbers(second)]).to.deep.equal([
        [2, 4],
        [18, 18],
      ])
      expect(numbers(await step.run())).to.deep.equal([18, 18])
    })

    it('starts from the examples', () => {
      expect(
        numbers(capture(({ x }) => mul(x, 2), { inputs: { x: tensor([4]) } }).runSync()),
      ).to.deep.equal([8])
    })

    it('returns what the function returns: nothing, a list, names', async () => {
      const x = tensor([1, 2])
      const nothing = capture((): Tensor | undefined => undefined)
      expect(await nothing.run()).to.equal(undefined)
      const list = await capture(() => [mul(x, 2), x] as const).run()
      expect(list.map(numbers)).to.deep.equal([
        [2, 4],
        [1, 2],
      ])
      expect(list[1].buffer).to.not.equal(x.buffer)
      const { twice } = await capture(() => ({ twice: mul(x, 2) })).run()
      expect(numbers(twice)).to.deep.equal([2, 4])
    })

    it('makes constants anew in each step', () => {
      const step = capture(() => {
        const sum = zeros([2])
        const start = tensor([5, 6])
        const one = ones([2])
        for (const part of [start, one]) addInto(sum, part)
        addInto(start, one)
        addInto(one, one)
        return [sum, start, one]
      })
      step.runSync({}, { times: 3 })
      expect(step.runSync().map(numbers)).to.deep.equal([
        [6, 7],
        [6, 7],
        [2, 2],
      ])
    })

    it('draws anew in each step, as the eager code would', () => {
      const generator = new Generator(5)
      const eager = Array.from({ length: 4 }, () => numbers(rand([3], { generator })))
      generator.manualSeed(5)
      const step = capture(() => rand([3], { generator }))
      expect(Array.from({ length: 4 }, () => numbers(step.runSync()))).to.deep.equal(eager)
    })

    for (const { title, make, shapes, evaluating = false } of moduleCases) {
      it(`captures nn: ${title}`, () => {
        for (const [shape, outputShape] of shapes) {
          const generator = new Generator(3)
          const input = randn(shape, { generator })
          const gradOutput = randn(outputShape, { generator })
          const pass = (module: nn.Module) => (): Tensor[] => {
            module.zeroGrad()
            const output = module.forward(input)
            const gradInput = module.backward(input, gradOutput)
            return [output, gradInput, ...module.parameters().flatMap((p) => p.grad ?? [])]
          }
          const [eager, captured] = [make('float32'), make('float32')]
          if (evaluating) for (const module of [eager, captured]) module.eval()
          captured.loadStateDict(eager.stateDict())
          const step = capture(pass(captured))
          for (let round = 0; round < 2; round++) {
            const expected = pass(eager)().map((t) => t.clone())
            expect(step.runSync().map(numbers)).to.deep.equal(expected.map(numbers))
          }
        }
      })
    }

    describe('scan', () => {
      it('runs a step a row and stacks the results', async () => {
        const make = trainings['a classifier with SGD and momentum']!
        const [eager, captured, sync] = [make('float32'), make('float32'), make('float32')]
        const xs = randn([5, 7, 13], { generator: new Generator(1) })
        const ys = tensor(
          Array.from({ length: 5 }, (_, s) => Array.from({ length: 7 }, (_, i) => (i + s) % 5)),
          { dtype: 'int32' },
        )
        const losses = Array.from({ length: 5 }, (_, i) =>
          eager.step({ x: xs.select(0, i), y: ys.select(0, i) }).item(),
        )
        const step = capture((batch: { x: Tensor; y: Tensor }) => captured.step(batch), {
          inputs: { x: captured.x, y: captured.y },
        })
        const result = await step.scan({ x: xs, y: ys })
        expect([result.shape, numbers(result)]).to.deep.equal([[5], losses])
        expect(stateOf(captured)).to.deep.equal(stateOf(eager))
        const again = capture((batch: { x: Tensor; y: Tensor }) => sync.step(batch), {
          inputs: { x: sync.x, y: sync.y },
        })
        expect(numbers(again.scanSync({ x: xs, y: ys }))).to.deep.equal(losses)
      })

      it('walks over rows that begin inside of a buffer, and keeps the inputs that are left out', async () => {
        const step = capture(({ x, scale }) => mul(x, scale), {
          inputs: { x: zeros([2]), scale: tensor([3]) },
        })
        const xs = tensor([
          [9, 9],
          [1, 2],
          [3, 4],
        ]).narrow(0, 1, 2)
        expect((await step.scan({ x: xs })).toArray()).to.deep.equal([
          [3, 6],
          [9, 12],
        ])
        // and the next run is one of the step's own storage again
        expect(numbers(await step.run({ x: tensor([5, 5]) }))).to.deep.equal([15, 15])
        expect(numbers(xs)).to.deep.equal([1, 2, 3, 4])
      })
    })

    it('describes itself, and times without leaving a trace', () => {
      const captured = trainings['a convolutional network']!('float32')
      const step = capture((batch: { x: Tensor; y: Tensor }) => captured.step(batch), {
        inputs: { x: captured.x, y: captured.y },
      })
      const before = stateOf(captured)
      const lines = step.describe().split('\n')
      const recorded = Number(/^recorded: (\d+) calls$/.exec(lines[0]!)![1])
      expect(lines[1]).to.match(/^ {2}0 {2}conv2d +x: t0\(3, 2, 10, 10\), weight: t1\(6, 2, 3, 3\)/)
      expect(lines[1 + recorded]).to.match(/^run: \d+ calls, on [\d.]+ MiB$/)
      const timed = step.describe({ times: 2 }).split('\n')
      expect(timed).to.have.length(lines.length + 2) // the sums
      expect(timed[1]).to.match(/^ {2}0 +\d+\.\d\d us {2}conv2d/)
      expect(timed[1 + recorded]).to.match(/^ +\d+\.\d\d us {2}in all$/)
      expect(stateOf(captured)).to.deep.equal(before)
    })

    it('leaves the event loop free', async function () {
      this.timeout(120_000)
      const captured = trainings['a convolutional network']!('float32')
      const step = capture((batch: { x: Tensor; y: Tensor }) => captured.step(batch), {
        inputs: { x: captured.x, y: captured.y },
      })
      // Only turns of the event loop end this run early, however long the machine takes for them.
      const controller = new AbortController()
      const enough = new Error('the event loop has turned')
      const seen: number[] = []
      let turns = 0
      const turn = (): void => {
        turns++
        if (turns > 2 && seen.length > 1) controller.abort(enough)
        else setImmediate(turn)
      }
      setImmediate(turn)
      const error: unknown = await step
        .run(
          {},
          {
            times: 1e5,
            signal: controller.signal,
            onProgress: (done) => seen.push(done),
            progressInterval: 1,
          },
        )
        .catch((reason: unknown) => reason)
      expect(error).to.equal(enough)
      expect(seen).to.deep.equal([...seen].sort((a, b) => a - b))
    })

    for (const [title, make] of Object.entries(trainings)) {
      it(`is not disturbed by predictions of the same model meanwhile: ${title}`, async () => {
        const times = 60
        const eager = make('float32')
        for (let i = 0; i < times; i++) eager.step(eager)
        const captured = make('float32')
        const { model, x, y } = captured
        const step = capture((batch: { x: Tensor; y: Tensor }) => captured.step(batch), {
          inputs: { x, y },
        })
        const other = randn(x.shape, { generator: new Generator(2) })
        const run = step.run({}, { times })
        model.eval()
        let predictions = 0
        while (step.running) {
          expect(model.forward(other).length).to.be.greaterThan(0)
          predictions++
          await new Promise(setImmediate)
        }
        await run
        expect(predictions).to.be.greaterThan(0)
        expect(stateOf(captured)).to.deep.equal(stateOf(eager))
      })
    }

    it('ends with a step when its signal is aborted', async function () {
      this.timeout(20_000)
      const counter = zeros([1])
      const x = randn([200, 200])
      const linear = new nn.Linear(200, 200)
      const step = capture(() => {
        const product = linear.forward(x)
        addInto(counter, ones([1]))
        return product
      })
      const controller = new AbortController()
      let last = 0
      const run = step.run(
        {},
        {
          times: 1e9,
          signal: controller.signal,
          progressInterval: 1,
          onProgress: (done) => {
            last = done
            controller.abort(new Error('enough'))
          },
        },
      )
      const error = await run.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).to.have.property('message', 'enough')
      expect(step.running).to.equal(false)
      expect(counter.item()).to.be.at.least(last)
      expect(counter.item() % 1).to.equal(0)
      step.runSync()
    })
  })
})

function addInto(sum: Tensor, part: Tensor): void {
  const holder = new nn.Parameter(sum)
  holder.grad = sum
  holder.addGrad(part)
}
