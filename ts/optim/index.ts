export { Adam, type AdamOptions } from './adam.js'
export { AdamW, type AdamWOptions } from './adamw.js'
export {
  Optimizer,
  type OptimizerParams,
  type OptimizerStateDict,
  type ParamGroup,
  type ParamGroupOptions,
} from './optimizer.js'
export type { Hyper, HyperTable } from './hyper.js'
export type { Update, UpdateRule } from './rule.js'
export * from './scheduler/index.js'
export { SGD, type SGDOptions } from './sgd.js'
