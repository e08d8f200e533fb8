// A small transformer learns to write from a text, character by character, and writes on with a cache of keys
// and values, so that each character costs one row. Held against how often characters follow each other.
// Run: npx tsx examples/gpt-tiny.ts [a text file]
// (by default the Devil's Dictionary of Debian's package dict-devil, or the guides of this project)
import { parseArgs } from 'node:util'
import {
  add,
  arange,
  data,
  evaluate,
  fit,
  generate,
  manualSeed,
  nn,
  optim,
  type Tensor,
  tensor,
} from '../ts/index.js'
import { chooseBackend, wholeNumber } from './support/arguments.js'
import { bigramBits } from './support/bigrams.js'
import { readText } from './support/text.js'
import { announce } from './support/training.js'

const GOAL = { characters: 100_000, epochs: 4 }
const [PLACES, HEADS, LAYERS] = [128, 4, 2]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    characters: { type: 'string', default: 'Infinity' }, // of the text, from its beginning
    epochs: { type: 'string', default: String(GOAL.epochs) },
    length: { type: 'string', default: '300' }, // of what is written
    prompt: { type: 'string', default: 'A ' },
    seed: { type: 'string', default: '42' },
    temperature: { type: 'string', default: '0.8' },
    width: { type: 'string', default: '128' },
  },
})
const epochs = wholeNumber('epochs', values.epochs, 1)
const written = wholeNumber('length', values.length, 1)
const width = wholeNumber('width', values.width, HEADS)
const seed = wholeNumber('seed', values.seed, 0)
const most = values.characters === 'Infinity' ? Infinity : wholeNumber('characters', values.characters, 4000) // prettier-ignore
chooseBackend(values.backend)
manualSeed(seed)
announce()

const { text, from } = readText(positionals[0])
const used = text.slice(0, most)
const cut = Math.floor(0.9 * used.length)
const vocabulary = data.Vocabulary.build([used.slice(0, cut)], { minFrequency: 5 })
const [learned, unseen] = [used.slice(0, cut), used.slice(cut)].map((part) =>
  vocabulary.encode(part),
)
console.log(`${from}: ${used.length} characters, ${vocabulary.size} different ones`)

/** (N, T) tokens give logits (N, T, vocabulary): at each place those of the next character. */
class TinyGPT extends nn.Module<[tokens: Tensor, options?: { cache?: nn.KeyValueCache }]> {
  readonly characters = new nn.Embedding(vocabulary.size, width)
  readonly places = new nn.Embedding(PLACES, width)
  readonly encoder = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(width, HEADS, {
      ...{ dimFeedforward: 4 * width, dropout: 0.1, activation: 'gelu' },
      ...{ normFirst: true, batchFirst: true },
    }),
    LAYERS,
    { norm: new nn.LayerNorm(width) },
  )
  readonly head = new nn.Linear(width, vocabulary.size)

  override forward(tokens: Tensor, { cache }: { cache?: nn.KeyValueCache } = {}): Tensor {
    const past = cache?.length ?? 0
    const places = arange(past, past + tokens.shape[1]!, { dtype: 'int32' })
    const x = add(this.characters.forward(tokens), this.places.forward(places))
    return this.head.forward(this.encoder.forward(x, { isCausal: true, cache }))
  }
}

/** Mean cross entropy of all next characters. */
class NextCharacter extends nn.Criterion {
  override forward(logits: Tensor, next: Tensor): Tensor {
    return nn.functional.crossEntropy(logits.flatten(0, 1), next.flatten())
  }
}

/** Each window with the same one character further on. */
const windows = (tokens: Tensor, stride: number): data.Dataset<[Tensor, Tensor]> =>
  data.windows(tokens, { past: PLACES, horizon: PLACES, offset: 1, stride })

const model = new TinyGPT()
const loader = new data.DataLoader(windows(learned!, PLACES / 2), {
  ...{ batchSize: 32, shuffle: true, dropLast: true },
})
const optimizer = new optim.AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.1 })
const history = await fit(model, loader, {
  ...{ criterion: new NextCharacter(), optimizer, epochs, clipGradNorm: 1, progress: true },
  scheduler: new optim.OneCycleLR(optimizer, { maxLr: 2e-3, totalSteps: epochs * loader.length }),
  schedulerInterval: 'step',
})
const held = new data.DataLoader(windows(unseen!, PLACES), { batchSize: 32 })
const { loss } = await evaluate(model, held, { criterion: new NextCharacter() })
const bits = loss / Math.LN2
const baseline = bigramBits(learned!.data, unseen!.data, vocabulary.size)
console.log(`${history.mode}; unseen text: ${bits.toFixed(3)} bits a character`)
console.log(`by the character before alone: ${baseline.toFixed(3)}\n`)

model.eval()
const cache = new nn.KeyValueCache(PLACES)
/** A cache that is full begins anew with the last characters. */
function step(given: Tensor, seen: readonly number[] = []): { logits: Tensor; state: number[] } {
  const state = [...seen, ...given.data].slice(-PLACES / 2)
  if (cache.length + given.length <= PLACES)
    return { logits: model.forward(given, { cache }), state }
  cache.reset()
  return { logits: model.forward(tensor([state], { dtype: 'int32' }), { cache }), state }
}
process.stdout.write(values.prompt)
const options = { maxNewTokens: written, temperature: Number(values.temperature), topP: 0.95 }
for await (const token of generate(step, vocabulary.encode(values.prompt), options)) {
  process.stdout.write(vocabulary.tokens[token]!)
}
console.log()

if (used.length >= GOAL.characters && epochs >= GOAL.epochs && bits >= baseline) {
  console.error('it does not beat how often characters follow each other')
  process.exitCode = 1
}
