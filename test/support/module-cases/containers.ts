import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

export const containerCases: readonly ModuleCase[] = [
  {
    title: 'Split',
    make: (dtype) =>
      new nn.Split([new nn.Linear(3, 2, { dtype }), new nn.Tanh(), new nn.Linear(3, 4, { dtype })]),
    shapes: [io([4, 9]), io([1, 9]), io([0, 9])],
    repr: `Split(
  dim=1
  (0): Linear(3, 2)
  (1): Tanh()
  (2): Linear(3, 4)
)`,
    refused: [
      [
        [4, 10],
        'Split(dim=1): expected input to be of a size along dimension 1 that 3 divides, got shape (4, 10)',
      ],
      [[9], 'expected dim to be from -1 to 0 for shape (9)'],
      [[4, 12], 'Split.0 Linear(3, 2): expected input to be shape (…, 3), got shape (4, 4)'],
    ],
    terms: 4,
  },
  {
    title: 'Split of images into unequal parts',
    make: (dtype) =>
      new nn.Split(
        { same: new nn.Identity(), conv: new nn.Conv2d(3, 2, 3, { padding: 1, dtype }) },
        { dim: -3, sizes: [1, 3] },
      ),
    shapes: [io([2, 4, 3, 5], [2, 3, 3, 5]), io([4, 5, 3], [3, 5, 3])],
    repr: `Split(
  dim=-3, sizes=[1, 3]
  (same): Identity()
  (conv): Conv2d(3, 2, kernelSize=(3, 3), stride=(1, 1), padding=(1, 1))
)`,
    refused: [[[2, 5, 3, 3], 'whole numbers whose sum is 5, as dimension -3 of (2, 5, 3, 3) has']],
    terms: 60,
  },
  {
    title: 'Concat',
    make: (dtype) =>
      new nn.Concat(
        [new nn.Conv1d(2, 3, 1, { dtype }), new nn.Sequential(new nn.Tanh()), new nn.Identity()],
        { dim: -2 },
      ),
    shapes: [io([3, 2, 5], [3, 7, 5]), io([1, 2, 1], [1, 7, 1]), io([0, 2, 5], [0, 7, 5])],
    repr: `Concat(
  dim=-2
  (0): Conv1d(2, 3, kernelSize=1, stride=1)
  (1): Sequential(
    (0): Tanh()
  )
  (2): Identity()
)`,
    terms: 30,
  },
  {
    title: 'Parallel',
    make: (dtype) =>
      new nn.Parallel({
        line: new nn.Linear(3, 4, { dtype }),
        curve: new nn.Sequential(new nn.Linear(3, 4, { dtype }), new nn.Sigmoid()),
        other: new nn.Linear(3, 4, { bias: false, dtype }),
      }),
    shapes: [io([5, 3], [5, 4]), io([1, 3], [1, 4]), io([0, 3], [0, 4]), io([3], [4])],
    repr: `Parallel(
  (line): Linear(3, 4)
  (curve): Sequential(
    (0): Linear(3, 4)
    (1): Sigmoid()
  )
  (other): Linear(3, 4, bias=false)
)`,
    terms: 20,
  },
  {
    title: 'Residual',
    make: (dtype) =>
      new nn.Residual(new nn.Sequential(new nn.Linear(4, 4, { dtype }), new nn.Tanh())),
    shapes: [io([5, 4]), io([2, 3, 4]), io([4])],
    repr: `Residual(
  (module): Sequential(
    (0): Linear(4, 4)
    (1): Tanh()
  )
  (shortcut): Identity()
)`,
    terms: 6,
  },
  {
    title: 'Residual with a shortcut',
    make: (dtype) =>
      new nn.Residual(new nn.Linear(4, 3, { dtype }), {
        shortcut: new nn.Linear(4, 3, { bias: false, dtype }),
      }),
    shapes: [io([5, 4], [5, 3])],
    repr: `Residual(
  (module): Linear(4, 3)
  (shortcut): Linear(4, 3, bias=false)
)`,
    terms: 10,
  },
  {
    title: 'AdditiveCoupling',
    make: (dtype) =>
      new nn.AdditiveCoupling(new nn.Sequential(new nn.Tanh(), new nn.Conv2d(2, 2, 1, { dtype }))),
    shapes: [io([3, 4, 2, 3]), io([1, 4, 1, 1]), io([0, 4, 2, 2])],
    repr: `AdditiveCoupling(
  dim=1
  (h): Sequential(
    (0): Tanh()
    (1): Conv2d(2, 2, kernelSize=(1, 1), stride=(1, 1))
  )
)`,
    refused: [
      [
        [3, 5, 2, 2],
        'AdditiveCoupling(dim=1): expected input to be of a size along dimension 1 that 2 divides, got shape (3, 5, 2, 2)',
      ],
    ],
    terms: 20,
  },
  {
    title: 'containers in containers',
    make: (dtype) =>
      new nn.Sequential(
        new nn.Residual(
          new nn.Split(
            [new nn.Linear(3, 3, { dtype }), new nn.AdditiveCoupling(new nn.Softplus())],
            {
              sizes: [3, 4],
            },
          ),
        ),
        new nn.Concat([new nn.Linear(7, 2, { dtype }), new nn.Sigmoid()]),
        new nn.Parallel([new nn.Linear(9, 3, { dtype })]),
      ),
    shapes: [io([4, 7], [4, 3]), io([1, 7], [1, 3])],
    repr: `Sequential(
  (0): Residual(
    (module): Split(
      dim=1, sizes=[3, 4]
      (0): Linear(3, 3)
      (1): AdditiveCoupling(
        dim=1
        (h): Softplus()
      )
    )
    (shortcut): Identity()
  )
  (1): Concat(
    dim=1
    (0): Linear(7, 2)
    (1): Sigmoid()
  )
  (2): Parallel(
    (0): Linear(9, 3)
  )
)`,
    refused: [[[4, 8], 'Sequential.0.module split: expected the sizes of the parts']],
    terms: 60,
  },
]
