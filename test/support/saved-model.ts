import { expect } from 'chai'

import { type nn, type Tensor, manualSeed } from '../../ts/index.js'
import { architectureOf } from '../../ts/io/model/architecture.js'
import { constructorArguments } from '../../ts/nn/built-in.js'
import { defaultGenerator } from '../../ts/random/generator.js'

/** A tensor's dtype, shape and bits. */
export function bitsOf({ dtype, shape, data }: Tensor): unknown {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return { dtype, shape: [...shape], bytes: bytes.toString('hex') }
}

/** Two models are of one description and have the same bits. */
export function expectSame(again: nn.Module, model: nn.Module): void {
  expect(String(again)).to.equal(String(model))
  expect(JSON.stringify(architectureOf('', again))).to.equal(
    JSON.stringify(architectureOf('', model)),
  )
  const [state, expected] = [again.stateDict(), model.stateDict()]
  expect(Object.keys(state)).to.deep.equal(Object.keys(expected))
  for (const [name, tensor] of Object.entries(expected)) {
    expect(bitsOf(state[name]!), name).to.deep.equal(bitsOf(tensor))
  }
}

/** What a module computes in its mode and, where it can, in evaluation. */
export function outputsOf(module: nn.Module, input: Tensor): unknown[] {
  manualSeed(11) // for dropout
  const first = bitsOf(module.forward(input))
  return [first, bitsOf(module.eval().forward(input))]
}

export function defaultGeneratorState(): number[] {
  return Array.from(defaultGenerator.getState().data)
}

/** Arguments by place, those of options by name, each as text. */
export function describedArguments(module: nn.Module): [string, string][] {
  return constructorArguments(module)!.flatMap((value, i) => {
    const options = typeof value === 'object' && value !== null && !Array.isArray(value)
    const inside = options && Object.getPrototypeOf(value) === Object.prototype
    const named = inside ? Object.entries(value) : [[String(i), value] as const]
    const plain = named.filter(([, part]) => !String(part).includes('('))
    return plain.map(([name, part]): [string, string] => [name, String(part)])
  })
}
