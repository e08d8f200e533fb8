/** What is set between two runs of a captured step counts from the next one, as in an eager training. */
import { expect } from 'chai'

import {
  capture,
  CaptureError,
  type CapturedStep,
  manualSeed,
  mul,
  nn,
  ones,
  optim,
  randn,
  setBackend,
  Tensor,
  tensor,
  zeros,
} from '../../ts/index.js'
import { assumeHeldMemoryCanGo } from '../../ts/capture/held-memory.js'
import { needsNative } from '../support/backends.js'
import { eachBackend } from '../support/each-backend.js'

/** A network that all kinds of settings can be changed of. */
function made() {
  manualSeed(11)
  const model = new nn.Sequential({
    hidden: new nn.Linear(4, 6),
    norm: new nn.BatchNorm1d(6),
    act: new nn.Sigmoid(),
    drop: new nn.Dropout(0.25),
    head: new nn.Linear(6, 3),
  })
  const [hidden, norm, , drop, head] = model as unknown as [
    nn.Linear,
    nn.BatchNorm1d,
    nn.Module,
    nn.Dropout,
    nn.Linear,
  ]
  const criterion = new nn.CrossEntropyLoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const batch = { x: randn([5, 4]), y: tensor([0, 1, 2, 0, 1], { dtype: 'int32' }) }
  const step = ({ x, y }: { x: Tensor; y: Tensor }): Tensor => {
    model.zeroGrad()
    const prediction = model.forward(x)
    const loss = criterion.forward(prediction, y)
    model.backwardParameters(x, criterion.backward(prediction, y))
    optimizer.step()
    return loss
  }
  return { model, hidden, norm, drop, head, criterion, optimizer, batch, step }
}

type Made = ReturnType<typeof made>

const numbers = (values: Tensor | null): number[] | null =>
  values === null ? null : Array.from(values.data)

/** Everything that a step leaves. */
function left({ model, optimizer }: Made): unknown {
  const { state } = optimizer.stateDict()
  return {
    weights: Object.values(model.stateDict()).map(numbers),
    gradients: model.parameters().map(({ grad }) => numbers(grad)),
    moments: Object.entries(state).map(([i, entry]) => [
      i,
      Object.values(entry).map((part) => (part instanceof Tensor ? numbers(part) : part)),
    ]),
  }
}

const writable = (object: object): Record<string, unknown> => object as Record<string, unknown>

const changes: Readonly<Record<string, (of: Made) => void>> = {
  'a parameter is frozen': ({ hidden }) => {
    hidden.weight.requiresGrad = false
  },
  'a module is frozen': ({ hidden }) => {
    hidden.requiresGrad_(false)
  },
  'everything but the head is frozen': ({ model, head }) => {
    model.requiresGrad_(false)
    head.requiresGrad_()
  },
  'a momentum needs state': ({ optimizer }) => {
    optimizer.paramGroups[0]!.momentum = 0.9
  },
  'a learning rate': ({ optimizer }) => {
    optimizer.paramGroups[0]!.lr = 0.5
  },
  'a group is added': ({ optimizer, model, head }) => {
    model.append(new nn.Linear(3, 3))
    optimizer.addParamGroup({ params: model.at(-1)!.parameters(), lr: 0.3, momentum: 0.5 })
    head.bias!.requiresGrad = false
  },
  'a module is switched to evaluation': ({ norm }) => {
    norm.eval()
  },
  'all modules are': ({ model }) => {
    model.eval()
  },
  'a parameter is replaced': ({ hidden }) => {
    hidden.weight = new nn.Parameter(ones([6, 4]))
  },
  'a bias is taken away': ({ head }) => {
    head.bias = null
  },
  'a property of a layer': ({ drop, norm }) => {
    writable(drop)['p'] = 0.5
    writable(norm)['momentum'] = 0.7
  },
  'a method of a module': ({ head }) => {
    const forward = head.forward.bind(head)
    head.forward = (input) => mul(forward(input), 2)
  },
  'the weights of a criterion': ({ criterion }) => {
    writable(criterion)['weight'] = tensor([1, 2, 3])
  },
  'gradients are forgotten': ({ model }) => {
    model.zeroGrad()
  },
  'gradients are set': ({ head }) => {
    head.bias!.grad = ones([3])
  },
  'a conversion there and back': ({ model }) => {
    model.to('float64').to('float32')
  },
  'a state is loaded': ({ optimizer }) => {
    const { param_groups } = optimizer.stateDict()
    param_groups[0]!['momentum'] = 0.5
    optimizer.loadStateDict({ state: {}, param_groups })
  },
}

type Step = CapturedStep<Made['batch'], Tensor>

const ways: Readonly<Record<string, (step: Step, of: Made) => Promise<unknown>>> = {
  run: async (step) => {
    await step.run()
    await step.run()
  },
  'run on a copy': async (step) => {
    assumeHeldMemoryCanGo(true)
    try {
      await step.run({}, { times: 2 })
    } finally {
      assumeHeldMemoryCanGo(undefined)
    }
  },
  runSync: (step) => Promise.resolve(step.runSync({}, { times: 2 })),
  scan: (step, { batch }) => step.scan({ x: twice(batch.x), y: twice(batch.y) }),
  scanSync: (step, { batch }) =>
    Promise.resolve(step.scanSync({ x: twice(batch.x), y: twice(batch.y) })),
}

const twice = (batch: Tensor): Tensor => {
  const both = zeros([2, ...batch.shape], { dtype: batch.dtype })
  both.select(0, 0).data.set(batch.data)
  both.select(0, 1).data.set(batch.data)
  return both
}

describe('settings between two runs of a captured step', () => {
  eachBackend((backend) => {
    for (const [what, change] of Object.entries(changes)) {
      it(`count from the next one: ${what}`, async () => {
        for (const [way, run] of Object.entries(ways)) {
          const [eager, captured] = [made(), made()]
          const step = capture(captured.step, { inputs: captured.batch })
          manualSeed(5)
          const wanted: unknown[] = []
          for (let i = 0; i < 3; i++) {
            if (i === 1) change(eager)
            eager.step(eager.batch)
            eager.step(eager.batch)
            wanted.push(left(eager))
          }
          manualSeed(5)
          for (let i = 0; i < 3; i++) {
            if (i === 1) change(captured)
            await run(step, captured)
            expect(left(captured), `${way}, ${i}`).to.deep.equal(wanted[i])
          }
        }
      })
    }

    it('count to and fro, each recorded once', () => {
      const [eager, captured] = [made(), made()]
      let calls = 0
      const step = capture(
        (batch: Made['batch']) => {
          calls++
          return captured.step(batch)
        },
        { inputs: captured.batch },
      )
      manualSeed(5)
      for (let i = 0; i < 6; i++) {
        eager.hidden.requiresGrad_(i % 2 === 0)
        eager.step(eager.batch)
      }
      manualSeed(5)
      for (let i = 0; i < 6; i++) {
        captured.hidden.requiresGrad_(i % 2 === 0)
        step.runSync()
      }
      expect(left(captured)).to.deep.equal(left(eager))
      expect(calls).to.equal(4)
    })

    it('do not count where the function sets them itself', () => {
      const of = made()
      let calls = 0
      const step = capture(
        (batch: Made['batch']) => {
          calls++
          of.model.train()
          return of.step(batch)
        },
        { inputs: of.batch },
      )
      for (let i = 0; i < 4; i++) {
        step.runSync()
        of.model.eval().forward(of.batch.x)
      }
      expect(calls).to.be.at.most(4)
    })

    it('a forward pass between is none', () => {
      class Keeping extends nn.Module {
        kept: Tensor | null = null
        readonly history: Tensor[] = []
        protected override computeOutput(input: Tensor): Tensor {
          this.kept = input
          this.history[0] = mul(input, 2)
          return this.history[0]
        }
        protected override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
          return mul(gradOutput, 2)
        }
      }
      const model = new nn.Sequential(new nn.Linear(2, 2), new Keeping())
      let calls = 0
      const step = capture(
        ({ x }) => {
          calls++
          return model.forward(x)
        },
        { inputs: { x: ones([1, 2]) } },
      )
      for (let i = 0; i < 3; i++) {
        expect(step.runSync().toArray()).to.deep.equal(model.forward(ones([1, 2])).toArray())
      }
      expect(calls).to.equal(2)
    })

    it('another backend computes from the next run on', function () {
      needsNative(this)
      const of = made()
      let calls = 0
      const step = capture(
        (batch: Made['batch']) => {
          calls++
          return of.step(batch)
        },
        { inputs: of.batch },
      )
      step.runSync()
      expect(calls).to.equal(2)
      setBackend(backend === 'native' ? 'reference' : 'native')
      try {
        step.runSync()
        expect(calls).to.equal(4)
      } finally {
        setBackend(backend)
      }
    })

    it('are refused where the step cannot be captured any more', async () => {
      const of = made()
      const step = capture(of.step, { inputs: of.batch })
      step.runSync()
      const before = left(of)
      of.head.forward = (input) => mul(input, input.data[0]!)
      const error: unknown = await step.run().catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(CaptureError)
      expect(() => step.runSync()).to.throw(CaptureError, /reading data/)
      expect(step.running).to.equal(false)
      expect(left(of)).to.deep.equal(before)
      Reflect.deleteProperty(of.head, 'forward')
      step.runSync()
    })
  })
})
