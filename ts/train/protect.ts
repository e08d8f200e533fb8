import type { Module } from '../nn/module.js'
import { isTraining, Modes } from './modes.js'

interface Protection {
  /** Trainings that asked for it. */
  count: number
  readonly end: () => void
}

const protections = new WeakMap<Module, Protection>()

/**
 * Until the returned function is called, `forward` of a model and of its modules computes in evaluation
 * mode wherever it is called from, but for steps and callbacks of trainings: a request that comes between
 * two steps moves no statistics and draws no random numbers.
 */
export function protect(model: Module): () => void {
  let protection = protections.get(model)
  if (protection === undefined) {
    const ends = model.modules().map(protectOne)
    const end = (): void => {
      for (const one of ends) one()
      protections.delete(model)
    }
    protection = { count: 0, end }
    protections.set(model, protection)
  }
  protection.count++
  const { end } = protection
  return () => {
    if (--protection.count === 0) end()
  }
}

function protectOne(module: Module): () => void {
  const before = Object.getOwnPropertyDescriptor(module, 'forward')
  const forward = module.forward.bind(module)
  let over = false
  const evaluating: Module['forward'] = (...inputs) => {
    if (over || !module.training || isTraining()) return forward(...inputs)
    return Modes.evaluating(module).during(() => forward(...inputs))
  }
  // Not enumerable: it is no part of the module's state.
  const own = { value: evaluating, configurable: true, writable: true, enumerable: false }
  Object.defineProperty(module, 'forward', own)
  return () => {
    over = true
    // Whoever has put one of their own before it since keeps that, and puts this back when done.
    if (module.forward !== evaluating) return
    if (before === undefined) Reflect.deleteProperty(module, 'forward')
    else Object.defineProperty(module, 'forward', before)
  }
}
