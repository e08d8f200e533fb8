// Whether two images show the same digit is all that this network is told, never which one. One image of each
// digit is enough then to name the others. One network looks at both images of a pair: a Siamese network.
// Run: npx tsx examples/siamese.ts
import {
  argmin,
  capture,
  clamp,
  eq,
  mean,
  nn,
  noGrad,
  optim,
  rand,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  unbind,
  where,
  zeros,
} from '../ts/index.js'
import { imageOptions } from './support/arguments.js'
import { ClassReport, percent } from './support/class-report.js'
import { digits, mnistFolder, readImages } from './support/images.js'
import { announce } from './support/training.js'

const GOAL = { accuracy: 0.94, epochs: 6 }
const MARGIN = 1
const options = imageOptions({ epochs: GOAL.epochs, batchSize: 128 })
const { epochs, batchSize } = options
announce()
const train = await readImages(mnistFolder(), 'train', options.samples)
const test = await readImages(mnistFolder(), 't10k', options.testSamples)

/** Rows of a set by the digits that they show. */
const byDigit = (labels: Tensor): number[][] => {
  const rows = Array.from({ length: 10 }, (): number[] => [])
  for (const [row, digit] of labels.data.entries()) rows[digit]!.push(row)
  return rows
}
const known = byDigit(train.tensors[1])

const net = new nn.Sequential(
  new nn.Conv2d(1, 16, 3, { stride: 2, padding: 1 }),
  new nn.ReLU(),
  new nn.Conv2d(16, 32, 3, { stride: 2, padding: 1 }),
  new nn.ReLU(),
  new nn.Flatten(),
  new nn.Linear(32 * 7 * 7, 64),
)
/** Squared distances of the rows of two tensors. */
const apart = (a: Tensor, b: Tensor): Tensor => sum(square(sub(a, b)), 1)

/** Pairs of one digit are drawn together, others pushed apart until MARGIN is between them. */
function contrastive(a: Tensor, b: Tensor, same: Tensor): Tensor {
  const squared = apart(a, b)
  const missing = clamp(sub(MARGIN, sqrt(squared.add(1e-9))), 0)
  return mean(where(same, squared, square(missing)))
}

const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 })
const index = zeros([batchSize], { dtype: 'int32' })
const step = capture(
  ({ left, right }) => {
    const [a, digitsOfA] = train.gather(left)
    const [b, digitsOfB] = train.gather(right)
    optimizer.zeroGrad()
    const loss = contrastive(net.forward(a), net.forward(b), eq(digitsOfA, digitsOfB))
    loss.backward()
    optimizer.step()
    return loss
  },
  { inputs: { left: index, right: index } },
)

/** Rows of so many pairs, every other one of the same digit. */
function pairs(count: number): [left: number, right: number][] {
  const draws = rand([count, 4]).toArray() as [number, number, number, number][]
  return draws.map(([digit, other, left, right], i) => {
    const first = Math.floor(10 * digit)
    const second = i % 2 === 0 ? first : (first + 1 + Math.floor(9 * other)) % 10
    const [a, b] = [known[first]!, known[second]!]
    return [a[Math.floor(left * a.length)]!, b[Math.floor(right * b.length)]!]
  })
}
const steps = Math.ceil(train.length / 2 / batchSize)
for (let epoch = 1; epoch <= epochs; epoch++) {
  const rows = tensor(pairs(steps * batchSize), { dtype: 'int32' })
  const column = (i: number): Tensor => rows.select(1, i).reshape([steps, batchSize])
  const losses = await step.scan({ left: column(0), right: column(1) })
  console.log(`epoch ${epoch}/${epochs}: loss ${mean(losses).item().toFixed(4)}`)
}

// The first test image of each digit is an example of it; every other one is what the nearest example is.
const rows = byDigit(test.tensors[1])
const at = (list: number[]): Tensor => test.gather(tensor(list, { dtype: 'int32' }))[0]
const examples = at(rows.map(([first]) => first!))

/** How many images are named right where distances are those of what `see` makes of images. */
function tellApart(see: (images: Tensor) => Tensor): ClassReport {
  const report = new ClassReport(digits)
  const places = unbind(noGrad(() => see(examples)))
  rows.forEach(([, ...others], digit) => {
    const seen = noGrad(() => see(at(others)))
    const nearest = argmin(stack(places.map((place) => apart(seen, place))), 0)
    report.add(new Array<number>(nearest.length).fill(digit), nearest.data)
  })
  return report
}
const report = tellApart((images) => net.forward(images))
const byPixels = tellApart((images) => images.flatten(1))
console.log(`named right after one image of each digit: ${percent(report.accuracy)}`)
console.log(`by the distance of their pixels: ${percent(byPixels.accuracy)}\n\n${report.matrix()}`)

if (options.full && epochs >= GOAL.epochs && report.accuracy < GOAL.accuracy) {
  console.error(`the accuracy is below ${percent(GOAL.accuracy)}`)
  process.exitCode = 1
}
