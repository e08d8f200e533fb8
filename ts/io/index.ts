export { type IdxSource, readIdx, type ReadIdxOptions, readIdxSync } from './idx.js'
export {
  loadModel,
  type LoadModelOptions,
  loadModelSync,
  type ModelFile,
  modelFromBuffer,
  type ModelSource,
  modelToBuffer,
  readModel,
  readModelSync,
  saveModel,
  type SaveModelOptions,
  saveModelSync,
} from './model/model-file.js'
export { registerModule, type RegisterModuleOptions } from './model/registry.js'
export type { ModelSection, ReadModelSection } from './model/sections.js'
export type { Json } from './model/values.js'
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
