import { getBackend } from '../kernels/backend.js'
import type { Capture } from '../kernels/program.js'
import { Tensor } from '../tensor/tensor.js'
import { forgetWrites } from '../tensor/written.js'
import { Gradients, restoreGradients } from './gradients.js'
import type { Outputs } from './outputs.js'
import { RecordedStep } from './recorded-step.js'
import { record } from './recorder.js'
import { checkSameStep } from './same-step.js'
import { Settings } from './settings.js'

/**
 * Records a function twice, to see that it does the same each time. Gradients are afterwards as before;
 * modules and criteria have forgotten their last pass.
 *
 * @param known Settings of an earlier recording.
 * @throws CaptureError when it reads or writes numbers, returns something else than tensors, or does
 *   not do the same each time.
 */
export function recordStep<I extends Readonly<Record<string, Tensor>>, O extends Outputs>(
  fn: (inputs: I) => O,
  inputs: I,
  known: Settings | null = null,
): RecordedStep<O> {
  const backend = getBackend()
  const before = known?.again()
  const capture: Capture = {
    scratch: new Set(),
    used: new Set(),
    passed: new Set(),
    written: new Map(),
    gradients: new Map(),
  }
  try {
    const first = record(capture, backend, () => fn({ ...inputs }))
    const passing = new Set(capture.scratch)
    for (const { buffer } of Object.values(inputs)) passing.add(buffer)
    const settings = new Settings(usedBy(capture), passing)
    // What the function sets by itself it does not go by.
    if (before !== undefined) {
      before.leaveOutChanges()
      settings.leaveOutWhat(before)
    }
    const second = record(capture, backend, () => fn({ ...inputs }))
    checkSameStep(first.calls, second.calls)
    settings.leaveOutChanges()
    const gradients = new Gradients(capture)
    for (const buffer of gradients.memory) capture.scratch.delete(buffer)
    return new RecordedStep(inputs, second, capture, settings, gradients)
  } finally {
    restoreGradients(capture)
    forgetWrites(capture.written)
  }
}

/** What took part and is there from one pass to the next. */
function usedBy({ used, passed, scratch }: Capture): Set<object> {
  const isResult = (object: object): boolean =>
    object instanceof Tensor && scratch.has(object.buffer)
  return new Set([...used, ...passed].filter((object) => !isResult(object)))
}
