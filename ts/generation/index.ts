export { sample, type SampleLogitsOptions } from './sample.js'
