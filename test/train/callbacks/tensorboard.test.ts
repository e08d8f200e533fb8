import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  callbacks,
  fromTypedArray,
  GradlaneError,
  randn,
  Generator,
  tensor,
} from '../../../ts/index.js'
import { crc32c, maskedCrc32c } from '../../../ts/train/callbacks/tensorboard/crc32c.js'
import { histogramOf } from '../../../ts/train/callbacks/tensorboard/histogram.js'
import { integer } from '../../../ts/train/callbacks/tensorboard/protobuf.js'
import { epochsOf, scratch, Subject } from './context.js'

const { SummaryWriter, TensorBoardLogger } = callbacks
const wrong = (value: unknown): never => value as never

interface Histo {
  min: number
  max: number
  num: number
  sum: number
  sum_squares: number
  bucket_limit: number[]
  bucket: number[]
}

interface Event {
  wall_time: number
  step: number
  file_version?: string
  /** Its status; 1 is START. */
  session?: Record<string, number>
  summary?: { tag: string; simple_value?: number | string; histo?: Histo }[]
}

/** The events of a file as Python reads them; null where there is no Python. */
function readByPython(file: string): Event[] | null {
  const script = fileURLToPath(new URL('../../fixtures/read_tfevents.py', import.meta.url))
  const { error, status, stdout, stderr } = spawnSync('python3', [script, file], {
    encoding: 'utf8',
  })
  if ((error as { code?: string } | undefined)?.code === 'ENOENT') return null
  expect(status, stderr).to.equal(0)
  return JSON.parse(stdout) as Event[]
}

describe('TensorBoard', () => {
  const { path } = scratch()

  it('computes CRC-32C: the test vectors of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).to.equal(0xe3069283)
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).to.equal(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).to.equal(0x46dd794e)
    // As TensorFlow masks the checksum of an empty string, 0.
    expect(maskedCrc32c(new Uint8Array(0))).to.equal(0xa282ead8)
  })

  it('encodes whole numbers seven bits a byte', () => {
    const encoded = (value: number): number[] => [...integer(2, value)].slice(1)
    expect(encoded(0)).to.deep.equal([0])
    expect(encoded(127)).to.deep.equal([127])
    expect(encoded(300)).to.deep.equal([0xac, 2])
    expect(encoded(2 ** 53 - 1)).to.deep.equal([255, 255, 255, 255, 255, 255, 255, 15])
  })

  it('counts every number into the bucket around it', () => {
    const values = [...randn([2000], { dtype: 'float64', generator: new Generator(3) }).data]
    const { limits, counts, num, min, max, sum, sumSquares } = histogramOf(values)
    expect(num).to.equal(2000)
    expect([min, max]).to.deep.equal([Math.min(...values), Math.max(...values)])
    // Both add up in the order of the numbers.
    expect(sum).to.equal(values.reduce((a, b) => a + b, 0))
    expect(sumSquares).to.equal(values.reduce((a, b) => a + b * b, 0))
    const within = limits.map((limit, i) => {
      const below = i === 0 ? -Infinity : limits[i - 1]!
      return values.filter((value) => value >= below && value < limit).length
    })
    expect(counts).to.deep.equal(within)
    expect(limits).to.deep.equal([...limits].sort((a, b) => a - b))
  })

  it('histograms of nothing, of what is not finite, of extremes', () => {
    expect(histogramOf([]).num).to.equal(0)
    expect(histogramOf([NaN, Infinity, -Infinity]).num).to.equal(0)
    const { counts, num } = histogramOf([-1e308, -1e-320, 0, 1e-320, 1e308, Number.MAX_VALUE])
    expect(num).to.equal(6)
    expect(counts.reduce((a, b) => a + b)).to.equal(6)
  })

  it('says from which step on earlier files no longer count', async function () {
    const starts = (file: string): Event[] | null =>
      readByPython(file)?.filter(({ session }) => session !== undefined) ?? null
    const writer = new SummaryWriter(path('runs/again'), { purgeStep: 7 })
    await writer.close()
    const events = starts(writer.path)
    if (events === null) this.skip()
    expect(events.map(({ step, session }) => [step, session])).to.deep.equal([[7, { 1: 1 }]])
    for (const purgeStep of [-1, 0.5, wrong('7')]) {
      expect(() => new SummaryWriter(path('runs/again'), { purgeStep })).to.throw(GradlaneError)
    }
    const startsOf = async (everyBatches: number, from: number): Promise<unknown> => {
      const logDir = path(`runs/${everyBatches}-${from}`)
      const logger = new TensorBoardLogger({ logDir, everyBatches })
      await new Subject().train([logger], epochsOf('loss', [3, 2, 1]), { from })
      return starts(join(logDir, readdirSync(logDir)[0]!))!.map(({ step }) => step)
    }
    expect(await startsOf(0, 0)).to.deep.equal([])
    expect(await startsOf(0, 2)).to.deep.equal([2])
    expect(await startsOf(2, 2)).to.deep.equal([]) // batches count in steps
  })

  it('writes scalars and histograms that Python reads', async function () {
    const before = Date.now() / 1000
    const writer = new SummaryWriter(path('runs/first'))
    writer.addScalar('loss', 0.5, 1)
    await writer.flush()
    writer.addScalar('lr/größe', 1e-3, 2 ** 40)
    writer.addHistogram('weights', tensor([-1, 0, 0, 0.25]), 3)
    writer.addScalar('loss', NaN, 4)
    await Promise.all([writer.flush(), writer.close()])
    const events = readByPython(writer.path)
    if (events === null) this.skip()
    const [version, loss, lr, weights, notANumber] = events
    expect(events).to.have.length(5)
    expect(version!.file_version).to.equal('brain.Event:2')
    expect(loss).to.deep.include({ step: 1, summary: [{ tag: 'loss', simple_value: 0.5 }] })
    expect(lr!.step).to.equal(2 ** 40)
    expect(lr!.summary).to.deep.equal([{ tag: 'lr/größe', simple_value: Math.fround(1e-3) }])
    const { histo } = weights!.summary![0]!
    expect(histo).to.deep.include({ min: -1, max: 0.25, num: 4, sum: -0.75, sum_squares: 1.0625 })
    expect(histo!.bucket.reduce((a, b) => a + b)).to.equal(4)
    expect(histo!.bucket).to.have.length(histo!.bucket_limit.length)
    expect(notANumber!.summary).to.deep.equal([{ tag: 'loss', simple_value: 'nan' }])
    for (const { wall_time: time } of events) expect(time).to.be.within(before, Date.now() / 1000)
  })

  it('logs a training: epochs, batches, parameters, gradients', async function () {
    const subject = new Subject()
    subject.model.parameters()[0]!.grad = tensor([[2]])
    const logger = new TensorBoardLogger({
      logDir: path('run'),
      everyBatches: 20,
      histogramsEvery: 2,
    })
    await subject.train([logger], epochsOf('loss', [4, 2, 1]))
    const [file] = readdirSync(path('run'))
    const events = readByPython(join(path('run'), file!))
    if (events === null) this.skip()
    const told = events.slice(1).map(({ step, summary }) => {
      const { tag, simple_value: value, histo } = summary![0]!
      return [tag, step, value ?? histo!.sum]
    })
    const bias = Math.fround(subject.model.parameters()[1]!.item())
    expect(told).to.deep.equal([
      ['epoch/loss', 0, 4],
      ['batch/loss', 20, 2],
      ['epoch/loss', 1, 2],
      ['parameters/0.weight', 1, 1],
      ['gradients/0.weight', 1, 2],
      ['parameters/0.bias', 1, bias],
      ['epoch/loss', 2, 1],
    ])
  })

  it('logs how far ranks have kept each other waiting', async function () {
    const ranks = { waitingSeconds: [3, 1, 2], efficiency: 0.5 }
    const logger = new TensorBoardLogger({ logDir: path('run') })
    await new Subject().train([logger], epochsOf('loss', [4]), { ranks })
    const events = readByPython(join(path('run'), readdirSync(path('run'))[0]!))
    if (events === null) this.skip()
    const told = events.slice(1).map(({ summary }) => [summary![0]!.tag, summary![0]!.simple_value])
    expect(told).to.deep.equal([
      ['epoch/loss', 4],
      ['ranks/efficiency', 0.5],
      ['ranks/leastWaitingSeconds', 1],
      ['ranks/mostWaitingSeconds', 3],
    ])
  })

  it('keeps runs of one folder apart', async () => {
    const writers = [1, 2].map(() => new SummaryWriter(path('run')))
    await Promise.all(writers.map((writer) => writer.close()))
    expect(readdirSync(path('run'))).to.have.length(2)
  })

  it('tells what is wrong with its arguments', () => {
    expect(() => new SummaryWriter('')).to.throw(GradlaneError, /a folder, got an empty string/)
    const writer = new SummaryWriter(path('run'))
    const mistakes: [() => void, RegExp][] = [
      [
        () => {
          writer.addScalar('', 1, 1)
        },
        /the tag/,
      ],
      [
        () => {
          writer.addScalar('a', wrong('1'), 1)
        },
        /value of a.*number, got /,
      ],
      [
        () => {
          writer.addScalar('a', 1, -1)
        },
        /step of a.*-1/,
      ],
      [
        () => {
          writer.addScalar('a', 1, wrong(undefined))
        },
        /step of a/,
      ],
      [
        () => {
          writer.addHistogram('a', wrong([1]), 1)
        },
        /a Tensor, got an array/,
      ],
      [
        () => {
          writer.addHistogram('a', fromTypedArray(new Float32Array(1)), 0.5)
        },
        /0\.5/,
      ],
      [() => new TensorBoardLogger({ logDir: 'x', everyBatches: -1 }), /everyBatches/],
    ]
    for (const [call, message] of mistakes) expect(call).to.throw(GradlaneError, message)
  })
})
