import { Dropout, Linear, type Module, ReLU, Sequential } from '../nn/index.js'
import type { Recipe } from './recipe.js'

/** Linear layers with ReLU and dropout between them. */
export function defaultNetwork(inputs: number, outputs: number, recipe: Recipe): Module {
  const layers: Module[] = []
  let width = inputs
  for (const hidden of recipe.hidden) {
    layers.push(new Linear(width, hidden), new ReLU(), new Dropout(recipe.dropout))
    width = hidden
  }
  return new Sequential(...layers, new Linear(width, outputs))
}
