import { expect } from 'chai'
import { readFileSync } from 'node:fs'

import {
  callbacks,
  evaluate,
  fit,
  metrics,
  nn,
  optim,
  randn,
  sanityCheckSync,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { textOf } from '../support/html.js'
import { scratch } from './callbacks/context.js'
import { rejection, setting } from './setting.js'

const named = (name: string): metrics.Metric => new metrics.Accuracy({ name })

describe('fit: names', () => {
  const { path } = scratch()

  eachBackend(() => {
    const twice: readonly (readonly [string, readonly string[]])[] = [
      ['two metrics of one name', ['mine', 'mine']],
      ['a metric called loss', ['loss']],
      ['a metric called gradNorm', ['gradNorm']],
      ['a metric called as the loss of the validation', ['valLoss']],
      ['a metric called as another one of the validation', ['accuracy', 'valAccuracy']],
      ['two whose names in the validation are one', ['accuracy', 'Accuracy']],
    ]
    for (const [what, names] of twice) {
      it(`refuses ${what}`, async () => {
        const of = setting()
        const options = { ...of.options, metrics: names.map(named), validation: of.held }
        const error = await rejection(fit(of.model, of.loader, options))
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(/names in the logs to be all different, got \w+ twice/)
      })
    }

    it('refuses them in evaluate, where there is no validation', async () => {
      const { model, held, criterion } = setting()
      for (const names of [['mine', 'mine'], ['loss']]) {
        const error = await rejection(
          evaluate(model, held, { criterion, metrics: names.map(named) }),
        )
        expect(error).to.be.instanceOf(ValueError)
      }
      const logs = await evaluate(model, held, { criterion, metrics: [named('valLoss')] })
      expect(Object.keys(logs)).to.deep.equal(['loss', 'valLoss'])
    })

    it('refuses a learning rate or an epoch in the place of a metric', async () => {
      const of = setting()
      const monitor = new callbacks.LearningRateMonitor()
      const logger = new callbacks.CSVLogger({ path: path('log.csv') })
      const lists: [string, callbacks.Callback[]][] = [
        ['lr', [monitor]],
        ['other', [monitor, new callbacks.LearningRateMonitor()]],
        ['epoch', [logger]],
        ['step', [logger]],
      ]
      for (const [name, list] of lists) {
        const options = { ...of.options, metrics: [named(name)], callbacks: list }
        expect(await rejection(fit(of.model, of.loader, options)), name).to.be.instanceOf(
          ValueError,
        )
      }
    })

    it('keeps what is called like a property of objects', async () => {
      const of = setting()
      const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
      const results = [
        new metrics.ConfusionMatrix({ name: 'valueOf' }),
        new metrics.ConfusionMatrix({ name: '__defineGetter__' }),
      ]
      const file = path('log.csv')
      const history = await fit(of.model, of.loader, {
        ...of.options,
        epochs: 2,
        validation: of.held,
        metrics: [...names.map(named), ...results],
        callbacks: [
          new callbacks.CSVLogger({ path: file }),
          new callbacks.EarlyStopping({ monitor: '__proto__', mode: 'max' }),
        ],
      })
      for (const name of names) {
        const values = history.values(name)
        expect(values.every(Number.isFinite), name).to.equal(true)
        expect(
          history
            .values(`val${name}`.replace(/^val[a-z]/, (s) => `val${s[3]!.toUpperCase()}`))
            .every(Number.isFinite),
          name,
        ).to.equal(true)
      }
      expect(Object.keys(history.epochs[0]!.results)).to.include.members([
        'valueOf',
        '__defineGetter__',
      ])
      const saved = JSON.parse(JSON.stringify(history)) as { epochs: { logs: object }[] }
      expect(Object.keys(saved.epochs[0]!.logs)).to.include.members(names)
      const [header] = readFileSync(file, 'utf8').split('\n')
      expect(header!.split(',')).to.include.members(names)
      expect(textOf(await history.toHTML()))
        .to.include('constructor')
        .and.to.include('proto')
    })

    it('has no value for what was not logged', async () => {
      const of = setting()
      const history = await fit(of.model, of.loader, of.options)
      for (const name of ['constructor', '__proto__', 'toString']) {
        expect(history.values(name)).to.deep.equal([NaN])
      }
      await fit(of.model, of.loader, { ...of.options, history, metrics: [named('constructor')] })
      expect(history.values('constructor')[0]).to.deep.equal(NaN)
      expect(textOf(await history.toHTML())).to.not.include('native code')
    })

    it('keeps parameters and buffers that are called so', () => {
      class Odd extends nn.Module {
        declare ['__proto__']: never
        readonly inner = new nn.Linear(2, 2)
        constructor() {
          super()
          this.registerBuffer('__proto__', tensor([1, 2]))
          this.registerBuffer('constructor', tensor([3]))
          Object.defineProperty(this.inner, '__proto__', {
            value: new nn.Parameter(zeros([2])),
            enumerable: true,
          })
        }
        protected override computeOutput(
          input: ReturnType<typeof randn>,
        ): ReturnType<typeof randn> {
          return this.inner.forward(input)
        }
        protected override computeGradInput(
          input: ReturnType<typeof randn>,
          gradOutput: ReturnType<typeof randn>,
        ): ReturnType<typeof randn> {
          return this.inner.backward(input, gradOutput)
        }
      }
      const [model, other] = [new Odd(), new Odd()]
      const keys = ['__proto__', 'constructor', 'inner.weight', 'inner.bias', 'inner.__proto__']
      expect(Object.keys(model.stateDict())).to.have.members(keys)
      model.buffers()[0]!.data.fill(7)
      other.loadStateDict(model.stateDict())
      expect(Array.from(other.buffers()[0]!.data)).to.deep.equal([7, 7])
      const batch = [randn([4, 2]), randn([4, 2])]
      const criterion = new nn.MSELoss()
      const { gradientFaults } = sanityCheckSync(model, batch, { criterion, steps: 1 })
      expect(Object.keys(gradientFaults)).to.deep.equal(['inner.__proto__'])
      const stopper = new callbacks.EarlyStopping()
      const optimizer = new optim.SGD(model.parameters())
      const context = { model, optimizer, epoch: 0, step: 0, sync: true, stop: () => undefined }
      stopper.onEpochEnd({ ...context, logs: { valLoss: 1 } })
      model.buffers()[0]!.data.fill(0)
      stopper.onTrainEnd({ ...context, outcome: 'completed' })
      expect(Array.from(model.buffers()[0]!.data)).to.deep.equal([7, 7])
    })
  })
})
