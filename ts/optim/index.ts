export { Adadelta, type AdadeltaOptions } from './adadelta.js'
export { Adagrad, type AdagradOptions } from './adagrad.js'
export { Adam, type AdamOptions } from './adam.js'
export { Adamax, type AdamaxOptions } from './adamax.js'
export { AdamW, type AdamWOptions } from './adamw.js'
export type { LBFGSOptions } from './lbfgs-options.js'
export { LBFGS } from './lbfgs.js'
export { Lion, type LionOptions } from './lion.js'
export { minimize, type MinimizeOptions, type MinimizePoint, type Minimum } from './minimize.js'
export { NAdam, type NAdamOptions } from './nadam.js'
export {
  Optimizer,
  type OptimizerParams,
  type OptimizerStateDict,
  type ParamGroup,
  type ParamGroupOptions,
} from './optimizer.js'
export type { Hyper, HyperTable } from './hyper.js'
export { RAdam, type RAdamOptions } from './radam.js'
export { RMSprop, type RMSpropOptions } from './rmsprop.js'
export { Rprop, type RpropOptions } from './rprop.js'
export type { Update, UpdateRule } from './rule.js'
export * from './scheduler/index.js'
export { SGD, type SGDOptions } from './sgd.js'
