// Looks for cliffs: how far each of some thousand layer shapes is from its floor, the time that its
// multiply-adds or its memory take at the machine's speed, against the shapes next to it, which differ in
// one size by one step. What is more than five times as far as its neighbours is printed.
// npx tsx benchmarks/shapes.ts [--only conv2d] [--out name]; one thread, CPU time.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { info, setNumThreads } from '../ts/index.js'
import { describe, machine } from './machine.js'
import { families, type Family, type Sizes } from './shapes/families.js'
import { speeds, timeOf } from './shapes/floor.js'
import { format, median } from './statistics.js'

const CLIFF = 5
/** Cliffs of a family that are printed and kept, the steepest. */
const SHOWN = 12

const { values } = parseArgs({ options: { only: { type: 'string' }, out: { type: 'string' } } })
setNumThreads(1)
const started = machine()
const speed = speeds()
console.log(
  `${describe(started)}, ${info().isa ?? 'reference'}: ${format(speed.multiplyAdds)} multiply-adds and ` +
    `${format(speed.bytes)} bytes a ns`,
)

interface Figure {
  readonly family: string
  readonly sizes: Sizes
  readonly microseconds: number
  readonly floor: number
  readonly distance: number
}

/** All choices of one value of each axis. */
function combinations(axes: Family['axes']): Sizes[] {
  return Object.entries(axes).reduce<Sizes[]>(
    (all, [name, list]) =>
      all.flatMap((sizes) => list.map((value): Sizes => ({ ...sizes, [name]: value }))),
    [{}],
  )
}

/** The figures of a family, by their sizes. */
function measure(family: Family): Map<string, Figure> {
  const figures = new Map<string, Figure>()
  for (const sizes of combinations(family.axes)) {
    const work = family.make(sizes)
    if (work === null) continue
    // a call from JavaScript, and the operation's own first steps
    const floor =
      work.calls + Math.max(work.multiplyAdds / speed.multiplyAdds, work.bytes / speed.bytes) / 1000
    const microseconds = timeOf(work.run, floor)
    const distance = microseconds / floor
    figures.set(JSON.stringify(sizes), {
      family: family.name,
      sizes,
      microseconds,
      floor,
      distance,
    })
  }
  return figures
}

/**
 * How many times as far from its floor as the shapes beside it along one axis, where it is the most: along the
 * others its neighbours may share what ails it.
 */
function above({ axes }: Family, { sizes, distance }: Figure, all: Map<string, Figure>): number {
  const times = Object.entries(axes).map(([name, list]) => {
    const at = list.indexOf(sizes[name]!)
    const near = [at - 1, at + 1].flatMap((i) => {
      const found = i in list ? all.get(JSON.stringify({ ...sizes, [name]: list[i] })) : undefined
      return found === undefined ? [] : [found.distance]
    })
    return near.length === 0 ? 0 : distance / median(near)
  })
  return Math.max(...times)
}

const results = families
  .filter(({ name }) => values.only === undefined || name.startsWith(values.only))
  .map((family) => {
    const figures = measure(family)
    const all = [...figures.values()]
    const cliffs = all.flatMap((figure) => {
      const times = above(family, figure, figures)
      return times > CLIFF ? [{ ...figure, times }] : []
    })
    const distances = all.map(({ distance }) => distance)
    console.log(
      `${family.name}: ${all.length} shapes, ${format(median(distances))} times the floor, at most ` +
        `${format(Math.max(...distances))}; ${cliffs.length} cliffs`,
    )
    cliffs.sort((a, b) => b.times - a.times)
    for (const { sizes, microseconds, distance, times } of cliffs.slice(0, SHOWN)) {
      console.log(
        `  ${JSON.stringify(sizes)}: ${format(microseconds)} us, ${format(distance)} times the floor, ` +
          `${format(times)} times as far as its neighbours`,
      )
    }
    return {
      ...{ family: family.name, shapes: all.length, median: median(distances) },
      ...{ cliffs: cliffs.length, steepest: cliffs.slice(0, SHOWN) },
    }
  })

if (values.out !== undefined) {
  const { version, isa } = info()
  const only = values.only === undefined ? '' : ` --only ${values.only}`
  const result = {
    date: new Date().toISOString(),
    command: `npx tsx benchmarks/shapes.ts${only} --out ${values.out}`,
    machine: started,
    loadAtEnd: machine().load,
    versions: { gradlane: version, isa },
    speed,
    results,
  }
  const file = new URL(`results/${values.out}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`)
}
