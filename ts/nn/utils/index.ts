export { clipGradNorm_ } from './clip-grad-norm.js'
