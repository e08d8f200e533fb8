import type { Tensor } from '../tensor/tensor.js'

/** What a module takes: tensors, and behind them perhaps options, of which each tensor is an input too. */
export type Inputs = readonly (Tensor | object | undefined)[]

/** What a module gives: a tensor, a list of them or some with names, where null stands for one left out. */
export type Outputs = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor | null>>

/** Gradients by what a module gives, in its form; null for a part that the loss does not depend on. */
export type OutputGradients<O extends Outputs> = O extends Tensor
  ? Tensor
  : { readonly [K in keyof O]: Tensor | null }

/** Gradients by what a module takes: one for one, else a list, with null where there is none. */
export type InputGradients<I extends Inputs> = number extends I['length']
  ? Tensor
  : I extends readonly [Tensor]
    ? Tensor
    : { readonly [K in keyof I]: InputGradient<I[K]> }

/** By options the gradients by the tensors among them, under their names. */
type InputGradient<T> = T extends Tensor
  ? Tensor | null
  : { readonly [K in keyof T]?: Tensor | null }

/** What a backward pass takes: the inputs and the gradient by the output. */
export type Given<I extends Inputs, O extends Outputs> = number extends I['length']
  ? (Tensor | OutputGradients<O>)[]
  : [...inputs: I, gradOutput: OutputGradients<O>]
