import { nn } from '../../../ts/index.js'
import { io, type ModuleCase } from './module-case.js'

const images = 'shape (N, C, H, W) or (C, H, W)'
const shapes = [io([2, 3, 4, 5]), io([3, 4, 5]), io([0, 3, 4, 5])]

/** With settings that leave nothing to chance; what is drawn is in test/nn/augmentation.test.ts. */
export const augmentationCases: readonly ModuleCase[] = [
  {
    title: 'RandomCrop of the whole',
    make: () => new nn.RandomCrop([4, 5]),
    shapes,
    repr: 'RandomCrop((4, 5))',
    refused: [
      [[4, 5], images],
      [[2, 3, 4, 4], 'images of at least (4, 5) with their padding of (0, 0), got (4, 4)'],
    ],
    terms: 1,
  },
  {
    title: 'RandomCrop in evaluation mode',
    make: () => new nn.RandomCrop([3, 6], { padding: 1, fill: 0.5 }).eval(),
    shapes: [io([2, 3, 5, 5], [2, 3, 3, 6]), io([1, 4, 4], [1, 3, 6]), io([2, 1, 3, 6])],
    repr: 'RandomCrop((3, 6), padding=1, fill=0.5)',
    terms: 1,
    evaluating: true,
  },
  {
    title: 'RandomHorizontalFlip of all',
    make: () => new nn.RandomHorizontalFlip(1),
    shapes,
    repr: 'RandomHorizontalFlip(p=1)',
    refused: [[[4, 5], images]],
    terms: 1,
  },
  {
    title: 'RandomTranslation by nothing',
    make: () => new nn.RandomTranslation(0, 0, { fill: 2 }),
    shapes,
    repr: 'RandomTranslation(0, 0, fill=2)',
    refused: [[[4, 5], images]],
    terms: 1,
  },
  {
    title: 'RandomErasing of everything',
    make: () => new nn.RandomErasing(1, { scale: [1, 1], ratio: [1, 1] }),
    shapes: [io([2, 3, 4, 4]), io([3, 5, 5])],
    repr: 'RandomErasing(p=1, scale=[1, 1], ratio=[1, 1], value=0)',
    refused: [[[4, 5], images]],
    terms: 1,
  },
  {
    title: 'RandomBrightness of nothing',
    make: () => new nn.RandomBrightness(0),
    shapes,
    repr: 'RandomBrightness(factor=0)',
    refused: [[[4, 5], images]],
    terms: 1,
  },
  {
    title: 'Normalize',
    make: (dtype) => new nn.Normalize([0.5, -1, 2], [0.5, 2, 4], { dtype }),
    shapes,
    repr: 'Normalize(3 channels)',
    refused: [
      [[4, 5], images],
      [[2, 4, 3, 3], 'expected input to be 3 channels, got shape (2, 4, 3, 3)'],
    ],
    terms: 2,
  },
]
