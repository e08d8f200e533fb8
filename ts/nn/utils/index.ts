export { clipGradNorm_, type ClipGradNormOptions } from './clip-grad-norm.js'
export { convertKernel, type KernelLayouts } from './convert-kernel.js'
