/** What callbacks set while a model is trained counts from the next step, captured as eagerly. */
import { expect } from 'chai'

import {
  type callbacks,
  data,
  fit,
  fitSync,
  Generator,
  History,
  manualSeed,
  nn,
  ones,
  optim,
  Tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { setting } from './setting.js'

function made() {
  const of = setting()
  const [hidden, norm, , drop, head] = of.model as unknown as [
    nn.Linear,
    nn.BatchNorm1d,
    nn.Module,
    nn.Dropout,
    nn.Linear,
  ]
  const optimizer = new optim.SGD(of.model.parameters(), { lr: 0.05 })
  return { ...of, optimizer, options: { ...of.options, optimizer }, hidden, norm, drop, head }
}

type Made = ReturnType<typeof made>

const numbers = (values: Tensor | null): number[] | null =>
  values === null ? null : Array.from(values.data)

function left({ model, optimizer }: Made, history: History): unknown {
  return {
    weights: Object.values(model.stateDict()).map(numbers),
    gradients: model.parameters().map(({ grad }) => numbers(grad)),
    moments: Object.values(optimizer.stateDict().state).map((entry) =>
      Object.values(entry).map((part) => (part instanceof Tensor ? numbers(part) : part)),
    ),
    losses: history.values('loss'),
    norms: history.values('gradNorm'),
    validated: history.values('valLoss'),
  }
}

const changes: Readonly<Record<string, (of: Made) => void>> = {
  'a frozen weight': ({ hidden }) => {
    hidden.weight.requiresGrad = false
  },
  'a frozen module': ({ hidden, norm }) => {
    hidden.requiresGrad_(false)
    norm.requiresGrad_(false)
  },
  'a momentum that needs state': ({ optimizer }) => {
    optimizer.paramGroups[0]!.momentum = 0.9
  },
  'a module in evaluation mode': ({ norm }) => {
    norm.eval()
  },
  'another parameter': ({ head }) => {
    head.weight = new nn.Parameter(ones([3, 10]))
  },
  'a module and a group more': ({ model, optimizer }) => {
    const last = new nn.Linear(3, 3, { generator: new Generator(4) })
    model.append(last).append(new nn.BatchNorm1d(3))
    optimizer.addParamGroup({ params: last.parameters(), lr: 0.3 })
  },
  'a property of a layer': ({ drop }) => {
    ;(drop as { p: number }).p = 0.6
  },
  'another batch size': ({ loader }) => {
    ;(loader as { batchSize: number }).batchSize = 5
  },
}

describe('fit obeys what callbacks set', () => {
  eachBackend(() => {
    for (const [what, change] of Object.entries(changes)) {
      for (const hook of ['onEpochEnd', 'onBatchEnd'] as const) {
        it(`${what}, in ${hook}`, async () => {
          const train = async (capture: boolean, sync: boolean): Promise<unknown> => {
            const of = made()
            let count = 0
            const callback: callbacks.Callback = {
              [hook]: () => {
                if (++count === 2) change(of)
              },
            }
            manualSeed(3)
            const options = {
              ...of.options,
              epochs: 3,
              validation: of.held,
              accumulate: 2,
              clipGradNorm: 1,
              callbacks: [callback],
              capture,
            }
            const history = sync
              ? fitSync(of.model, of.loader, options)
              : await fit(of.model, of.loader, options)
            expect(history.mode).to.equal(capture ? 'captured' : 'eager')
            return left(of, history)
          }
          const eager = await train(false, true)
          expect(await train(true, false)).to.deep.equal(eager)
          expect(await train(true, true)).to.deep.equal(eager)
        })
      }
    }

    for (const capture of [true, false]) {
      describe(capture ? 'captured' : 'eager', () => {
        it('trains a module that a callback switches to evaluation in that mode', async () => {
          const of = made()
          let before: number[] | null = null
          const callback: callbacks.Callback = {
            onEpochEnd({ epoch }) {
              if (epoch !== 0) return
              of.norm.eval()
              before = numbers(of.norm.runningMean)
            },
          }
          await fit(of.model, of.loader, {
            ...of.options,
            epochs: 3,
            callbacks: [callback],
            capture,
          })
          expect(before).to.not.equal(null)
          expect(numbers(of.norm.runningMean)).to.deep.equal(before)
        })

        it('leaves each module in the mode that it found', async () => {
          const modes: readonly ((of: Made) => void)[] = [
            ({ model }) => {
              model.eval()
            },
            ({ norm }) => {
              norm.eval()
            },
            ({ model, drop }) => {
              model.eval()
              drop.train()
            },
          ]
          for (const set of modes) {
            const of = made()
            set(of)
            const before = of.model.modules().map(({ training }) => training)
            const callback: callbacks.Callback = {
              onEpochEnd() {
                of.drop.train(!of.drop.training)
              },
            }
            const options = { ...of.options, epochs: 1, callbacks: [callback], capture }
            await fit(of.model, of.loader, options)
            expect(of.model.modules().map(({ training }) => training)).to.deep.equal(before)
            fitSync(of.model, of.loader, options)
            expect(of.model.modules().map(({ training }) => training)).to.deep.equal(before)
            const failing = {
              ...options,
              callbacks: [{ onEpochEnd: () => Promise.reject(Error()) }],
            }
            await fit(of.model, of.loader, failing).catch(() => undefined)
            expect(of.model.modules().map(({ training }) => training)).to.deep.equal(before)
          }
        })

        it('goes by the gradients of a step, also of parameters that the optimizer does not hold', async () => {
          const of = made()
          const optimizer = new optim.SGD(of.head.parameters(), { lr: 0.05 })
          const norms: number[] = []
          const callback: callbacks.Callback = {
            onBatchEnd() {
              norms.push(Math.hypot(...of.hidden.weight.grad!.data))
            },
          }
          const options = { ...of.options, optimizer, capture }
          const before = numbers(of.hidden.weight)
          const history = await fit(of.model, of.loader, {
            ...options,
            epochs: 3,
            callbacks: [callback],
          })
          expect(history.mode).to.equal(capture ? 'captured' : 'eager')
          expect(history.reason === null).to.equal(capture)
          expect(numbers(of.hidden.weight)).to.deep.equal(before)
          // They do not add up.
          expect(norms.at(-1)).to.be.below(5 * norms[0]!)
          const whole = await fit(of.model, of.loader, { ...options, epochs: 2, clipGradNorm: 1 })
          expect(whole.mode).to.equal(capture ? 'captured' : 'eager')
        })
      })
    }

    it('says that steps run eagerly where they do, whatever the batches come from', async () => {
      const of = made()
      const history = new History()
      class Reading extends nn.Module {
        protected override computeOutput(input: Tensor): Tensor {
          return input.data.length > 0 ? input.clone() : input
        }
        protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
          return gradOutput
        }
      }
      const callback: callbacks.Callback = {
        onEpochEnd({ epoch }) {
          if (epoch === 0) of.model.append(new Reading())
        },
      }
      const modes: unknown[] = []
      const noting: callbacks.Callback = {
        onEpochEnd() {
          modes.push(history.mode)
        },
      }
      await fit(of.model, of.loader, {
        ...of.options,
        epochs: 3,
        history,
        callbacks: [noting, callback],
      })
      expect(modes).to.deep.equal(['captured', 'eager', 'eager'])
      expect(history.reason).to.match(/reading data/)
    })

    it('a dataset of your own with other properties', async () => {
      const train = async (capture: boolean): Promise<unknown> => {
        const of = made()
        const dataset = {
          length: of.loader.dataset.length,
          clean: false,
          get: (index: number) => of.loader.dataset.get(index),
          gather(index: Tensor) {
            const [x, y] = of.loader.dataset.gather!(index)
            return [this.clean ? x : new nn.ReLU().forward(x), y] as const
          },
        }
        const loader = new data.DataLoader<readonly [Tensor, Tensor]>(dataset, { batchSize: 8 })
        const callback: callbacks.Callback = {
          onEpochEnd() {
            dataset.clean = true
          },
        }
        manualSeed(3)
        const history = await fit(of.model, loader, {
          ...of.options,
          epochs: 3,
          callbacks: [callback],
          capture,
        })
        expect(history.mode).to.equal(capture ? 'captured' : 'eager')
        return left(of, history)
      }
      expect(await train(true)).to.deep.equal(await train(false))
    })
  })
})
