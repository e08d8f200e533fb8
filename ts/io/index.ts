export { type IdxSource, readIdx, type ReadIdxOptions, readIdxSync } from './idx.js'
export {
  type ReadSafetensorsOptions,
  type Safetensors,
  safetensorsFromBuffer,
  type SafetensorsOptions,
  safetensorsToBuffer,
} from './safetensors.js'
export {
  loadSafetensors,
  loadSafetensorsSync,
  saveSafetensors,
  saveSafetensorsSync,
} from './safetensors-file.js'
export type { SafetensorsLimits } from './safetensors-header.js'
