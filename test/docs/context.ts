import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import * as gl from '../../ts/index.js'
import { bytePairs } from '../support/tokenizers.js'

// What the blocks of the documentation take for granted: a network for images of 28x28 and a few of them.

const SAMPLES = 64

class Half extends gl.nn.Module {
  override computeOutput(input: gl.Tensor): gl.Tensor {
    return gl.mul(input, 0.5)
  }
  /** Wrong on purpose: gradcheck is to find it. */
  override computeGradInput(_input: gl.Tensor, gradOutput: gl.Tensor): gl.Tensor {
    return gl.mul(gradOutput, 2)
  }
}

/** The names that a block may use without declaring them, new for each. */
export function makeContext() {
  const { nn, optim, data } = gl
  gl.manualSeed(0)
  const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10))
  const images = gl.rand([SAMPLES, 784])
  const labels = gl.tensor(
    Array.from({ length: SAMPLES }, (_, i) => i % 10),
    { dtype: 'int32' },
  )
  const loader = new data.DataLoader(new data.TensorDataset([images, labels]), { batchSize: 32 })
  const optimizer = new optim.AdamW(model.parameters())
  return {
    model,
    images,
    labels,
    loader,
    testLoader: loader,
    validation: loader,
    criterion: new nn.CrossEntropyLoss(),
    optimizer,
    parameters: [...model.parameters()],
    batch: [images, labels] as const,
    batches: gl.rand([3, SAMPLES, 784]),
    batchLabels: gl.zeros([3, SAMPLES], { dtype: 'int32' }),
    x: images,
    y: labels,
    signal: new AbortController().signal,
    steps: 600,
    trainOneBatch: (): void => {
      optimizer.step()
    },
    MyLayer: Half,
  }
}

/** The files that blocks read, as small ones of their kind. */
export function writeFiles(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const fixtures = new URL('../fixtures/data/', import.meta.url)
  for (const name of ['penguins.csv', 'cars.csv'])
    copyFileSync(new URL(name, fixtures), join(folder, name))
  copyFileSync(new URL('../gpt2.safetensors', fixtures), join(folder, 'gpt2.safetensors'))
  const start = Date.UTC(2024, 0, 1)
  const sales = Array.from({ length: 120 }, (_, i) => {
    const date = new Date(start + i * 86_400_000).toISOString().slice(0, 10)
    return `${date},${(150 + 30 * Math.sin((2 * Math.PI * i) / 7) + i / 5 + ((i * 7919) % 11)).toFixed(0)}`
  })
  writeFileSync(join(folder, 'sales.csv'), ['date,units', ...sales, ''].join('\n'))
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(bytePairs))
  const idx = (sizes: number[], byte: (i: number) => number): Buffer => {
    const header = Buffer.alloc(4 + 4 * sizes.length)
    header.writeUInt32BE(0x800 + sizes.length)
    sizes.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i))
    const elements = sizes.reduce((a, b) => a * b)
    return Buffer.concat([header, Buffer.from(Array.from({ length: elements }, (_, i) => byte(i)))])
  }
  for (const [set, samples] of [
    ['train', 256],
    ['t10k', 128],
  ] as const) {
    writeFileSync(
      join(folder, `${set}-images-idx3-ubyte`),
      idx([samples, 28, 28], (i) => (i * 7919) % 256),
    )
    writeFileSync(
      join(folder, `${set}-labels-idx1-ubyte`),
      idx([samples], (i) => i % 10),
    )
  }
}
