export { sample, type SampleLogitsOptions } from './sample.js'
export {
  generate,
  type GenerateOptions,
  type GenerationOutput,
  type GenerationStep,
} from './generate.js'
