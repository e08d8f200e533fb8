import type { Module } from '../nn/module.js'

/** Runs `body` with the model in evaluation mode and puts each module's flag back. */
export function inEvaluationMode<T>(model: Module, body: () => T): T {
  const before = model.modules().map((module) => [module, module.training] as const)
  model.eval()
  try {
    return body()
  } finally {
    for (const [module, training] of before) module.training = training
  }
}
