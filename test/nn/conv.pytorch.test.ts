import { nn } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import {
  camelOptions,
  expectModule,
  type ModuleFixture,
  readFixture,
} from '../support/pytorch-fixture.js'

interface Case extends ModuleFixture {
  readonly name: 'Conv1d' | 'Conv2d' | 'ConvTranspose1d' | 'ConvTranspose2d'
  readonly arguments: readonly [number, number, number]
  readonly options: Readonly<Record<string, unknown>>
}

/** Numbers of at most 4 in sums of at most 100 products: 100 roundings relative to 1600, each side. */
const TOLERANCE = 2 * 100 * 1600 * 2 ** -53

describe('convolutions give what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readFixture('conv') as readonly Case[]) {
      const { name, options } = one
      it(`${name}(${one.arguments.join(', ')}) ${JSON.stringify(options)}`, () => {
        const make: new (...args: [number, number, number, object]) => nn.Module = nn[name]
        const settings = { ...camelOptions(options), dtype: 'float64' }
        expectModule(new make(...one.arguments, settings), one, TOLERANCE)
      })
    }
  })
})
