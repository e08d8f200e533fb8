import { expect } from 'chai'

import {
  arange,
  Generator,
  io,
  manualSeed,
  nn,
  OnlineTrainer,
  type OnlineTrainerOptions,
  ones,
  optim,
  PageHinkley,
  randn,
  type Tensor,
  tensor,
  zeros,
} from '../../ts/index.js'
import { Reservoir } from '../../ts/train/reservoir.js'
import { bitsOf } from '../support/saved-model.js'
import { eachBackend } from '../support/each-backend.js'

const network = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 1))

const options = (more: Partial<OnlineTrainerOptions> = {}): OnlineTrainerOptions => ({
  criterion: new nn.MSELoss(),
  optimizer: (parameters) => new optim.Adam(parameters, { lr: 0.01 }),
  ...more,
})

const state = (model: nn.Module): unknown => Object.values(model.stateDict()).map(bitsOf)

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const thrown: unknown = await promise.then(
    () => 'nothing',
    (error: unknown) => error,
  )
  return (thrown as { code?: unknown }).code ?? thrown
}

describe('OnlineTrainer', () => {
  eachBackend(() => {
    it('learns as steps written out do, bit for bit', async () => {
      for (const batchSize of [1, 4]) {
        manualSeed(2)
        const model = network()
        const twin = io.modelFromBuffer(io.modelToBuffer(model))
        const online = new OnlineTrainer(model, options({ batchSize }))
        const optimizer = new optim.Adam(twin.parameters(), { lr: 0.01 })
        const criterion = new nn.MSELoss()
        for (const rows of [1, 1, 4, 9, 2]) {
          const [x, y] = [randn([rows, 3]), randn([rows, 1])]
          const losses: number[] = []
          for (let start = 0; start < rows; start += batchSize) {
            const count = Math.min(batchSize, rows - start)
            const [input, target] = [x.narrow(0, start, count), y.narrow(0, start, count)]
            optimizer.zeroGrad()
            const prediction = twin.forward(input)
            losses.push(criterion.forward(prediction, target).item() * count)
            twin.backwardParameters(input, criterion.backward(prediction, target))
            optimizer.step()
          }
          const result = await online.partialFit(x, y)
          const mean = losses.reduce((a, b) => a + b, 0) / rows
          expect(result).to.deep.equal({ loss: mean, rows, drift: false })
          expect(state(model)).to.deep.equal(state(twin))
        }
        expect(online.rows).to.equal(17)
        expect(model.training).to.equal(false)
      }
    })
  })

  it('answers with the weights of before or of after, in the order of the calls', async () => {
    manualSeed(3)
    const model = network()
    const online = new OnlineTrainer(model, options())
    const [x, y] = [randn([300, 3]), randn([300, 1])]
    const seen = new Set([JSON.stringify(state(model))])
    const calls = Array.from({ length: 4 }, () => online.partialFit(x, y))
    x.data.fill(0) // the rows were taken when they were given
    const run = { over: false }
    const all = Promise.all(calls).finally(() => (run.over = true))
    const ends = calls.map((call) => call.then(() => seen.add(JSON.stringify(state(model)))))
    const between = new Set<string>()
    while (!run.over) {
      between.add(JSON.stringify(state(model)))
      await new Promise(setImmediate)
    }
    const losses = (await all).map(({ loss }) => loss)
    await Promise.all(ends)
    expect(losses).to.deep.equal([...losses].sort((a, b) => b - a))
    for (const one of between) expect(seen.has(one)).to.equal(true)
    expect(seen.size).to.be.above(1)
  })

  it('refuses rows that do not fit, and stays as it was', async () => {
    const model = network()
    const online = new OnlineTrainer(model, options({ replay: 8 }))
    await online.partialFit(randn([2, 3]), randn([2, 1]))
    const before = state(model)
    const x = ones([1, 3])
    const calls: readonly (readonly [unknown, unknown, string])[] = [
      [[1, 2, 3], ones([1, 1]), 'ERR_VALUE'],
      [x, 1, 'ERR_VALUE'],
      [tensor([[1, NaN, 2]]), ones([1, 1]), 'ERR_VALUE'],
      [x, tensor([[Infinity]]), 'ERR_VALUE'],
      [ones([1, 4]), ones([1, 1]), 'ERR_SHAPE'],
      [x, ones([2, 1]), 'ERR_SHAPE'],
      [x, ones([1, 2]), 'ERR_SHAPE'],
      [zeros([0, 3]), zeros([0, 1]), 'ERR_SHAPE'],
      [zeros([]), zeros([]), 'ERR_SHAPE'],
      [ones([1, 3], { dtype: 'float64' }), ones([1, 1]), 'ERR_DTYPE'],
    ]
    for (const [given, target, code] of calls) {
      expect(await codeOf(online.partialFit(given as Tensor, target as Tensor))).to.equal(code)
      expect(state(model)).to.deep.equal(before)
    }
    expect(online.rows).to.equal(2)
    await online.partialFit(x, ones([1, 1]))
    expect(online.rows).to.equal(3)

    const labels = (label: number): Tensor => tensor([label], { dtype: 'int32' })
    const classes = new OnlineTrainer(
      new nn.Linear(3, 2),
      options({ criterion: new nn.CrossEntropyLoss() }),
    )
    await classes.partialFit(x, labels(1))
    const known = state(classes.model)
    expect(await codeOf(classes.partialFit(x, labels(2)))).to.equal('ERR_VALUE')
    const many = tensor([0, 1, 7], { dtype: 'int32' })
    expect(await codeOf(classes.partialFit(ones([3, 3]), many))).to.equal('ERR_VALUE')
    expect(state(classes.model)).to.deep.equal(known)
    await classes.partialFit(x, labels(0))
    expect(state(classes.model)).to.not.deep.equal(known)
  })

  it('goes back to what was kept, and does so by itself when a weight is not finite', async () => {
    manualSeed(4)
    const model = network()
    const sgd = (parameters: nn.Parameter[]) =>
      new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 })
    const online = new OnlineTrainer(model, options({ optimizer: sgd, snapshotEvery: 0 }))
    const first = state(model)
    const [x, y] = [randn([3, 3]), randn([3, 1])]
    await online.partialFit(x, y)
    await online.snapshot()
    const kept = state(model)
    await online.partialFit(x, y)
    const further = state(model)
    await online.rollback()
    expect(state(model)).to.deep.equal(kept)
    await online.partialFit(x, y)
    expect(state(model), 'with the momentum of then').to.deep.equal(further)
    // squares overflow float32
    expect(await codeOf(online.partialFit(x, tensor([[3e38], [1], [1]])))).to.equal(
      'ERR_NOT_FINITE',
    )
    expect(state(model)).to.deep.equal(kept)
    await online.partialFit(x, y)
    expect(state(model)).to.deep.equal(further)
    expect(further).to.not.deep.equal(first)

    // Whatever is drawn of the rows that were remembered then, it is this one.
    const [same, target] = [ones([3, 3]), ones([3, 1])]
    const net = network()
    const twin = io.modelFromBuffer(io.modelToBuffer(net))
    const remembering = new OnlineTrainer(net, options({ replay: 8, snapshotEvery: 0 }))
    const untroubled = new OnlineTrainer(twin, options({ replay: 8, snapshotEvery: 0 }))
    for (const trainer of [remembering, untroubled]) await trainer.partialFit(same, target)
    await remembering.snapshot()
    await remembering.partialFit(x, y)
    await remembering.rollback()
    for (const trainer of [remembering, untroubled]) await trainer.partialFit(same, target)
    expect(state(net)).to.deep.equal(state(twin))

    const often = new OnlineTrainer(network(), options({ snapshotEvery: 2 }))
    await often.partialFit(x, y)
    const good = state(often.model)
    await often.partialFit(x.narrow(0, 0, 1), y.narrow(0, 0, 1))
    await often.rollback()
    expect(state(often.model)).to.deep.equal(good)
  })

  it('learns again from what it remembers', async () => {
    // y = x0 at first, then rows where x0 is 0 and y is x1
    const phase = async (replay: number): Promise<number> => {
      manualSeed(5)
      const generator = new Generator(6)
      const online = new OnlineTrainer(
        network(),
        options({ replay, replayRows: 4, generator, batchSize: 2 }),
      )
      for (let part = 0; part < 2; part++) {
        for (let i = 0; i < 150; i++) {
          const x = randn([2, 3], { generator })
          for (let row = 0; row < 2; row++) x.data[3 * row + (part === 0 ? 1 : 0)] = 0
          const y = tensor([0, 1].map((row) => [x.data[3 * row + part]!]))
          await online.partialFit(x, y)
        }
      }
      const x = tensor([
        [1, 0, 0],
        [-1, 0, 0],
      ])
      return new nn.MSELoss().forward(online.model.forward(x), tensor([[1], [-1]])).item()
    }
    const [without, remembering] = [await phase(0), await phase(200)]
    expect(remembering).to.be.below(without / 2)
  })

  it('tells when the loss rises', async () => {
    manualSeed(7)
    const drift = new PageHinkley({ threshold: 3, delta: 0.05 })
    const online = new OnlineTrainer(network(), options({ drift }))
    const alarms: number[] = []
    for (let i = 0; i < 300; i++) {
      const x = randn([1, 3])
      const y = tensor([[x.data[0]! * 0.5 + (i < 200 ? 0 : 3)]])
      if ((await online.partialFit(x, y)).drift) alarms.push(i)
    }
    expect(alarms[0]).to.be.within(200, 205)
  })

  it('refuses what it cannot learn with', () => {
    class Own extends nn.Identity {}
    const make = (model: unknown, more: object): (() => unknown) => {
      return () => new OnlineTrainer(model as nn.Module, { ...options(), ...more })
    }
    for (const [model, more] of [
      [1, {}],
      [new nn.Sequential(new Own()), {}],
      ...[{ criterion: 1 }, { optimizer: 1 }, { optimizer: () => 1 }, { batchSize: 0 }].map(
        (wrong) => [network(), wrong] as const,
      ),
      ...[{ replay: -1 }, { drift: 1 }, { snapshotEvery: 0.5 }, { lr: 1 }].map(
        (wrong) => [network(), wrong] as const,
      ),
    ] as const) {
      expect(make(model, more)).to.throw().with.property('code', 'ERR_VALUE')
    }
  })
})

describe('a reservoir', () => {
  it('keeps each row with the same probability', () => {
    const generator = new Generator(1)
    const counts = new Float64Array(50)
    const trials = 500
    for (let trial = 0; trial < trials; trial++) {
      const reservoir = new Reservoir(10, generator)
      reservoir.add([arange(20).reshape([20, 1])])
      for (let i = 20; i < 50; i++) reservoir.add([tensor([[i]])])
      expect(reservoir.length).to.equal(10)
      const [kept] = reservoir.rows
      for (const value of kept!.data) counts[value]! += 1
      expect(new Set(kept!.data).size).to.equal(10)
    }
    // 500 trials of probability 0.2: deviation 9; five of them
    for (const count of counts) expect(count).to.be.within(100 - 45, 100 + 45)
  })

  it('forgets the rows of late, and fills up again', () => {
    const reservoir = new Reservoir(10, new Generator(3))
    const add = (from: number, to: number) => {
      for (let i = from; i < to; i++)
        reservoir.add([tensor([[i]]), tensor([i], { dtype: 'int32' })])
    }
    add(0, 30)
    const held = () => reservoir.rows.map((rows) => [...rows.data])
    const early = held()[0]!.filter((value) => value < 20)
    expect(early.length).to.be.within(1, 9)
    reservoir.forgetAfter(20)
    expect(held()).to.deep.equal([early, early])
    expect([reservoir.seen, reservoir.length]).to.deep.equal([20, early.length])
    add(100, 140)
    expect([reservoir.seen, reservoir.length]).to.deep.equal([60, 10])
    const [x, y] = held()
    expect(x).to.deep.equal(y)
    reservoir.forgetAfter(0)
    expect(reservoir.length).to.equal(0)
  })

  it('gives rows that belong together', () => {
    const reservoir = new Reservoir(5, new Generator(2))
    for (let i = 0; i < 9; i++) {
      reservoir.add([tensor([[i, -i]]), tensor([i], { dtype: 'int32' })])
    }
    const into = [zeros([8, 2]), zeros([8], { dtype: 'int32' })]
    reservoir.sample(into, 2, 6)
    const [x, y] = into as [Tensor, Tensor]
    expect(Array.from(x.data.slice(0, 4))).to.deep.equal([0, 0, 0, 0])
    for (let i = 2; i < 8; i++) {
      expect([x.data[2 * i], x.data[2 * i + 1]]).to.deep.equal([
        y.data[i],
        y.data[i]! === 0 ? 0 : -y.data[i]!,
      ])
    }
  })
})
