import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import {
  type callbacks,
  data,
  fit,
  type FitOptions,
  fitSync,
  Generator,
  History,
  manualSeed,
  metrics,
  nn,
  optim,
  rand,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import { isKept, keep, weightHistograms } from '../../ts/train/details/weights.js'
import { finish } from '../../ts/train/task.js'
import { eachBackend } from '../support/each-backend.js'

const ROWS = 29

interface Made {
  readonly model: nn.Sequential
  readonly loader: data.DataLoader<readonly [Tensor, Tensor]>
  readonly options: FitOptions
}

/** A training with everything that an extra pass could change: statistics, draws, momentum. */
function make(extra: readonly nn.Module[] = []): Made {
  const generator = new Generator(1)
  const x = randn([ROWS, 6], { generator })
  const y = tensor(
    Array.from({ length: ROWS }, (_, i) => (x.data[6 * i]! > 0 ? 1 : 0)),
    { dtype: 'int32' },
  )
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Linear(6, 10),
    new nn.BatchNorm1d(10),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    new nn.Dropout(0.2, { generator: new Generator(5) }),
    ...extra,
    new nn.Linear(10, 2),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 })
  const loader = new data.DataLoader([x, y], { batchSize: 8, shuffle: true })
  const options = { criterion: new nn.CrossEntropyLoss(), optimizer, epochs: 3 }
  return { model, loader, options }
}

/** All numbers that are left of a training. Takes two from the default generator. */
function left({ model, options }: Made): unknown {
  const { state } = options.optimizer.stateDict()
  const moments = Object.values(state).flatMap((entry) => Object.values(entry)) as Tensor[]
  const grads = model.parameters().map(({ grad }) => grad!)
  const generators = model.generators().map((generator) => generator.getState())
  const tensors = [...Object.values(model.stateDict()), ...moments, ...grads, ...generators]
  return [...tensors, rand([2])].map(({ data }) => Array.from(data))
}

/** A module that computes in JavaScript. */
class Doubled extends nn.Module {
  protected override computeOutput(input: Tensor): Tensor {
    const output = input.clone()
    output.data.forEach((value, i) => (output.data[i] = 2 * value))
    return output
  }
  protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return this.computeOutput(gradOutput)
  }
}

/** A module that wants batches of the size it has known so far. */
class Picky extends nn.Identity {
  protected override computeOutput(input: Tensor): Tensor {
    if (input.shape[0]! < 5) throw new Error('only five rows and more')
    return super.computeOutput(input)
  }
}

const norm = (tensors: readonly Tensor[]): number =>
  Math.sqrt(tensors.flatMap(({ data }) => Array.from(data)).reduce((sum, g) => sum + g * g, 0))

describe('fit: details', () => {
  eachBackend((backend) => {
    for (const [how, capture, source] of [
      ['captured', true, 'loader'],
      ['eagerly', false, 'loader'],
      ['captured from a stream', true, 'stream'],
    ] as const) {
      it(`changes no bit of a training run ${how}`, async () => {
        const run = async (
          details: boolean,
        ): Promise<{ history: History; bits: unknown; logs: unknown }> => {
          const made = make()
          const { loader } = made
          const stream = { [Symbol.iterator]: () => loader[Symbol.iterator]() }
          const batches = source === 'loader' ? loader : stream
          const history = await fit(made.model, batches, { ...made.options, capture, details })
          const logs = history.epochs.map(({ logs, lrs }) => ({ logs, lrs }))
          return { history, bits: left(made), logs }
        }
        const plain = await run(false)
        const detailed = await run(true)
        expect(detailed.bits).to.deep.equal(plain.bits)
        expect(detailed.logs).to.deep.equal(plain.logs)
        expect(plain.history.weights).to.deep.equal([])
        expect(plain.history.epochs.map(({ gradNorm }) => gradNorm)).to.deep.equal([
          null,
          null,
          null,
        ])
        expect(plain.history.layers).to.have.property('reason', 'details: false was asked for')
        expect(detailed.history.weights.map(({ epoch }) => epoch)).to.deep.equal([0, 1, 2])
        expect(detailed.history.layers).to.have.property('reason', null)
      })
    }

    it('records the same of captured steps, of eager ones and in one go', async () => {
      const records: unknown[] = []
      const run = async (train: (made: Made) => History | Promise<History>): Promise<void> => {
        const { epochs, weights } = await train(make())
        records.push({ norms: epochs.map(({ gradNorm }) => gradNorm), weights })
      }
      await run(({ model, loader, options }) => fit(model, loader, options))
      await run(({ model, loader, options }) => fit(model, loader, { ...options, capture: false }))
      await run(({ model, loader, options }) => fitSync(model, loader, options))
      expect(records[1]).to.deep.equal(records[0])
      expect(records[2]).to.deep.equal(records[0])
    })

    it('records the gradients and weights that an epoch left', async () => {
      const { model, loader, options } = make()
      const seen: { norm: number; weight: number[] }[] = []
      const look: callbacks.Callback = {
        onEpochEnd() {
          const grads = model.parameters().map(({ grad }) => grad!)
          seen.push({ norm: norm(grads), weight: Array.from(model.parameters()[0]!.data) })
        },
      }
      const { epochs, weights } = await fit(model, loader, { ...options, callbacks: [look] })
      expect(epochs).to.have.length(3)
      epochs.forEach(({ gradNorm }, i) => {
        // A float64 sum of the squares of float32 numbers, in another order.
        expect(gradNorm).to.be.closeTo(seen[i]!.norm, 1e-12 * seen[i]!.norm)
      })
      weights.forEach(({ parameters }, i) => {
        const { weight } = seen[i]!
        const mean = weight.reduce((sum, w) => sum + w) / weight.length
        const variance = weight.reduce((sum, w) => sum + (w - mean) ** 2, 0) / weight.length
        const { counts, ...rest } = parameters['0.weight']!
        expect(rest.min).to.equal(Math.min(...weight))
        expect(rest.max).to.equal(Math.max(...weight))
        expect(rest.mean).to.be.closeTo(mean, 1e-15)
        expect(rest.std).to.be.closeTo(Math.sqrt(variance), 1e-15)
        expect(rest.notFinite).to.equal(0)
        expect(counts).to.have.length(30)
        expect(counts.reduce((sum, value) => sum + value)).to.equal(60)
        expect(Object.keys(parameters)).to.deep.equal(
          Array.from(model.namedParameters(), ([name]) => name),
        )
      })
    })

    it('times each layer over a part of a batch', async () => {
      const { model, loader, options } = make()
      const { layers } = await fit(model, loader, options)
      const { samples, criterionMs } = layers!
      expect(samples).to.be.within(2, 8)
      expect(criterionMs).to.be.above(0)
      const rows = layers!.layers.map((layer) => [layer.path, layer.depth, layer.parameters])
      expect(rows).to.deep.equal([
        ['', 0, 0],
        ['0', 1, 70],
        ['1', 1, 20],
        ['2', 1, 0],
        ['3', 1, 0],
        ['4', 1, 0],
        ['5', 1, 22],
      ])
      const linear = layers!.layers[1]!
      expect(linear.module).to.equal('Linear(6, 10)')
      expect(linear.outputShape).to.deep.equal([samples, 10])
      expect(linear.multiplyAdds).to.equal(samples! * 60)
      for (const { forwardMs, backwardMs } of layers!.layers) {
        expect(forwardMs).to.be.above(0)
        expect(backwardMs).to.be.above(0)
      }
    })

    it('gives the time of a slow layer to that layer alone', async () => {
      // A clock of its own, on which only that layer takes time worth mention.
      let clock = 0
      class Slow extends nn.Identity {
        protected override computeOutput(input: Tensor): Tensor {
          clock += 50
          return super.computeOutput(input)
        }
      }
      const { model, loader, options } = make()
      const inside = new nn.Sequential(model, new nn.Sequential(new Slow()))
      const now = Object.getOwnPropertyDescriptor(performance, 'now')
      performance.now = () => (clock += 1e-6)
      let history: History
      try {
        history = await fit(inside, loader, { ...options, capture: false })
      } finally {
        if (now === undefined) Reflect.deleteProperty(performance, 'now')
        else Object.defineProperty(performance, 'now', now)
      }
      for (const { module, path, forwardMs } of history.layers!.layers) {
        const expected = module.startsWith('Slow') ? 50 : 0
        expect(forwardMs, path).to.be.closeTo(expected, 1e-3)
      }
    })

    it('times layers that compute in JavaScript', async () => {
      const { model, loader, options } = make([new Doubled()])
      const history = await fit(model, loader, options)
      expect(history.mode).to.equal('eager')
      expect(history.layers!.layers[6]).to.include({ module: 'Doubled()', parameters: 0 })
      expect(history.layers!.layers[6]!.backwardMs).to.be.above(0)
    })

    it('leaves out the times of a model that refuses the pass, and nothing else', async () => {
      const { model, loader, options } = make([new Picky()])
      // The last of 29 rows in batches of 8 has 5. So slow that 8 ms are worth less than two samples,
      // which is the least that a pass takes.
      const slow: callbacks.Callback = {
        onBatchEnd: () => new Promise((resolve) => setTimeout(resolve, 40)),
      }
      const history = await fit(model, loader, { ...options, callbacks: [slow], epochs: 1 })
      expect(history.outcome).to.equal('completed')
      expect(history.layers!.reason).to.include('only five rows and more')
      expect(history.layers!.layers[1]).to.include({ module: 'Linear(6, 10)', forwardMs: null })
      expect(history.weights).to.have.length(1)
    })

    it('says what was trained and where', async () => {
      const { model, loader, options } = make()
      const before = Date.now()
      const labels = ['no', 'yes']
      const matrix = new metrics.ConfusionMatrix({ labels })
      const history = await fit(model, loader, { ...options, metrics: [matrix], clipGradNorm: 2 })
      expect(history.facts).to.deep.include({
        model: model.toString(),
        parameters: 112,
        criterion: 'CrossEntropyLoss',
        optimizer: 'Adam',
        scheduler: null,
        batchSize: 8,
        samples: ROWS,
        validationSamples: null,
        accumulate: 1,
        clipGradNorm: 2,
        labels,
      })
      expect(history.facts!.environment.backend).to.equal(backend)
      expect(Date.parse(history.facts!.started)).to.be.within(before, Date.now())
      const html = await history.toHTML()
      expect(html).to.include('yes answered as no')
    })

    it('notes how the training ended', async () => {
      const outcomes: unknown[] = []
      for (const end of ['completed', 'stopped', 'aborted', 'failed']) {
        const { model, loader, options } = make()
        const history = new History()
        const controller = new AbortController()
        const act: callbacks.Callback = {
          onEpochEnd({ stop }) {
            if (end === 'stopped') stop('enough')
            if (end === 'aborted') controller.abort()
            if (end === 'failed') throw new Error('failed')
          },
        }
        const all = { ...options, history, callbacks: [act], signal: controller.signal }
        await fit(model, loader, all).catch(() => undefined)
        outcomes.push(history.outcome)
        expect(history.layers!.samples === null).to.equal(end === 'aborted' || end === 'failed')
      }
      expect(outcomes).to.deep.equal(['completed', 'stopped', 'aborted', 'failed'])
    })

    it('survives a checkpoint', async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-details-'))
      try {
        const checkpoint = path.join(folder, 'run.ckpt')
        const records = ({ epochs, weights }: History): unknown => [
          epochs.map(({ logs, gradNorm }) => ({ logs, gradNorm })),
          weights,
        ]
        const whole = make()
        const expected = await fit(whole.model, whole.loader, { ...whole.options, epochs: 5 })
        const bits = left(whole)
        const first = make()
        await fit(first.model, first.loader, { ...first.options, epochs: 2, checkpoint })
        expect(existsSync(checkpoint)).to.equal(true)
        const second = make()
        const resumed = { ...second.options, epochs: 5, checkpoint, resume: true }
        const history = await fit(second.model, second.loader, resumed)
        expect(records(history)).to.deep.equal(records(expected))
        expect(left(second)).to.deep.equal(bits)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  })

  it('is off for models of more than a million parameters, unless it is asked for', async () => {
    const run = async (details?: boolean): Promise<History> => {
      const model = new nn.Sequential(new nn.Linear(1000, 1001))
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const batch = [randn([2, 1000]), randn([2, 1001])] as const
      return fit(model, [batch], { criterion: new nn.MSELoss(), optimizer, details })
    }
    const [off, on] = [await run(), await run(true)]
    expect(off.epochs[0]!.gradNorm).to.equal(null)
    expect(off.layers!.reason).to.include('more than 1,000,000 parameters')
    expect(off.weights).to.have.length(0)
    expect(on.epochs[0]!.gradNorm).to.be.above(0)
    expect(on.layers!.reason).to.equal(null)
    expect(on.weights).to.have.length(1)
  })
})

describe('fit: histograms of weights', () => {
  const of = (values: number[]): unknown => {
    const model = new nn.Sequential(
      new nn.Linear(values.length, 1, { dtype: 'float64', bias: false }),
    )
    model.parameters()[0]!.data.set(values)
    return finish(weightHistograms(model))['0.weight']
  }
  const bins = (entries: Record<number, number>): number[] =>
    Array.from({ length: 30 }, (_, i) => entries[i] ?? 0)

  const cases: readonly [what: string, values: number[], expected: object][] = [
    [
      'numbers, those at an edge in the interval above it, the largest in the last',
      [0, 0.5, 1, 15, 29, 29.5, 30],
      { min: 0, max: 30, mean: 15, notFinite: 0, counts: bins({ 0: 2, 1: 1, 15: 1, 29: 3 }) },
    ],
    [
      'numbers that are all the same',
      [2, 2, 2],
      { min: 2, max: 2, mean: 2, std: 0, notFinite: 0, counts: bins({ 0: 3 }) },
    ],
    [
      'numbers of which some are not finite',
      [NaN, -1, Infinity, 1, -Infinity],
      { min: -1, max: 1, mean: 0, std: 1, notFinite: 3, counts: bins({ 0: 1, 29: 1 }) },
    ],
    [
      'nothing finite',
      [NaN, NaN],
      { min: 0, max: 0, mean: 0, std: 0, notFinite: 2, counts: bins({}) },
    ],
  ]
  for (const [what, values, expected] of cases) {
    it(`count ${what}`, () => {
      expect(of(values)).to.deep.include(expected)
    })
  }

  it('pause often enough for the event loop, and come to the same', () => {
    const length = 1_000_003
    const model = new nn.Sequential(new nn.Linear(length, 1, { bias: false }))
    const task = weightHistograms(model)
    let pauses = 0
    for (;;) {
      const { done, value } = task.next()
      if (done) {
        const { counts } = value['0.weight']!
        expect(counts.reduce((sum, count) => sum + count)).to.equal(length)
        break
      }
      pauses++
    }
    // Two passes over a million elements, a pause after every 2^16.
    expect(pauses).to.be.equal(30)
  })

  it('are kept of 32 epochs at most, evenly spread, whatever the number', () => {
    for (const epochs of [1, 31, 32, 33, 100, 1000, 4097]) {
      const kept: { epoch: number; parameters: Record<string, never> }[] = []
      for (let epoch = 0; epoch < epochs; epoch++) {
        if (isKept(epoch)) keep(kept, { epoch, parameters: {} })
      }
      const stride = 2 ** Math.max(0, Math.ceil(Math.log2(epochs / 32)))
      const expected = Array.from({ length: Math.ceil(epochs / stride) }, (_, i) => i * stride)
      expect(kept.map(({ epoch }) => epoch)).to.deep.equal(expected)
      keep(kept, { epoch: epochs - 1, parameters: {} })
      expect(kept.length).to.be.at.most(33)
      expect(kept.at(-1)!.epoch).to.equal(epochs - 1)
    }
  })
})
