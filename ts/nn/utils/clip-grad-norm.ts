import { checkArguments, isWithin } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { type Option, type Options, readOptions } from '../../options.js'
import { emptyPooled } from '../../tensor/pool.js'
import { empty, type Tensor } from '../../tensor/tensor.js'
import { noteWrite } from '../../tensor/written.js'
import type { Parameter } from '../parameter.js'
import { type Part, partsOf, slotOf } from './gradients.js'

export interface ClipGradNormOptions {
  /** p of the p-norm, a positive number or Infinity. Default 2. */
  normType?: number
}

const NORM: Option<number> = {
  initial: 2,
  expected: 'positive or Infinity',
  accepts: (value) => typeof value === 'number' && value > 0,
}

const SCALAR = Object.freeze([])

const OPTIONS = { normType: NORM } satisfies Options<ClipGradNormOptions>

/**
 * Scales the gradients of all parameters in place so that together, as one vector, they have a norm of
 * at most `maxNorm`:
 *
 *     gradient = gradient · min(1, maxNorm / (norm + 1e-6))
 *
 * Call it between `backward` and `step`.
 *
 * @returns the norm before clipping, 0-d, float64; 0 when no parameter has a gradient.
 * @throws ValueError when maxNorm is negative or NaN, normType is not positive, or something is no
 *   Parameter.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 *
 * @example
 * nn.utils.clipGradNorm_(model.parameters(), 1)
 */
export function clipGradNorm_(
  parameters: Parameter | Iterable<Parameter>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  checkArguments('clipGradNorm_', 3, arguments)
  const { normType } = readOptions('clipGradNorm_', OPTIONS, options)
  if (!isWithin(maxNorm, 0, Infinity)) {
    throw new ValueError(complaint('clipGradNorm_', 'maxNorm', 'a number of at least 0', maxNorm))
  }
  const parts = partsOf('clipGradNorm_', parameters)
  const total = normOf(parts, normType)
  for (const { runs, slots } of parts) {
    kernels().clipGradients({ norm: total, maxNorm, slots })
    for (const run of runs) noteWrite(run)
  }
  return total
}

/**
 * The norm of all gradients together, as one vector: 0-d, float64; 0 when no parameter has a gradient.
 *
 * @internal
 */
export function gradNormOf(parameters: Iterable<Parameter>): Tensor {
  return normOf(partsOf('gradNormOf', parameters), 2)
}

function normOf(parts: readonly Part[], normType: number): Tensor {
  const backend = kernels()
  if (parts.length === 0) return empty(SCALAR, 'float64')
  const total = emptyPooled(SCALAR, 'float64')
  if (parts.length === 1) backend.gradNorm({ out: total, p: normType, slots: parts[0]!.slots })
  if (parts.length === 1) return total
  const norms = empty([parts.length], 'float64')
  parts.forEach(({ slots }, i) => {
    backend.gradNorm({ out: norms.narrow(0, i, 1), p: normType, slots })
  })
  // The norm of all is the norm of the norms.
  backend.gradNorm({ out: total, p: normType, slots: [slotOf(norms)] })
  return total
}
