import { rmSync, writeFileSync } from 'node:fs'
import { isProxy } from 'node:util/types'

import {
  getBackend,
  getNumThreads,
  io,
  manualSeed,
  nn,
  ones,
  setBackend,
  setFlushDenormal,
  setNumThreads,
} from '../../ts/index.js'
import { Draw } from './draw.js'
import { hostile, hostileGetter, hostileValue } from './hostile.js'
import { derived } from './instances.js'
import { Plausible } from './plausible.js'
import { adapted, recipes } from './recipes.js'
import { stateOf } from './state.js'
import type { Callable, Surface } from './surface.js'
import { readSurface, valueAt } from './surface.js'
import { display, isFine, placeOf } from './verdict.js'

const symbols: ReadonlyMap<string, symbol> = new Map([
  ['@@iterator', Symbol.iterator],
  ['@@asyncIterator', Symbol.asyncIterator],
])

export interface Fault {
  readonly seed: number
  readonly path: string
  /** The same for all faults of one kind. */
  readonly kind: string
  readonly args: string
  readonly error: unknown
}

/** Arguments by which work grows as it should: no hostile number is large. */
const counts = /epochs|times|steps|iterations|batches|numIter|chunks|patience|^n$/i
/**
 * What gets no odd arguments: hooks, which a training calls with what it makes itself; JavaScript's own
 * errors; the rule of an optimizer of one's own, which is code.
 */
const trusted = /(^|\.)(on[A-Z]\w*|multiplyAdds|\w+Error|Optimizer)$/
/** What changes while it works, before it can meet what is wrong. */
const working =
  /^(fit|fitSync|evaluate|evaluateSync|lrFind|lrFindSync|sanityCheck|sanityCheckSync|optim\.minimize|CapturedStep\..*|nn\.Module\.(forward|backward.*|apply))$/

export class Fuzzer {
  readonly surface: Surface
  readonly plausible: Plausible
  readonly #targets: readonly Callable[]
  readonly faults: Fault[] = []
  readonly #from = process.cwd()

  private constructor(surface: Surface) {
    this.surface = surface
    this.plausible = new Plausible(surface)
    this.#targets = surface.callables.flatMap((callable) => {
      const inherited = surface.classes.get(callable.owner)
      if (callable.takes.length === 0) return [callable]
      const many = inherited === undefined || inherited.concrete ? 3 : 20
      return Array<Callable>(many).fill(callable)
    })
  }

  /** In a folder of its own, where files that readers find are. */
  static async prepared(): Promise<Fuzzer> {
    const fuzzer = new Fuzzer(readSurface())
    process.chdir(fuzzer.plausible.directory) // odd names are relative
    await io.saveSafetensors({ x: ones([2]) }, 'weights.safetensors')
    const header = [0, 0, 8, 1, 0, 0, 0, 2]
    writeFileSync('images.idx', Uint8Array.of(...header, 1, 2))
    return fuzzer
  }

  close(): void {
    process.chdir(this.#from)
    rmSync(this.plausible.directory, { recursive: true, force: true })
  }

  /** Whether arguments are found that fit. */
  async reaches(callable: Callable): Promise<boolean> {
    for (let seed = 1; seed <= 400; seed++) {
      const draw = new Draw(seed)
      const receiver = this.receiver(draw, callable)
      const args = this.argumentsOf(draw, callable, receiver)
      try {
        await this.invoke(callable, receiver, args)
        return true
      } catch {
        // others may fit
      }
    }
    return false
  }

  /** One case; faults are added to `faults`. */
  async run(seed: number): Promise<void> {
    const draw = new Draw(seed)
    const [backend, threads] = [getBackend(), getNumThreads()]
    manualSeed(seed)
    try {
      await this.#case(seed, draw)
    } catch (error) {
      // What is known to work did not: something before it was left broken.
      const cause = error instanceof Error ? (error.cause ?? error) : error
      const kind = `${placeOf(error)} ${placeOf(cause)}`
      this.faults.push({ seed, path: 'the fuzzer', kind, args: '', error: cause })
    } finally {
      setBackend(backend)
      setNumThreads(threads)
      setFlushDenormal(true)
    }
  }

  async #case(seed: number, draw: Draw): Promise<void> {
    const callable = draw.pick(this.#targets)
    const receiver = this.receiver(draw, callable)
    const warm = receiver === undefined || callable.kind === 'static' ? 0 : draw.int(2)
    for (let i = 0; i < warm; i++) {
      const others = this.#targets.filter(
        ({ owner, kind }) =>
          owner === callable.owner && kind !== 'constructor' && kind !== 'static',
      )
      await this.#call(seed, draw, draw.pick(others), receiver, draw.oneIn(2))
    }
    const result = await this.#call(seed, draw, callable, receiver, true)
    if (callable.kind === 'constructor' && result !== undefined && !trusted.test(callable.path)) {
      await this.#use(seed, draw, result as object)
    }
  }

  /** What was made from odd arguments works, or says why not. */
  async #use(seed: number, draw: Draw, made: object): Promise<void> {
    const members = this.surface.callables.filter(
      ({ kind, owner }) =>
        kind !== 'constructor' &&
        kind !== 'static' &&
        owner !== '' &&
        made instanceof this.surface.classes.get(owner)!.made,
    )
    for (let i = 0; i < 2 && members.length > 0; i++) {
      await this.#call(seed, draw, draw.pick(members), made, false)
    }
  }

  /** What a member is called on. */
  receiver(draw: Draw, { kind, owner }: Callable): object | undefined {
    if (kind === 'function' || kind === 'constructor') return undefined
    if (kind === 'static') return derived.get(owner) ?? this.surface.classes.get(owner)!.made
    return this.plausible.instance(draw, { kind: 'instance', name: owner, of: [] })
  }

  /** Arguments that fit. */
  argumentsOf(draw: Draw, callable: Callable, receiver: unknown): unknown[] {
    const recipe = recipes.get(callable.path) ?? recipes.get(callable.name)
    if (recipe !== undefined && draw.int(4) > 0) {
      try {
        return recipe(draw, this.plausible, receiver)
      } catch {
        // The receiver is one that takes something else, which the types may find.
      }
    }
    return adapted(callable.path, draw, this.plausible.arguments(draw, callable.takes))
  }

  async #call(
    seed: number,
    draw: Draw,
    callable: Callable,
    receiver: unknown,
    odd: boolean,
  ): Promise<unknown> {
    const args = this.argumentsOf(draw, callable, receiver)
    if (odd && callable.takes.length > 0 && !trusted.test(callable.path))
      this.#spoil(draw, callable, args, receiver)
    const path = callable.kind === 'constructor' ? `new ${callable.path}` : callable.path
    const watched =
      working.test(callable.path) || trusted.test(callable.path) ? [] : [receiver, args]
    const shown = args.map(display).join(', ')
    return this.judged(seed, path, watched, () => this.invoke(callable, receiver, args), shown)
  }

  /** What a call gives; a fault where it throws what it must not, or after it has changed something. */
  async judged(
    seed: number,
    path: string,
    watched: readonly unknown[],
    call: () => unknown,
    args = '',
  ): Promise<unknown> {
    const before = stateOf(watched)
    try {
      return await call()
    } catch (error) {
      const fine = isFine(error)
      if (fine && stateOf(watched) === before) return undefined
      const kind = fine ? `changed something before ${placeOf(error)}` : placeOf(error)
      this.faults.push({ seed, path, kind, args, error })
      return undefined
    }
  }

  /** Calls it and waits for what it promises; of what it iterates over the beginning is taken. */
  async invoke(
    { kind, path, name, owner }: Callable,
    receiver: unknown,
    args: unknown[],
  ): Promise<unknown> {
    const members = receiver as Record<PropertyKey, unknown>
    if (kind === 'setter') {
      members[name] = args[0]
      return undefined
    }
    if (kind === 'getter') return members[name]
    if (kind === 'constructor') {
      const made = this.surface.classes.get(owner)!.made as unknown as new (
        ...args: unknown[]
      ) => object
      return new made(...args)
    }
    const call = kind === 'function' ? valueAt(path) : members[symbols.get(name) ?? name]
    const result: unknown = await (call as (...args: unknown[]) => unknown).apply(receiver, args)
    if (isIterator(result)) for (let i = 0; i < 5 && result.next().done !== true; i++);
    return result
  }

  /** Puts something odd in the place of an argument, of an option or an element. */
  #spoil(draw: Draw, { takes, path }: Callable, args: unknown[], receiver: unknown): void {
    if (draw.oneIn(12)) {
      for (let i = 0; i < takes.length; i++)
        args[i] = hostileValue(draw, counts.test(takes[i]!.name))
      return
    }
    const rest = takes.at(-1)!.rest
    let at: Record<PropertyKey, unknown> = args as unknown as Record<PropertyKey, unknown>
    let key: PropertyKey = draw.int(rest ? Math.max(args.length - 1, 0) : takes.length - 1)
    let name = rest ? takes.at(-1)!.name : takes[key]!.name
    let spec = takes[Math.min(key, takes.length - 1)]!.spec
    while (isPlain(at[key]) && draw.int(3) > 0) {
      const inside = at[key] as Record<PropertyKey, unknown>
      const keys = new Set(Object.keys(inside))
      if (spec.kind === 'object') for (const property of spec.properties) keys.add(property.name)
      if (keys.size === 0 || Object.isFrozen(inside)) break
      at = inside
      key = draw.pick([...keys])
      if (spec.kind === 'object') {
        const found = spec.properties.find((property) => property.name === key)
        if (found !== undefined) ({ spec } = found)
      }
      if (!/^\d+$/.test(key)) name = key
    }
    const counted = counts.test(name) || /minimize/.test(path)
    const descriptor = Object.getOwnPropertyDescriptor(at, key)
    if (descriptor?.writable === false || !Object.isExtensible(at)) return
    // An argument itself has no getter.
    switch (draw.int(14) + (at === (args as unknown) ? 4 : 0)) {
      case 0:
        hostileGetter(at, key, hostile)
        break
      case 1:
        at[key] = receiver ?? at
        break
      case 2:
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
        delete at[key]
        break
      case 3:
        hostileGetter(at, key, alternating(at[key], hostileValue(draw, counted)))
        break
      default:
        at[key] = hostileValue(draw, counted)
    }
  }
}

/** What is checked once and read twice. */
function alternating(first: unknown, then: unknown): () => unknown {
  let reads = 0
  return () => (reads++ === 0 ? first : then)
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || isProxy(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

function isIterator(value: unknown): value is Iterator<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !isProxy(value) &&
    !(value instanceof nn.Module) &&
    typeof (value as { next?: unknown }).next === 'function'
  )
}

/** One of each kind, with what it takes to see it again. */
export function report(faults: readonly Fault[]): string {
  const kinds = new Map<string, Fault[]>()
  for (const fault of faults) {
    const { kind, path } = fault
    const key = kind.startsWith('changed') ? `${path} ${kind}` : kind
    kinds.set(key, [...(kinds.get(key) ?? []), fault])
  }
  return Array.from(kinds.values(), (all) => {
    const { seed, path, kind, args } = all[0]!
    return `${all.length} × ${kind}\n    seed ${seed}: ${path}(${args})`
  }).join('\n')
}
