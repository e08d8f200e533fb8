export { capture, type CaptureOptions } from './capture.js'
export {
  CapturedStep,
  type Inputs,
  type RunAsyncOptions,
  type RunOptions,
  type ScanOptions,
} from './captured-step.js'
export type { ThreadOptions } from '../kernels/program.js'
export type { Outputs } from './outputs.js'
