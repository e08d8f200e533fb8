import { complaint, ValueError } from './errors.js'
import { show } from './show.js'

/** @throws ValueError unless it is an object with properties by name: no list, no function. */
export function checkObject(who: string, what: string, value: unknown): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw new ValueError(complaint(who, what, 'an object', value))
}

/** Whether it is an object of no class, of whatever realm. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'toString')
}

/** Whether it is an array or an object of no class. */
export function isCollection(value: unknown): value is object {
  return Array.isArray(value) || isPlain(value)
}

/** @throws ValueError unless it is an array. */
export function checkList(
  who: string,
  what: string,
  value: unknown,
): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new ValueError(complaint(who, what, 'an array', value))
}

/** Whether it may be a title or the name of a class: a text, or a number, which stands for its digits. */
export function isName(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/** @throws ValueError unless it can be called. */
export function checkFunction(who: string, what: string, value: unknown): void {
  if (isFunction(value)) return
  throw new ValueError(complaint(who, what, 'a function', value))
}

/** Whether it can be called, and not with `new` alone. */
export function isFunction(value: unknown): boolean {
  if (typeof value !== 'function') return false
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false
}

/** @throws ValueError unless it is a number; NaN is one. */
export function checkNumber(who: string, what: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') throw new ValueError(complaint(who, what, 'a number', value))
}

/** @throws ValueError unless it is a string that is not empty. */
export function checkText(
  who: string,
  what: string,
  expected: string,
  value: unknown,
): asserts value is string {
  if (typeof value === 'string' && value !== '') return
  throw new ValueError(complaint(who, what, expected, value === '' ? 'an empty string' : value))
}

/** Whether it is a number in [min, max]; NaN is not. */
export function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max
}

/** @throws ValueError unless it is true or false. */
export function checkFlag(who: string, what: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw new ValueError(complaint(who, what, 'true or false', value))
}

/** @throws ValueError unless it is a whole number of at least `min`. */
export function checkCount(
  who: string,
  what: string,
  value: unknown,
  min: number,
): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= min) return
  throw new ValueError(complaint(who, what, `a whole number of at least ${min}`, value))
}

/** Whether it has what an `AbortSignal` has. */
export function isSignal(signal: unknown): boolean {
  const given = Object(signal) as Record<string, unknown>
  const methods = ['throwIfAborted', 'addEventListener', 'removeEventListener']
  return methods.every((method) => typeof given[method] === 'function')
}

/** Whether it can name a file. */
export function isPath(path: string): boolean {
  return path !== '' && !path.includes('\0')
}

/** @throws ValueError unless it can name a file: a string or a file URL. */
export function checkPath(
  who: string,
  what: string,
  path: unknown,
  expected = 'a path or a file URL',
): asserts path is string | URL {
  if (typeof path === 'string' && isPath(path)) return
  const { href, protocol } = Object(path) as Partial<URL>
  if (typeof href === 'string' && protocol === 'file:') return
  throw new ValueError(complaint(who, what, expected, path === '' ? 'an empty string' : show(path)))
}

/** Whether `for … of` may go over it. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return false
  return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
}

/** Whether `for await … of` may go over it, waiting for each item. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  if (typeof value !== 'object' || value === null) return false
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
}

/** @throws ValueError unless it is a path, as text. */
export function checkFileName(
  who: string,
  what: string,
  value: unknown,
  expected = 'a file name',
): asserts value is string {
  checkText(who, what, expected, value)
  if (value.includes('\0')) throw new ValueError(complaint(who, what, expected, show(value)))
}

/**
 * The items of something to iterate over, read once.
 *
 * @throws ValueError when it is none, or its iterator is none.
 */
export function itemsOf(who: string, what: string, source: unknown): unknown[] {
  if (Array.isArray(source)) return [...(source as unknown[])]
  if (!isIterable(source)) throw new ValueError(complaint(who, what, 'a list', source))
  const items: unknown[] = []
  const iterator = checkedIterator(who, what, source[Symbol.iterator]())
  for (let next = iterator.next(); next.done !== true; next = iterator.next())
    items.push(next.value)
  return items
}

/** What something is iterated over with. @throws ValueError when it is no iterator. */
export function checkedIterator<T>(who: string, what: string, iterator: T): T {
  if (typeof (iterator as Partial<Iterator<unknown>> | null)?.next === 'function') return iterator
  throw new ValueError(complaint(who, `what ${what} iterate with`, 'an iterator', iterator))
}

/**
 * For `arguments`: whether there is one more than a function or a class takes, as PyTorch's options by
 * position are. undefined is none, nor is what `map` passes beside an element.
 *
 * @throws ValueError
 */
export function checkArguments(who: string, most: number, given: ArrayLike<unknown>): void {
  if (given.length > most) refuseSurplus(who, most, Array.from(given))
}

function refuseSurplus(who: string, most: number, given: readonly unknown[]): void {
  const surplus = given.slice(most).find((value) => value !== undefined)
  if (surplus === undefined || isMapped(most, given)) return
  const expected = most === 0 ? 'none' : `${most} at most`
  const got = `${given.length}, among them ${show(surplus)}`
  const hint = 'options are passed by name, in one object'
  throw new ValueError(complaint(who, 'the arguments', expected, got, hint))
}

function isMapped(most: number, [item, index, list, ...more]: readonly unknown[]): boolean {
  const from = most === 1 && more.length === 0 && Array.isArray(list)
  return from && typeof index === 'number' && list[index] === item
}
