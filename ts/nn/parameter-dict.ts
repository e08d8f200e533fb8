import { checkArguments } from '../check.js'
import type { Tensor } from '../tensor/tensor.js'
import { ItemDict, type Named } from './item-dict.js'
import type { Parameter } from './parameter.js'
import { parameterOf } from './parameter-list.js'

/**
 * Parameters by name, in the order of their coming. Of tensors it makes parameters.
 *
 * @example
 * readonly scales = new nn.ParameterDict({ first: ones([4]), second: ones([4]) })
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
 */
export class ParameterDict extends ItemDict<Parameter, Tensor> {
  /** @throws ValueError when something is no tensor, or a name is empty or has a dot. */
  constructor(parameters: Named<Tensor> = []) {
    checkArguments(new.target.name, 1, arguments)
    super()
    this.update(parameters)
  }

  protected override checked(item: unknown, name: string): Parameter {
    return parameterOf(this, `parameter ${name}`, item)
  }
}
