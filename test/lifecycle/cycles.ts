import { expect } from 'chai'

import { runProgram } from './built.js'

/** So many environments one after the other load the addon, compute and end; memory stays flat. */
export function loadAndUnload(times: number, holder: string): void {
  const { code, signal, stdout, stderr } = runProgram('cycles.mjs', [String(times), holder])
  expect({ code, signal, stderr }).to.deep.equal({ code: 0, signal: null, stderr: '' })
  // Over the second half. The resident memory moves by some MiB anyway; of 200 environments the kept
  // scratch of one worker (its packed panels alone) would be 100 x 0.3.
  const { grownMiB } = JSON.parse(stdout) as { grownMiB: number }
  expect(grownMiB).to.be.below(10)
}
