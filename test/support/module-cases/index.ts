import { activationCases } from './activation.js'
import { augmentationCases } from './augmentation.js'
import { batchNormCases } from './batch-norm.js'
import { binaryCases } from './binary.js'
import { composedCases } from './composed.js'
import { containerCases } from './containers.js'
import { conv1dCases } from './conv1d.js'
import { conv2dCases } from './conv2d.js'
import { convTransposeCases } from './conv-transpose.js'
import { dropoutCases } from './dropout.js'
import { flattenCases } from './flatten.js'
import { groupNormCases } from './group-norm.js'
import { identityCases } from './identity.js'
import { instanceNormCases } from './instance-norm.js'
import { layerNormCases } from './layer-norm.js'
import { linearCases } from './linear.js'
import { padCases } from './pad.js'
import { pool1dCases } from './pool1d.js'
import { pool2dCases } from './pool2d.js'
import { quadraticCases } from './quadratic.js'
import { sequentialCases } from './sequential.js'
import { softmaxCases } from './softmax.js'
import { upsample2dCases } from './upsample2d.js'
import type { ModuleCase } from './module-case.js'

export type { ModuleCase } from './module-case.js'

/** Every kind of module, family by family. */
export const moduleCases: readonly ModuleCase[] = [
  ...activationCases,
  ...augmentationCases,
  ...batchNormCases,
  ...binaryCases,
  ...composedCases,
  ...containerCases,
  ...conv1dCases,
  ...conv2dCases,
  ...convTransposeCases,
  ...dropoutCases,
  ...flattenCases,
  ...groupNormCases,
  ...identityCases,
  ...instanceNormCases,
  ...layerNormCases,
  ...linearCases,
  ...padCases,
  ...pool1dCases,
  ...pool2dCases,
  ...quadraticCases,
  ...sequentialCases,
  ...softmaxCases,
  ...upsample2dCases,
]

/** Those whose gradients are the derivatives of what they compute. */
export const differentiable = moduleCases.filter(({ gradcheck }) => gradcheck === undefined)
