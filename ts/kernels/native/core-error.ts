import {
  DistributedError,
  DTypeError,
  OutOfMemoryError,
  ShapeError,
  ValueError,
} from '../../errors.js'

const classes: Readonly<Record<string, new (message: string) => Error>> = {
  ERR_SHAPE: ShapeError,
  ERR_DTYPE: DTypeError,
  ERR_OUT_OF_MEMORY: OutOfMemoryError,
  ERR_DISTRIBUTED: DistributedError,
}

/** An error that a thread of the core tells of, as a call of the addon would throw it. */
export function errorOf(code: string, message: string): Error {
  return new (classes[code] ?? ValueError)(message)
}
