import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { defaultGenerator } from '../random/generator.js'
import { type DType, itemSize } from '../kernels/dtype.js'
import { dtype as dtypeOption, type Options, readOptions } from '../options.js'
import { empty, formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { Module, type TensorModule } from './module.js'
import { observe } from './observe.js'
import type { Parameter } from './parameter.js'

export interface SummaryOptions {
  /** Of the input. Default: that of the parameters. */
  dtype?: DType
}

const OPTIONS = { dtype: dtypeOption() } satisfies Options<SummaryOptions>

/** One module. */
export interface SummaryRow {
  /** `''` for the model itself. */
  readonly path: string
  /** `Linear(784, 128)`. */
  readonly module: string
  /** Modules around it. */
  readonly depth: number
  /** Of the last forward, of several outputs the first; null when the forward pass did not come by. */
  readonly outputShape: Shape | null
  /** Elements of its own parameters with `requiresGrad`. A shared one counts where it comes first. */
  readonly trainable: number
  /** Elements of its own parameters without. */
  readonly frozen: number
  /** Of all its forward passes, without those of modules inside. */
  readonly multiplyAdds: number
  /** Bytes of outputs that a backward pass will need, without those of modules inside. */
  readonly activationBytes: number
}

/** What `summary` found out. `toString` makes a table of it. */
export interface Summary {
  readonly inputShape: Shape
  /** In the order of `namedModules`. */
  readonly rows: readonly SummaryRow[]
  readonly parameters: number
  readonly trainable: number
  readonly frozen: number
  readonly parameterBytes: number
  readonly multiplyAdds: number
  readonly activationBytes: number
  toString(): string
}

interface Seen {
  outputShape: Shape | null
  multiplyAdds: number
  activationBytes: number
}

/**
 * What a model is made of: output shapes, parameters, multiply-adds and memory, module by module.
 * Runs one forward pass in evaluation mode on zeros. Parameters, buffers, training flags and generators
 * are afterwards as before; a `backward` needs a `forward` of its own.
 *
 * Multiply-adds are those of matrix products and convolutions. The memory of activations is what
 * forward passes write: a layer that hands on its input (Flatten, Dropout in evaluation) has none.
 *
 * @param inputShape With the batch in front, as `forward` takes it.
 * @throws ValueError when `model` is no Module.
 * @throws ShapeError, DTypeError when the input does not fit, naming the module.
 * @see https://github.com/TylerYep/torchinfo
 *
 * @example
 * console.log(String(summary(model, [1, 1, 28, 28])))
 * summary(model, [1, 1, 28, 28]).trainable // 54,314
 */
export function summary(
  model: TensorModule,
  inputShape: Shape,
  options: SummaryOptions = {},
): Summary {
  checkArguments('summary', 3, arguments)
  if (!(model instanceof Module)) {
    const got = typeof model === 'function' ? 'a class or function' : typeof model
    throw new ValueError(complaint('summary', 'the model', 'a Module', got))
  }
  const { dtype: given } = readOptions('summary', OPTIONS, options)
  const dtype = given ?? model.parameters()[0]?.dtype ?? 'float32'
  const seen = measure(model as Module, empty(inputShape, dtype))

  const counted = new Set<Parameter>()
  const rows = Array.from(model.namedModules(), ([path, module]): SummaryRow => {
    let trainable = 0
    let frozen = 0
    for (const [, parameter] of module.ownParameters()) {
      if (counted.has(parameter)) continue
      counted.add(parameter)
      if (parameter.requiresGrad) trainable += parameter.length
      else frozen += parameter.length
    }
    const depth = path === '' ? 0 : path.split('.').length
    const kind = module.children().length > 0 ? module.constructor.name : module.describe()
    return { path, module: kind, depth, ...seen.get(module)!, trainable, frozen }
  })
  const total = (value: (row: SummaryRow) => number): number =>
    rows.reduce((sum, row) => sum + value(row), 0)
  const result = {
    inputShape: Object.freeze([...inputShape]),
    rows,
    parameters: total(({ trainable, frozen }) => trainable + frozen),
    trainable: total((row) => row.trainable),
    frozen: total((row) => row.frozen),
    parameterBytes: [...counted].reduce(
      (sum, { length, dtype }) => sum + length * itemSize[dtype],
      0,
    ),
    multiplyAdds: total((row) => row.multiplyAdds),
    activationBytes: total((row) => row.activationBytes),
  }
  return { ...result, toString: () => table(result) }
}

/** One forward pass in evaluation mode, of which nothing is left. */
function measure(model: Module, input: Tensor): Map<Module, Seen> {
  const seen = new Map<Module, Seen>()
  const modules = model.modules()
  for (const module of modules) {
    seen.set(module, { outputShape: null, multiplyAdds: 0, activationBytes: 0 })
  }
  const training = modules.map((module) => module.training)
  const buffers = model.buffers().map((buffer) => [buffer, buffer.clone()] as const)
  const generators = [defaultGenerator, ...model.generators()]
  const states = generators.map((generator) => generator.getState())
  // Whether a module inside has run, for each module that is running.
  const running: boolean[] = []
  const stop = observe(model, {
    enter() {
      if (running.length > 0) running[running.length - 1] = true
      running.push(false)
    },
    forward(module, _path, inputs, outputs) {
      const hadInner = running.pop()!
      const row = seen.get(module)!
      row.outputShape = outputs[0]!.shape
      row.multiplyAdds += module.multiplyAdds(inputs[0]!, outputs[0]!, inputs)
      if (hadInner) return
      for (const to of outputs) {
        const shared = inputs.some(
          (from) => from.buffer === to.buffer && from.byteOffset === to.byteOffset,
        )
        if (!shared) row.activationBytes += to.length * itemSize[to.dtype]
      }
    },
  })
  try {
    model.eval().forward(input)
  } finally {
    stop()
    modules.forEach((module, i) => {
      module.training = training[i]!
      module.resume(null)
    })
    for (const [buffer, before] of buffers) buffer.data.set(before.data)
    generators.forEach((generator, i) => generator.setState(states[i]!))
  }
  return seen
}

function table(result: Omit<Summary, 'toString'>): string {
  const lines = [
    ['layer', 'output shape', 'parameters', 'multiply-adds'],
    ...result.rows.map(({ path, module, depth, outputShape, ...row }) => [
      `${'  '.repeat(depth)}${path === '' ? '' : `${path} `}${module}`,
      outputShape === null ? 'not run' : formatShape(outputShape),
      row.trainable + row.frozen === 0
        ? ''
        : `${grouped(row.trainable + row.frozen)}${row.frozen > 0 ? ' frozen' : ''}`,
      row.multiplyAdds === 0 ? '' : grouped(row.multiplyAdds),
    ]),
  ]
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  const rows = lines.map((line) =>
    line
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  const rule = '-'.repeat(Math.max(...rows.map((row) => row.length)))
  return [
    rows[0],
    rule,
    ...rows.slice(1),
    rule,
    `input ${formatShape(result.inputShape)}`,
    `parameters ${grouped(result.parameters)}: ${grouped(result.trainable)} trainable, ${grouped(result.frozen)} frozen, ${bytes(result.parameterBytes)}`,
    `multiply-adds ${grouped(result.multiplyAdds)}`,
    `activations ${bytes(result.activationBytes)}`,
  ].join('\n')
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = count
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`
}
