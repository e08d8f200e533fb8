import { data, fit, info, manualSeed, nn, optim, tensor } from 'gradlane'

/** Learns XOR, makes a report, which is a chunk of its own, and tells what it came to. */
export async function learn() {
  manualSeed(1)
  const rows = [0, 1].flatMap((a) => [0, 1].map((b) => [a, b]))
  const x = tensor(rows)
  const y = tensor(rows.map(([a, b]) => [a ^ b]))
  const model = new nn.Sequential(
    new nn.Linear(2, 8),
    new nn.Tanh(),
    new nn.Linear(8, 1),
    new nn.Sigmoid(),
  )
  const history = await fit(model, new data.DataLoader([x, y], { batchSize: 4 }), {
    criterion: new nn.MSELoss(),
    optimizer: new optim.Adam(model.parameters(), { lr: 0.05 }),
    epochs: 500,
  })
  const learned = Array.from(model.forward(x).data, Math.round).join('')
  const page = await history.toHTML({ title: 'XOR' })
  return `${info().backend} ${learned} ${history.mode} ${/uPlot/.test(page) ? 'report' : ''}`
}
