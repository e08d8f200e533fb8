import { ShapeError } from '../../errors.js'
import type { PhiloxStream } from './philox.js'

interface Place {
  readonly runs?: number
  readonly before?: number
  readonly after?: number
}

/**
 * Calls `draw` for each of n numbers, with the stream at the first of its `words`, and leaves the stream where the
 * call for all of them would.
 *
 * @param draw Is told how many numbers of that call come before it, too.
 * @param group Numbers that are drawn together: the stream is at the first one's words, or behind them all.
 */
export function drawEach(
  op: string,
  stream: PhiloxStream,
  n: number,
  words: number,
  { runs = 1, before = 0, after = 0 }: Place,
  draw: (i: number, number: number) => void,
  group = 1,
): void {
  if (!(runs > 0 && n % runs === 0)) {
    throw new ShapeError(`${op}: expected runs that make ${n} numbers, got ${runs}`)
  }
  checkPassed(op, before, after, runs)
  const run = n / runs
  for (let i = 0, number = 0; i < n; i++) {
    if (i % run === 0) number += before
    stream.passTo((number - (number % group)) * words)
    draw(i, number++)
    if (i % run === run - 1) number += after
  }
  stream.passTo(runs * (before + run + after) * words)
}

/** @throws ShapeError unless `before` and `after` times `each` are numbers that can be counted. */
export function checkPassed(op: string, before: number, after: number, each: number): void {
  if (before >= 0 && after >= 0 && (before + after) * each <= 2 ** 53) return
  throw new ShapeError(`${op}: expected places in a batch, got ${before} before and ${after} after`)
}
