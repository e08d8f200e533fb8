import { Dropout, Linear, type Module, Parallel, ReLU, Sequential } from '../nn/index.js'
import { zeros_ } from '../nn/init/index.js'
import type { Recipe } from './recipe.js'

/**
 * A linear model with a network of hidden layers beside it, whose share is 0 at first: what is linear is
 * learned at once.
 */
export function defaultNetwork(inputs: number, outputs: number, recipe: Recipe): Module {
  const layers: Module[] = []
  let width = inputs
  for (const hidden of recipe.hidden) {
    layers.push(new Linear(width, hidden), new ReLU(), new Dropout(recipe.dropout))
    width = hidden
  }
  const last = new Linear(width, outputs)
  zeros_(last.weight)
  return new Parallel([new Linear(inputs, outputs), new Sequential(...layers, last)])
}
