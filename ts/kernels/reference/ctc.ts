import { ValueError } from '../../errors.js'
import type { CtcArgs, CtcGradientArgs } from '../ctc.js'
import { doubles, floats, ints } from './operand.js'

type Given = Pick<
  CtcArgs,
  | 'targets'
  | 'inputLengths'
  | 'targetLengths'
  | 'steps'
  | 'rows'
  | 'classes'
  | 'labels'
  | 'blank'
  | 'concatenated'
>

/** The labels of a row with blanks around each, and where its part of the lattice begins. */
interface Row {
  readonly length: number
  readonly classes: readonly number[]
  readonly start: number
}

/** @throws ValueError for lengths and labels that do not fit. */
function rowsOf(op: string, args: Given): Row[] {
  const { steps, rows, classes, labels, blank, concatenated } = args
  const targets = ints(args.targets, labels, op, 'targets')
  const lengths = ints(args.inputLengths, rows, op, 'inputLengths')
  const counts = ints(args.targetLengths, rows, op, 'targetLengths')
  if (blank < 0 || blank >= classes) {
    throw new ValueError(`${op}: blank ${blank} is outside [0, ${classes})`)
  }
  const width = concatenated || rows === 0 ? 0 : Math.floor(labels / rows)
  let start = 0
  const found = Array.from({ length: rows }, (_, n): Row => {
    const most = concatenated ? labels - start : width
    checkLength(op, 'inputLengths', n, lengths[n]!, steps)
    checkLength(op, 'targetLengths', n, counts[n]!, most)
    const own = Array.from(targets.subarray(start, start + counts[n]!))
    own.forEach((label, i) => {
      if (label >= 0 && label < classes && label !== blank) return
      throw new ValueError(
        `${op}: label ${i} of row ${n} is ${label}, outside 0..${classes - 1} or the blank`,
      )
    })
    const row = {
      length: lengths[n]!,
      classes: [blank, ...own.flatMap((label) => [label, blank])],
      start: steps * (2 * start + n),
    }
    start += concatenated ? counts[n]! : width
    return row
  })
  if (start !== labels) {
    throw new ValueError(`${op}: targetLengths add up to ${start}, there are ${labels} labels`)
  }
  return found
}

function checkLength(op: string, what: string, n: number, length: number, most: number): void {
  if (length >= 0 && length <= most) return
  throw new ValueError(`${op}: ${what}[${n}] = ${length} is outside 0..${most}`)
}

function logSum(...logs: readonly number[]): number {
  const most = Math.max(...logs)
  if (most === -Infinity) return most
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0))
}

/** Whether a path may step over the blank before place s. */
function maySkip(classes: readonly number[], s: number): boolean {
  return s % 2 === 1 && s > 1 && s < classes.length && classes[s] !== classes[s - 2]
}

export function ctc(args: CtcArgs): void {
  const op = 'ctc'
  const { steps, rows, classes, labels, zeroInfinity } = args
  const logs = floats(args.logProbs, steps * rows * classes, op, 'logProbs')
  const losses = floats(args.loss, rows, op, 'loss')
  const lattice = doubles(args.lattice, steps * (2 * labels + rows), op, 'lattice')
  const likelihoods = doubles(args.likelihood, rows, op, 'likelihood')

  const found = rowsOf(op, args)
  lattice.fill(0)
  found.forEach(({ length, classes: places, start }, n) => {
    const width = places.length
    for (let t = 0; t < length; t++) {
      const before = start + (t - 1) * width
      for (let s = 0; s < width; s++) {
        const from =
          t === 0
            ? s < 2
              ? 0
              : -Infinity
            : logSum(
                lattice[before + s]!,
                s > 0 ? lattice[before + s - 1]! : -Infinity,
                maySkip(places, s) ? lattice[before + s - 2]! : -Infinity,
              )
        lattice[start + t * width + s] = from + logs[(t * rows + n) * classes + places[s]!]!
      }
    }
    const end = start + length * width - 1
    const nothing = width === 1 ? 0 : -Infinity
    likelihoods[n] =
      length === 0 ? nothing : logSum(lattice[end]!, width === 1 ? -Infinity : lattice[end - 1]!)
    losses[n] = zeroInfinity && likelihoods[n] === -Infinity ? 0 : 0 - likelihoods[n]
  })
}

export function ctcGradient(args: CtcGradientArgs): void {
  const op = 'ctcGradient'
  const { steps, rows, classes, labels, zeroInfinity } = args
  const logs = floats(args.logProbs, steps * rows * classes, op, 'logProbs')
  const lattice = doubles(args.lattice, steps * (2 * labels + rows), op, 'lattice')
  const likelihoods = doubles(args.likelihood, rows, op, 'likelihood')
  const slopes = floats(args.gradLoss, rows, op, 'gradLoss')
  const grads = floats(args.grad, steps * rows * classes, op, 'grad')
  const found = rowsOf(op, args)

  grads.fill(0)
  found.forEach(({ length, classes: places, start }, n) => {
    const width = places.length
    const likelihood = likelihoods[n]!
    if (likelihood === -Infinity && zeroInfinity) return
    // The logarithms of what the ends of paths come to, from a step on.
    let ends: number[] = []
    for (let t = length - 1; t >= 0; t--) {
      const at = (t * rows + n) * classes
      const shares = new Float64Array(classes)
      const later = ends
      const behind = places.map((_, s) => {
        if (t === length - 1) return s >= width - 2 ? 0 : -Infinity
        return logSum(
          later[s]!,
          later[s + 1] ?? -Infinity,
          maySkip(places, s + 2) ? later[s + 2]! : -Infinity,
        )
      })
      behind.forEach((log, s) => {
        shares[places[s]!]! += Math.exp(lattice[start + t * width + s]! + log - likelihood)
      })
      for (let c = 0; c < classes; c++) {
        grads[at + c] = -slopes[n]! * (likelihood === -Infinity ? NaN : shares[c]!)
      }
      ends = behind.map((log, s) => log + logs[at + places[s]!]!)
    }
  })
}

export const ctcKernels = { ctc, ctcGradient }
