// What `autograd` holds beside the methods of tensors.
export { detectAnomaly } from './anomaly.js'
export { checkpoint } from './checkpoint.js'
export { type Context, Function } from './function.js'
export { grad, type GradOptions } from './grad.js'
