export { clipGradNorm_, type ClipGradNormOptions } from './clip-grad-norm.js'
export { clipGradValue_ } from './clip-grad-value.js'
export { convertKernel, type KernelLayouts } from './convert-kernel.js'
export { convertSyncBatchNorm } from './convert-sync-batch-norm.js'
