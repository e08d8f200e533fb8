// A recurrent network learns to write from a text, character by character, and writes on with its state kept
// from one character to the next. Held against how often characters follow each other.
// Run: npx tsx examples/char-gru.ts [a text file]
// (by default the Devil's Dictionary of Debian's package dict-devil, or the guides of this project)
import { parseArgs } from 'node:util'
import { data, fit, generate, manualSeed, nn, noGrad, optim, type Tensor } from '../ts/index.js'
import { chooseBackend, wholeNumber } from './support/arguments.js'
import { bigramBits } from './support/bigrams.js'
import { readText } from './support/text.js'
import { announce } from './support/training.js'

const GOAL = { characters: 100_000, epochs: 4 }
const [STEPS, BATCH] = [64, 32]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    characters: { type: 'string', default: 'Infinity' }, // of the text, from its beginning
    epochs: { type: 'string', default: String(GOAL.epochs) },
    hidden: { type: 'string', default: '256' }, // numbers of the state
    length: { type: 'string', default: '300' }, // of what is written
    prompt: { type: 'string', default: 'LOVE, n.  ' },
    seed: { type: 'string', default: '42' },
  },
})
const epochs = wholeNumber('epochs', values.epochs, 1)
const hidden = wholeNumber('hidden', values.hidden, 1)
const written = wholeNumber('length', values.length, 1)
const seed = wholeNumber('seed', values.seed, 0)
const most = values.characters === 'Infinity' ? Infinity : wholeNumber('characters', values.characters, 1200) // prettier-ignore
chooseBackend(values.backend)
manualSeed(seed)
announce()

const { text, from } = readText(positionals[0])
const vocabulary = data.Vocabulary.build([text], { minFrequency: 5 })
const tokens = vocabulary.encode(text.slice(0, most))
const cut = Math.floor(0.9 * tokens.length)
const [learned, unseen] = [tokens.narrow(0, 0, cut), tokens.narrow(0, cut, tokens.length - cut)]
console.log(`${from}: ${tokens.length} characters, ${vocabulary.size} different ones`)

class CharacterGRU extends nn.Module {
  readonly embedding = new nn.Embedding(vocabulary.size, 64)
  readonly gru = new nn.GRU(64, hidden, { batchFirst: true })
  readonly dropout = new nn.Dropout(0.3)
  readonly head = new nn.Linear(hidden, vocabulary.size)

  /** (N, T) characters give logits (N, T, vocabulary): at each place those of the next one. */
  override forward(tokens: Tensor): Tensor {
    return this.next(tokens).logits
  }

  /** The same, on from the state that characters before have left. */
  next(tokens: Tensor, h0?: Tensor): { logits: Tensor; state: Tensor } {
    const { output, hN } = this.gru.forward(this.embedding.forward(tokens), { h0 })
    return { logits: this.head.forward(this.dropout.forward(output)), state: hN }
  }
}

/** Mean cross entropy of all next characters. */
class NextCharacter extends nn.Criterion {
  override forward(logits: Tensor, next: Tensor): Tensor {
    return nn.functional.crossEntropy(logits.flatten(0, 1), next.flatten())
  }
}

const model = new CharacterGRU()
const criterion = new NextCharacter()
// Each window with the same one character further on.
const windows = data.windows(learned, { past: STEPS, horizon: STEPS, offset: 1, stride: STEPS / 2 })
const loader = new data.DataLoader(windows, { batchSize: BATCH, shuffle: true, dropLast: true })
const optimizer = new optim.Adam(model.parameters(), { lr: 4e-3 })
const start = performance.now()
const history = await fit(model, loader, {
  ...{ criterion, optimizer, epochs, clipGradNorm: 1, progress: true },
  scheduler: new optim.OneCycleLR(optimizer, { maxLr: 4e-3, totalSteps: epochs * loader.length }),
  schedulerInterval: 'step',
})
const seconds = (performance.now() - start) / 1000

/** Bits a character of a text that is read from its beginning to its end, the state handed on. */
function bitsOf(tokens: Tensor): number {
  let state: Tensor | undefined
  let loss = 0
  for (let at = 0; at + 1 < tokens.length; at += STEPS) {
    const count = Math.min(STEPS, tokens.length - 1 - at)
    const given = model.next(tokens.narrow(0, at, count).unsqueeze(0), state)
    state = given.state
    loss += count * criterion.forward(given.logits, tokens.narrow(0, at + 1, count)).item()
  }
  return loss / (tokens.length - 1) / Math.LN2
}

model.eval()
const bits = noGrad(() => bitsOf(unseen))
const baseline = bigramBits(learned.data, unseen.data, vocabulary.size)
console.log(
  `${history.mode}, ${seconds.toFixed(0)} s; unseen text: ${bits.toFixed(3)} bits a character`,
)
console.log(`by the character before alone: ${baseline.toFixed(3)}`)

const step = (given: Tensor, state?: Tensor) => model.next(given, state)
for (const temperature of [0.5, 0.8]) {
  process.stdout.write(`\nat temperature ${temperature}:\n${values.prompt}`)
  const options = { maxNewTokens: written, temperature }
  for await (const token of generate(step, vocabulary.encode(values.prompt), options)) {
    process.stdout.write(vocabulary.tokens[token]!)
  }
  console.log()
}

if (tokens.length >= GOAL.characters && epochs >= GOAL.epochs && bits >= baseline) {
  console.error('it does not beat how often characters follow each other')
  process.exitCode = 1
}
