import { isPlain } from '../../check.js'
import { complaint, FormatError, ValueError } from '../../errors.js'
import { show } from '../../show.js'
import { noTensor, Tensor } from '../../tensor/tensor.js'
import { decoded, encoded, type Json } from './values.js'

/** Something beside the model that its file holds: preprocessing, say, or names of classes. */
export interface ModelSection {
  /** Any JSON, and infinite numbers and NaN. */
  json?: Json
  tensors?: Readonly<Record<string, Tensor>>
}

/** A section as it is read. */
export interface ReadModelSection {
  /** null where none was given. */
  json: Json
  tensors: Record<string, Tensor>
}

/** A section as JSON holds it: the tensors by their names. */
interface StoredSection {
  readonly json: unknown
  readonly tensors: readonly string[]
}

/** The name of a section's tensor in a file. */
function fullName(section: string, name: string): string {
  return `extra/${section}/${name}`
}

/**
 * Adds the tensors of the sections to those of a file.
 *
 * @returns what JSON holds of the sections.
 * @throws ValueError when something is of another kind, or a name is taken.
 */
export function encodedSections(
  who: string,
  extra: Readonly<Record<string, ModelSection>>,
  tensors: Map<string, Tensor>,
): Record<string, StoredSection> {
  const sections = Object.entries(extra).map(([section, content]) => {
    const what = `extra.${section}`
    if (section === '' || section.includes('/')) {
      const expected = 'not empty and without a slash'
      throw new ValueError(complaint(who, 'the name of a section', expected, show(section)))
    }
    if (!isPlain(content)) throw new ValueError(complaint(who, what, 'an object', content))
    const { json = null, tensors: own = {}, ...others } = content
    const [other] = Object.keys(others)
    if (other !== undefined) {
      throw new ValueError(complaint(who, what, 'json and tensors', show(other)))
    }
    if (!isPlain(own)) throw new ValueError(complaint(who, `${what}.tensors`, 'an object', own))
    for (const [name, tensor] of Object.entries(own)) {
      if (!(tensor instanceof Tensor)) throw noTensor(who, `${what}.tensors.${name}`, tensor)
      const full = fullName(section, name)
      if (tensors.has(full)) throw new ValueError(`${who}: the name ${show(full)} is there twice`)
      tensors.set(full, tensor)
    }
    const stored = { json: encoded(who, `${what}.json`, json), tensors: Object.keys(own) }
    return [section, stored] as const
  })
  return Object.fromEntries(sections)
}

/** The sections of a file, by name, and the names of all their tensors. */
export interface Sections {
  readonly names: ReadonlySet<string>
  readonly read: () => Record<string, ReadModelSection>
}

/**
 * @param value What `encodedSections` has returned.
 * @param has Whether the file has a tensor of a name.
 * @throws FormatError when it is no such thing.
 */
export function checkedSections(
  who: string,
  value: unknown,
  has: (name: string) => boolean,
  tensor: (name: string) => Tensor,
): Sections {
  if (!isPlain(value)) throw new FormatError(complaint(who, 'its sections', 'an object', value))
  const names = new Set<string>()
  const sections = Object.entries(value as object).map(([section, content]: [string, unknown]) => {
    const { json, tensors } = Object(content) as Partial<Record<keyof StoredSection, unknown>>
    const what = `its section ${show(section)}`
    if (json === undefined || !isNames(tensors)) {
      throw new FormatError(complaint(who, what, 'json and names of tensors', content))
    }
    for (const name of tensors) {
      const full = fullName(section, name)
      if (!has(full) || names.has(full)) {
        throw new FormatError(complaint(who, what, 'of tensors of the file', show(name)))
      }
      names.add(full)
    }
    return [section, json, tensors] as const
  })
  const read = (): Record<string, ReadModelSection> => {
    const entries = sections.map(([section, json, own]) => {
      const tensors = own.map((name) => [name, tensor(fullName(section, name))] as const)
      const content = {
        json: decoded(who, json) as Json,
        tensors: Object.fromEntries(tensors),
      }
      return [section, content] as const
    })
    return Object.fromEntries(entries)
  }
  return { names, read }
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
