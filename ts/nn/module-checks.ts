import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import type { Gradient } from '../autograd/node.js'
import { formatShape, noTensor, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'
import type { Outputs } from './module-types.js'

/** What these checks need of a module. */
interface Described {
  describe(): string
}

/** @throws ValueError, ShapeError, DTypeError for what is no gradient by an output, a tensor or several. */
export function checkGradient(
  module: Described,
  what: string,
  gradOutput: unknown,
  output: Outputs,
): void {
  if (!(output instanceof Tensor)) {
    checkGradients(module, what, gradOutput, output)
    return
  }
  if (!(gradOutput instanceof Tensor)) throw noTensor(module.describe(), what, gradOutput)
  if (!sameShape(gradOutput.shape, output.shape)) {
    throw new ShapeError(
      complaint(
        module.describe(),
        what,
        `of the output's shape ${formatShape(output.shape)}`,
        `shape ${formatShape(gradOutput.shape)}`,
      ),
    )
  }
  if (gradOutput.dtype !== output.dtype) {
    throw new DTypeError(
      complaint(module.describe(), what, `${output.dtype} as the output is`, gradOutput.dtype),
    )
  }
}

/** Those by several outputs. */
function checkGradients(
  module: Described,
  what: string,
  gradOutput: unknown,
  output: Exclude<Outputs, Tensor>,
): void {
  const parts = Object.entries<Tensor | null>(output as Record<string, Tensor | null>)
  const several = typeof gradOutput === 'object' && !(gradOutput instanceof Tensor)
  const given: object = (several ? gradOutput : null) ?? {}
  const names = Object.keys(given)
  if (names.length !== parts.length || !names.every((name) => Object.hasOwn(output, name))) {
    const expected = `a gradient or null for each of ${parts.map(([name]) => name).join(', ')}`
    throw new ValueError(complaint(module.describe(), what, expected, gradOutput))
  }
  for (const [name, part] of parts) {
    const gradient: unknown = Reflect.get(given, name)
    if (gradient !== null && part !== null) {
      checkGradient(module, `${what}.${name}`, gradient, part)
    }
  }
}

/**
 * Refuses what a hook should not return.
 *
 * @param count Of gradients by inputs.
 */
export function checkParts(module: Described, method: string, got: unknown, count?: number): void {
  const isList = Array.isArray(got)
  const parts: unknown[] =
    typeof got === 'object' && got !== null && count !== 1 ? Object.values(got) : []
  const fits = (part: unknown): boolean =>
    part instanceof Tensor || (part === null && (count !== undefined || !isList))
  const isSome = count !== undefined || parts.some((part) => part instanceof Tensor)
  if (isSome && parts.length === (count ?? parts.length) && parts.every(fits)) return
  const expected = (count ?? 1) === 1 ? 'a Tensor' : `${count} Tensors or nulls, one an input`
  throw new ValueError(complaint(module.describe(), `what ${method} returns`, expected, got))
}

/** @throws ShapeError, DTypeError when a gradient by an input is not like it; null will do. */
export function checkInputGradients(
  module: Described,
  inputs: readonly Tensor[],
  gradients: readonly Gradient[],
): void {
  inputs.forEach(({ shape, dtype }, i) => {
    const gradient = gradients[i]
    if (!gradient || !dtype.startsWith('float')) return
    const isLike = sameShape(gradient.shape, shape)
    if (isLike && gradient.dtype === dtype) return
    const message = complaint(
      module.describe(),
      `the gradient by input ${i} that its backward returns`,
      `${formatShape(shape)} ${dtype} as the input is`,
      `${formatShape(gradient.shape)} ${gradient.dtype}`,
    )
    throw isLike ? new DTypeError(message) : new ShapeError(message)
  })
}
