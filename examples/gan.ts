// Digits out of noise: one network draws, the other tells drawings from images, and each learns from the
// other. Both learn in one captured step. Writes a PNG. Run: npx tsx examples/gan.ts [FILE.png]
import {
  add,
  argmax,
  capture,
  data,
  fit,
  mean,
  nn,
  noGrad,
  onesLike,
  optim,
  randn,
  randperm,
  softmax,
  type Tensor,
  zeros,
  zerosLike,
} from '../ts/index.js'
import { imageOptions } from './support/arguments.js'
import { mnistFolder, readImages } from './support/images.js'
import { saveSheet } from './support/sheet.js'
import { announce } from './support/training.js'

const GOAL = { sure: 0.7, digits: 9, epochs: 12 }
const NOISE = 64
const options = imageOptions({ epochs: GOAL.epochs, batchSize: 128 })
const { epochs, batchSize } = options
const [file = 'out/gan.png'] = options.positionals
announce()
const train = await readImages(mnistFolder(), 'train', options.samples)

const artist = new nn.Sequential(
  new nn.Linear(NOISE, 256),
  new nn.BatchNorm1d(256),
  new nn.ReLU(),
  new nn.Linear(256, 512),
  new nn.BatchNorm1d(512),
  new nn.ReLU(),
  new nn.Linear(512, 784),
  new nn.Sigmoid(),
  new nn.Unflatten(1, [1, 28, 28]),
)
const critic = new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(784, 256),
  new nn.LeakyReLU(0.2),
  new nn.Dropout(0.3),
  new nn.Linear(256, 128),
  new nn.LeakyReLU(0.2),
  new nn.Linear(128, 1),
)
const settings = { lr: 2e-4, betas: [0.5, 0.999] } as const
const ofArtist = new optim.Adam(artist.parameters(), settings)
const ofCritic = new optim.Adam(critic.parameters(), settings)
const criterion = new nn.BCEWithLogitsLoss()
const real = (answers: Tensor): Tensor => criterion.forward(answers, onesLike(answers))
const drawn = (answers: Tensor): Tensor => criterion.forward(answers, zerosLike(answers))

const step = capture(
  ({ rows }) => {
    const [images] = train.gather(rows)
    const drawings = artist.forward(randn([batchSize, NOISE]))

    ofCritic.zeroGrad()
    const byCritic = add(real(critic.forward(images)), drawn(critic.forward(drawings.detach())))
    byCritic.backward()
    ofCritic.step()

    ofArtist.zeroGrad()
    const byArtist = real(critic.forward(drawings))
    byArtist.backward()
    ofArtist.step()
    return { byCritic, byArtist }
  },
  { inputs: { rows: zeros([batchSize], { dtype: 'int32' }) } },
)
const steps = Math.floor(train.length / batchSize)
for (let epoch = 1; epoch <= epochs; epoch++) {
  const rows = randperm(train.length).narrow(0, 0, steps * batchSize)
  const losses = await step.scan({ rows: rows.reshape([steps, batchSize]) })
  const [critics, artists] = [losses.byCritic, losses.byArtist].map((all) => mean(all).item())
  console.log(
    `epoch ${epoch}/${epochs}: critic ${critics!.toFixed(3)}, artist ${artists!.toFixed(3)}`,
  )
}

// What a classifier of real digits sees in the drawings.
const judge = new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(784, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
)
await fit(judge, new data.DataLoader(train, { batchSize, shuffle: true }), {
  criterion: new nn.CrossEntropyLoss(),
  optimizer: new optim.Adam(judge.parameters(), { lr: 2e-3 }),
  epochs: 2,
})
artist.eval()
const drawings = noGrad(() => artist.forward(randn([1000, NOISE])))
const answers = noGrad(() => softmax(judge.forward(drawings), 1))
const sure = mean(answers.max(1).values).item()
const shares = new Array<number>(10).fill(0)
for (const digit of argmax(answers, 1).data) shares[digit]! += 0.1
console.log(`a classifier is ${(100 * sure).toFixed(1)} % sure what the drawings show`)
console.log(
  `of 100 drawings: ${shares.map((n, digit) => `${n.toFixed(1)} of ${digit}`).join(', ')}`,
)
await saveSheet(drawings.narrow(0, 0, 80), 16, file)
console.log(`drawn to ${file}`)

const digits = shares.filter((n) => n >= 1).length
if (options.full && epochs >= GOAL.epochs && (sure < GOAL.sure || digits < GOAL.digits)) {
  console.error(`a classifier is less than ${100 * GOAL.sure} % sure, or a digit is missing`)
  process.exitCode = 1
}
