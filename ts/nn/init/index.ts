export { calculateGain, type FanMode, type Nonlinearity } from './fan.js'
export { constant_, type InitOptions, normal_, ones_, uniform_, zeros_ } from './fill.js'
export { kaimingNormal_, type KaimingOptions, kaimingUniform_ } from './kaiming.js'
export { xavierNormal_, type XavierOptions, xavierUniform_ } from './xavier.js'
