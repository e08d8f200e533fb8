import { expect } from 'chai'
import {
  data,
  Generator,
  GradlaneError,
  lrFind,
  lrFindSync,
  manualSeed,
  nn,
  optim,
  type Tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { warningsOf } from '../support/warnings.js'
import { bench, separable, wholeState } from './whole-state.js'

const wrong = (value: unknown): never => value as never

describe('lrFind', () => {
  eachBackend(() => {
    it('suggests a learning rate that trains, between too small and divergence', () => {
      const generator = new Generator(5)
      const model = new nn.Linear(4, 2, { generator })
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 })
      const criterion = new nn.CrossEntropyLoss()
      const result = lrFindSync(model, [separable(64, generator)], {
        criterion,
        optimizer,
        minLr: 1e-5,
        maxLr: 1e4,
      })
      expect(result.suggestion).to.be.within(1e-2, 1e3)
      expect(result.lrs[0]).to.equal(1e-5)
      const ratios = result.lrs.slice(1).map((lr, i) => Math.log(lr / result.lrs[i]!))
      const step = Math.log(1e9) / 99
      for (const ratio of ratios) expect(ratio).to.be.closeTo(step, 1e-12)
      expect(result.losses).to.have.length(result.lrs.length)
      expect(optimizer.paramGroups[0]!.lr).to.equal(0.5)
      expect(String(result)).to.match(/^lrFind: learning rate .*e[-+]\d; \d+ tried from 1e-5 to /)
    })

    it('leaves nothing behind, the order of the loader included', async () => {
      const all = bench()
      const { model, loader, criterion, optimizer } = all
      manualSeed(4)
      const before = wholeState(all)
      const options = { criterion, optimizer, steps: 10, minLr: 1e-4, maxLr: 1 }
      manualSeed(4)
      const result = lrFindSync(model, loader, options)
      expect(result.losses).to.have.length(10)
      expect(wholeState(all)).to.deep.equal(before)
      manualSeed(4)
      expect(await lrFind(model, loader, options)).to.deep.include({
        lrs: result.lrs,
        losses: result.losses,
        smoothedLosses: result.smoothedLosses,
      })
      expect(wholeState(all)).to.deep.equal(before)
    })

    it('computes what a loop by hand computes', () => {
      const make = (): [nn.Linear, optim.SGD, [Tensor, Tensor]] => {
        const generator = new Generator(6)
        const model = new nn.Linear(4, 2, { generator })
        const groups = [
          { params: model.weight, lr: 0.5 },
          { params: model.bias!, lr: 0.125 },
        ]
        return [model, new optim.SGD(groups), separable(16, generator)]
      }
      const criterion = new nn.CrossEntropyLoss()
      const [model, optimizer, [x, y]] = make()
      const byHand = [0.25, 0.5, 1].map((lr) => {
        optimizer.paramGroups[0]!.lr = lr
        optimizer.paramGroups[1]!.lr = lr / 4
        optimizer.zeroGrad()
        const prediction = model.forward(x)
        const loss = criterion.forward(prediction, y).item()
        model.backward(x, criterion.backward(prediction, y))
        optimizer.step()
        return loss
      })
      const [fresh, other, batch] = make()
      const options = { criterion, optimizer: other, steps: 3, minLr: 0.25, maxLr: 1 }
      const { losses, lrs } = lrFindSync(fresh, [batch], options)
      expect(lrs).to.deep.equal([0.25, 0.5, 1])
      expect(losses).to.deep.equal(byHand)
    })

    it('stops when the loss diverges', () => {
      const generator = new Generator(7)
      const model = new nn.Linear(4, 1, { generator })
      const optimizer = new optim.SGD(model.parameters())
      const [x] = separable(16, generator)
      const batch = [x, x.reshape([64]).narrow(0, 0, 16).reshape([16, 1])]
      const result = lrFindSync(model, [batch], {
        criterion: new nn.MSELoss(),
        optimizer,
        minLr: 1e-3,
        maxLr: 1e9,
      })
      expect(result.diverged).to.equal(true)
      expect(result.lrs.length).to.be.below(100)
      expect(result.losses.every(Number.isFinite)).to.equal(true)
      expect(String(result)).to.match(/then the loss diverged/)
    })
  })

  it('takes batches that come later, and is aborted in between', async () => {
    const all = bench()
    const { model, criterion, optimizer, batch } = all
    manualSeed(4)
    const before = wholeState(all)
    manualSeed(4)
    const controller = new AbortController()
    let asked = 0
    const later = {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          if (++asked === 4) controller.abort(new Error('enough'))
          yield await Promise.resolve(batch)
        }
      },
    }
    const { signal } = controller
    const reason: unknown = await lrFind(model, later, { criterion, optimizer, signal }).catch(
      (error: unknown) => error,
    )
    expect(reason).to.have.property('message', 'enough')
    expect(asked).to.equal(4)
    expect(wholeState(all)).to.deep.equal(before)
    const result = await lrFind(model, later, { criterion, optimizer, steps: 6 })
    expect(result.losses).to.have.length(6)
  })

  it('takes two tensors and cuts them as fit does', async () => {
    const { model, criterion, optimizer, batch } = bench()
    const options = { criterion, optimizer, steps: 8 }
    const loader = new data.DataLoader(batch, { batchSize: 5, shuffle: true })
    for (const find of [lrFind, lrFindSync]) {
      manualSeed(3)
      const { losses } = await find(model, batch, { ...options, batchSize: 5 })
      manualSeed(3)
      expect((await find(model, loader, options)).losses).to.deep.equal(losses)
      const inOrder = await find(model, batch, { ...options, shuffle: false })
      const [first] = new data.DataLoader(batch, { batchSize: 32 })
      expect(inOrder.losses[0]).to.equal(lrFindSync(model, [first!], options).losses[0])
    }
  })

  it('says why there is no loss', async () => {
    const { model, criterion, optimizer, batch } = bench()
    batch[0].data[5] = NaN
    const warnings = await warningsOf(async () => {
      const { diverged, suggestion } = await lrFind(model, [batch], { criterion, optimizer })
      expect([diverged, suggestion]).to.deep.equal([true, null])
    })
    expect(warnings.join()).to.match(
      /^lrFind: .*first batch is NaN: the features have NaN in row 1, column 1$/,
    )
  })

  it('takes what an iterator has, and says so when it has nothing', () => {
    const { model, criterion, optimizer, batch } = bench()
    const options = { criterion, optimizer }
    const some = [batch, batch].values()
    expect(lrFindSync(model, some, options).losses).to.have.length(2)
    expect(() => lrFindSync(model, some, options)).to.throw(
      GradlaneError,
      /at least one batch, got no/,
    )
  })

  it('tells what it was called with, and changes nothing', async () => {
    const all = bench()
    const { model, criterion, optimizer, loader } = all
    manualSeed(4)
    const before = wholeState(all)
    const good = { criterion, optimizer }
    const mistakes: [unknown, unknown, unknown, RegExp][] = [
      ['model', loader, good, /the model.*Module, got string/],
      [model, 3, good, /iterable, as a DataLoader is, got 3/],
      [model, loader, undefined, /criterion/],
      [model, loader, { criterion }, /optimizer.*got undefined/],
      [model, loader, { ...good, minLr: 1, maxLr: 0.1 }, /minLr < maxLr, got 1 and 0\.1/],
      [model, loader, { ...good, steps: 1 }, /steps.*at least 2/],
      [model, loader, { ...good, smoothing: 1 }, /smoothing/],
      [model, loader, { ...good, divergence: NaN }, /divergence/],
      [model, [[1, 2]], good, /the features.*Tensor/],
      [model, [[null, 2]], good, /features of a batch.*Tensor/],
      [model, loader, { ...good, batchSize: 4 }, /batchSize and shuffle go with tensors/],
      [model, loader, { ...good, shuffle: false }, /batchSize and shuffle go with tensors/],
      [
        model,
        [all.batch[0], all.batch[1].narrow(0, 0, 3)],
        good,
        /TensorDataset: expected tensor 1/,
      ],
      [model, loader, { ...good, optimizer: bench().optimizer }, /parameters of the model/],
    ]
    for (const [given, batches, options, message] of mistakes) {
      const call = (): unknown => lrFindSync(wrong(given), wrong(batches), wrong(options))
      expect(call).to.throw(GradlaneError, message)
      const error: unknown = await lrFind(wrong(given), wrong(batches), wrong(options)).catch(
        (reason: unknown) => reason,
      )
      expect(error).to.be.instanceOf(GradlaneError)
    }
    manualSeed(4)
    expect(wholeState(all)).to.deep.equal(before)
  })
})
