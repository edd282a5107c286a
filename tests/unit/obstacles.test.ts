// Reasons for a person: one line per operator with a count, and what to do.
import { expect, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { inspectModel } from "../../src/engine/inspect.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

const inDomain = (node: Node, domain: string): Node => ({ ...node, domain });

async function obstaclesOf(nodes: readonly Node[]) {
  const { obstacles } = await inspectModel(graphOf({ constants: { w: noise([4, 5, 3, 3]) }, nodes }));
  return obstacles;
}

test("what many nodes have in common is said once, with their number and the first", async () => {
  const nodes = [
    op("Frobnicate", "x", "a"),
    op("Relu", "x", "b"),
    op("Frobnicate", "b", "c"),
    op("Conv", "x w", "d"),
    op("Frobnicate", "b", "it's: 'e'"),
    op("Conv", "b w", "f"),
    op("MaxPool", "x", "g", { kernel_shape: [9, 9] }),
  ];
  expect(await obstaclesOf(nodes)).toEqual([
    "Frobnicate (3 nodes, first 'a'): the operator is not supported. Cut the model before it, with onnx.utils.extract_model, or export it without.",
    "Conv (2 nodes, first 'd'): weight [4,5,3,3] in 1 group(s) does not fit an input of shape [1,3,8,8].",
    "MaxPool 'g': a window reaching 9 does not fit 8 elements padded by 0 and 0.",
  ]);
});

const advised: readonly [domain: string, operator: string, advice: string][] = [
  ["com.microsoft", "FusedMatMul", "ONNX Runtime put it there when it optimised the file: take the file from before that."],
  ["com.microsoft.nchwc", "ReorderInput", "take the file from before that."],
  ["com.microsoft", "QLinearSoftmax", "The model is quantised: take the float32 model that it was made from."],
  ["com.microsoft", "MatMulIntegerToFloat", "The model is quantised"],
  ["ai.onnx.ml", "TreeEnsembleRegressor", "It belongs to classical machine learning"],
  ["mmcv", "Special", "It is no operator of ONNX, but one that somebody added"],
];
test.each(advised)("%s:%s is refused with advice", async (domain, operator, advice) => {
  const [obstacle] = await obstaclesOf([inDomain(op(operator, "x", "y"), domain)]);
  expect(obstacle).toContain(`${operator} 'y': the operator`);
  expect(obstacle).toContain(advice);
});
