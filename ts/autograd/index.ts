import './tensor.js'

export { enableGrad, isGradEnabled, noGrad } from './grad-mode.js'
