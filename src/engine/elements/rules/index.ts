// The rules by operator of ONNX.
import type { Node } from "../../graph/graph.ts";
import { entryOf } from "../../records.ts";
import type { Rule, Rules } from "../rule.ts";
import { convolution } from "./convolution.ts";
import { denseLayers } from "./dense.ts";
import { elementWise } from "./element-wise.ts";
import { movement } from "./movement.ts";
import { normalization } from "./normalization.ts";
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

/** `undefined` where nothing is known of the operator. */
export function ruleOf({ domain, operator }: Node): Rule | undefined {
  return domain === "" ? entryOf(rules, operator) : undefined;
}
