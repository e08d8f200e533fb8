/**
 * The inputs of the fixtures that PyTorch's results were made from: the same formulas as in
 * test/fixtures/formula.py, in numbers that float32 holds exactly.
 */
export type InputKind = 'plain' | 'nan' | 'inf' | '-inf' | 'far' | 'gradient'

const specials: Partial<Record<InputKind, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity }

/** The seeds of what a layer is given; its parameters have 3, 4, … */
export const seeds = { input: 1, gradient: 2, parameters: 3 } as const

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1)

export function numbers(
  shape: readonly number[],
  seed: number,
  kind: InputKind = 'plain',
): number[] {
  const size = sizeOf(shape)
  const values = Array.from({ length: size }, (_, i) => {
    const value = (((7 * i * i + 13 * i + 29 * seed) % 61) - 30) / 16
    return kind === 'far' ? value + 1e4 * (((i * i + seed) % 3) - 1) : value
  })
  const special = specials[kind]
  if (special !== undefined) values[Math.floor(size / 3)] = special
  return values
}

export const probabilities = (shape: readonly number[], seed: number): number[] =>
  numbers(shape, seed).map((value) => (value + 2) / 4)

export const indices = (shape: readonly number[], below: number): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => (7 * i * i + 13 * i + 2) % below)

/** What a layer's gradOutput is; of the kind `gradient` with a NaN and an infinity. */
export function gradients(shape: readonly number[], kind: InputKind): number[] {
  const values = numbers(shape, seeds.gradient)
  if (kind === 'gradient') {
    values[Math.floor(values.length / 3)] = NaN
    values[Math.floor(values.length / 2)] = Infinity
  }
  return values
}

/** Parameter or buffer `number` of a module. */
export function stateNumbers(key: string, shape: readonly number[], number: number): number[] {
  if (key.endsWith('num_batches_tracked')) return [3]
  const values = numbers(shape, seeds.parameters + number)
  return key.endsWith('running_var') ? values.map((value) => Math.abs(value) + 0.5) : values
}
