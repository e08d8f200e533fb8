import { types } from 'node:util'

/** Elements of an array that a message shows. */
const MOST = 8

/** A value as messages show it. Whatever it is, showing it throws nothing. */
export function show(value: unknown): string {
  try {
    return shown(value)
  } catch {
    return 'something that cannot be shown' // a getter, a trap or a toString that throws
  }
}

function shown(value: unknown, depth = 0): string {
  if (typeof value === 'string') return quoted(cut(value))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `the class or function ${value.name}`
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) {
    if (depth > 1) return 'an array'
    const parts = Array.from(value.slice(0, MOST), (part) => shown(part, depth + 1))
    return `[${parts.join(', ')}${value.length > MOST ? ', …' : ''}]`
  }
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`
  const { toString } = value as { toString?: unknown }
  if (typeof toString !== 'function' || toString === Object.prototype.toString) return 'an object'
  const text = String((toString as () => unknown).call(value))
  return text === '[object Object]' ? 'an object' : cut(text)
}

/** What went wrong, of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : show(error)
}

/** In single quotes, control characters escaped. */
function quoted(text: string): string {
  if (/^[\w ]*$/.test(text)) return `'${text}'` // a name of a column, say, which each row comes with
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}'`
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
