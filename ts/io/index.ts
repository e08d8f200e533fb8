export { type IdxSource, readIdx, type ReadIdxOptions, readIdxSync } from './idx.js'
export {
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
