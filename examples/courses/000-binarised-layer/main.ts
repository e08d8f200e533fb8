// A binarised layer: reads inputs and weights from stdin, takes the sum of the outputs for the loss, and
// prints its gradients by the inputs and by the weights. Each matrix comes as its number of rows, its
// number of columns and its rows, one a line.
// Run: node --import tsx examples/courses/000-binarised-layer/main.ts < examples/courses/000-binarised-layer/input.txt
import { readFileSync } from 'node:fs'
import { nn, ones, tensor, type Tensor } from '../../../ts/index.js'

/** What stdin should have held, and did not. */
class InputError extends Error {}

/** The lines of a text, taken one after the other. */
class Lines {
  readonly #lines: readonly string[]
  #next = 0

  constructor(text: string) {
    this.#lines = text.trimEnd().split('\n')
  }

  /** The words of the next line. */
  #take(what: string): string[] {
    if (this.#next >= this.#lines.length) {
      throw new InputError(`stdin ends before ${what}`)
    }
    const line = this.#lines[this.#next++]!.trim()
    return line === '' ? [] : line.split(/\s+/)
  }

  #wrong(expected: string, got: readonly string[]): InputError {
    return new InputError(`line ${this.#next}: expected ${expected}, got "${got.join(' ')}"`)
  }

  size(what: string): number {
    const words = this.#take(what)
    const value = Number(words[0])
    if (words.length !== 1 || !Number.isSafeInteger(value) || value < 1) {
      throw this.#wrong(`${what}, a whole number of at least 1`, words)
    }
    return value
  }

  matrix(what: string): Tensor {
    const rows = this.size(`the number of rows of ${what}`)
    const columns = this.size(`the number of columns of ${what}`)
    const values = Array.from({ length: rows }, (_, row) => {
      const words = this.#take(`row ${row + 1} of ${what}`)
      const numbers = words.map(Number)
      if (numbers.length !== columns || !numbers.every(Number.isFinite)) {
        throw this.#wrong(`${columns} numbers, row ${row + 1} of ${what}`, words)
      }
      return numbers
    })
    return tensor(values)
  }

  end(): void {
    if (this.#next < this.#lines.length) {
      throw this.#wrong('the end after the weights', this.#take(''))
    }
  }
}

function read(): { inputs: Tensor; weights: Tensor } {
  const lines = new Lines(readFileSync(0, 'utf8'))
  const inputs = lines.matrix('the inputs')
  const weights = lines.matrix('the weights')
  lines.end()
  const [features, expected] = [weights.shape[1]!, inputs.shape[1]!]
  if (features !== expected) {
    throw new InputError(`the weights have ${features} columns, the inputs ${expected}`)
  }
  return { inputs, weights }
}

/** Rows of a matrix as text. */
function print(matrix: Tensor, digits: number): void {
  for (let row = 0; row < matrix.shape[0]!; row++) {
    console.log(Array.from(matrix.select(0, row).data, (value) => value.toFixed(digits)).join(' '))
  }
}

try {
  const { inputs, weights } = read()
  const [outFeatures, inFeatures] = weights.shape as [number, number]
  const layer = new nn.BinaryLinear(inFeatures, outFeatures, {
    weightEstimator: 'straightThrough',
    inputEstimator: 'parabola',
  })
  layer.weight.data.set(weights.data)
  const outputs = layer.forward(inputs)
  print(layer.backward(inputs, ones(outputs.shape)), 4)
  print(layer.weight.grad!, 1) // sums of -1 and 1
} catch (error) {
  if (!(error instanceof InputError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
