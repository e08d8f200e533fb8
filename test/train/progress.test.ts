import { expect } from 'chai'

import {
  type callbacks,
  data,
  fit,
  type FitOptions,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const ERASED = '\r\u001b[K'
const ESCAPE = '\u001b'

/** What a training of two epochs of 20 samples shows. */
async function shown(
  where: { readonly terminal: boolean; readonly environment?: NodeJS.ProcessEnv },
  options: Partial<FitOptions> = {},
): Promise<string> {
  const { terminal, environment = {} } = where
  const { stderr, env } = process
  const saved = { isTTY: stderr.isTTY, write: stderr.write.bind(stderr), env }
  let text = ''
  stderr.isTTY = terminal
  stderr.write = (chunk: string | Uint8Array): boolean => {
    text += String(chunk)
    return true
  }
  process.env = { ...env, CI: '', NO_COLOR: '', ...environment }
  try {
    manualSeed(3)
    const model = new nn.Linear(3, 1)
    const loader = new data.DataLoader<[Tensor, Tensor]>([randn([20, 3]), randn([20, 1])], {
      batchSize: 6,
    })
    await fit(model, loader, {
      criterion: new nn.MSELoss(),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
      epochs: 2,
      progress: true,
      ...options,
    }).catch((error: unknown) => {
      if (error !== ENOUGH) throw error
    })
  } finally {
    process.env = saved.env
    stderr.isTTY = saved.isTTY
    stderr.write = saved.write
  }
  return text
}

const ENOUGH = new Error('enough')
const LINE = /^epoch \d\/2 {2}\d+\.\d s {2}[\d,]+ samples\/s {2}loss \d\.\d+$/

describe('fit: progress', () => {
  eachBackend(() => {
    for (const [what, where] of [
      ['elsewhere than on a terminal', { terminal: false }],
      ['on a terminal of a CI', { terminal: true, environment: { CI: 'true' } }],
    ] as const) {
      it(`is a line an epoch ${what}`, async () => {
        const lines = (await shown(where)).split('\n')
        expect(lines).to.have.length(3)
        expect(lines[0]).to.match(LINE).and.to.include('epoch 1/2')
        expect(lines[1]).to.match(LINE).and.to.include('epoch 2/2')
        expect(lines[2]).to.equal('')
      })
    }

    it('names all logs', async () => {
      const validation: [Tensor, Tensor] = [randn([4, 3]), randn([4, 1])]
      const text = await shown({ terminal: false }, { validation, metrics: ['mae'] })
      expect(text).to.match(/ {2}loss \S+ {2}mae \S+ {2}valLoss \S+ {2}valMae \S+\n/)
    })

    for (const colored of [true, false]) {
      it(`is a bar on a terminal, ${colored ? 'in colours' : 'without colours if NO_COLOR'}`, async () => {
        const environment = colored ? { NO_COLOR: '' } : { NO_COLOR: '1' }
        const text = await shown({ terminal: true, environment })
        const lines = text.split('\n')
        expect(lines).to.have.length(3)
        for (const [epoch, line] of lines.slice(0, 2).entries()) {
          const [nothing, ...drawn] = line.split(ERASED)
          expect(nothing).to.equal('')
          expect(drawn.at(-1)).to.match(LINE)
          const bar = drawn[0]!
          expect(bar).to.match(/^epoch \d\/2 .*[█░].* {2}\d+ % {2}\d+ s left {2}[\d,]+ samples\/s/)
          expect(bar).to.include(`epoch ${epoch + 1}/2`)
          expect(bar.match(/[█░]/g)).to.have.length(24)
          expect(bar.includes(ESCAPE)).to.equal(colored)
        }
      })
    }

    it('leaves the bar with a line end when a training ends within an epoch', async () => {
      const controller = new AbortController()
      const abort: callbacks.Callback = {
        onBatchEnd: ({ step }) => {
          if (step === 6) controller.abort(ENOUGH)
        },
      }
      const options = { signal: controller.signal, callbacks: [abort] }
      const lines = (await shown({ terminal: true }, options)).split('\n')
      expect(lines).to.have.length(3)
      expect(lines[1]).to.match(/epoch 2\/2/)
      expect(lines[2]).to.equal('')
    })

    it('is nothing unless it is asked for', async () => {
      expect(await shown({ terminal: true }, { progress: false })).to.equal('')
    })
  })
})
