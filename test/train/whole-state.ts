import {
  data,
  type Generator as RandomGenerator,
  Generator,
  nn,
  optim,
  rand,
  randn,
  tensor,
  type Tensor,
} from '../../ts/index.js'

/** A model with everything that a trial run could leave changed, a few steps into its training. */
export interface Bench {
  readonly model: nn.Sequential
  readonly optimizer: optim.Adam
  readonly criterion: nn.CrossEntropyLoss
  readonly loader: data.DataLoader<[Tensor, Tensor]>
  readonly batch: [Tensor, Tensor]
  readonly generators: RandomGenerator[]
}

/** Two classes on either side of a plane. */
export function separable(n: number, generator: RandomGenerator): [Tensor, Tensor] {
  const x = randn([n, 4], { generator })
  const labels = Array.from({ length: n }, (_, i) => (x.data[4 * i]! > 0 ? 1 : 0))
  return [x, tensor(labels, { dtype: 'int32' })]
}

export function bench(steps = 3): Bench {
  const [draws, order] = [new Generator(2), new Generator(3)]
  const generator = new Generator(1)
  const model = new nn.Sequential(
    new nn.Linear(4, 16, { generator }),
    new nn.BatchNorm1d(16),
    new nn.ReLU(),
    new nn.Dropout(0.1),
    new nn.Dropout(0.1, { generator: draws }),
    new nn.Linear(16, 2, { generator }),
  )
  const optimizer = new optim.Adam([
    { params: model.at(0)!.parameters(), lr: 2e-3 },
    { params: [...model.at(1)!.parameters(), ...model.at(5)!.parameters()], lr: 1e-3 },
  ])
  const batch = separable(32, generator)
  const loader = new data.DataLoader(batch, { batchSize: 8, shuffle: true, generator: order })
  const criterion = new nn.CrossEntropyLoss()
  const [x, y] = batch
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad()
    const prediction = model.forward(x)
    model.backward(x, criterion.backward(prediction, y))
    optimizer.step()
  }
  model.at(3)!.training = false
  return { model, optimizer, criterion, loader, batch, generators: [draws, order] }
}

/** All of it, as bits. Takes two numbers from the default generator. */
export function wholeState({ model, optimizer, generators }: Bench): unknown {
  const bits = ({ data }: Tensor): string =>
    Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).toString('hex')
  const parameters = model.parameters()
  const state = optimizer.stateDict()
  return {
    tensors: [...parameters, ...model.buffers()].map(bits),
    grads: parameters.map(({ grad }) => grad && bits(grad)),
    gradStorage: parameters.map(({ grad }) => grad?.buffer),
    training: model.modules().map((module) => module.training),
    generators: generators.map((generator) => bits(generator.getState())),
    groups: state.param_groups,
    moments: Object.values(state.state).map((entry) =>
      Object.values(entry).map((value) => bits(value as Tensor)),
    ),
    drawn: bits(rand([2])),
    own: model.modules().map((module) => Object.getOwnPropertyNames(module)),
  }
}
