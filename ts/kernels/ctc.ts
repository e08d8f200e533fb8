import { type ArgsOf, flag, number, operation, overwritten, read } from './operation.js'

/**
 * Connectionist temporal classification of log-probabilities (steps, rows, classes), PyTorch's CTCLoss: for
 * each row
 *   loss[n] = -log Σ Π_t exp(logProbs[t, n, path[t]]),   t < inputLengths[n]
 * over all paths that become its labels when runs of a class count once and blanks are then left out;
 * Infinity, or 0 with `zeroInfinity`, where there is no path.
 *
 * `targets` (int32, `labels` of them) holds the labels row by row: targetLengths[n] of each, one row behind
 * the other where they are `concatenated`, else at the beginning of labels / rows places. Both lengths are
 * int32. For the gradient `lattice` (float64, steps * (2 * labels + rows)) receives the logarithms of what
 * the beginnings of paths come to, at each step and place among the labels with blanks around them (0 behind
 * a length), and
 * `likelihood` (float64, rows) -loss without `zeroInfinity`.
 *
 * A length that is negative or more than there is, labels that `targetLengths` do not add up to, and a label
 * outside [0, classes) or equal to `blank`, raise `ERR_VALUE` before anything is written.
 */
export const ctc = operation('logProbs', {
  logProbs: read,
  targets: read,
  inputLengths: read,
  targetLengths: read,
  loss: overwritten,
  lattice: overwritten,
  likelihood: overwritten,
  steps: number,
  rows: number,
  classes: number,
  labels: number,
  blank: number,
  concatenated: flag,
  zeroInfinity: flag,
})
export type CtcArgs = ArgsOf<typeof ctc>

/**
 * Gradient of `ctc` by the log-probabilities: grad[t, n, c] is minus gradLoss[n] times the probability that a
 * path of row n is at class c at step t; 0 behind its length. NaN where there is no path, or 0 with
 * `zeroInfinity`.
 */
export const ctcGradient = operation('logProbs', {
  logProbs: read,
  targets: read,
  inputLengths: read,
  targetLengths: read,
  lattice: read,
  likelihood: read,
  gradLoss: read,
  grad: overwritten,
  steps: number,
  rows: number,
  classes: number,
  labels: number,
  blank: number,
  concatenated: flag,
  zeroInfinity: flag,
})
export type CtcGradientArgs = ArgsOf<typeof ctcGradient>

export const ctcOperations = { ctc, ctcGradient }
