// Which values can be negative, by what the operators of a graph say of themselves.
import { describe, expect, it } from "vitest";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { summarize } from "../../src/engine/summary.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { canBeNegative, type SignedModel } from "../../src/ui/mosaic/signedness.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";

const scalar = (value: number) => Tensor.from("float32", [], [value]);

/** Signed weights, a positive vector per channel, scalars, pads. */
const constants = {
  w: noise([3, 3, 1, 1]),
  p: Tensor.from("float32", [3], [1, 2, 6]),
  zero: scalar(0),
  six: scalar(6),
  minus: scalar(-1),
  pads: ints(0, 0, 1, 1, 0, 0, 1, 1),
};

function modelOf(graph: Graph): SignedModel {
  const inference = inferGraph(graph, everything);
  return { inputs: inference.graph.inputs, summary: () => summarize(graph, inference) };
}

const relu = op("Relu", "x", "r");
const conv = op("Conv", "x w", "c");

describe("canBeNegative", () => {
  const cases: { why: string; nodes: readonly Node[]; negative: boolean }[] = [
    { why: "a convolution", nodes: [op("Conv", "x w", "y")], negative: true },
    { why: "a convolution of what is not negative", nodes: [relu, op("Conv", "r w", "y")], negative: true },
    { why: "Relu", nodes: [conv, op("Relu", "c", "y")], negative: false },
    { why: "a pool after Relu", nodes: [relu, op("MaxPool", "r", "y", { kernel_shape: [2, 2] })], negative: false },
    { why: "a pool after a convolution", nodes: [conv, op("MaxPool", "c", "y", { kernel_shape: [2, 2] })], negative: true },
    { why: "BatchNormalization after Relu", nodes: [relu, op("BatchNormalization", "r p p p p", "y")], negative: true },
    { why: "Relu6 as Clip", nodes: [op("Clip", "x zero six", "y")], negative: false },
    { why: "Clip to −1…6", nodes: [op("Clip", "x minus six", "y")], negative: true },
    { why: "Clip to −1…6 of what is not negative", nodes: [relu, op("Clip", "r minus six", "y")], negative: false },
    { why: "Clip from above only, of what is not negative", nodes: [relu, op("Clip", "r _ six", "y")], negative: false },
    { why: "a residual sum of a signed branch", nodes: [relu, op("Conv", "r w", "c"), op("Add", "r c", "y")], negative: true },
    { why: "a sum of two that are not", nodes: [relu, op("Sigmoid", "x", "s"), op("Add", "r s", "y")], negative: false },
    { why: "a product with a negative constant", nodes: [relu, op("Mul", "r minus", "y")], negative: true },
    { why: "Concat with one signed part", nodes: [relu, op("Concat", "r x", "y", { axis: 1 })], negative: true },
    { why: "Concat of two that are not", nodes: [relu, op("Concat", "r r", "y", { axis: 1 })], negative: false },
    { why: "Max with zero or more", nodes: [op("Max", "x zero", "y")], negative: false },
    { why: "Max of two signed ones", nodes: [op("Max", "x minus", "y")], negative: true },
    { why: "SiLU", nodes: [op("Sigmoid", "x", "s"), op("Mul", "x s", "y")], negative: true },
    { why: "hard sigmoid gating of Relu", nodes: [relu, op("HardSigmoid", "x", "s"), op("Mul", "r s", "y")], negative: false },
    { why: "HardSwish dips below 0", nodes: [op("HardSwish", "x", "y")], negative: true },
    { why: "Softplus", nodes: [op("Softplus", "x", "y")], negative: false },
    { why: "a leaky Relu", nodes: [op("LeakyRelu", "x", "y")], negative: true },
    { why: "a leaky Relu of what is not negative", nodes: [relu, op("LeakyRelu", "r", "y")], negative: false },
    { why: "Softmax, Flatten after it", nodes: [op("Softmax", "x", "s"), op("Flatten", "s", "y")], negative: false },
    { why: "LogSoftmax", nodes: [relu, op("LogSoftmax", "r", "y")], negative: true },
    { why: "Sub of two Relus", nodes: [relu, op("Sub", "r r", "y")], negative: true },
    { why: "Pad with a negative number", nodes: [relu, op("Pad", "r pads minus", "y")], negative: true },
    { why: "Pad with zeros", nodes: [relu, op("Pad", "r pads", "y")], negative: false },
    { why: "a sum of squares", nodes: [op("ReduceSumSquare", "x", "y")], negative: false },
    { why: "a mean", nodes: [op("ReduceMean", "x", "y")], negative: true },
    { why: "an operator nobody knows", nodes: [relu, op("Mystery", "r", "y")], negative: true },
  ];
  it.each(cases)("$why: $negative", ({ nodes, negative }) => {
    const used = new Set(nodes.flatMap(({ inputs }) => inputs));
    const read = Object.fromEntries(Object.entries(constants).filter(([name]) => used.has(name)));
    expect(canBeNegative(modelOf(graphOf({ constants: read, nodes })), "y")).toBe(negative);
  });

  it("believes the caller about inputs", () => {
    const model = modelOf(graphOf({ nodes: [op("MaxPool", "x", "y", { kernel_shape: [2, 2] })] }));
    expect(canBeNegative(model, "x")).toBe(true);
    expect(canBeNegative(model, "y", { unsignedInputs: ["x"] })).toBe(false);
  });

  it("goes through long chains", () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => op("Identity", i === 0 ? "r" : `v${i - 1}`, `v${i}`));
    expect(canBeNegative(modelOf(graphOf({ nodes: [relu, ...nodes] })), "v19999")).toBe(false);
  });
});
