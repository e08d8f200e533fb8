import { readFile } from 'node:fs/promises'

import { data, empty, Generator, rand, randn } from 'gradlane'

const [CLASSES, SIDE] = [10, 32]
const PIXELS = SIDE * SIDE

/**
 * Images of CIFAR's shape, (count, 3, 32, 32), with their classes: stripes whose direction is that of the class,
 * while place, width, colours and noise tell nothing. The same seed gives the same images on every rank.
 */
export function striped(count, seed) {
  const generator = new Generator(seed)
  const images = empty([count, 3, SIDE, SIDE], 'uint8')
  const labels = empty([count], 'int32')
  for (let i = 0; i < count; i++) {
    const label = (labels.data[i] = i % CLASSES)
    const [sin, cos] = [
      Math.sin((Math.PI * label) / CLASSES),
      Math.cos((Math.PI * label) / CLASSES),
    ]
    const [phase, width, ...colours] = rand([8], { generator }).data
    const noise = randn([3 * PIXELS], { generator }).data
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const along = (pixel % SIDE) * cos + Math.floor(pixel / SIDE) * sin
      const wave = 0.5 + 0.5 * Math.sin(6.3 * phase + along * (0.5 + 0.5 * width))
      for (let channel = 0; channel < 3; channel++) {
        const at = channel * PIXELS + pixel
        const level = colours[channel] * wave + colours[channel + 3] * (1 - wave)
        const value = 200 * level + 28 + 40 * noise[at]
        images.data[i * 3 * PIXELS + at] = Math.max(0, Math.min(255, value))
      }
    }
  }
  return datasetOf(images, labels)
}

/** CIFAR-10 in its files of bytes (`data_batch_1.bin`, …): of each image its class, then its red, green and blue. */
export async function cifar(files) {
  const bytes = Buffer.concat(await Promise.all(files.map((file) => readFile(file))))
  const [image, row] = [3 * PIXELS, 1 + 3 * PIXELS]
  const count = bytes.length / row
  const images = empty([count, 3, SIDE, SIDE], 'uint8')
  const labels = empty([count], 'int32')
  for (let i = 0; i < count; i++) {
    labels.data[i] = bytes[i * row]
    images.data.set(bytes.subarray(i * row + 1, (i + 1) * row), i * image)
  }
  return datasetOf(images, labels)
}

/** The images stay bytes; a batch of them becomes float32 in [0, 1] as it is gathered. */
function datasetOf(images, labels) {
  return new data.TensorDataset([images, labels], { scale: [1 / 255, null] })
}
