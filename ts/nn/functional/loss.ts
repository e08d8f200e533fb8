import { checkArguments } from '../../check.js'
import { BCELoss, type BCELossOptions } from '../../criterion/bce.js'
import {
  BCEWithLogitsLoss,
  type BCEWithLogitsLossOptions,
} from '../../criterion/bce-with-logits.js'
import type { CriterionOptions } from '../../criterion/criterion.js'
import { CrossEntropyLoss, type CrossEntropyLossOptions } from '../../criterion/cross-entropy.js'
import { CTCLoss, type CTCLossOptions, type Lengths } from '../../criterion/ctc.js'
import { HuberLoss, type HuberLossOptions } from '../../criterion/huber.js'
import { KLDivLoss, type KLDivLossOptions } from '../../criterion/kl-div.js'
import { L1Loss } from '../../criterion/l1.js'
import { MSELoss } from '../../criterion/mse.js'
import { NLLLoss, type NLLLossOptions } from '../../criterion/nll.js'
import { SmoothL1Loss, type SmoothL1LossOptions } from '../../criterion/smooth-l1.js'
import type { Tensor } from '../../tensor/tensor.js'

/** `nn.CrossEntropyLoss` as a function. */
export function crossEntropy(x: Tensor, target: Tensor, options?: CrossEntropyLossOptions): Tensor {
  checkArguments('crossEntropy', 3, arguments)
  return new CrossEntropyLoss(options).forward(x, target)
}

/** `nn.NLLLoss` as a function. */
export function nllLoss(x: Tensor, target: Tensor, options?: NLLLossOptions): Tensor {
  checkArguments('nllLoss', 3, arguments)
  return new NLLLoss(options).forward(x, target)
}

/** `nn.MSELoss` as a function. */
export function mseLoss(x: Tensor, target: Tensor, options?: CriterionOptions): Tensor {
  checkArguments('mseLoss', 3, arguments)
  return new MSELoss(options).forward(x, target)
}

/** `nn.L1Loss` as a function. */
export function l1Loss(x: Tensor, target: Tensor, options?: CriterionOptions): Tensor {
  checkArguments('l1Loss', 3, arguments)
  return new L1Loss(options).forward(x, target)
}

/** `nn.SmoothL1Loss` as a function. */
export function smoothL1Loss(x: Tensor, target: Tensor, options?: SmoothL1LossOptions): Tensor {
  checkArguments('smoothL1Loss', 3, arguments)
  return new SmoothL1Loss(options).forward(x, target)
}

/** `nn.HuberLoss` as a function. */
export function huberLoss(x: Tensor, target: Tensor, options?: HuberLossOptions): Tensor {
  checkArguments('huberLoss', 3, arguments)
  return new HuberLoss(options).forward(x, target)
}

/** `nn.BCELoss` as a function. */
export function binaryCrossEntropy(x: Tensor, target: Tensor, options?: BCELossOptions): Tensor {
  checkArguments('binaryCrossEntropy', 3, arguments)
  return new BCELoss(options).forward(x, target)
}

/** `nn.BCEWithLogitsLoss` as a function. */
export function binaryCrossEntropyWithLogits(
  x: Tensor,
  target: Tensor,
  options?: BCEWithLogitsLossOptions,
): Tensor {
  checkArguments('binaryCrossEntropyWithLogits', 3, arguments)
  return new BCEWithLogitsLoss(options).forward(x, target)
}

/** `nn.KLDivLoss` as a function. */
export function klDiv(x: Tensor, target: Tensor, options?: KLDivLossOptions): Tensor {
  checkArguments('klDiv', 3, arguments)
  return new KLDivLoss(options).forward(x, target)
}

/** `nn.CTCLoss` as a function. */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options?: CTCLossOptions,
): Tensor {
  checkArguments('ctcLoss', 5, arguments)
  return new CTCLoss(options).forward(logProbs, targets, inputLengths, targetLengths)
}
