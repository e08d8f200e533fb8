import { BCEWithLogitsLoss } from '../criterion/bce-with-logits.js'
import type { Criterion } from '../criterion/criterion.js'
import { CrossEntropyLoss } from '../criterion/cross-entropy.js'
import { KLDivLoss } from '../criterion/kl-div.js'
import { NLLLoss } from '../criterion/nll.js'
import { complaint, ValueError } from '../errors.js'
import { Sigmoid } from '../nn/activation.js'
import { Dropout, Dropout2d } from '../nn/dropout.js'
import { Flatten } from '../nn/flatten.js'
import { Identity } from '../nn/identity.js'
import type { Module } from '../nn/module.js'
import { observe } from '../nn/observe.js'
import { Sequential } from '../nn/sequential.js'
import { Softmax } from '../nn/softmax.js'
import { Unflatten } from '../nn/unflatten.js'
import type { Tensor } from '../tensor/tensor.js'
import { parametersOf, type TrainingOptimizer } from './snapshot.js'

/** @throws ValueError when an optimizer moves nothing of a model. An optimizer that does not tell passes. */
export function checkHolds(who: string, model: Module, optimizer: TrainingOptimizer): void {
  if (!holdsNone(model, optimizer)) return
  const count = parametersOf(optimizer).length
  const hint = 'make it of model.parameters(), of this model'
  const got = `one of ${count} others`
  throw new ValueError(complaint(who, 'optimizer', 'one of parameters of the model', got, hint))
}

/** Whether an optimizer tells its parameters and none of them is the model's. */
export function holdsNone(model: Module, optimizer: TrainingOptimizer): boolean {
  const held = parametersOf(optimizer)
  const own = new Set(model.parameters())
  return held.length > 0 && !held.some((parameter) => own.has(parameter))
}

/** The forward pass of a model, and what is wrong about the module that it ends in, in words; else null. */
export function forwardBefore(
  criterion: Criterion,
  model: Module,
  x: Tensor,
): { prediction: Tensor; mistake: string | null } {
  const outputs = new Map<Module, Tensor>()
  const stop = observe(model, {
    forward(module, _path, _inputs, [output]) {
      outputs.set(module, output!)
    },
  })
  try {
    return { prediction: model.forward(x), mistake: mistakeOf(criterion, model, outputs) }
  } finally {
    stop()
  }
}

function mistakeOf(
  criterion: Criterion,
  model: Module,
  outputs: ReadonlyMap<Module, Tensor>,
): string | null {
  const module = endOf(model, outputs)
  const advice = module === null ? null : adviceOn(criterion, module)
  if (module === null || advice === null) return null
  const path = [...model.namedModules()].find(([, candidate]) => candidate === module)![0]
  const where = path === '' ? '' : `${model.constructor.name}.${path} `
  return `${where}${module.describe()} comes before ${criterion.constructor.name}, ${advice}`
}

/** The module whose output that of another one is; null where that computes something after all others. */
function endOf(module: Module, outputs: ReadonlyMap<Module, Tensor>): Module | null {
  const children = module.children()
  if (children.length === 0) return module
  const last =
    module instanceof Sequential
      ? children.findLast((child) => !PASSING.some((kind) => child instanceof kind))
      : children.findLast((child) => sameMemory(outputs.get(child), outputs.get(module)))
  return last === undefined ? null : endOf(last, outputs)
}

function sameMemory(a: Tensor | undefined, b: Tensor | undefined): boolean {
  return a !== undefined && a.buffer === b?.buffer && a.byteOffset === b.byteOffset
}

/** What gives its input on in another form. */
const PASSING = [Identity, Flatten, Unflatten, Dropout, Dropout2d]

function adviceOn(criterion: Criterion, module: Module): string | null {
  const squashes = module instanceof Softmax || module instanceof Sigmoid
  if (!squashes) return null
  if (criterion instanceof CrossEntropyLoss) {
    return 'which computes the softmax itself: leave it out, or gradients are small and the loss stays high'
  }
  if (criterion instanceof BCEWithLogitsLoss) {
    return 'which computes the sigmoid itself: leave it out, or take nn.BCELoss'
  }
  if (criterion instanceof NLLLoss || criterion instanceof KLDivLoss) {
    return 'which takes logarithms of probabilities: take nn.LogSoftmax instead'
  }
  return null
}
