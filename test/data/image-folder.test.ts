import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect } from 'chai'
import sharp from 'sharp'

import {
  data,
  FormatError,
  type GradlaneError,
  ShapeError,
  type Tensor,
  ValueError,
} from '../../ts/index.js'

/** One colour, but for a white pixel at the left top. */
async function image(file: string, size: [number, number], [r, g, b]: number[]): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true })
  const [height, width] = size
  const pixels = Buffer.from(Array.from({ length: height * width }, () => [r!, g!, b!]).flat())
  pixels.fill(255, 0, 3)
  await sharp(pixels, { raw: { height, width, channels: 3 } }).toFile(file)
}

async function failure(promise: Promise<unknown>): Promise<GradlaneError> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as GradlaneError,
  )
}

describe('data: ImageFolder', () => {
  let root: string
  beforeEach(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'gradlane-images-'))
    await image(path.join(root, 'dog', 'b.png'), [2, 3], [10, 20, 30])
    await image(path.join(root, 'dog', 'a', 'deep.PNG'), [2, 3], [40, 50, 60])
    await image(path.join(root, '__proto__', 'x.png'), [2, 3], [70, 80, 90])
    writeFileSync(path.join(root, 'dog', 'notes.txt'), 'no image')
    writeFileSync(path.join(root, '.hidden'), '')
  })
  afterEach(() => {
    rmSync(root, { recursive: true })
  })

  it('takes classes from folders, in the order of their names', async () => {
    const folder = await data.ImageFolder.open(pathToFileURL(root))
    expect(folder.classes).to.deep.equal(['__proto__', 'dog'])
    expect(folder.classToIdx.get('__proto__')).to.equal(0)
    expect(folder.samples.map(([file, label]) => [path.relative(root, file), label])).to.deep.equal(
      [
        [path.join('__proto__', 'x.png'), 0],
        [path.join('dog', 'a', 'deep.PNG'), 1],
        [path.join('dog', 'b.png'), 1],
      ],
    )
    expect(folder.targets.toArray()).to.deep.equal([0, 1, 1])
    expect(folder.skipped).to.deep.equal([path.join(root, 'dog', 'notes.txt')])
    expect(folder.length).to.equal(3)
  })

  it('decodes to channels, rows, columns from 0 to 1', async () => {
    const folder = await data.ImageFolder.open(root)
    const [x, y] = await folder.get(2)
    expect([x.shape, x.dtype, y.shape, y.item()]).to.deep.equal([[3, 2, 3], 'float32', [], 1])
    const planes = [10, 20, 30].map((value) => {
      const pixel = Math.fround(value / 255)
      return [[1, pixel, pixel], [pixel, pixel, pixel]] // prettier-ignore
    })
    const values = (x.toArray() as number[][][]).flat(2)
    planes.flat(2).forEach((expected, i) => {
      expect(values[i]).to.be.closeTo(expected, 2 ** -24)
    })
  })

  it('holds the same in memory, as bytes', async () => {
    const folder = await data.ImageFolder.open(root)
    const dataset = await folder.load()
    expect(dataset.tensors[0].shape).to.deep.equal([3, 3, 2, 3])
    expect(dataset.tensors[0].dtype).to.equal('uint8')
    const [all] = [...new data.DataLoader(dataset, { batchSize: 3 })]
    for await (const [x, y] of new data.DataLoader(folder, { batchSize: 3 })) {
      expect(x.toArray()).to.deep.equal(all![0].toArray())
      expect(y.toArray()).to.deep.equal(all![1].toArray())
    }
  })

  it('takes off the mean and divides by the deviation, a number a channel or one for all', async () => {
    const pixels = [70, 80, 90].map((x) => x / 255)
    for (const [mean, std] of [
      [[0.1, 0.2, 0.3], [0.5, 0.25, 2]],
      [0.5, 0.25],
      [[0.4, 0.3, 0.1], 0.5],
    ] as const) {
      const folder = await data.ImageFolder.open(root, { mean, std })
      const at = (of: number | readonly number[], i: number): number =>
        typeof of === 'number' ? of : of[i]!
      const [x] = await folder.get(0)
      pixels.forEach((pixel, i) => {
        const expected = (pixel - at(mean, i)) / at(std, i)
        expect(x.data[6 * i + 5]).to.be.closeTo(expected, 1e-6) // of magnitudes below 2
      })
      const loaded = await folder.load()
      expect(loaded.get(0)[0].toArray()).to.deep.equal(x.toArray())
      const image = await data.readImage(folder.samples[0]![0], { mean, std })
      expect(image.toArray()).to.deep.equal(x.toArray())
    } // prettier-ignore
    const open = (options: object): Promise<unknown> => data.ImageFolder.open(root, options)
    const odd = await failure(open({ mean: [0.1, 0.2] }))
    expect(odd.message).to.match(
      /expected mean to be 3 numbers, as rgb images have channels, got 2/,
    )
    for (const std of [0, [1, 1, -1], [NaN, 1, 1], Infinity])
      expect((await failure(open({ std }))).message).to.match(/expected std to be a finite number/)
  })

  it('gives images through a transform, which load would run once only', async () => {
    const transform = async (image: Tensor): Promise<Tensor> => {
      await Promise.resolve()
      return image.narrow(0, 0, 1)
    }
    const folder = await data.ImageFolder.open(root, { transform })
    expect((await folder.get(0))[0].shape).to.deep.equal([1, 2, 3])
    for await (const [x] of new data.DataLoader(folder, { batchSize: 3 }))
      expect(x.shape).to.deep.equal([3, 1, 2, 3])
    expect((await failure(folder.load())).message).to.match(
      /one without transform, got one with it/,
    )
    const odd = await data.ImageFolder.open(root, { transform: () => 3 as never })
    expect((await failure(odd.get(0))).message).to.match(/what transform gives to be a Tensor/)
  })

  it('reads one image, of a path, a URL or bytes, as the folder does', async () => {
    const folder = await data.ImageFolder.open(root, { size: [4, 5], color: 'gray' })
    const expected = (await folder.get(2))[0].toArray()
    const file = folder.samples[2]![0]
    for (const source of [file, pathToFileURL(file), readFileSync(file)]) {
      const image = await data.readImage(source, { size: [4, 5], color: 'gray' })
      expect([image.shape, image.dtype]).to.deep.equal([[1, 4, 5], 'float32'])
      expect(image.toArray()).to.deep.equal(expected)
    }
    const bad = await failure(data.readImage(Buffer.from('no image')))
    expect(bad).to.be.instanceOf(FormatError)
    expect(bad.message).to.match(/^readImage: the buffer could not be decoded/)
    expect((await failure(data.readImage(path.join(root, 'none.png')))).code).to.equal('ENOENT')
    expect((await failure(data.readImage(7 as never))).code).to.equal('ERR_VALUE')
  })

  it('resizes, and makes grey', async () => {
    await image(path.join(root, 'dog', 'large.jpg'), [20, 10], [100, 100, 100])
    for (const [size, shape] of [[4, [1, 4, 4]], [[2, 5], [1, 2, 5]]] as const) {
      const folder = await data.ImageFolder.open(root, { size, color: 'gray' })
      expect((await folder.get(3))[0].shape).to.deep.equal(shape)
      expect((await folder.load()).tensors[0].shape).to.deep.equal([4, ...shape])
    } // prettier-ignore
    const { samples } = await data.ImageFolder.open(root, { fit: 'contain', size: 8 })
    expect(samples).to.have.length(4)
  })

  it('turns images upright and drops transparency', async () => {
    const turned = path.join(root, 'dog', 'c.jpg')
    const plain = { create: { width: 8, height: 4, channels: 3, background: '#fff' } } as const
    await sharp(plain).withMetadata({ orientation: 6 }).jpeg().toFile(turned)
    const clear = { create: { width: 3, height: 2, channels: 4, background: '#ffffff80' } } as const
    await sharp(clear)
      .png()
      .toFile(path.join(root, '__proto__', 'clear.png'))
    expect((await (await data.ImageFolder.open(root)).get(0))[0].shape).to.deep.equal([3, 2, 3])
    const folder = await data.ImageFolder.open(root)
    expect(folder.samples[4]![0]).to.equal(turned)
    expect((await folder.get(4))[0].shape).to.deep.equal([3, 8, 4])
  })

  it('names files that it cannot decode, and sizes that differ', async () => {
    writeFileSync(path.join(root, 'dog', 'bad.png'), 'no image')
    const folder = await data.ImageFolder.open(root)
    for (const error of [await failure(folder.get(3)), await failure(folder.load())]) {
      expect(error).to.be.instanceOf(FormatError)
      expect(error.message).to.include(`${path.join('dog', 'bad.png')} could not be decoded`)
    }
    rmSync(path.join(root, 'dog', 'bad.png'))
    const whole = await sharp(path.join(root, 'dog', 'b.png'))
      .png()
      .toBuffer()
    writeFileSync(path.join(root, 'dog', 'cut.png'), whole.subarray(0, whole.length - 30))
    const cut = await data.ImageFolder.open(root)
    expect((await failure(cut.load())).message).to.include('cut.png could not be decoded')
    rmSync(path.join(root, 'dog', 'cut.png'))
    await image(path.join(root, 'dog', 'z.png'), [5, 4], [0, 0, 0])
    const odd = await data.ImageFolder.open(root)
    const error = await failure(odd.load())
    expect(error).to.be.instanceOf(ShapeError)
    expect(error.message).to.match(
      /z\.png to be of 2 × 3 pixels, as .*x\.png is, got 5 × 4; pass \{ size/,
    )
    expect(await failure(odd.get(9))).to.be.instanceOf(ValueError)
  })

  it('refuses folders without classes, classes without images and links in circles', async () => {
    const empty = path.join(root, 'empty')
    mkdirSync(empty)
    expect((await failure(data.ImageFolder.open(root))).message).to.match(
      /empty to be one that holds images/,
    )
    expect((await failure(data.ImageFolder.open(empty))).message).to.match(
      /to be one that holds a folder for each class/,
    )
    rmSync(empty, { recursive: true })
    symlinkSync(root, path.join(root, 'dog', 'again'))
    expect((await failure(data.ImageFolder.open(root))).message).to.match(/does a link lead back/)
    expect((await failure(data.ImageFolder.open(3 as never))).code).to.equal('ERR_VALUE')
    expect((await failure(data.ImageFolder.open(root, { size: 0 }))).code).to.equal('ERR_VALUE')
    expect((await failure(data.ImageFolder.open(path.join(root, 'none')))).code).to.equal('ENOENT')
  })
})
