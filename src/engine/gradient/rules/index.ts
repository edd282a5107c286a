// The rules of differentiation by operator of ONNX.
import type { Rules } from "../rule.ts";
import { activations } from "./activations.ts";
import { arithmetic } from "./arithmetic.ts";
import { convolution } from "./convolution.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { shapes } from "./shapes.ts";
import { losses } from "./training.ts";

export const rules: Rules = { ...activations, ...arithmetic, ...convolution, ...losses, ...normalization, ...pooling, ...shapes };
