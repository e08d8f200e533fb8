import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import * as gradlane from '../../ts/index.js'
import type { Draw } from './draw.js'
import { instances, objects } from './instances.js'
import type { Spec } from './spec.js'
import type { AnyClass, Argument, Callable, Surface } from './surface.js'

const { zeros } = gradlane

const shapes: readonly (readonly number[])[] = [
  ...[[4, 3], [4, 3], [4, 3], [4, 3], [4], [3], [2, 3, 4], [2, 3, 5, 5], [2, 3, 5, 5]],
  ...[[], [1], [3, 3], [4, 1], [0, 3]],
]

/** How often arguments are drawn for an instance, by how deep it stands in others. */
const tries = [0, 300, 4, 2]

/** Makes values that fit a type, most of which fit each other. */
export class Plausible {
  readonly #surface: Surface
  readonly #constructors: ReadonlyMap<string, Callable>
  readonly #directory = mkdtempSync(join(tmpdir(), 'gradlane-fuzz-'))
  #files = 0
  #nested = 0

  constructor(surface: Surface) {
    this.#surface = surface
    const made = surface.callables.filter(({ kind }) => kind === 'constructor')
    this.#constructors = new Map(made.map((callable) => [callable.path, callable]))
  }

  get directory(): string {
    return this.#directory
  }

  /** A list of arguments. */
  arguments(draw: Draw, takes: readonly Argument[]): unknown[] {
    const values: unknown[] = []
    for (const { name, spec, optional, rest } of takes) {
      if (optional && draw.oneIn(3)) break
      if (rest) values.push(...(this.value(draw, spec, name, 0) as unknown[]))
      else values.push(this.value(draw, spec, name, 0))
    }
    return values
  }

  value(draw: Draw, spec: Spec, name: string, depth: number): unknown {
    if (/path|^source$|^target$|logDir/i.test(name) && takesText(spec) && draw.int(4) > 0)
      return this.#path(draw)
    switch (spec.kind) {
      case 'any':
        return draw.pick([1, 'text', null, undefined])
      case 'number':
        return draw.pick([1, 1, 2, 3, 3, 3, 0, 0.5, 0.9, 0.1])
      case 'string':
        return draw.pick(['loss', 'a', 'accuracy', '0', 'valLoss'])
      case 'bigint':
        return 1n
      case 'symbol':
        return Symbol.iterator
      case 'literal':
        return name === 'progress' ? false : spec.value
      case 'union': {
        const plain = spec.of.filter(({ kind }) => kind !== 'literal')
        const of = depth > 3 && plain.length < spec.of.length ? without(spec.of, plain) : spec.of
        return this.value(draw, draw.pick(of), name, depth + 1)
      }
      case 'array':
        return Array.from({ length: depth > 3 ? 0 : draw.int(3) }, () =>
          this.value(draw, spec.of, name, depth + 1),
        )
      case 'tuple':
        return spec.of.map((part) => this.value(draw, part, name, depth + 1))
      case 'record': {
        const keys = ['weight', 'bias', '0', 'x'].filter(() => draw.oneIn(2))
        return Object.fromEntries(
          keys.map((key) => [key, this.value(draw, spec.of, key, depth + 1)]),
        )
      }
      case 'function':
        return () => this.value(draw, spec.returns, '', depth + 1)
      case 'object':
        return this.#object(draw, spec, depth)
      case 'instance':
        return this.instance(draw, spec, name, depth)
    }
  }

  #object(draw: Draw, spec: Spec & { kind: 'object' }, depth: number): unknown {
    const own = objects.get(spec.name)
    if (own !== undefined) return own(draw, this)
    const given: Record<string, unknown> = {}
    for (const { name, spec: of, optional } of spec.properties) {
      if (name.startsWith('__@') || (optional && draw.oneIn(2))) continue
      const value = this.value(draw, of, name, depth + 1)
      if (value !== undefined) given[name] = value
    }
    return given
  }

  /** An instance of a class by its name: ours, a user's, or JavaScript's. */
  instance(draw: Draw, spec: Spec & { kind: 'instance' }, name = '', depth = 0): object {
    const own = instances.get(spec.name)
    if (own !== undefined) return own(draw, this)
    const exported = this.#surface.classes.get(spec.name)
    if (exported === undefined) return this.#builtin(draw, spec, name, depth)
    return this.made(draw, draw.pick(this.concrete(spec.name)))
  }

  /** The classes that are one, by their paths. */
  concrete(name: string): string[] {
    const { made } = this.#surface.classes.get(name)!
    return [...this.#surface.classes]
      .filter(
        ([, other]) =>
          other.concrete && (other.made === made || other.made.prototype instanceof made),
      )
      .map(([path]) => path)
  }

  /** An instance of a class that is no abstract one. @throws when no arguments were found for it. */
  made(draw: Draw, path: string): object {
    const own = instances.get(path)
    if (own !== undefined) return own(draw, this)
    const { takes } = this.#constructors.get(path)!
    const made = this.#surface.classes.get(path)!.made as unknown as new (
      ...args: unknown[]
    ) => object
    let failure: unknown
    this.#nested += 1
    try {
      // Those that are made of others try less, or it would take forever.
      for (let attempt = 0; attempt < (tries[this.#nested] ?? 0); attempt++) {
        try {
          return new made(...this.arguments(draw, takes))
        } catch (error) {
          failure = error
        }
      }
    } finally {
      this.#nested -= 1
    }
    throw new Error(`no arguments were found for ${path}; see instances.ts`, { cause: failure })
  }

  tensor(draw: Draw, shape: readonly number[] = draw.pick(shapes)): gradlane.Tensor {
    const dtype = draw.pick(['float32', 'float32', 'float32', 'float64', 'int32', 'uint8'] as const)
    const result = zeros([...shape], { dtype })
    const whole = dtype === 'int32' || dtype === 'uint8'
    result.data.forEach((_, i) => {
      result.data[i] = whole ? i % 3 : (i % 7) / 7 - 0.3
    })
    return result
  }

  /** A path into a directory that is there; sometimes of a file that is, too. */
  #path(draw: Draw): string | URL {
    const name = draw.pick([
      'weights.safetensors',
      'images.idx',
      'none',
      `new${this.#files++ % 20}`,
    ])
    const path = join(this.#directory, name)
    return draw.oneIn(6) ? pathToFileURL(path) : path
  }

  #builtin(
    draw: Draw,
    { name: type, of }: Spec & { kind: 'instance' },
    name: string,
    depth: number,
  ): object {
    const part = (i: number): unknown =>
      of[i] === undefined ? undefined : this.value(draw, of[i], name, depth + 1)
    switch (type) {
      case 'Map':
        return new Map([[part(0), part(1)]])
      case 'Set':
        return new Set()
      case 'Promise':
      case 'PromiseLike':
        return Promise.resolve(part(0))
      case 'URL':
        return pathToFileURL(join(this.#directory, 'none'))
      case 'AbortSignal':
        return draw.oneIn(5) ? AbortSignal.abort() : new AbortController().signal
      case 'Iterable':
      case 'Iterator':
      case 'Generator':
        return [part(0), part(0)]
      case 'AsyncIterable': {
        const items = [part(0), part(0)]
        return (async function* (): AsyncGenerator {
          yield* await Promise.resolve(items)
        })()
      }
      case 'ArrayBuffer':
        return new ArrayBuffer(64)
      case 'Error':
        return new Error('made for a test')
      default: {
        const known = (globalThis as unknown as Record<string, AnyClass | undefined>)[type]
        if (known?.prototype === undefined) return {} // an interface of JavaScript's: ErrorOptions
        return new (known as unknown as new (list: number[]) => object)([1, 2, 0])
      }
    }
  }
}

function takesText(spec: Spec): boolean {
  return spec.kind === 'string' || (spec.kind === 'union' && spec.of.some(takesText))
}

function without<T>(list: readonly T[], others: readonly T[]): T[] {
  return list.filter((item) => !others.includes(item))
}
