export * from './data/index.js'
export * from './pipeline/index.js'
export * from './forecast/index.js'
