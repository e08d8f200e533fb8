import { nn } from '../../../ts/index.js'
import { elementwise, io, type ModuleCase } from './module-case.js'

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
  activation('ELU', () => new nn.ELU(0.5), 'ELU(0.5)'),
  activation('ELU of alpha 1', () => new nn.ELU(), 'ELU(1)'),
  activation('CELU of alpha 1', () => new nn.CELU(), 'CELU(1)'),
  activation('Hardtanh from -1 to 1', () => new nn.Hardtanh(), 'Hardtanh(-1, 1)'),
  activation('Hardshrink by 1', () => new nn.Hardshrink(1), 'Hardshrink(1)'),
  activation('Softshrink by 1', () => new nn.Softshrink(1), 'Softshrink(1)'),
  activation('Threshold below 0', () => new nn.Threshold(-0.5, 1), 'Threshold(-0.5, 1)'),
  {
    ...activation('Softmin along 0', () => new nn.Softmin(0), 'Softmin(dim=0)'),
    shapes: [io([3, 5])],
    terms: 5,
  },
  {
    ...activation('GLU along the last dimension', () => new nn.GLU(), 'GLU(dim=-1)'),
    shapes: [io([3, 4], [3, 2])],
  },
  activation('SELU', () => new nn.SELU(), 'SELU()'),
  activation('CELU', () => new nn.CELU(2), 'CELU(2)'),
  activation('Mish', () => new nn.Mish(), 'Mish()'),
  activation('LogSigmoid', () => new nn.LogSigmoid(), 'LogSigmoid()'),
  activation('Softsign', () => new nn.Softsign(), 'Softsign()'),
  activation('Tanhshrink', () => new nn.Tanhshrink(), 'Tanhshrink()'),
  activation('Hardtanh', () => new nn.Hardtanh(-2, 2), 'Hardtanh(-2, 2)'),
  activation('ReLU6', () => new nn.ReLU6(), 'ReLU6()'),
  activation('Hardsigmoid', () => new nn.Hardsigmoid(), 'Hardsigmoid()'),
  activation('Hardswish', () => new nn.Hardswish(), 'Hardswish()'),
  activation('Hardshrink', () => new nn.Hardshrink(), 'Hardshrink(0.5)'),
  activation('Softshrink', () => new nn.Softshrink(), 'Softshrink(0.5)'),
  activation('Threshold', () => new nn.Threshold(0.5, 0.5), 'Threshold(0.5, 0.5)'),
  {
    ...activation('Softmin', () => new nn.Softmin(), 'Softmin(dim=-1)'),
    shapes: [io([3, 5])],
    terms: 5,
  },
  {
    ...activation('GLU', () => new nn.GLU(1), 'GLU(dim=1)'),
    shapes: [io([3, 4], [3, 2]), io([2, 6, 2], [2, 3, 2]), io([0, 4], [0, 2])],
    refused: [[[2, 3], 'even size']],
  },
  {
    ...activation('PReLU', () => new nn.PReLU(), 'PReLU(1)'),
    make: (dtype) => new nn.PReLU(1, { dtype }),
    terms: 30,
  },
  {
    ...activation('PReLU of channels', () => new nn.PReLU(3), 'PReLU(3)'),
    make: (dtype) => new nn.PReLU(3, { dtype, init: 0.5 }),
    shapes: [io([2, 3]), io([2, 3, 4])],
    refused: [[[2, 4], '(4)']],
    terms: 12,
  },
  activation('Softplus of beta 2', () => new nn.Softplus(2), 'Softplus(2)'),
]
