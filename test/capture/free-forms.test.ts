/** Captured steps of models that are written freely: no more calls and memory than by layers, any number of calls. */
import { expect } from 'chai'

import {
  add,
  capture,
  Generator,
  manualSeed,
  mean,
  nn,
  optim,
  randn,
  square,
  sub,
  type Tensor,
  zerosLike,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const conv = (): nn.Conv2d => new nn.Conv2d(3, 3, 3, { padding: 1 })

class Block extends nn.Module {
  readonly conv1 = conv()
  readonly norm1 = new nn.BatchNorm2d(3)
  readonly relu = new nn.ReLU()
  readonly conv2 = conv()
  readonly norm2 = new nn.BatchNorm2d(3)

  override forward(x: Tensor): Tensor {
    const h = this.relu.forward(this.norm1.forward(this.conv1.forward(x)))
    return this.relu.forward(add(this.norm2.forward(this.conv2.forward(h)), x))
  }

  layers(): nn.Module {
    const { conv1, norm1, relu, conv2, norm2 } = this
    const body = new nn.Sequential(conv1, norm1, relu, conv2, norm2)
    return new nn.Sequential(new nn.Residual(body), relu)
  }
}

class Net extends nn.Module {
  readonly block = new Block()
  readonly drop = new nn.Dropout(0.25)
  readonly head = new nn.Linear(48, 2)

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.drop.forward(this.block.forward(x).flatten(1)))
  }

  layers(): nn.Module {
    return new nn.Sequential(this.block.layers(), new nn.Flatten(), this.drop, this.head)
  }
}

const criterion = new nn.MSELoss()
const weightsOf = (...models: nn.Module[]): unknown =>
  models.flatMap((model) => model.parameters().map((parameter) => parameter.toArray()))

function described(step: { describe(): string }): { calls: number; mebibytes: number } {
  const [, calls, mebibytes] = /^run: (\d+) calls, on ([\d.]+) MiB/m.exec(step.describe())!
  return { calls: Number(calls), mebibytes: Number(mebibytes) }
}

describe('captured steps of models that are written freely', () => {
  eachBackend(() => {
    it('are no longer than those of layers, and need no more memory', () => {
      const generator = new Generator(1)
      const x = randn([6, 3, 4, 4], { generator })
      const y = randn([6, 2], { generator })
      const taken = (free: boolean): { calls: number; mebibytes: number } => {
        const net = new Net()
        const model = free ? net : net.layers()
        const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 })
        const step = capture(() => {
          optimizer.zeroGrad()
          const prediction = model.forward(x)
          const loss = criterion.forward(prediction, y)
          if (free) loss.backward()
          else model.backwardParameters(x, criterion.backward(prediction, y))
          optimizer.step()
          return loss
        })
        return described(step)
      }
      const [free, layered] = [taken(true), taken(false)]
      expect(free.calls).to.equal(layered.calls)
      expect(free.mebibytes).to.be.at.most(1.1 * layered.mebibytes)
    })

    it('call a module any number of times, as eagerly', () => {
      const generator = new Generator(2)
      const [a, b] = [randn([6, 3, 4, 4], { generator }), randn([6, 3, 4, 4], { generator })]
      const train = (isCaptured: boolean): unknown => {
        manualSeed(3)
        const net = new Net()
        const optimizer = new optim.Adam(net.parameters(), { lr: 0.01 })
        const step = (): Tensor => {
          optimizer.zeroGrad()
          const loss = mean(square(sub(net.forward(a), net.forward(b))))
          loss.backward()
          optimizer.step()
          return loss
        }
        // A graph that waits for its backward meanwhile stays whole.
        const waiting = mean(net.forward(a))
        const captured = isCaptured ? capture(step) : null
        waiting.backward()
        const losses = [1, 2, 3].map(() => (captured?.runSync() ?? step()).item())
        return [losses, weightsOf(net), [...net.buffers()].map((buffer) => buffer.toArray())]
      }
      expect(train(true)).to.deep.equal(train(false))
    })

    it('train two networks against each other, as eagerly', () => {
      const real = randn([8, 4], { generator: new Generator(4) })
      const train = (isCaptured: boolean): unknown => {
        manualSeed(5)
        const artist = new nn.Sequential(
          new nn.Linear(3, 8),
          new nn.BatchNorm1d(8),
          new nn.ReLU(),
          new nn.Linear(8, 4),
        )
        const critic = new nn.Sequential(
          new nn.Linear(4, 8),
          new nn.LeakyReLU(0.2),
          new nn.Dropout(0.3),
          new nn.Linear(8, 1),
        )
        const ofArtist = new optim.Adam(artist.parameters(), { lr: 0.01 })
        const ofCritic = new optim.Adam(critic.parameters(), { lr: 0.01 })
        const isReal = (x: Tensor): Tensor => {
          const answers = critic.forward(x)
          return criterion.forward(answers, zerosLike(answers))
        }
        const step = (): Tensor[] => {
          const drawn = artist.forward(randn([8, 3]))
          ofCritic.zeroGrad()
          const byCritic = sub(isReal(real), isReal(drawn.detach()))
          byCritic.backward()
          ofCritic.step()
          ofArtist.zeroGrad()
          const byArtist = isReal(drawn)
          byArtist.backward()
          ofArtist.step()
          return [byCritic, byArtist]
        }
        const run = isCaptured
          ? (
              (captured) => () =>
                captured.runSync()
            )(capture(step))
          : step
        const losses = [1, 2, 3].map(() => run().map((loss) => loss.item()))
        return [losses, weightsOf(artist, critic)]
      }
      expect(train(true)).to.deep.equal(train(false))
    })
  })
})
