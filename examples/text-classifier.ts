// Is a word English, French or Spanish? Attention reads its letters, and is held against naive Bayes. Words
// are of unequal length: batches are padded, and the padding is masked.
// Run: npx tsx examples/text-classifier.ts [word …]
// (npm install an-array-of-english-words an-array-of-french-words an-array-of-spanish-words)
import { parseArgs } from 'node:util'
import {
  add,
  argmax,
  data,
  div,
  eq,
  fit,
  manualSeed,
  mul,
  ne,
  nn,
  optim,
  predict,
  sum,
  type Tensor,
  tensor,
} from '../ts/index.js'
import { chooseBackend, wholeNumber } from './support/arguments.js'
import { ClassReport, percent } from './support/class-report.js'
import { LetterRuns } from './support/letter-runs.js'
import { announce } from './support/training.js'
import { plain, wordLists } from './support/word-lists.js'

const GOAL = { words: 60_000, epochs: 6 }
const LONGEST = 20
const WIDTH = 64
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    epochs: { type: 'string', default: String(GOAL.epochs) },
    seed: { type: 'string', default: '42' },
    words: { type: 'string', default: String(GOAL.words) },
    'test-words': { type: 'string', default: '5000' },
  },
})
const epochs = wholeNumber('epochs', values.epochs, 1)
const words = wholeNumber('words', values.words, 1) // of each language
const full = words >= GOAL.words && epochs >= GOAL.epochs
const testWords = wholeNumber('test-words', values['test-words'], 1)
chooseBackend(values.backend)
manualSeed(wholeNumber('seed', values.seed, 0))
announce()

const languages = ['english', 'french', 'spanish']
const { lists, shared } = wordLists(languages, words + testWords, LONGEST)
const test = lists.map((list) => list.slice(0, testWords))
const train = lists.map((list) => list.slice(testWords))
console.log(
  `${shared} words that several languages spell alike are left out: they have no one answer`,
)

const vocabulary = data.Vocabulary.build(train.flat())
/** Numbers of the letters of a word between those of its ends. */
const encode = (word: string): Tensor =>
  vocabulary.encode(plain(word), { ends: true, maxLength: LONGEST + 2 })

class WordReader extends nn.Module {
  readonly letters = new nn.Embedding(vocabulary.size, WIDTH, { paddingIdx: vocabulary.padIndex })
  readonly places = new nn.Embedding(LONGEST + 2, WIDTH)
  readonly encoder = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(WIDTH, 4, {
      ...{ dimFeedforward: 4 * WIDTH, dropout: 0, activation: 'gelu' },
      ...{ normFirst: true, batchFirst: true },
    }),
    2,
    { norm: new nn.LayerNorm(WIDTH) },
  )
  readonly head = new nn.Linear(WIDTH, languages.length)

  /** @param numbers Those of letters, (N, T). */
  override forward(numbers: Tensor): Tensor {
    const places = this.places.weight.narrow(0, 0, numbers.shape[1]!)
    const x = add(this.letters.forward(numbers), places)
    const h = this.encoder.forward(x, { srcKeyPaddingMask: eq(numbers, vocabulary.padIndex) })
    const isReal = ne(numbers, vocabulary.padIndex).to(h.dtype).unsqueeze(-1)
    return this.head.forward(div(sum(mul(h, isReal), 1), sum(isReal, 1))) // mean over letters
  }
}

const samples = train.flatMap((list, language) => list.map((word) => ({ word, language })))
const dataset: data.Dataset<[Tensor, Tensor]> = {
  length: samples.length,
  get(i) {
    const { word, language } = samples[i]!
    return [encode(word), tensor(language, { dtype: 'int32' })]
  },
}
const batchSize = 128
const loader = new data.DataLoader(dataset, {
  batchSize,
  sampler: new data.BucketSampler(
    samples.map(({ word }) => word.length),
    { batchSize },
  ),
  collateFn: data.padCollate(),
})

const model = new WordReader()
const optimizer = new optim.AdamW(model.parameters(), { lr: 4e-3 })
const history = await fit(model, loader, {
  ...{ criterion: new nn.CrossEntropyLoss(), optimizer, epochs, metrics: ['accuracy'] },
  scheduler: new optim.OneCycleLR(optimizer, { maxLr: 4e-3, totalSteps: epochs * loader.length }),
  schedulerInterval: 'step',
  clipGradNorm: 1,
  progress: true,
})

const rows = test.flat()
const truth = test.flatMap((list, language) => list.map(() => language))
const padded = (list: readonly string[]): Tensor =>
  data.padSequence(list.map(encode), { batchFirst: true })
const reportOf = (answers: ArrayLike<number>): ClassReport => {
  const report = new ClassReport(languages)
  report.add(truth, answers)
  return report
}
const report = reportOf(argmax(await predict(model, padded(rows)), 1).data)
console.log(
  `\n${history.mode}; accuracy for ${rows.length} words it has not seen: ${percent(report.accuracy)}`,
)
// It learns from the same words and is what is usual here: how often letters follow each other.
for (const n of [2, 4]) {
  const runs = new LetterRuns(train, n)
  const { accuracy } = reportOf(rows.map((word) => runs.predict(word)))
  console.log(`naive Bayes over runs of ${n} letters: ${percent(accuracy)}`)
  if (full && n === 2 && report.accuracy <= accuracy) {
    console.error('naive Bayes over pairs of letters is not beaten')
    process.exitCode = 1
  }
}
console.log(`\n${report.table('language')}`)

if (positionals.length > 0) {
  const answers = argmax(await predict(model, padded(positionals)), 1)
  positionals.forEach((word, i) => {
    console.log(`${word}: ${languages[answers.data[i]!]!}`)
  })
}
