import { checkArguments, checkPath } from '../check.js'
import type { Tensor } from '../tensor/tensor.js'
import { writeAtomically, writeAtomicallySync } from './atomic-write.js'
import {
  parseSafetensors,
  type ReadSafetensorsOptions,
  type Safetensors,
  type SafetensorsOptions,
  safetensorsToBuffer,
} from './safetensors.js'
import { readWhole, readWholeSync } from './whole-file.js'

/**
 * Saves tensors in the safetensors format, which Python's `safetensors` reads. The file has its old
 * content or the new one, also if the process dies meanwhile; its mode stays, and a symbolic link to it.
 * A checksum in the metadata, `gradlane_gmac`, tells `loadSafetensors` of damage.
 *
 * @param target A path or a `file:` URL, in a folder that exists.
 * @throws ValueError when a value is not a tensor or the metadata is not text.
 *
 * @example
 * await io.saveSafetensors(model.stateDict(), 'model.safetensors', { metadata: { epoch: '3' } })
 */
export async function saveSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  target: string | URL,
  options: SafetensorsOptions = {},
): Promise<void> {
  checkArguments('saveSafetensors', 3, arguments)
  checkPath('saveSafetensors', 'the target', target)
  await writeAtomically(target, safetensorsToBuffer(tensors, options))
}

/** As `saveSafetensors`, without a promise. */
export function saveSafetensorsSync(
  tensors: Readonly<Record<string, Tensor>>,
  target: string | URL,
  options: SafetensorsOptions = {},
): void {
  checkArguments('saveSafetensorsSync', 3, arguments)
  checkPath('saveSafetensorsSync', 'the target', target)
  writeAtomicallySync(target, safetensorsToBuffer(tensors, options))
}

/**
 * Loads a safetensors file.
 *
 * @param source A path or a `file:` URL.
 * @param options How much of a file is borne, and whether its checksum counts.
 * @throws FormatError when the file is cut off, damaged, or past a limit.
 *
 * @example
 * const { tensors, metadata } = await io.loadSafetensors('model.safetensors')
 * model.loadStateDict(tensors)
 */
export async function loadSafetensors(
  source: string | URL,
  options: ReadSafetensorsOptions = {},
): Promise<Safetensors> {
  checkArguments('loadSafetensors', 2, arguments)
  checkPath('loadSafetensors', 'the source', source)
  return loaded(source, await readWhole(source), options)
}

/** As `loadSafetensors`, without a promise. */
export function loadSafetensorsSync(
  source: string | URL,
  options: ReadSafetensorsOptions = {},
): Safetensors {
  checkArguments('loadSafetensorsSync', 2, arguments)
  checkPath('loadSafetensorsSync', 'the source', source)
  return loaded(source, readWholeSync(source), options)
}

function loaded(
  source: string | URL,
  bytes: Uint8Array,
  options: ReadSafetensorsOptions,
): Safetensors {
  return parseSafetensors(`loadSafetensors(${String(source)})`, bytes, options)
}
