import { checkArguments, checkFlag } from './check.js'
import { getBackend } from './kernels/backend.js'
import { addon } from './kernels/native/load.js'

/**
 * Whether the native backend counts denormals as 0: results closer to 0 than the smallest normal number
 * (1.2e-38 in float32, 2.2e-308 in float64), and operands that are. Processors compute with them up to ten and
 * more times as slowly, which a training feels when its gradients fade. On by default, unlike in PyTorch.
 *
 * It is set for the whole process, worker threads of Node included, and counts from the next operation on; a
 * captured step or an epoch of `fit` that is running ends as it began. What gradlane does not compute,
 * numbers of JavaScript among it, is never touched. What is copied stays as it is.
 *
 * @returns whether it could be set: false on the reference backend, which always computes with denormals.
 * @throws ValueError when `mode` is neither true nor false.
 */
export function setFlushDenormal(mode: boolean): boolean {
  checkArguments('setFlushDenormal', 1, arguments)
  checkFlag('setFlushDenormal', 'mode', mode)
  return getBackend() === 'native' && addon().setFlushDenormal(mode)
}
