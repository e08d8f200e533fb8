// What comes next in two real series, against repeating the last value and the last season, from points of
// time before the end: npx tsx examples/forecast.ts [report.html] (vega-datasets)
import process from 'node:process'

import { data, manualSeed } from '../ts/index.js'

const short = process.argv.includes('--short')
const [report] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const folder = new URL('../node_modules/vega-datasets/data/', import.meta.url)

const series = [
  { file: 'co2-concentration.csv', time: 'Date', target: 'CO2', horizon: 12, below: 1 },
  { file: 'seattle-weather.csv', time: 'date', target: 'temp_max', horizon: 7, below: null },
] as const

for (const { file, time, target, horizon, below } of series) {
  const table = await data.readCsv(new URL(file, folder))
  console.log(`${file}: ${target}, ${horizon} steps ahead`)
  for (const network of ['linear', 'mlp', 'gru', 'attention'] as const) {
    manualSeed(1)
    const model = new data.Forecaster({ time, target, horizon, network })
    const fitting = short ? { epochs: 25, progress: false } : { progress: false }
    const result = await model.backtest(table, { ...fitting, origins: 8 })
    if (network === 'linear') {
      line('last value', result.baselines.persistence)
      line('last season', result.baselines.seasonalNaive)
    }
    line(network, result)
    const share = (100 * result.coverage).toFixed(0)
    console.log(`    90 % intervals held ${share} % of the values, ${result.width.toFixed(2)} wide`)
    if (below !== null && result.mase >= below) {
      console.error(`${network}: expected a MASE below ${below}, got ${result.mase}`)
      process.exitCode = 1
    }
    if (report !== undefined && network === 'gru' && below !== null) {
      const history = await model.fit(table, fitting)
      const forecasts = [...result.forecasts, ...model.predict()]
      await history.report(report, { title: `${target} by a GRU`, forecasts })
      console.log(`    written: ${report}`)
    }
  }
}

function line(name: string, { mase, smape, rmse }: data.ForecastErrors): void {
  const figures = [
    `MASE ${mase.toFixed(2)}`,
    `sMAPE ${smape.toFixed(2)} %`,
    `RMSE ${rmse.toFixed(2)}`,
  ]
  console.log(`  ${name.padEnd(12)} ${figures.join('  ')}`)
}
