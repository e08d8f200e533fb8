import { expect } from 'chai'

import { capture, fitSync, GradlaneError, nn, optim, tensor, zeros } from '../../ts/index.js'
import { fixFor } from '../../ts/kernels/native/fix.js'
import { read } from './markdown.js'

const model = new nn.Linear(2, 2)
const criterion = new nn.MSELoss()
const of = (module: nn.Module): optim.SGD => new optim.SGD(module.parameters())

/** The causes that docs/errors.md names, as they stand there, and what a program gets for them. */
const CAUSES: Readonly<Record<string, [code: string, program: () => unknown]>> = {
  'an image (N, H, W) given to a `Linear`': [
    'ERR_SHAPE',
    () => new nn.Linear(784, 10).forward(zeros([2, 28, 28])),
  ],
  'images without channels given to a `Conv2d`': [
    'ERR_SHAPE',
    () => new nn.Conv2d(1, 2, 3).forward(zeros([4, 28, 28])),
  ],
  'a target (N) against a prediction (N, 1)': [
    'ERR_SHAPE',
    () => criterion.forward(zeros([4, 1]), zeros([4])),
  ],
  'bytes of an image given to a layer': [
    'ERR_DTYPE',
    () => model.forward(zeros([1, 2], { dtype: 'uint8' })),
  ],
  'labels in float32': [
    'ERR_DTYPE',
    () => new nn.CrossEntropyLoss().forward(zeros([1, 2]), zeros([1])),
  ],
  'a float64 input for a float32 model': [
    'ERR_DTYPE',
    () => model.forward(zeros([1, 2], { dtype: 'float64' })),
  ],
  'a label that is no class, say 10 of 10 classes': [
    'ERR_VALUE',
    () => new nn.CrossEntropyLoss().forward(zeros([1, 10]), tensor([10], { dtype: 'int32' })),
  ],
  '`backward` with another input than that of the last `forward`': [
    'ERR_VALUE',
    () => {
      model.forward(zeros([1, 2]))
      model.backward(zeros([1, 2]), zeros([1, 2]))
    },
  ],
  'an option in snake_case': [
    'ERR_VALUE',
    () => new optim.SGD(model.parameters(), { weight_decay: 1 } as object),
  ],
  "an optimizer that holds none of the model's parameters": [
    'ERR_VALUE',
    () =>
      fitSync(model, [zeros([2, 2]), zeros([2, 2])], {
        criterion,
        optimizer: of(new nn.Linear(1, 1)),
      }),
  ],
  'a generator as batches for more than one epoch': [
    'ERR_VALUE',
    () => {
      function* batches() {
        yield [zeros([2, 2]), zeros([2, 2])] as const
      }
      fitSync(model, batches(), { criterion, optimizer: of(model), epochs: 2 })
    },
  ],
  '`item()`, `data` or `toArray()` inside the step': [
    'ERR_CAPTURE',
    () => {
      const step = capture(() => {
        const loss = criterion.forward(model.forward(zeros([1, 2])), zeros([1, 2]))
        loss.item()
        return loss
      })
      return step.runSync({})
    },
  ],
}

describe('docs/errors.md', () => {
  const page = read('docs/errors.md')
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  )

  for (const [cause, [code, program]] of Object.entries(CAUSES)) {
    it(`${code}: ${cause}`, () => {
      expect(sections.get(code)).to.include(`| ${cause} |`)
      expect(program).to.throw(GradlaneError).with.property('code', code)
    })
  }

  it('names no other cause of a wrong shape, dtype or value', () => {
    for (const code of ['ERR_SHAPE', 'ERR_DTYPE', 'ERR_VALUE']) {
      const rows = [...sections.get(code)!.matchAll(/^\| (.*?) \| /gm)].map(([, cell]) => cell!)
      const causes = rows.filter((cell) => cell !== 'cause' && cell !== '---')
      const known = Object.keys(CAUSES).filter((cause) => CAUSES[cause]![0] === code)
      expect(causes).to.have.members(known)
    }
  })
})

describe('docs/recipes.md', () => {
  it('keeps gradlane out of a bundle by the lines that the error tells', () => {
    const fix = fixFor({
      reason: '',
      code: undefined,
      findings: {
        places: [],
        further: null,
        nodeGypBuild: null,
        bundled: true,
        checkout: false,
      },
      runtime: 'Node',
      platform: 'linux-x64',
      libc: 'glibc',
      permissions: false,
    })
    const told = [...fix.matchAll(/(\w+): `([^`]+)`/g)].map(([, tool, line]) => [tool, line])
    const [, section = ''] = read('docs/recipes.md').split(/^## Bundlers$/m)
    const shown = [...section.matchAll(/^\| (\w+) \| `(.*)` \|$/gm)].map(([, tool, line]) => [
      tool,
      line,
    ])
    expect(shown).to.have.deep.members(told)
  })
})
