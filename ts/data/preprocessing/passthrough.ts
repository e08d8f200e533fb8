import { checkInputs } from './check-inputs.js'
import type { Cells, Input, NumberCells } from './cells.js'
import { readOptions } from '../../options.js'
import { Affine } from './affine.js'
import { done } from './steps.js'
import type { Fitted, Fitting, TransformerConfig } from './fitted.js'
import { NumberTransformer } from './transformer.js'

/** Numbers as they are: what `'passthrough'` stands for. @internal */
export class Passthrough extends NumberTransformer {
  /** @internal */
  declare readonly cell?: number | null
  /** @throws ValueError for any option, as there are none. */
  constructor(options: object = {}) {
    super()
    readOptions('Passthrough', {}, options)
  }

  override config(): TransformerConfig {
    return { name: 'Passthrough', options: {} }
  }

  /** @internal */
  override begin(inputs: readonly Input[]): Fitting {
    checkInputs('passthrough', inputs, ['number'], 'an encoder makes numbers of it')
    return { observe: () => undefined, finish: () => done(new Same(inputs.length)) }
  }

  /** @internal */
  override restore(_reader: unknown, inputs: readonly Input[]): Fitted {
    return new Same(inputs.length)
  }
}

class Same extends Affine {
  constructor(features: number) {
    super(new Float64Array(features), new Float64Array(features).fill(1))
  }

  override apply(cells: readonly Cells[]): Cells[] {
    return cells as NumberCells[]
  }

  override state(): Record<string, never> {
    return {}
  }
}
