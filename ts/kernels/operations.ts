import { allReduceOperations } from './all-reduce.js'
import { activationOperations } from './activation.js'
import { attentionOperations } from './attention.js'
import { augmentOperations } from './augment.js'
import { batchNormOperations } from './batch-norm.js'
import { conv2dOperations } from './conv2d.js'
import { crossEntropyOperations } from './cross-entropy.js'
import { ctcOperations } from './ctc.js'
import { dropoutOperations } from './dropout.js'
import { elementwiseOperations } from './elementwise.js'
import { gatherOperations } from './gather.js'
import { gradientOperations } from './gradient.js'
import { groupNormOperations } from './group-norm.js'
import { layerNormOperations } from './layer-norm.js'
import { maskOperations } from './mask.js'
import { matmulOperations } from './matmul.js'
import { memoryOperations } from './memory.js'
import { nllOperations } from './nll.js'
import { type ArgsOf, type Effect, type Field } from './operation.js'
import { pad2dOperations } from './pad2d.js'
import { pointwiseLossOperations } from './pointwise-loss.js'
import { pool2dOperations } from './pool2d.js'
import type { Caller } from './program.js'
import { randomOperations } from './random.js'
import { recurrentOperations } from './recurrent.js'
import { reduceOperations } from './reduce.js'
import { softmaxOperations } from './softmax.js'
import { sortOperations } from './sort.js'
import { stridedOperations } from './strided.js'
import { updateOperations } from './update.js'
import { upsample2dOperations } from './upsample2d.js'
import { xnorOperations } from './xnor.js'

/** All operations by name. */
export const operations = {
  ...activationOperations,
  ...allReduceOperations,
  ...attentionOperations,
  ...augmentOperations,
  ...batchNormOperations,
  ...conv2dOperations,
  ...crossEntropyOperations,
  ...ctcOperations,
  ...dropoutOperations,
  ...elementwiseOperations,
  ...gatherOperations,
  ...gradientOperations,
  ...groupNormOperations,
  ...layerNormOperations,
  ...maskOperations,
  ...matmulOperations,
  ...memoryOperations,
  ...nllOperations,
  ...pad2dOperations,
  ...pointwiseLossOperations,
  ...pool2dOperations,
  ...randomOperations,
  ...recurrentOperations,
  ...reduceOperations,
  ...softmaxOperations,
  ...sortOperations,
  ...stridedOperations,
  ...updateOperations,
  ...upsample2dOperations,
  ...xnorOperations,
}

export type KernelName = keyof typeof operations

/** The arguments of each operation. */
export type KernelArgs = { [K in KernelName]: ArgsOf<(typeof operations)[K]> }

/** One recorded call. Its views are the recording's own; numbers and sizes were copied. */
export type KernelCall = {
  [K in KernelName]: {
    readonly method: K
    readonly args: KernelArgs[K]
    /** Whose it is, where `callFor` has told. */
    readonly caller?: Caller | undefined
  }
}[KernelName]

/** The fields of a call, with their names, in the order of their declaration. */
export function fieldsOf(method: KernelName): [string, Field<unknown>][] {
  return Object.entries(operations[method].fields as object) as [string, Field<unknown>][]
}

/** The argument of a call of some name. */
export function argument({ args }: KernelCall, name: string): unknown {
  return (args as Record<string, unknown>)[name]
}

/** The names of the arguments that a call writes in full, whatever was there. */
export function overwrittenBy(call: KernelCall): string[] {
  return withEffect(call, ['overwrites'])
}

/** The names of all arguments that a call writes. */
export function writtenBy(call: KernelCall): string[] {
  return withEffect(call, ['overwrites', 'updates'])
}

/** The operand that a call may write a result over, and that result; null: there is none. */
export function inPlaceOf({ method }: KernelCall): [operand: string, result: string] | null {
  for (const [result, { over }] of fieldsOf(method)) {
    if (over !== undefined) return [over, result]
  }
  return null
}

function withEffect({ method, args }: KernelCall, wanted: readonly Effect[]): string[] {
  const found = fieldsOf(method).filter(([, { effect }]) => {
    const does = typeof effect === 'function' ? effect(args) : effect
    return does !== undefined && wanted.includes(does)
  })
  return found.map(([name]) => name)
}
