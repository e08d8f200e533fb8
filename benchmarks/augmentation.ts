/**
 * Trainings on images of CIFAR's shape with and without augmentation, in turn, one thread, CPU time, as JSON:
 *
 * node --import tsx benchmarks/augmentation.ts > benchmarks/results/augmentation.json
 */
import { data, fit, info, manualSeed, nn, optim, rand, setNumThreads, tensor } from '../ts/index.js'
import { machine } from './machine.js'
import { median, quantile } from './statistics.js'
import { cpuMilliseconds, rounded } from './turns.js'

const ROUNDS = 11
setNumThreads(1)

const block = (inputs: number, outputs: number): nn.Module[] => [
  new nn.Conv2d(inputs, outputs, 3, { padding: 1 }),
  new nn.BatchNorm2d(outputs),
  new nn.ReLU(),
]

interface Network {
  readonly layers: () => nn.Module[]
  readonly batchSize: number
  /** Of a round. */
  readonly images: number
}

const networks: Readonly<Record<string, Network>> = {
  // https://pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html: few have less to compute.
  "PyTorch's tutorial": {
    layers: () => [
      new nn.Conv2d(3, 6, 5),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(6, 16, 5),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(16 * 5 * 5, 120),
      new nn.ReLU(),
      new nn.Linear(120, 84),
      new nn.ReLU(),
      new nn.Linear(84, 10),
    ],
    batchSize: 32,
    images: 4096,
  },
  'three convolutions of 32 to 128 channels': {
    layers: () => [
      ...[...block(3, 32), new nn.MaxPool2d(2), ...block(32, 64), new nn.MaxPool2d(2)],
      ...[...block(64, 128), new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(2048, 10)],
    ],
    batchSize: 64,
    images: 1024,
  },
}

const augmentations: Readonly<Record<string, () => nn.Module[]>> = {
  none: () => [],
  'crop, flip': () => [new nn.RandomCrop(32, { padding: 4 }), new nn.RandomHorizontalFlip()],
  'crop, flip, translation, erasing, brightness': () => [
    new nn.RandomCrop(32, { padding: 4 }),
    new nn.RandomHorizontalFlip(),
    new nn.RandomTranslation(0.1, 0.1),
    new nn.RandomErasing(0.5),
    new nn.RandomBrightness(0.1),
  ],
}

/** A training that goes on by an epoch a call; milliseconds of CPU of it. */
function trainingOf(network: Network, augmentation: () => nn.Module[]): () => Promise<number> {
  manualSeed(1)
  const { batchSize, images } = network
  const pixels = rand([images, 3, 32, 32])
  const bytes = tensor(
    Array.from(pixels.data, (x) => Math.floor(256 * x)),
    { dtype: 'uint8' },
  ).reshape(pixels.shape)
  const labels = tensor(
    Array.from({ length: images }, (_, i) => i % 10),
    { dtype: 'int32' },
  )
  const dataset = new data.TensorDataset([bytes, labels], { scale: [1 / 255, null] })
  const loader = new data.DataLoader(dataset, { batchSize, shuffle: true })
  const normalize = new nn.Normalize([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616])
  const model = new nn.Sequential(...augmentation(), normalize, ...network.layers())
  const optimizer = new optim.AdamW(model.parameters())
  const criterion = new nn.CrossEntropyLoss()
  return async () => {
    const start = cpuMilliseconds()
    const { mode } = await fit(model, loader, { criterion, optimizer, epochs: 1 })
    if (mode !== 'captured') throw new Error(`it was not captured but ${mode}`)
    return cpuMilliseconds() - start
  }
}

const host = machine()
const results = []
for (const [name, network] of Object.entries(networks)) {
  const trainings = Object.entries(augmentations).map(([augmentation, layers]) => {
    const train = trainingOf(network, layers)
    return { augmentation, train, times: [] as number[] }
  })
  for (const { train } of trainings) await train()
  for (let round = 0; round < ROUNDS; round++)
    for (const { train, times } of trainings) times.push(await train())
  const [plain] = trainings
  for (const { augmentation, times } of trainings) {
    const speeds = times.map((time, round) => plain!.times[round]! / time)
    results.push({
      network: name,
      augmentation,
      millisecondsOfEpoch: rounded(median(times)),
      speed: [0, 0.5, 1].map((q) => Number(quantile(speeds, q).toFixed(3))),
    })
  }
}
const result = {
  what: 'an epoch of fit; speed against the same network without augmentation: lowest, median, highest of the rounds',
  command: 'node --import tsx benchmarks/augmentation.ts',
  machine: host,
  isa: info().isa,
  threads: 1,
  rounds: ROUNDS,
  results,
}
console.log(JSON.stringify(result, null, 2))
