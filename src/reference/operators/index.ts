// The operators of the float64 reference, by name.
import type { Operators } from "../operator.ts";
import { activations } from "./activations.ts";
import { arithmetic } from "./arithmetic.ts";
import { arrays } from "./arrays.ts";
import { convolution } from "./convolution.ts";
import { counted } from "./counted.ts";
import { movement } from "./movement.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { quantisation } from "./quantised.ts";
import { recurrentLayers } from "./recurrent.ts";
import { reduction } from "./reduction.ts";
import { resizing } from "./resize.ts";
import { sampling } from "./sampling.ts";
import { selection } from "./selection.ts";
import { sequences } from "./sequences.ts";
import { shapes } from "./shapes.ts";
import { training } from "./training.ts";

export const operators: Operators = {
  ...activations,
  ...arithmetic,
  ...arrays,
  ...convolution,
  ...counted,
  ...movement,
  ...normalization,
  ...pooling,
  ...quantisation,
  ...recurrentLayers,
  ...reduction,
  ...resizing,
  ...sampling,
  ...selection,
  ...sequences,
  ...shapes,
  ...training,
};
