import { allReduceCalls } from './all-reduce.js'
import { activationCalls } from './activation.js'
import { attentionCalls } from './attention.js'
import { batchNormCalls } from './batch-norm.js'
import { conv2dCalls } from './conv2d.js'
import { crossEntropyCalls } from './cross-entropy.js'
import { augmentCalls } from './augment.js'
import { ctcCalls } from './ctc.js'
import { dropoutCalls } from './dropout.js'
import { elementwiseCalls } from './elementwise.js'
import { gatherCalls } from './gather.js'
import { groupNormCalls } from './group-norm.js'
import { layerNormCalls } from './layer-norm.js'
import { maskCalls } from './mask.js'
import { matmulCalls } from './matmul.js'
import { memoryCalls } from './memory.js'
import { nllCalls } from './nll.js'
import { optimizerCalls } from './optimizer.js'
import { pad2dCalls } from './pad2d.js'
import { pointwiseLossCalls } from './pointwise-loss.js'
import { pool2dCalls } from './pool2d.js'
import { randomCalls } from './random.js'
import { recurrentCalls } from './recurrent.js'
import { reduceCalls } from './reduce.js'
import { softmaxCalls } from './softmax.js'
import { sortCalls } from './sort.js'
import { stridedCalls } from './strided.js'
import { upsample2dCalls } from './upsample2d.js'
import { xnorCalls } from './xnor.js'
import type { OpCall, OpName } from './op-call.js'

export type { OpCall, OpName } from './op-call.js'

/** One call of every operation; a new one that no family calls does not compile. */
export const everyOp = {
  ...activationCalls,
  ...allReduceCalls,
  ...attentionCalls,
  ...batchNormCalls,
  ...conv2dCalls,
  ...crossEntropyCalls,
  ...ctcCalls,
  ...augmentCalls,
  ...dropoutCalls,
  ...elementwiseCalls,
  ...gatherCalls,
  ...groupNormCalls,
  ...layerNormCalls,
  ...maskCalls,
  ...matmulCalls,
  ...memoryCalls,
  ...nllCalls,
  ...optimizerCalls,
  ...pad2dCalls,
  ...pointwiseLossCalls,
  ...pool2dCalls,
  ...randomCalls,
  ...recurrentCalls,
  ...reduceCalls,
  ...softmaxCalls,
  ...sortCalls,
  ...stridedCalls,
  ...upsample2dCalls,
  ...xnorCalls,
} satisfies Record<OpName, OpCall> as Record<OpName, OpCall>

export const opNames = Object.keys(everyOp) as OpName[]
