import { nn } from '../../../ts/index.js'
import { elementwise, type ModuleCase } from './module-case.js'

function activation(title: string, make: () => nn.Module, repr: string): ModuleCase {
  return { title, make, shapes: elementwise, repr, terms: 1 }
}

export const activationCases: readonly ModuleCase[] = [
  activation('ReLU', () => new nn.ReLU(), 'ReLU()'),
  activation('LeakyReLU', () => new nn.LeakyReLU(), 'LeakyReLU(0.01)'),
  activation('LeakyReLU of slope 0.2', () => new nn.LeakyReLU(0.2), 'LeakyReLU(0.2)'),
  activation('Sigmoid', () => new nn.Sigmoid(), 'Sigmoid()'),
  activation('Tanh', () => new nn.Tanh(), 'Tanh()'),
  activation('Swish', () => new nn.Swish(), 'Swish()'),
  activation('Swish of beta 1.5', () => new nn.Swish(1.5), 'Swish(1.5)'),
  activation('SiLU', () => new nn.SiLU(), 'SiLU()'),
  activation('GELU', () => new nn.GELU(), 'GELU()'),
  activation('GELU by tanh', () => new nn.GELU({ approximate: 'tanh' }), 'GELU(approximate=tanh)'),
  activation('Softplus', () => new nn.Softplus(), 'Softplus()'),
  activation('Softplus of beta 2', () => new nn.Softplus(2), 'Softplus(2)'),
]
