import { joined, joinsGraph } from '../../autograd/differentiable.js'
import { checkArguments, checkList } from '../../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../../errors.js'
import { finite, flag, type Options, readOptions } from '../../options.js'
import { full } from '../../tensor/create.js'
import { copyStrided, placesOf } from '../../tensor/strided.js'
import { empty, formatShape, noTensor, type Shape, Tensor } from '../../tensor/tensor.js'
import { sameShape } from '../../tensor/workspace.js'

export interface PadSequenceOptions {
  /** Whether the result is (N, T, …) in place of (T, N, …). Default false. */
  batchFirst?: boolean
  /** What stands behind the end of a sequence. Default 0. */
  paddingValue?: number
}

const OPTIONS = {
  batchFirst: flag(false),
  paddingValue: finite(0),
} satisfies Options<PadSequenceOptions>

/**
 * Sequences of different lengths in one tensor, the shorter ones filled up at their end; of any one dtype.
 *
 * @param sequences N of them, each of shape (L, …), the same behind the first dimension.
 * @returns (T, N, …) with T the largest L, or (N, T, …) with `batchFirst`.
 * @throws ValueError when there is none, or the padding value does not fit the dtype; ShapeError,
 *   DTypeError when they differ in more than their lengths.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html
 *
 * @example
 * data.padSequence([tensor([1, 2, 3]), tensor([4])], { batchFirst: true }).toArray() // [[1, 2, 3], [4, 0, 0]]
 */
export function padSequence(
  sequences: readonly Tensor[],
  options: PadSequenceOptions = {},
): Tensor {
  checkArguments('padSequence', 2, arguments)
  const { batchFirst, paddingValue } = readOptions('padSequence', OPTIONS, options)
  checkList('padSequence', 'the sequences', sequences)
  return padded('padSequence', [...sequences], batchFirst, paddingValue)
}

/** @internal */
export function padded(
  who: string,
  sequences: readonly Tensor[],
  batchFirst: boolean,
  paddingValue: number,
): Tensor {
  const first = checkedFirst(who, sequences)
  const { dtype } = first
  const tail = first.shape.slice(1)
  const steps = sequences.reduce((most, { shape }) => Math.max(most, shape[0]!), 0)
  const count = sequences.length
  const shape = batchFirst ? [count, steps, ...tail] : [steps, count, ...tail]
  const out = full(shape, paddingValue, { dtype })
  const { strides } = placesOf(shape)
  const at = (row: number) => ({
    offset: row * strides[batchFirst ? 0 : 1]!,
    strides: [strides[batchFirst ? 1 : 0]!, ...strides.slice(2)],
  })
  sequences.forEach((sequence, row) => {
    copyStrided(sequence, placesOf(sequence.shape), out, at(row), sequence.shape)
  })
  if (!joinsGraph(...sequences)) return out
  const shapes: readonly Shape[] = sequences.map((sequence) => sequence.shape)
  const inputs = [...sequences]
  return joined(who, inputs, { batchFirst, paddingValue }, out, [], ([gradient], wants) =>
    shapes.map((own, row) => {
      if (!wants[row]) return null
      const part = empty(own, dtype)
      copyStrided(gradient!, at(row), part, placesOf(own), own)
      return part
    }),
  )
}

function checkedFirst(who: string, sequences: readonly unknown[]): Tensor {
  const [first] = sequences
  if (sequences.length === 0) {
    throw new ValueError(complaint(who, 'the sequences', 'an array of at least one', 'none'))
  }
  if (!(first instanceof Tensor)) throw noTensor(who, 'sequence 0', first)
  if (first.ndim === 0) {
    const got = `shape ${formatShape(first.shape)}`
    throw new ShapeError(complaint(who, 'sequence 0', 'of shape (L, …)', got))
  }
  sequences.forEach((sequence, i) => {
    if (!(sequence instanceof Tensor)) throw noTensor(who, `sequence ${i}`, sequence)
    if (sequence.dtype !== first.dtype) {
      const expected = `${first.dtype}, as sequence 0 is`
      throw new DTypeError(complaint(who, `sequence ${i}`, expected, sequence.dtype))
    }
    if (sequence.ndim !== first.ndim || !sameShape(sequence.shape.slice(1), first.shape.slice(1))) {
      const expected = `of shape (L${['', ...first.shape.slice(1)].join(', ')}), as sequence 0 is`
      const got = `shape ${formatShape(sequence.shape)}`
      throw new ShapeError(complaint(who, `sequence ${i}`, expected, got))
    }
  })
  return first
}
