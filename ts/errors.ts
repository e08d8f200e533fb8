import { show } from './show.js'

/** The stable codes that every error of gradlane carries. */
export type ErrorCode =
  | 'ERR_SHAPE'
  | 'ERR_DTYPE'
  | 'ERR_VALUE'
  | 'ERR_NOT_FINITE'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_GRADCHECK'
  | 'ERR_CAPTURE'
  | 'ERR_FORMAT'
  | 'ERR_LOCKED'
  | 'ERR_DISTRIBUTED'
  | 'ERR_BINDING_NOT_FOUND'
  | 'ERR_ASSET_NOT_FOUND'

/**
 * Base class of all errors that gradlane throws on purpose. `code` is stable across versions, the
 * message is not. Raised before any state is changed.
 */
export class GradlaneError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = new.target.name
  }
}

/** A rank or a size is not what the operation needs (`ERR_SHAPE`). */
export class ShapeError extends GradlaneError {
  constructor(message: string) {
    super('ERR_SHAPE', message)
  }
}

/** An element type is not what the operation needs (`ERR_DTYPE`). */
export class DTypeError extends GradlaneError {
  constructor(message: string) {
    super('ERR_DTYPE', message)
  }
}

/** A value is outside its domain: a NaN learning rate, a label out of range (`ERR_VALUE`). */
export class ValueError extends GradlaneError {
  constructor(message: string) {
    super('ERR_VALUE', message)
  }
}

/**
 * The system has no memory for an operation; the message says how many bytes were asked for
 * (`ERR_OUT_OF_MEMORY`). What the operation was writing holds no result. gradlane goes on: a smaller
 * batch may fit.
 */
export class OutOfMemoryError extends GradlaneError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_OUT_OF_MEMORY', message, options)
  }
}

/** Something that a captured step cannot do, or cannot be asked to do (`ERR_CAPTURE`). */
export class CaptureError extends GradlaneError {
  constructor(message: string) {
    super('ERR_CAPTURE', message)
  }
}

/** A number that has to be finite is NaN or infinite (`ERR_NOT_FINITE`). */
export class NotFiniteError extends GradlaneError {
  constructor(message: string) {
    super('ERR_NOT_FINITE', message)
  }
}

/** A file or buffer is truncated, corrupt or of another format (`ERR_FORMAT`). */
export class FormatError extends GradlaneError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_FORMAT', message, options)
  }
}

/** A file that is to be written is being written by another training (`ERR_LOCKED`). */
export class LockedError extends GradlaneError {
  constructor(message: string) {
    super('ERR_LOCKED', message)
  }
}

/** The processes of a job of several could not be brought together, or no longer are (`ERR_DISTRIBUTED`). */
export class DistributedError extends GradlaneError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_DISTRIBUTED', message, options)
  }
}

/** No native binary could be loaded (`ERR_BINDING_NOT_FOUND`). */
export class BindingNotFoundError extends GradlaneError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_BINDING_NOT_FOUND', message, options)
  }
}

/** A file that belongs to the package, or an optional package, is not there (`ERR_ASSET_NOT_FOUND`). */
export class AssetNotFoundError extends GradlaneError {
  constructor(message: string) {
    super('ERR_ASSET_NOT_FOUND', message)
  }
}

/** Changes a message; the stack repeats it, and it is the stack that an uncaught error shows. */
export function retell(error: Error, message: string): void {
  const stack = error.stack?.replace(error.message, () => message)
  error.message = message
  if (stack !== undefined) error.stack = stack
}

/**
 * The one builder of messages about a wrong argument: who complains, about what, what it expected,
 * what came, and the likely fix. What came may be anything; a text stands as it is.
 *
 * @example
 * throw new ShapeError(complaint('Linear(784, 128)', 'input', 'shape (N, 784)', 'shape (64, 28, 28)', 'put nn.Flatten() before it'))
 */
export function complaint(
  who: string,
  what: string,
  expected: string,
  got: unknown,
  hint?: string,
): string {
  const came = typeof got === 'string' ? got : show(got)
  return `${who}: expected ${what} to be ${expected}, got ${came}${hint ? `; ${hint}` : ''}`
}
