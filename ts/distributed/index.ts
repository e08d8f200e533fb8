export type { Reduction } from './calls.js'
export { init, type InitOptions } from './init.js'
export type { AllReduceOptions, BroadcastOptions, World } from './world.js'
