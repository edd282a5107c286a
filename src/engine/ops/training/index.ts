// The operators of training: losses, gradients of weights, normalizations over a batch, masks, steps of optimisers. A part of the program that is
// loaded for the graphs that name one.
import type { Families } from "../families.ts";
import type { Operator } from "../operator.ts";
import batchNormalization from "./batch-normalization.ts";
import biasGradient from "./bias-gradient.ts";
import losses from "./losses.ts";
import optimizers from "./optimizers.ts";
import { withTiles } from "./product-tiles.ts";
import randomMask from "./random-mask.ts";
import update from "./update.ts";
import weightGradient from "./weight-gradient.ts";

export default [...batchNormalization, biasGradient, ...losses, ...optimizers, randomMask, update, weightGradient] satisfies Operator[];

/** Kernels that other operators find in the catalog of a graph that trains. */
export const families: Pick<Families, "product"> = { product: withTiles };
