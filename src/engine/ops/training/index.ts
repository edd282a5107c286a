// The operators of training: losses, gradients of weights, normalizations over a batch, masks, steps of optimisers. A part of the program that is
// loaded for the graphs that name one.
import type { Operator } from "../operator.ts";
import batchNormalization from "./batch-normalization.ts";
import losses from "./losses.ts";
import optimizers from "./optimizers.ts";
import randomMask from "./random-mask.ts";
import update from "./update.ts";
import weightGradient from "./weight-gradient.ts";

export default [...batchNormalization, ...losses, ...optimizers, randomMask, update, weightGradient] satisfies Operator[];
