// What a forecaster needs when it is fitted, judged or loaded: one chunk, loaded then.
export { backtested } from './backtest.js'
export { bytesOf, restored } from './forecast-file.js'
export { train } from './training.js'
