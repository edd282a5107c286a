// Dense layers, and what most networks that have one name as well, as one part.
import elementWiseSpecial from "./element-wise-special.ts";
import gemm from "./gemm.ts";
import type { Operator } from "./operator.ts";
import softmax from "./softmax.ts";

export default [gemm, ...softmax, ...elementWiseSpecial] satisfies Operator[];
