import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const sequentialCases: readonly ModuleCase[] = [
  {
    title: 'Sequential',
    make: (dtype) =>
      new nn.Sequential(
        new nn.Flatten(),
        new nn.Linear(6, 5, { dtype }),
        new nn.Tanh(),
        new nn.Sequential({ inner: new nn.Linear(5, 4, { dtype }), act: new nn.Softplus() }),
        new nn.Linear(4, 3, { dtype }),
        new nn.LogSoftmax(),
      ),
    shapes: [io([4, 2, 3], [4, 3]), io([1, 6], [1, 3]), io([0, 6], [0, 3])],
    repr: `Sequential(
  (0): Flatten()
  (1): Linear(6, 5)
  (2): Tanh()
  (3): Sequential(
    (inner): Linear(5, 4)
    (act): Softplus()
  )
  (4): Linear(4, 3)
  (5): LogSoftmax(dim=-1)
)`,
    refused: [
      [[4, 7], 'Sequential.1 Linear(6, 5): expected input to be shape (…, 6), got shape (4, 7)'],
    ],
    terms: 30,
  },
]
