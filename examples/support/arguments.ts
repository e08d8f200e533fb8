import { parseArgs } from 'node:util'
import { manualSeed, setBackend } from '../../ts/index.js'

/** A whole number of at least `min` from the command line; ends the program with a message otherwise. */
export function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
    refuse(`--${option}: expected a whole number of at least ${min}, got ${text}`)
  }
  return value
}

/** Switches to the backend that the command line names; does nothing when it names none. */
export function chooseBackend(name: string | undefined): void {
  if (name === undefined) return
  if (name !== 'native' && name !== 'reference') {
    refuse(`--backend: expected native or reference, got ${name}`)
  }
  setBackend(name)
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

/** What the examples with convolutional networks take. */
export interface ImageOptions {
  readonly epochs: number
  readonly batchSize: number
  /** Images to train on, and to test on. */
  readonly samples: number
  readonly testSamples: number
  /** Whether all images are used. */
  readonly full: boolean
  readonly positionals: readonly string[]
}

/**
 * Reads `--epochs` (2), `--batch-size` (64), `--samples` (60,000), `--test-samples` (10,000), and obeys
 * `--backend` and `--seed` (42).
 *
 * @param given Other numbers than these two.
 */
export function imageOptions(given = { epochs: 2, batchSize: 64 }): ImageOptions {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: 'string' },
      epochs: { type: 'string', default: String(given.epochs) },
      'batch-size': { type: 'string', default: String(given.batchSize) },
      seed: { type: 'string', default: '42' },
      samples: { type: 'string', default: '60000' },
      'test-samples': { type: 'string', default: '10000' },
    },
  })
  const samples = Math.min(wholeNumber('samples', values.samples, 1), 60_000)
  const testSamples = Math.min(wholeNumber('test-samples', values['test-samples'], 1), 10_000)
  const options = {
    epochs: wholeNumber('epochs', values.epochs, 1),
    batchSize: wholeNumber('batch-size', values['batch-size'], 1),
    samples,
    testSamples,
    full: samples === 60_000 && testSamples === 10_000,
    positionals,
  }
  const seed = wholeNumber('seed', values.seed, 0)
  chooseBackend(values.backend)
  manualSeed(seed)
  return options
}
