// Quantised networks: numbers as whole steps of a scale, and the operators that exporters write for them. A part of the program that is loaded for the
// graphs that name one.
import { GraphEdit } from "../../graph/edit.ts";
import type { TypedGraph } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import { Tensor } from "../../tensor.ts";
import type { Families } from "../families.ts";
import { rewrite } from "../on-demand/composed.ts";
import { defineOperator, type Operator } from "../operator.ts";
import { fuseSteps, keepWeightsInBytes } from "./fuse.ts";
import { describeDequantize, describeQuantize } from "./linear.ts";
import { type Lowered, lowered } from "./lowered.ts";
import products from "./products.ts";
import { StepTensor } from "./step-tensor.ts";
import { convInteger, dynamicQuantize, matMulInteger } from "./whole-numbers.ts";

const written: Readonly<Record<string, Lowered>> = {
  ...lowered,
  ":ConvInteger": { since: 10, steps: [0, 1], describe: convInteger },
  ":MatMulInteger": { since: 10, steps: [0, 1], describe: matMulInteger },
  ":DynamicQuantizeLinear": { since: 11, describe: dynamicQuantize },
};

/** Puts ordinary nodes in the place of all operators that are written as others; where there are none any more, fuses what is between steps. */
const pass: Pass = (graph, { keep }) => {
  const edit = new GraphEdit(graph);
  for (const node of graph.nodes) {
    const found = written[`${node.domain}:${node.operator}`];
    if (found) rewrite(edit, graph, node, found.describe);
  }
  const ordinary = edit.graph();
  return ordinary === graph ? fuseSteps(graph, keep) : ordinary;
};

/** Makes numbers of constants that are known as steps of a scale. */
function dequantize<T extends { readonly graph: TypedGraph }>(inference: T): T {
  const numbers = Array.from(inference.graph.initializers, ([name, tensor]) => {
    const { dtype, shape } = tensor;
    return [name, tensor instanceof StepTensor ? new Tensor(dtype, shape, () => tensor.bytes) : tensor] as const;
  });
  return { ...inference, graph: { ...inference.graph, initializers: new Map(numbers) } };
}

const linear = { QuantizeLinear: describeQuantize, DequantizeLinear: describeDequantize };

export const families: Partial<Families> = { last: [keepWeightsInBytes], dequantize };

export default [
  ...products,
  ...Object.entries(linear).flatMap(([name, describe]) => [
    defineOperator(name, { since: 10, pass, steps: [0] }, describe),
    defineOperator(name, { since: 1, domain: "com.microsoft", pass, steps: [0] }, describe),
  ]),
  ...Object.entries(written).map(([key, { since, steps, describe }]) => {
    const [domain = "", name = ""] = key.split(":");
    return defineOperator(name, { since, domain, pass, steps }, (context) => {
      const { write, ...operation } = describe(context);
      return operation;
    });
  }),
] satisfies Operator[];
