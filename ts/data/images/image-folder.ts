import { fileURLToPath } from 'node:url'

import { checkArguments, checkPath } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { choice, type Option, type Options, readOptions, whole } from '../../options.js'
import { empty, type Tensor } from '../../tensor/tensor.js'
import type { AsyncDataset } from '../dataset.js'
import { TensorDataset } from '../tensor-dataset.js'
import type { Decoded, Decoding } from './decode.js'
import type { Scanned } from './scan.js'

export interface ImageFolderOptions {
  /** Height and width that images are resized to, or one number for both. Default: as they are. */
  size?: number | readonly [height: number, width: number]
  /**
   * How an image of other proportions comes to that size: stretched (`fill`), cut (`cover`), or with
   * black beside it (`contain`). Default `fill`, as torchvision's Resize does.
   */
  fit?: 'fill' | 'cover' | 'contain'
  /** Default `rgb`, 3 channels; `gray` is 1. */
  color?: 'rgb' | 'gray'
}

const side = whole(1)
const sizeOption: Option<ImageFolderOptions['size'] | undefined> = {
  initial: undefined,
  expected: 'a whole number of at least 1, or a pair [height, width] of them',
  accepts: (value) =>
    Array.isArray(value) ? value.length === 2 && value.every(side.accepts) : side.accepts(value),
}

const OPTIONS = {
  size: sizeOption,
  fit: choice(['fill', 'cover', 'contain'], 'fill'),
  color: choice(['rgb', 'gray'], 'rgb'),
} satisfies Options<ImageFolderOptions>

/** Images that `load` decodes at a time. */
const AT_ONCE = 8
/** Elements of a tensor. */
const MOST = 2 ** 31 - 1

/** An image and the number of its class. */
export type ImageSample = [image: Tensor, label: Tensor]

/**
 * Images in folders named after their classes: `root/cat/1.jpg`, `root/dog/2.png`. Classes are numbered
 * in the order of their names. Decoded by the package sharp, which is installed beside gradlane.
 *
 * A sample is an image (C, H, W), float32 from 0 to 1, and the number of its class, int32, decoded when
 * it is asked for: a `DataLoader` does so for coming batches while one is trained on. What fits into
 * memory as bytes trains faster from `await folder.load()`.
 *
 * @see https://pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html
 *
 * @example
 * const folder = await data.ImageFolder.open('photos', { size: 64 })
 * const loader = new data.DataLoader(folder, { batchSize: 32, shuffle: true })
 * await fit(model, loader, { criterion, optimizer, epochs: 10 })
 */
export class ImageFolder implements AsyncDataset<ImageSample> {
  readonly root: string
  /** Names of the folders, sorted: the place is the number of the class. */
  readonly classes: readonly string[]
  /** Numbers of the classes by name. */
  readonly classToIdx: ReadonlyMap<string, number>
  /** Path and number of the class of each sample. */
  readonly samples: readonly (readonly [path: string, label: number])[]
  /** Files that are no images by their names. */
  readonly skipped: readonly string[]
  /** The classes of the samples, int32 (n). */
  readonly targets: Tensor
  readonly #decoding: Decoding
  /** Of the first image that was decoded, where no size was asked for. */
  #like: { readonly file: string; readonly height: number; readonly width: number } | null = null

  private constructor(root: string, { classes, samples, skipped }: Scanned, decoding: Decoding) {
    this.root = root
    this.classes = classes
    this.classToIdx = new Map(classes.map((name, i) => [name, i]))
    this.samples = samples
    this.skipped = skipped
    this.targets = empty([samples.length], 'int32')
    samples.forEach(([, label], i) => (this.targets.data[i] = label))
    this.#decoding = decoding
  }

  /**
   * Looks through the folders; no image is read yet.
   *
   * @param root A path or a `file:` URL.
   * @throws ValueError when there is no class, or one without an image;
   *   AssetNotFoundError where sharp is not installed. Errors of the file system come as they are.
   */
  static async open(root: string | URL, options: ImageFolderOptions = {}): Promise<ImageFolder> {
    checkArguments('ImageFolder.open', 2, arguments)
    const { size, fit, color } = readOptions('ImageFolder.open', OPTIONS, options)
    checkPath('ImageFolder.open', 'root', root)
    const pair = typeof size === 'number' ? ([size, size] as const) : size
    const { loadSharp } = await import('./decode.js')
    const { scan } = await import('./scan.js')
    await loadSharp()
    const path = typeof root === 'string' ? root : fileURLToPath(root)
    const decoding: Decoding = {
      channels: color === 'gray' ? 1 : 3,
      size: pair === undefined ? null : [pair[0], pair[1]],
      fit,
    }
    return new ImageFolder(path, await scan(path), decoding)
  }

  get length(): number {
    return this.samples.length
  }

  /**
   * Reads and decodes a sample.
   *
   * @throws ValueError when there is no such sample; FormatError naming the file when it could not be
   *   decoded; ShapeError when it has another size than those before it and none was asked for.
   */
  async get(index: number): Promise<ImageSample> {
    const { bytes, height, width } = await this.#decode(index)
    const image = empty([this.#decoding.channels, height, width], 'float32')
    const { length } = bytes
    const view = {
      dtype: 'uint8',
      buffer: bytes.buffer as ArrayBuffer,
      byteOffset: 0,
      length,
    } as const
    kernels().cast(view, image, length, 1 / 255, 0)
    const label = empty([], 'int32')
    label.data[0] = this.samples[index]![1]
    return [image, label]
  }

  /**
   * All samples in memory, a byte a channel of a pixel: images (n, C, H, W) that are taken as float32
   * from 0 to 1, and their classes (n).
   *
   * @throws ShapeError when they have more than 2^31 - 1 elements, or different sizes and none was asked
   *   for; FormatError naming a file that could not be decoded.
   */
  async load(): Promise<TensorDataset<[Tensor, Tensor]>> {
    checkArguments('ImageFolder.load', 0, arguments)
    const { channels } = this.#decoding
    const { height, width } = await this.#decode(0)
    const each = channels * height * width
    if (each * this.length > MOST) {
      const hint =
        'train from the folder itself, which decodes on the way, or ask for a smaller size'
      const got = `${this.length} of ${each}`
      throw new ShapeError(
        complaint('ImageFolder.load', 'the images', `at most ${MOST} elements`, got, hint),
      )
    }
    const images = empty([this.length, channels, height, width], 'uint8')
    let next = 0
    const worker = async (): Promise<void> => {
      try {
        while (next < this.length) {
          const index = next++
          images.data.set((await this.#decode(index)).bytes, index * each)
        }
      } catch (error) {
        next = this.length // nor do the others go on
        throw error
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return new TensorDataset([images, this.targets], { scale: [1 / 255, null] })
  }

  async #decode(index: number): Promise<Decoded> {
    const sample = Number.isInteger(index) ? this.samples[index] : undefined
    if (sample === undefined) {
      const expected = `within 0 to ${this.length - 1}`
      throw new ValueError(complaint('ImageFolder', 'the index', expected, index))
    }
    const [file] = sample
    const { decode } = await import('./decode.js')
    const decoded = await decode(file, this.#decoding)
    const { height, width } = decoded
    this.#like ??= { file, height, width }
    const like = this.#like
    if (height === like.height && width === like.width) return decoded
    const expected = `of ${like.height} × ${like.width} pixels, as ${like.file} is`
    const hint = 'pass { size: [height, width] }'
    throw new ShapeError(complaint('ImageFolder', file, expected, `${height} × ${width}`, hint))
  }
}
