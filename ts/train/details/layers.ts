import type { Criterion } from '../../criterion/criterion.js'
import { withoutOthers } from '../../kernels/processes.js'
import type { Module } from '../../nn/module.js'
import { observe } from '../../nn/observe.js'
import type { Parameter } from '../../nn/parameter.js'
import type { Shape } from '../../tensor/tensor.js'
import type { Batch } from '../arguments.js'
import type { Modes } from '../modes.js'
import type { LayerRecord, LayerTimes } from '../records.js'
import { Snapshot } from '../snapshot.js'
import type { Task } from '../task.js'

/** How long one pass is to take at most, and passes together: the event loop waits for each. */
const PASS_MS = 8
const ALL_MS = 40
const MOST_PASSES = 7

/** The modules of a model, without times. */
export function untimed(model: Module, reason: string): LayerTimes {
  return { layers: layersOf(model, new Map()), criterionMs: null, samples: null, reason }
}

/**
 * Runs a few steps of forward, criterion and backward without the optimizer, module by module, and
 * takes the median time of each module; pauses between two of them. Nothing of it is left: parameters,
 * gradients, buffers and generators are afterwards as before.
 *
 * @param sample Makes a batch of so many samples, or of all that it has if those are fewer; it may
 *   draw random numbers.
 * @param samplesPerSecond Of the training: it decides how many samples a pass can take.
 */
export function* timeLayers(
  model: Module,
  modes: Modes,
  criterion: Criterion,
  sample: (samples: number) => Batch,
  samplesPerSecond: number,
): Task<LayerTimes> {
  const passes: Pass[] = []
  // Two, because the statistics of one sample are refused by batch normalisation.
  const wanted = Math.max(2, Math.floor((samplesPerSecond * PASS_MS) / 1000) || 0)
  const start = performance.now()
  let samples = 0
  do {
    const snapshot = new Snapshot(model)
    try {
      const batch = sample(wanted)
      samples = batch[0].shape[0] ?? 1
      // Time decides how many passes there are, so each rank makes its own.
      passes.push(withoutOthers(() => modes.during(() => runOnce(model, criterion, batch))))
    } finally {
      snapshot.restore()
    }
    yield
  } while (passes.length < MOST_PASSES && performance.now() - start < ALL_MS)
  if (passes.length > 1) passes.shift() // makes the memory that the others reuse
  const seen = new Map<Module, Seen>()
  for (const module of model.modules()) {
    const each = passes.map((pass) => pass.modules.get(module)).filter((one) => one !== undefined)
    if (each.length === 0) continue
    const forwardMs = median(each.map((one) => one.forwardMs))
    const backwardMs = median(each.map((one) => one.backwardMs))
    seen.set(module, { ...each[0]!, forwardMs, backwardMs })
  }
  const criterionMs = median(passes.map((pass) => pass.criterionMs))
  return { layers: layersOf(model, seen), criterionMs, samples, reason: null }
}

interface Seen {
  outputShape: Shape
  multiplyAdds: number
  forwardMs: number
  backwardMs: number
}

interface Pass {
  readonly modules: ReadonlyMap<Module, Seen>
  readonly criterionMs: number
}

function runOnce(model: Module, criterion: Criterion, [x, y]: Batch): Pass {
  const modules = new Map<Module, Seen>()
  // Of each module that is running: when it began, and what those inside have taken.
  const running: { start: number; inside: number }[] = []
  const begin = (): void => {
    running.push({ start: performance.now(), inside: 0 })
  }
  const end = (): number => {
    const { start, inside } = running.pop()!
    const whole = performance.now() - start
    const outer = running.at(-1)
    if (outer !== undefined) outer.inside += whole
    return whole - inside
  }
  const stop = observe(model, {
    enter: begin,
    forward(module, _path, inputs, outputs) {
      const forwardMs = end()
      const before = modules.get(module)
      modules.set(module, {
        outputShape: outputs[0]!.shape,
        multiplyAdds: (before?.multiplyAdds ?? 0) + module.multiplyAdds(inputs[0]!, outputs[0]!),
        forwardMs: (before?.forwardMs ?? 0) + forwardMs,
        backwardMs: 0,
      })
    },
    enterBackward: begin,
    backward(module) {
      const backwardMs = end()
      const row = modules.get(module)
      if (row !== undefined) row.backwardMs += backwardMs
    },
  })
  try {
    model.zeroGrad()
    const prediction = model.forward(x)
    const start = performance.now()
    criterion.forward(prediction, y)
    const gradient = criterion.backward(prediction, y)
    const criterionMs = performance.now() - start
    model.backwardParameters(x, gradient)
    return { modules, criterionMs }
  } finally {
    stop()
  }
}

function layersOf(model: Module, seen: ReadonlyMap<Module, Seen>): LayerRecord[] {
  const counted = new Set<Parameter>()
  return Array.from(model.namedModules(), ([path, module]) => {
    let parameters = 0
    for (const [, parameter] of module.ownParameters()) {
      if (!counted.has(parameter)) parameters += parameter.length
      counted.add(parameter)
    }
    const kind = module.children().length > 0 ? module.constructor.name : module.describe()
    const depth = path === '' ? 0 : path.split('.').length
    const { outputShape, multiplyAdds, forwardMs, backwardMs } = seen.get(module) ?? NOTHING
    const row = { path, module: kind, depth, parameters }
    return { ...row, outputShape, multiplyAdds, forwardMs, backwardMs }
  })
}

const NOTHING = { outputShape: null, multiplyAdds: null, forwardMs: null, backwardMs: null }

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
