// What a token costs that follows 255 others, with a cache of keys and values, beside a forward pass over all 256:
// the transformer of `npm run bench` (128 wide, 4 heads, 2 layers of 512), one sequence, CPU time, taking turns.
import { nn, noGrad, setNumThreads, type Tensor, tensor } from '../ts/index.js'
import { format, median } from './statistics.js'

const [VOCABULARY, WIDTH, LENGTH, ROUNDS] = [96, 128, 256, 25]
setNumThreads(1)
const embedding = new nn.Embedding(VOCABULARY, WIDTH)
const positions = new nn.PositionalEncoding(WIDTH, { batchFirst: true }).eval()
const layer = new nn.TransformerEncoderLayer(WIDTH, 4, { dimFeedforward: 512, batchFirst: true })
const encoder = new nn.TransformerEncoder(layer, 2).eval()
const head = new nn.Linear(WIDTH, VOCABULARY)
const cache = new nn.KeyValueCache(LENGTH)

function forward(tokens: Tensor, kept: nn.KeyValueCache | null): Tensor {
  return noGrad(() => {
    const x = positions.forward(embedding.forward(tokens), { offset: kept?.length ?? 0 })
    return head.forward(encoder.forward(x, { isCausal: true, cache: kept }))
  })
}

const all = tensor([Array.from({ length: LENGTH }, (_, i) => (i * i) % VOCABULARY)], {
  dtype: 'int32',
})
const one = tensor([[7]], { dtype: 'int32' })
forward(all, cache)

/** Microseconds of CPU of a call. */
function cpuOf(body: () => void, times: number): number {
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) body()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}
const whole: number[] = []
const token: number[] = []
for (let round = -2; round < ROUNDS; round++) {
  const pass = cpuOf(() => forward(all, null), 10)
  const next = cpuOf(() => {
    cache.truncate(LENGTH - 1)
    forward(one, cache)
  }, 100)
  if (round < 0) continue // warm-up
  whole.push(pass)
  token.push(next)
}
const shares = token.map((us, i) => us / whole[i]!)
console.log(`a forward pass over ${LENGTH}: ${format(median(whole))} us`)
console.log(`a token with a cache: ${format(median(token))} us`)
console.log(
  `median of the rounds' shares: ${format(100 * median(shares))} %; fastest of each: ${format((100 * Math.min(...token)) / Math.min(...whole))} %`,
)
