import { allReduceKernels } from './all-reduce.js'
import type { Kernels } from '../kernels.js'
import { activationKernels } from './activation.js'
import { attentionKernels } from './attention.js'
import { augmentKernels } from './augment.js'
import { batchNormKernels } from './batch-norm.js'
import { conv2dKernels } from './conv2d.js'
import { crossEntropyKernels } from './cross-entropy.js'
import { ctcKernels } from './ctc.js'
import { dropoutKernels } from './dropout.js'
import { elementwiseKernels } from './elementwise.js'
import { gatherKernels } from './gather.js'
import { gradientKernels } from './gradient.js'
import { groupNormKernels } from './group-norm.js'
import { layerNormKernels } from './layer-norm.js'
import { maskKernels } from './mask.js'
import { matmulKernels } from './matmul.js'
import { memoryKernels } from './memory.js'
import { nllKernels } from './nll.js'
import { pad2dKernels } from './pad2d.js'
import { pointwiseLossKernels } from './pointwise-loss.js'
import { pool2dKernels } from './pool2d.js'
import { randomKernels } from './random.js'
import { recurrentKernels } from './recurrent.js'
import { reduceKernels } from './reduce.js'
import { softmaxKernels } from './softmax.js'
import { sortKernels } from './sort.js'
import { stridedKernels } from './strided.js'
import { updateKernels } from './update.js'
import { upsample2dKernels } from './upsample2d.js'
import { xnorKernels } from './xnor.js'

/**
 * The pure TypeScript backend: every operation in plain loops and double precision. It is what the
 * native kernels are tested against, what they are compared with for speed, and what runs on a machine
 * without a prebuilt binary.
 */
export const reference: Kernels = {
  name: 'reference',
  ...activationKernels,
  ...allReduceKernels,
  ...attentionKernels,
  ...augmentKernels,
  ...batchNormKernels,
  ...conv2dKernels,
  ...crossEntropyKernels,
  ...ctcKernels,
  ...dropoutKernels,
  ...elementwiseKernels,
  ...gatherKernels,
  ...gradientKernels,
  ...groupNormKernels,
  ...layerNormKernels,
  ...maskKernels,
  ...matmulKernels,
  ...memoryKernels,
  ...nllKernels,
  ...pad2dKernels,
  ...pointwiseLossKernels,
  ...pool2dKernels,
  ...randomKernels,
  ...recurrentKernels,
  ...reduceKernels,
  ...softmaxKernels,
  ...sortKernels,
  ...stridedKernels,
  ...updateKernels,
  ...upsample2dKernels,
  ...xnorKernels,
}
