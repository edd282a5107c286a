// Dense layers, and what most networks that have one name as well, as one part.
import cast from "./cast.ts";
import gemm from "./gemm.ts";
import type { Operator } from "./operator.ts";
import softmax from "./softmax.ts";

export default [gemm, ...softmax, ...cast] satisfies Operator[];
