import { FormatError, ValueError } from '../errors.js'
import { info } from '../info.js'
import { openSafetensors, type OpenSafetensors, safetensorsToBuffer } from '../io/safetensors.js'
import { readWhole, readWholeSync } from '../io/whole-file.js'
import { reasonOf } from '../show.js'
import { Tensor } from '../tensor/tensor.js'
import { decoded, encoded, type State } from './checkpoint-encoding.js'
import { checkedState, type Saved } from './checkpoint-state.js'
import { type Flow, wait } from './flow.js'

const FORMAT = 'gradlane-checkpoint'
const VERSION = '4'

/** All that is no tensor, as JSON in UTF-8, and tensors that have no name of their own. */
const REST = 'state.json'
const PACKED = 'small.tensors'

/** Whatever could be written can be read: the length of a header is all that limits the names in it. */
const LIMITS = { maxHeaderBytes: Infinity, maxNames: Infinity }

/** The bytes of a file, and what its tensors were made from. */
interface Written {
  readonly bytes: Uint8Array
  readonly tensors: Readonly<Record<string, Tensor>>
}

/**
 * The bytes of a checkpoint: a safetensors file whose tensors are those of the state, by their path in
 * it, one that holds the small ones, and one that holds the rest. They are a copy: the state may change
 * afterwards.
 *
 * @throws ValueError when something in the state is of another kind, such as a Map; FormatError when what
 *   it comes to could not be read again.
 */
export function checkpointToBuffer(who: string, saved: Saved): Uint8Array {
  const { bytes, tensors } = written(saved as unknown as State)
  try {
    // The checksum was computed from these very bytes, and the tensors are those that they were copied from.
    const file = openSafetensors(who, bytes, { ...LIMITS, checksum: false })
    const tensor = (name: string): Tensor | undefined =>
      file.entries.has(name) ? tensors[name] : undefined
    checkedState(who, stateIn(who, file, tensor))
  } catch (error) {
    const reason = reasonOf(error)
    throw new FormatError(`${who}: it was not written, for it could not be read again: ${reason}`)
  }
  return bytes
}

/** @internal Any state, whether it is that of a training or not. */
export function written(state: State): Written {
  const { tensors, packed, rest } = encoded(state, [REST, PACKED])
  const all = { ...tensors, [PACKED]: bytesTensor(packed), [REST]: bytesTensor(rest) }
  const metadata = { format: FORMAT, formatVersion: VERSION, gradlane: info().version }
  return { bytes: safetensorsToBuffer(all, { metadata }), tensors: all }
}

/** @throws ValueError when something in the state, which is called so, could not be saved. */
export function checkState(name: string, state: State): void {
  encoded({ [name]: state }, [])
}

/** @throws ValueError when something in a whole state is of another form than what is read. */
export function checkSaved(who: string, saved: Saved): void {
  encoded(saved as unknown as State, [])
  try {
    checkedState(who, saved as unknown as State)
  } catch (error) {
    throw new ValueError(reasonOf(error))
  }
}

/** The bytes of a checkpoint; undefined when there is no such file. */
export function* readCheckpoint(path: string, sync: boolean): Flow<Uint8Array | undefined> {
  try {
    return yield* wait(sync ? readWholeSync(path) : readWhole(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The state in a checkpoint.
 *
 * @throws FormatError when it is no checkpoint, or damaged, or of another version of the format.
 */
export function savedIn(who: string, bytes: Uint8Array): Saved {
  const file = openSafetensors(who, bytes, { ...LIMITS, checksum: true })
  const { metadata, entries, checked } = file
  if (metadata['format'] !== FORMAT) {
    throw new FormatError(`${who}: it is a safetensors file, but no checkpoint of fit`)
  }
  if (metadata['formatVersion'] !== VERSION) {
    throw new FormatError(
      `${who}: it was written by gradlane ${metadata['gradlane']} in version ` +
        `${metadata['formatVersion']} of the format; this one reads version ${VERSION}`,
    )
  }
  if (!checked) {
    throw new FormatError(`${who}: it has no checksum, so it was written anew by something else`)
  }
  const tensor = (name: string): Tensor | undefined =>
    entries.has(name) ? file.tensor(name) : undefined
  return checkedState(who, stateIn(who, file, tensor))
}

function stateIn(
  who: string,
  file: OpenSafetensors,
  tensor: (name: string) => Tensor | undefined,
): State {
  const [rest, packed] = [REST, PACKED].map((name) => {
    if (file.entries.get(name)?.dtype !== 'U8') throw new FormatError(`${who}: it has no ${name}`)
    const { buffer } = file.tensor(name)
    return new Uint8Array(buffer)
  }) as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
  return decoded(who, { rest, packed, tensor })
}

function bytesTensor(bytes: Uint8Array<ArrayBuffer>): Tensor {
  return new Tensor(bytes.buffer, bytes.byteOffset, [bytes.length], 'uint8', bytes.length)
}
