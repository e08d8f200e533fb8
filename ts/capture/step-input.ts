import { checkObject } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { itemSize } from '../kernels/dtype.js'
import { bytesIn } from '../tensor/memory.js'
import { formatShape, noTensor, sizeOf, Tensor } from '../tensor/tensor.js'
import { sameShape } from '../tensor/workspace.js'

/** An input of a captured step. */
export interface InputPort {
  readonly name: string
  readonly tensor: Tensor
}

/**
 * What was given for each of the ports, or undefined, read once and checked: getters and tensors of
 * subclasses may say something else each time, or run the step themselves.
 *
 * @param rows Whether there is a dimension more in front, of the same size for all.
 * @throws ValueError when a name is no input's; ValueError, ShapeError, DTypeError when an input is not
 *   like its example.
 */
export function readInputs(
  who: string,
  ports: readonly InputPort[],
  inputs: Readonly<Record<string, unknown>>,
  rows: boolean,
): (Tensor | undefined)[] {
  checkObject(who, 'the inputs', inputs)
  checkNames(who, ports, inputs)
  let count: number | undefined
  return ports.map(({ name, tensor }) => {
    const input = inputs[name]
    if (input === undefined) return undefined
    if (!(input instanceof Tensor)) throw noTensor(who, `input ${name}`, input)
    const { buffer, byteOffset, shape, dtype } = input
    if (dtype !== tensor.dtype) {
      const wanted = `${tensor.dtype} as in the capture`
      throw new DTypeError(complaint(who, `input ${name}`, wanted, dtype))
    }
    if (rows) count ??= shape[0] ?? 0
    const expected = count === undefined ? tensor.shape : [count, ...tensor.shape]
    if (!sameShape(shape, expected)) {
      const hint = 'a step is captured for one shape; capture another for the last, smaller batch'
      const [wanted, got] = [`shape ${formatShape(expected)}`, `shape ${formatShape(shape)}`]
      throw new ShapeError(complaint(who, `input ${name}`, wanted, got, hint))
    }
    const length = count === undefined ? tensor.length : sizeOf(expected)
    const size = itemSize[dtype]
    const bytes = bytesIn(buffer)
    const inside = byteOffset >= 0 && byteOffset + length * size <= bytes
    if (!inside || byteOffset % size !== 0) {
      const wanted = `${length} elements of ${size} bytes within its ArrayBuffer`
      const got = `offset ${byteOffset} in ${bytes} bytes`
      const hint = 'was it detached or resized?'
      throw new ValueError(complaint(who, `input ${name}`, wanted, got, hint))
    }
    return new Tensor(buffer, byteOffset, expected, dtype, length)
  })
}

function checkNames(who: string, ports: readonly InputPort[], inputs: object): void {
  for (const name of Object.keys(inputs)) {
    if (ports.some((port) => port.name === name)) continue
    const known = ports.map((port) => port.name).join(', ') || 'none'
    throw new ValueError(`${who}: there is no input ${name}; the inputs are ${known}`)
  }
}
