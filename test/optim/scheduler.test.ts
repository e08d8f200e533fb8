import { expect } from 'chai'
import { nn, ones, optim, tensor, ValueError, zeros } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never

function sgd(...lrs: number[]): optim.SGD {
  return new optim.SGD(
    lrs.map((lr) => ({ params: new nn.Parameter(zeros([1], { dtype: 'float64' })), lr })),
    { momentum: 0.5 },
  )
}

const lrsOf = (optimizer: optim.Schedulable): number[] => optimizer.paramGroups.map(({ lr }) => lr)

/** The learning rates of the first group from the start on. */
function run(optimizer: optim.Schedulable, scheduler: optim.LRScheduler, steps: number): number[] {
  const lrs = [optimizer.paramGroups[0]!.lr]
  for (let i = 0; i < steps; i++) {
    scheduler.step()
    lrs.push(optimizer.paramGroups[0]!.lr)
  }
  return lrs
}

describe('schedulers', () => {
  eachBackend(() => {
    it('act on the next step of the optimizer', () => {
      const p = new nn.Parameter(zeros([1], { dtype: 'float64' }))
      const optimizer = new optim.SGD([p], { lr: 1 })
      const scheduler = new optim.ExponentialLR(optimizer, { gamma: 0.5 })
      p.grad = ones([1], { dtype: 'float64' })
      const moved = Array.from({ length: 4 }, () => {
        optimizer.step()
        scheduler.step()
        return p.item()
      })
      expect(moved).to.deep.equal([-1, -1.5, -1.75, -1.875])
    })

    it('ReduceLROnPlateau takes the loss as a tensor', () => {
      const optimizer = sgd(1)
      const scheduler = new optim.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 })
      const criterion = new nn.MSELoss()
      const loss = criterion.forward(ones([2]), zeros([2]))
      scheduler.step(loss)
      scheduler.step(loss)
      expect([scheduler.best, ...lrsOf(optimizer)]).to.deep.equal([1, 0.5])
    })
  })

  for (const [mode, thresholdMode] of [
    ['min', 'rel'],
    ['max', 'rel'],
    ['min', 'abs'],
    ['max', 'abs'],
  ] as const) {
    it(`ReduceLROnPlateau finds the plateau of a negative metric, ${mode} ${thresholdMode}`, () => {
      const optimizer = sgd(1)
      const options = { mode, threshold: 0.1, thresholdMode, patience: 0, factor: 0.5 }
      const scheduler = new optim.ReduceLROnPlateau(optimizer, options)
      const better = mode === 'min' ? -2.3 : -1.7
      const rates = [-2, -2, mode === 'min' ? -2.05 : -1.95, better].map((metric) => {
        scheduler.step(metric)
        return optimizer.paramGroups[0]!.lr
      })
      expect(rates).to.deep.equal([1, 0.5, 0.25, 0.25])
      expect(scheduler.best).to.equal(better)
    })
  }

  it('do not add up rounding errors: 10,000 steps of γ are γ^10,000', () => {
    const optimizer = sgd(0.1)
    const scheduler = new optim.ExponentialLR(optimizer, { gamma: 0.9999 })
    for (let i = 0; i < 10_000; i++) scheduler.step()
    expect(lrsOf(optimizer)).to.deep.equal([0.1 * 0.9999 ** 10_000])
  })

  it('come back to the very learning rate after a period of the cosine', () => {
    const optimizer = sgd(0.3)
    const lrs = run(optimizer, new optim.CosineAnnealingLR(optimizer, { tMax: 7 }), 28)
    expect([lrs[0], lrs[14], lrs[28]]).to.deep.equal([0.3, 0.3, 0.3])
    expect([lrs[7], lrs[21]]).to.deep.equal([0, 0])
  })

  it('go on from a learning rate that the program has set', () => {
    const optimizer = sgd(1)
    const scheduler = new optim.StepLR(optimizer, { stepSize: 2, gamma: 0.5 })
    scheduler.step()
    optimizer.paramGroups[0]!.lr = 10
    expect(run(optimizer, scheduler, 3)).to.deep.equal([10, 5, 5, 2.5])
  })

  it('a warm-up and a decay that are stepped in turn multiply', () => {
    const optimizer = sgd(1)
    const warmUp = new optim.LinearLR(optimizer, { startFactor: 0.25, totalIters: 3 })
    const decay = new optim.ExponentialLR(optimizer, { gamma: 0.5 })
    const lrs = [1, 2, 3, 4].map(() => {
      warmUp.step()
      decay.step()
      return optimizer.paramGroups[0]!.lr
    })
    expect(lrs).to.deep.equal([0.25, 0.1875, 0.125, 0.0625])
  })

  it('take in groups that are added while training', () => {
    const optimizer = sgd(1)
    const scheduler = new optim.ExponentialLR(optimizer, { gamma: 0.5 })
    scheduler.step()
    optimizer.addParamGroup({ params: new nn.Parameter(zeros([1])), lr: 8 })
    scheduler.step()
    scheduler.step()
    expect(lrsOf(optimizer)).to.deep.equal([0.125, 2])
    expect(scheduler.stateDict()['base_lrs']).to.deep.equal([1, 8])
  })

  it('SequentialLR starts each part from its own beginning', () => {
    const optimizer = sgd(1)
    const scheduler = new optim.SequentialLR(optimizer, {
      schedulers: [
        new optim.ConstantLR(optimizer, { factor: 0.5, totalIters: 9 }),
        new optim.SequentialLR(optimizer, {
          schedulers: [
            new optim.LinearLR(optimizer, { startFactor: 0.25, totalIters: 3 }),
            new optim.ExponentialLR(optimizer, { gamma: 0.5 }),
          ],
          milestones: [2],
        }),
      ],
      milestones: [2],
    })
    expect(run(optimizer, scheduler, 6)).to.deep.equal([0.5, 0.5, 0.25, 0.5, 1, 0.5, 0.25])
    expect(scheduler.toString()).to.match(/from step 2: SequentialLR[^]*from step 2: Exponential/)
  })

  it('OneCycleLR keeps the last value for the call after the last batch, then refuses', () => {
    const optimizer = sgd(1)
    const options = { maxLr: 1, totalSteps: 10, annealStrategy: 'linear' } as const
    const scheduler = new optim.OneCycleLR(optimizer, options)
    const lrs = run(optimizer, scheduler, 10)
    expect(lrs[2]).to.equal(1)
    expect(lrs[9]).to.be.closeTo(1 / 25 / 1e4, 1e-16)
    expect(lrs[10]).to.equal(lrs[9])
    const before = JSON.stringify([scheduler.stateDict(), optimizer.stateDict()])
    expect(() => {
      scheduler.step()
    }).to.throw(ValueError, /step 11.*10 steps/)
    expect(JSON.stringify([scheduler.stateDict(), optimizer.stateDict()])).to.equal(before)
  })

  it('OneCycleLR takes epochs and stepsPerEpoch for totalSteps', () => {
    const lrs = (options: Partial<optim.OneCycleLROptions>): unknown => {
      const optimizer = sgd(1)
      const scheduler = new optim.OneCycleLR(optimizer, { maxLr: 1, ...options })
      const taken = Array.from({ length: 12 }, () => {
        scheduler.step()
        return optimizer.paramGroups[0]!.lr
      })
      return [taken, scheduler.stateDict()]
    }
    expect(lrs({ epochs: 3, stepsPerEpoch: 4 })).to.deep.equal(lrs({ totalSteps: 12 }))
    for (const [options, message] of [
      [{}, /totalSteps/],
      [{ epochs: 3 }, /stepsPerEpoch to be a whole number of at least 1, got undefined/],
      [{ stepsPerEpoch: 3 }, /epochs to be a whole number/],
      [{ epochs: 3, stepsPerEpoch: 0 }, /stepsPerEpoch/],
      [{ epochs: 1.5, stepsPerEpoch: 4 }, /epochs/],
      [{ epochs: 3, stepsPerEpoch: 4, totalSteps: 12 }, /not both/],
      [{ epochs: 3, totalSteps: 12 }, /not both/],
      [{ epoch: 3, stepsPerEpoch: 4 } as object, /unknown option epoch; did you mean epochs\?/],
      [{ totalStep: 3 } as object, /did you mean totalSteps\?.*stepsPerEpoch/],
    ] as const) {
      expect(() => lrs(options)).to.throw(ValueError, message)
    }
  })

  it('OneCycleLR moves β₁ of Adam and leaves β₂ alone', () => {
    const optimizer = new optim.Adam([new nn.Parameter(zeros([1]))], { betas: [0.5, 0.99] })
    const scheduler = new optim.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 })
    expect(optimizer.paramGroups[0]!.betas).to.deep.equal([0.95, 0.99])
    scheduler.step()
    scheduler.step()
    expect(optimizer.paramGroups[0]!.betas).to.deep.equal([0.85, 0.99])
  })

  it('a function that gives no learning rate changes nothing', () => {
    const optimizer = sgd(1, 2)
    const scheduler = new optim.LambdaLR(optimizer, {
      lrLambda: [() => 3, (t: number) => (t > 1 ? NaN : 1)],
    })
    scheduler.step()
    expect(() => {
      scheduler.step()
    }).to.throw(ValueError, /LambdaLR.*group 1 at step 2.*NaN/)
    expect([scheduler.lastEpoch, ...lrsOf(optimizer)]).to.deep.equal([1, 3, 2])
  })

  it('CyclicLR goes down in as many steps as up, and cycles β₁ where there are betas', () => {
    const p = new nn.Parameter(zeros([1]))
    const optimizer = new optim.Adam([p], { lr: 7 })
    const options = { baseLr: 1, maxLr: 5, stepSizeUp: 2, baseMomentum: 0.5, maxMomentum: 0.75 }
    const scheduler = new optim.CyclicLR(optimizer, options)
    const beta1s = [optimizer.paramGroups[0]!.betas[0]]
    const lrs = [optimizer.paramGroups[0]!.lr]
    for (let step = 1; step <= 5; step++) {
      scheduler.step()
      beta1s.push(optimizer.paramGroups[0]!.betas[0])
      lrs.push(optimizer.paramGroups[0]!.lr)
    }
    expect(lrs).to.deep.equal([1, 3, 5, 3, 1, 3])
    expect(beta1s).to.deep.equal([0.75, 0.625, 0.5, 0.625, 0.75, 0.625])
    expect(scheduler.options.stepSizeDown).to.equal(2)
  })

  it('CyclicLR takes a group that was added into the cycle', () => {
    const optimizer = sgd(1)
    const scheduler = new optim.CyclicLR(optimizer, { baseLr: 1, maxLr: 5, stepSizeUp: 2 })
    optimizer.addParamGroup({ params: new nn.Parameter(zeros([1])), lr: 9 })
    scheduler.step()
    expect(lrsOf(optimizer)).to.deep.equal([3, 3])
    expect(scheduler.stateDict()).to.deep.include({ base_lrs: [1, 1], max_lrs: [5, 5] })
  })

  it('MultiplicativeLR multiplies what it finds', () => {
    const optimizer = sgd(8)
    const scheduler = new optim.MultiplicativeLR(optimizer, { lrLambda: (t) => t / 2 })
    scheduler.step()
    optimizer.paramGroups[0]!.lr = 3
    scheduler.step()
    scheduler.step()
    expect(lrsOf(optimizer)).to.deep.equal([4.5])
    expect(scheduler.lastEpoch).to.equal(3)
  })

  it('keep their options from those who hold the object that gave them', () => {
    const milestones = [1, 2]
    const optimizer = sgd(1)
    const scheduler = new optim.MultiStepLR(optimizer, { milestones, gamma: 0.5 })
    milestones.length = 0
    expect(run(optimizer, scheduler, 2)).to.deep.equal([1, 0.5, 0.25])
  })
})

const mistakes: readonly [string, () => unknown, RegExp][] = [
  [
    'a number for the options',
    () => new optim.StepLR(sgd(1), wrong(30)),
    /StepLR: expected the options to be an object, got 30; pass { stepSize: 30 }/,
  ],
  [
    'no options',
    () => new optim.ExponentialLR(sgd(1), wrong(undefined)),
    /gamma.*got nothing; pass { gamma }/,
  ],
  [
    'a misspelt option',
    () => new optim.StepLR(sgd(1), wrong({ stepSize: 1, gama: 1 })),
    /unknown option gama; did you mean gamma\?/,
  ],
  [
    'an option left out',
    () => new optim.StepLR(sgd(1), wrong({})),
    /stepSize.*at least 1, got nothing; pass { stepSize }/,
  ],
  ['no whole number', () => new optim.StepLR(sgd(1), { stepSize: 1.5 }), /stepSize.*got 1\.5/],
  ['a NaN factor', () => new optim.StepLR(sgd(1), { stepSize: 1, gamma: NaN }), /gamma.*got NaN/],
  [
    'the model for the optimizer',
    () => new optim.StepLR(wrong(new nn.ReLU()), { stepSize: 1 }),
    /an optimizer.*the optimizer comes first/,
  ],
  [
    'null for the optimizer',
    () => new optim.ReduceLROnPlateau(wrong(null)),
    /an optimizer, got nu/,
  ],
  [
    'milestones that are no list',
    () => new optim.MultiStepLR(sgd(1), { milestones: wrong(30) }),
    /milestones.*array.*got 30/,
  ],
  [
    'a start factor of 0',
    () => new optim.LinearLR(sgd(1), { startFactor: 0 }),
    /startFactor.*\(0, 1\]/,
  ],
  [
    'functions for other groups',
    () => new optim.LambdaLR(sgd(1, 2), { lrLambda: [() => 1] }),
    /lrLambda.*2, one for each.*1 functions/,
  ],
  [
    'functions that are none when they are read again',
    () => {
      let reads = 0
      const get = (): unknown => (reads++ === 0 ? () => 1 : 0.5)
      const lrLambda = Object.defineProperty([wrong(null)], 0, { get, enumerable: true })
      return new optim.LambdaLR(sgd(1), { lrLambda })
    },
    /LambdaLR.*lrLambda.*an array of such/,
  ],
  [
    'momentum to cycle where there is none',
    () => new optim.OneCycleLR({ paramGroups: [{ lr: 1 }] }, { maxLr: 1, totalSteps: 9 }),
    /momentum or betas; cycleMomentum: false/,
  ],
  [
    'momentum to cycle for ever where there is none',
    () => new optim.CyclicLR({ paramGroups: [{ lr: 1 }] }, { baseLr: 0, maxLr: 1 }),
    /CyclicLR.*momentum or betas; cycleMomentum: false/,
  ],
  [
    'a cycle without a lowest learning rate',
    () => new optim.CyclicLR(sgd(1), wrong({ maxLr: 1 })),
    /baseLr.*got nothing; pass { baseLr, maxLr }/,
  ],
  [
    'a lowest learning rate for other groups',
    () => new optim.CyclicLR(sgd(1), { baseLr: [1, 2], maxLr: 3 }),
    /baseLr.*2 numbers/,
  ],
  [
    'a mode of no cycle',
    () => new optim.CyclicLR(sgd(1), { baseLr: 0, maxLr: 1, mode: wrong('expRange') }),
    /mode.*'exp_range', got 'expRange'/,
  ],
  [
    'half a step up',
    () => new optim.CyclicLR(sgd(1), { baseLr: 0, maxLr: 1, stepSizeUp: 2.5 }),
    /stepSizeUp.*got 2\.5/,
  ],
  [
    'factors for other groups',
    () => new optim.MultiplicativeLR(sgd(1, 2), { lrLambda: [() => 1] }),
    /MultiplicativeLR: expected lrLambda.*2, one for each.*1 functions/,
  ],
  [
    'a number for a function',
    () => new optim.MultiplicativeLR(sgd(1), { lrLambda: wrong(0.5) }),
    /lrLambda.*got 0\.5/,
  ],
  [
    'a highest learning rate for other groups',
    () => new optim.OneCycleLR(sgd(1), { maxLr: [1, 2], totalSteps: 9 }),
    /maxLr.*2 numbers/,
  ],
  [
    'PyTorch’s word for the cosine',
    () =>
      new optim.OneCycleLR(sgd(1), { maxLr: 1, totalSteps: 9, annealStrategy: wrong('cosine') }),
    /annealStrategy.*'cos' or 'linear', got 'cosine'/,
  ],
  [
    'schedulers of another optimizer',
    () => {
      const other = new optim.ExponentialLR(sgd(1), { gamma: 1 })
      return new optim.SequentialLR(sgd(1), { schedulers: [other], milestones: [] })
    },
    /scheduler 0.*same optimizer/,
  ],
  [
    'milestones that do not rise',
    () => {
      const optimizer = sgd(1)
      const schedulers = [1, 1, 1].map((gamma) => new optim.ExponentialLR(optimizer, { gamma }))
      return new optim.SequentialLR(optimizer, { schedulers, milestones: [3, 3] })
    },
    /milestones.*2 increasing.*\[3, 3\]/,
  ],
  [
    'a sequence without options',
    () => new optim.SequentialLR(sgd(1), wrong(undefined)),
    /schedulers.*array.*got nothing/,
  ],
  [
    'a plateau in a sequence',
    () => {
      const optimizer = sgd(1)
      const schedulers = [wrong(new optim.ReduceLROnPlateau(optimizer))]
      return new optim.SequentialLR(optimizer, { schedulers, milestones: [] })
    },
    /a step of its own/,
  ],
  [
    'no metric',
    () => {
      new optim.ReduceLROnPlateau(sgd(1)).step(wrong(undefined))
    },
    /metric.*step\(validationLoss\)/,
  ],
  [
    'a metric of many numbers',
    () => {
      new optim.ReduceLROnPlateau(sgd(1)).step(tensor([1, 2]))
    },
    /one element/,
  ],
]

describe('misuse of schedulers', () => {
  for (const [name, make, message] of mistakes) {
    it(`${name}: ${message.source}`, () => {
      expect(make).to.throw(message).with.property('code').that.matches(/^ERR_/)
    })
  }

  it('a state dict that does not fit changes nothing', () => {
    const optimizer = sgd(1)
    const scheduler = new optim.SequentialLR(optimizer, {
      schedulers: [
        new optim.StepLR(optimizer, { stepSize: 2 }),
        new optim.ExponentialLR(optimizer, { gamma: 0.5 }),
      ],
      milestones: [3],
    })
    scheduler.step()
    const good = scheduler.stateDict()
    const parts = good['_schedulers'] as optim.SchedulerStateDict[]
    const bad: [unknown, RegExp][] = [
      [null, /an object, got null/],
      [{}, /last_epoch/],
      [{ ...good, last_epoch: -1 }, /last_epoch.*-1/],
      [{ ...good, _milestones: [] }, /milestones/],
      [{ ...good, _schedulers: [parts[0]] }, /2 state dicts, got 1/],
      [
        {
          ...good,
          _schedulers: [
            { ...parts[0], step_size: 9 },
            { ...parts[1], gamma: -1 },
          ],
        },
        /gamma/,
      ],
      [
        { ...good, _schedulers: [parts[0], { ...parts[1], base_lrs: [1, 2] }] },
        /base_lrs.*1 numbers/,
      ],
      [{ ...good, _schedulers: [parts[0], null] }, /last_epoch/],
    ]
    for (const [state, message] of bad) {
      expect(() => {
        scheduler.loadStateDict(wrong(state))
      }).to.throw(ValueError, message)
      expect(scheduler.stateDict()).to.deep.equal(good)
    }
  })

  it('a plateau’s state dict that does not fit changes nothing', () => {
    const scheduler = new optim.ReduceLROnPlateau(sgd(1), { patience: 2 })
    scheduler.step(3)
    const good = scheduler.stateDict()
    for (const change of [
      { best: 'x' },
      { num_bad_epochs: 0.5 },
      { factor: 2 },
      { min_lrs: [1, 2] },
    ]) {
      expect(() => {
        scheduler.loadStateDict({ ...good, ...change })
      }).to.throw(ValueError)
      expect(scheduler.stateDict()).to.deep.equal(good)
    }
  })
})
