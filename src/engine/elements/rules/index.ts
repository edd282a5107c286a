// The rules by operator of ONNX.
import { fusedDomain, type Node } from "../../graph/graph.ts";
import { entryOf } from "../../records.ts";
import type { Rule, Rules } from "../rule.ts";
import { convolution } from "./convolution.ts";
import { denseLayers } from "./dense.ts";
import { elementWise } from "./element-wise.ts";
import { movement } from "./movement.ts";
import { normalization } from "./normalization.ts";
import { own } from "./own.ts";
import { pooling } from "./pooling.ts";
import { reduction } from "./reduction.ts";
import { resizing } from "./resize.ts";
import { shapes } from "./shapes.ts";

const rules: Rules = {
  ...convolution,
  ...denseLayers,
  ...elementWise,
  ...movement,
  ...normalization,
  ...pooling,
  ...reduction,
  ...resizing,
  ...shapes,
};

/** By domain. */
const tables: Readonly<Record<string, Rules>> = { "": rules, [fusedDomain]: own };

/** `undefined` where nothing is known of the operator. */
export function ruleOf({ domain, operator }: Node): Rule | undefined {
  return entryOf(entryOf(tables, domain), operator);
}
