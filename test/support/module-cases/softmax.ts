import { nn } from '../../../ts/index.js'
import { elementwise, type ModuleCase } from './module-case.js'

export const softmaxCases: readonly ModuleCase[] = [
  {
    title: 'Softmax',
    make: () => new nn.Softmax(),
    shapes: elementwise.slice(1),
    repr: 'Softmax(dim=-1)',
    refused: [[[], 'Softmax(dim=-1): expected dim']],
    terms: 5,
  },
  {
    title: 'Softmax along 0',
    make: () => new nn.Softmax(0),
    shapes: elementwise.slice(1),
    repr: 'Softmax(dim=0)',
    terms: 5,
  },
  {
    title: 'LogSoftmax along 1',
    make: () => new nn.LogSoftmax(1),
    shapes: elementwise.slice(2),
    repr: 'LogSoftmax(dim=1)',
    refused: [[[4], 'from -1 to 0 for shape (4)']],
    terms: 5,
  },
]
