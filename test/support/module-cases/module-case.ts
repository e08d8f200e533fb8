import type { FloatDType, nn, Shape, Tensor } from '../../../ts/index.js'

/** A module and what it can be given; every test of modules in general runs over all of them. */
export interface ModuleCase {
  readonly title: string
  readonly make: (dtype: FloatDType) => nn.Module
  /** Pairs of an input shape and the shape of its output. */
  readonly shapes: readonly (readonly [Shape, Shape])[]
  /** What toString gives. */
  readonly repr: string
  /** Shapes that are refused, with what the message must contain. */
  readonly refused?: readonly (readonly [Shape, string])[]
  /** Largest number of products that one result sums up; 1 for elementwise modules. */
  readonly terms: number
  /** Is made in evaluation mode. */
  readonly evaluating?: boolean
  /**
   * What the gradients are checked against, where the function has a derivative that is not the one
   * that is meant. Default: central differences. See `differentiable`.
   */
  readonly gradcheck?: (module: nn.Module, input: Tensor, gradOutput: Tensor) => void
  /** Takes any dtype. */
  readonly anyDType?: boolean
}

/** A shape of an input and that of its output, which is the same unless given. */
export const io = (input: Shape, output: Shape = input): readonly [Shape, Shape] => [input, output]

/** Shapes for modules that keep them. */
export const elementwise: ModuleCase['shapes'] = [
  io([]),
  io([1]),
  io([3, 5]),
  io([0, 5]),
  io([2, 3, 4]),
]
