// A model of everything that draws in training, also of what has the batch in its second dimension, with as many
// steps as samples.
import { add, bernoulli, cat, full, mul, nn, randn } from '../../../dist/index.js'

export class Drawing extends nn.Module {
  constructor(classes, dtype) {
    super()
    this.first = new nn.Linear(6, 16, { dtype })
    this.images = new nn.Sequential(
      new nn.RandomCrop(4, { padding: 1 }),
      new nn.RandomHorizontalFlip(),
      new nn.RandomTranslation(0.3, 0.3),
      new nn.RandomErasing(0.5),
      new nn.RandomBrightness(0.2),
      new nn.Dropout2d(0.2),
    )
    this.positions = new nn.PositionalEncoding(4, { dropout: 0.1 })
    this.recurrent = new nn.LSTM(4, 4, { numLayers: 2, dropout: 0.3, dtype })
    this.encoder = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 6, dropout: 0.2, dtype })
    this.attention = new nn.MultiheadAttention(4, 2, { dropout: 0.2, dtype })
    this.last = new nn.Linear(48, classes, { dtype })
  }

  forward(x) {
    const rows = x.shape[0]
    const { dtype } = x
    const hidden = add(this.first.forward(x), mul(randn([rows, 16], { dtype }), 0.1))
    const seen = this.images.forward(hidden.reshape([rows, 1, 4, 4])).reshape([rows, 16])
    const kept = mul(seen, bernoulli(full([rows, 1], 0.8, { dtype })))
    const steps = this.positions.forward(hidden.reshape([rows, 4, 4]).transpose(0, 1)) // (T, N, 4)
    const read = this.recurrent.forward(steps).output
    const encoded = this.encoder.forward(read)
    const { output } = this.attention.forward(encoded, encoded, encoded)
    const flat = [encoded, output].map((y) => y.transpose(0, 1).reshape([rows, 16]))
    return this.last.forward(cat([kept, ...flat], 1))
  }
}
