import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { generate, nn, noGrad, type Tensor, tensor } from '../../ts/index.js'
import { read } from '../docs/markdown.js'
import { eachBackend } from '../support/each-backend.js'
import { loadGPT2 } from './gpt2.js'

interface Fixture {
  readonly heads: number
  readonly prompts: number[][]
  readonly logits: number[]
  readonly greedy: number[]
}

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const path = at('../fixtures/gpt2.safetensors')
const fixture = JSON.parse(readFileSync(at('../fixtures/gpt2.json'), 'utf8')) as Fixture

function assertClose(x: Tensor, expected: ArrayLike<number>): void {
  assert.equal(x.length, expected.length)
  x.data.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) < 1e-5, `element ${i}`)
  })
}

describe('a network of GPT-2’s shape out of PyTorch’s file', () => {
  const prompts = tensor(fixture.prompts, { dtype: 'int32' })

  eachBackend(() => {
    it('gives PyTorch’s logits', async () => {
      const model = await loadGPT2(path, fixture.heads)
      const whole = noGrad(() => model.forward(prompts))
      assertClose(whole, fixture.logits)
      const cache = new nn.KeyValueCache(24)
      for (const [start, length] of [
        [0, 7],
        [7, 1],
        [8, 4],
      ] as const) {
        // prettier-ignore
        const part = noGrad(() => model.forward(prompts.narrow(1, start, length), { cache }))
        assertClose(part, whole.narrow(1, start, length).data)
      }
    })

    it('generates with a cache what PyTorch does without one', async () => {
      const model = await loadGPT2(path, fixture.heads)
      const cache = new nn.KeyValueCache(24)
      const tokens: number[] = []
      const [prompt] = fixture.prompts
      const options = { maxNewTokens: fixture.greedy.length, temperature: 0 }
      const step = (given: Tensor): Tensor => model.forward(given, { cache })
      for await (const token of generate(step, prompt!.slice(0, 5), options)) tokens.push(token)
      assert.deepEqual(tokens, fixture.greedy)
      assert.equal(cache.length, 23)
    })
  })

  it('is loaded by the code of the documentation', () => {
    const code = readFileSync(at('gpt2.ts'), 'utf8').replaceAll(/^(import .*\n\n|export )/gm, '')
    assert.ok(read('docs/sequences.md').includes(code))
  })
})
