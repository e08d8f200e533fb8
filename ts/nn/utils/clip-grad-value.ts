import { checkArguments, isWithin } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { BinaryKind, Broadcast } from '../../kernels/kernels.js'
import { full } from '../../tensor/create.js'
import { noteWrite } from '../../tensor/written.js'
import type { Parameter } from '../parameter.js'
import { partsOf } from './gradients.js'

const NAME = 'clipGradValue_'

/**
 * Limits each element of the gradients of all parameters, in place, to [-clipValue, clipValue]; NaN
 * stays NaN. Call it between `backward` and `step`.
 *
 * @throws ValueError when clipValue is negative or NaN, or something is no Parameter.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 *
 * @example
 * nn.utils.clipGradValue_(model.parameters(), 0.5)
 */
export function clipGradValue_(
  parameters: Parameter | Iterable<Parameter>,
  clipValue: number,
): void {
  checkArguments('clipGradValue_', 2, arguments)
  if (!isWithin(clipValue, 0, Infinity)) {
    throw new ValueError(complaint(NAME, 'clipValue', 'a number of at least 0', clipValue))
  }
  for (const { dtype, runs } of partsOf(NAME, parameters)) {
    const [low, high] = [-clipValue, clipValue].map((bound) => full([], bound, { dtype }))
    for (const run of runs) {
      noteWrite(run)
      const all = { broadcast: Broadcast.scalar, a: run, out: run, rows: 1, cols: run.length }
      kernels().binary({ ...all, kind: BinaryKind.max, b: low! })
      kernels().binary({ ...all, kind: BinaryKind.min, b: high! })
    }
  }
}
