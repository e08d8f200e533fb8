import { nn } from '../../../ts/index.js'
import { elementwise, type ModuleCase } from './module-case.js'

export const identityCases: readonly ModuleCase[] = [
  {
    title: 'Identity',
    make: () => new nn.Identity(),
    shapes: elementwise,
    repr: 'Identity()',
    terms: 1,
    anyDType: true,
  },
]
