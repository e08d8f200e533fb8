import { checkArguments } from '../check.js'
import { Tensor } from '../tensor/tensor.js'
import { complaint, ValueError } from '../errors.js'
import { ItemList } from './item-list.js'
import type { Module } from './module.js'
import { Parameter } from './parameter.js'

/**
 * Parameters by place. A property that is an array of parameters is found just as well; this is one that
 * makes parameters of tensors, and complains about anything else.
 *
 * @example
 * readonly scales = new nn.ParameterList([ones([4]), ones([4])])
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
 */
export class ParameterList extends ItemList<Parameter, Tensor> {
  /** @throws ValueError when something is no tensor. */
  constructor(parameters: Iterable<Tensor> = []) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.extend(parameters)
  }

  protected override checked(item: unknown, place: number): Parameter {
    return parameterOf(this, `parameter ${place}`, item)
  }
}

/** A parameter as it is, a tensor as one. */
export function parameterOf(holder: Module, what: string, item: unknown): Parameter {
  if (item instanceof Parameter) return item
  if (item instanceof Tensor) return new Parameter(item)
  throw new ValueError(complaint(holder.constructor.name, what, 'a Parameter or a Tensor', item))
}
