// What few trainings take: normalizations over a batch, masks, ONNX's own losses and optimisers, and gradients of the weights of any convolution.
import type { Families } from "../families.ts";
import type { Operator } from "../operator.ts";
import { anyWeightGradient } from "./any-weight-gradient.ts";
import batchNormalization from "./batch-normalization.ts";
import losses from "./losses.ts";
import optimizers from "./optimizers.ts";
import randomMask from "./random-mask.ts";

export default [...batchNormalization, ...losses, ...optimizers, randomMask] satisfies Operator[];

export const families: Partial<Families> = { anyWeightGradient };
