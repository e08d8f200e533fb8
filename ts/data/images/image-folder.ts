import { fileURLToPath } from 'node:url'

import { checkArguments, checkPath } from '../../check.js'
import { complaint, ShapeError, ValueError } from '../../errors.js'
import { callable, type Options, readOptions } from '../../options.js'
import { empty, noTensor, Tensor } from '../../tensor/tensor.js'
import type { AsyncDataset } from '../dataset.js'
import { TensorDataset } from '../tensor-dataset.js'
import type { Decoded, Decoding } from './decode.js'
import { decodingOf, IMAGE_OPTIONS, type ImageOptions } from './image-options.js'
import type { Scanned } from './scan.js'

export interface ImageFolderOptions extends ImageOptions {
  /**
   * Makes another one of each image that `get` gives, (C, H, W). It may be async. What it does cannot be part of
   * a captured step: the layers that augment images (`nn.RandomCrop`, …) take a fraction of its time.
   */
  transform?: (image: Tensor) => Tensor | Promise<Tensor>
}

const OPTIONS = {
  ...IMAGE_OPTIONS,
  transform: callable<NonNullable<ImageFolderOptions['transform']>>(),
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
  readonly #transform: ImageFolderOptions['transform']
  /** Of the first image that was decoded, where no size was asked for. */
  #like: { readonly file: string; readonly height: number; readonly width: number } | null = null

  private constructor(
    root: string,
    { classes, samples, skipped }: Scanned,
    decoding: Decoding,
    transform: ImageFolderOptions['transform'],
  ) {
    this.root = root
    this.classes = classes
    this.classToIdx = new Map(classes.map((name, i) => [name, i]))
    this.samples = samples
    this.skipped = skipped
    this.targets = empty([samples.length], 'int32')
    samples.forEach(([, label], i) => (this.targets.data[i] = label))
    this.#decoding = decoding
    this.#transform = transform
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
    const { transform, ...how } = readOptions('ImageFolder.open', OPTIONS, options)
    checkPath('ImageFolder.open', 'root', root)
    const decoding = decodingOf('ImageFolder.open', how)
    const { loadSharp } = await import('./decode.js')
    const { scan } = await import('./scan.js')
    await loadSharp()
    const path = typeof root === 'string' ? root : fileURLToPath(root)
    return new ImageFolder(path, await scan(path), decoding, transform)
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
    const decoded = await this.#decode(index)
    const { writeNormalized } = await import('./decode.js')
    const pixels = empty([this.#decoding.channels, decoded.height, decoded.width], 'float32')
    writeNormalized(decoded, this.#decoding, pixels, 0)
    const image = this.#transform === undefined ? pixels : await this.#transform(pixels)
    if (!(image instanceof Tensor)) throw noTensor('ImageFolder', 'what transform gives', image)
    const label = empty([], 'int32')
    label.data[0] = this.samples[index]![1]
    return [image, label]
  }

  /**
   * All samples in memory, a byte a channel of a pixel: images (n, C, H, W) that are taken as float32
   * from 0 to 1, and their classes (n). With `mean` or `std` they are kept as float32; `nn.Normalize` as a
   * layer of the model lets them be bytes.
   *
   * @throws ShapeError when they have more than 2^31 - 1 elements, or different sizes and none was asked
   *   for; FormatError naming a file that could not be decoded; ValueError where there is a `transform`,
   *   which may give something else each time.
   */
  async load(): Promise<TensorDataset<[Tensor, Tensor]>> {
    checkArguments('ImageFolder.load', 0, arguments)
    if (this.#transform !== undefined) {
      const hint = 'without it, and new data.TransformedDataset(await folder.load(), …)'
      const what = 'the folder'
      throw new ValueError(
        complaint('ImageFolder.load', what, 'one without transform', 'one with it', hint),
      )
    }
    const { channels, mean, std } = this.#decoding
    const plain = mean.every((x) => x === 0) && std.every((x) => x === 1)
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
    const { writeNormalized } = await import('./decode.js')
    const images = empty([this.length, channels, height, width], plain ? 'uint8' : 'float32')
    let next = 0
    const worker = async (): Promise<void> => {
      try {
        while (next < this.length) {
          const index = next++
          const decoded = await this.#decode(index)
          if (plain) images.data.set(decoded.bytes, index * each)
          else writeNormalized(decoded, this.#decoding, images, index * each)
        }
      } catch (error) {
        next = this.length // nor do the others go on
        throw error
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return new TensorDataset([images, this.targets], plain ? { scale: [1 / 255, null] } : {})
  }

  async #decode(index: number): Promise<Decoded> {
    const sample = Number.isInteger(index) ? this.samples[index] : undefined
    if (sample === undefined) {
      const expected = `within 0 to ${this.length - 1}`
      throw new ValueError(complaint('ImageFolder', 'the index', expected, index))
    }
    const [file] = sample
    const { decode } = await import('./decode.js')
    const decoded = await decode('ImageFolder', file, this.#decoding)
    const { height, width } = decoded
    this.#like ??= { file, height, width }
    const like = this.#like
    if (height === like.height && width === like.width) return decoded
    const expected = `of ${like.height} × ${like.width} pixels, as ${like.file} is`
    const hint = 'pass { size: [height, width] }'
    throw new ShapeError(complaint('ImageFolder', file, expected, `${height} × ${width}`, hint))
  }
}
