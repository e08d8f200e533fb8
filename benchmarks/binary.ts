// Binarised layers on packed bits against the same layers in float32: a list of npm run bench. It
// measures the compiled JavaScript in dist/, as users get it.
import type * as Gradlane from '../ts/index.js'
import { format, median } from './statistics.js'

const built = new URL('../dist/index.js', import.meta.url).href

const ROUNDS = 31
/** Microseconds that a sample takes at least: the clock counts them one by one. */
const SAMPLE = 3000

/** Microseconds of a forward pass, one thread, medians of interleaved rounds. */
export interface BinaryFigure {
  readonly layer: string
  /** The layer of real numbers: Linear or Conv2d. */
  readonly real: number
  /** The binarised layer that is trained: signs as float32. */
  readonly binary: number
  readonly packed: number
}

/** CPU time of this process, so that others on the machine disturb less. */
function microseconds(run: () => void, times: number): number {
  const { user, system } = process.cpuUsage()
  for (let i = 0; i < times; i++) run()
  const end = process.cpuUsage()
  return (end.user + end.system - user - system) / times
}

/** Calls that take about SAMPLE, found by doubling. */
function timesFor(run: () => void): number {
  for (let times = 1; ; times *= 2) {
    const each = microseconds(run, times)
    if (each * times > SAMPLE / 2) return Math.max(1, Math.ceil(SAMPLE / each))
  }
}

function measure(layer: string, runs: readonly (() => void)[]): BinaryFigure {
  const counted = runs.map((run) => ({ run, times: timesFor(run), samples: [] as number[] }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, times, samples } of counted) samples.push(microseconds(run, times))
  }
  const [real, binary, packed] = counted.map(({ samples }) => median(samples))
  return { layer, real: real!, binary: binary!, packed: packed! }
}

/** Prints a table and returns it. */
export async function binary(): Promise<{ isa: string; figures: BinaryFigure[] }> {
  const { info, nn, randn, setNumThreads } = (await import(built)) as typeof Gradlane
  setNumThreads(1)
  const isa = info().isa ?? 'reference'
  const figures: BinaryFigure[] = []
  const add = (
    title: string,
    shape: Gradlane.Shape,
    real: Gradlane.nn.Module,
    binary: Gradlane.nn.BinaryLinear | Gradlane.nn.BinaryConv2d,
  ): void => {
    const x = randn(shape)
    const layers = [real, binary, binary.pack()]
    const figure = measure(
      title,
      layers.map((layer) => () => void layer.forward(x)),
    )
    figures.push(figure)
    const against = (us: number) => `${format(us)} (${format(us / figure.packed)}x)`
    console.log(
      `  ${title.padEnd(34)}${against(figure.real).padEnd(18)}${against(figure.binary).padEnd(18)}${format(figure.packed)}`,
    )
  }
  console.log(`  ${isa}, us a forward pass`)
  console.log(`  ${''.padEnd(34)}${'real'.padEnd(18)}${'binary'.padEnd(18)}packed`)
  for (const batch of [1, 64]) {
    const bias = { bias: false }
    const pair = [new nn.Linear(1024, 1024, bias), new nn.BinaryLinear(1024, 1024)] as const
    add(`linear ${batch} x 1024 x 1024`, [batch, 1024], ...pair)
  }
  const conv = [128, 128, 3] as const
  add(
    'conv 3x3 128-128, 16x16, batch 32',
    [32, 128, 16, 16],
    new nn.Conv2d(...conv, { padding: 1, bias: false }),
    new nn.BinaryConv2d(...conv, { padding: 1 }),
  )
  return { isa, figures }
}
