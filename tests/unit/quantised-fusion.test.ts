// What a pass makes of quantised networks: which nodes become one, and which must not.
import { expect, test } from "vitest";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

const bytes = (dtype: "int8" | "uint8", shape: readonly number[], start: number) =>
  Tensor.from(
    dtype,
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => start + (i % 100)),
  );
const scalar = (value: number) => Tensor.from("float32", [], [value]);
const constants = {
  w: bytes("int8", [4, 3, 1, 1], -50),
  wide: bytes("uint8", [4, 3, 1, 1], 0),
  low: Tensor.from("uint8", [], [0]),
  ws: Tensor.from("float32", [4], [0.5, 0.25, 1, 2]),
  below: Tensor.from("float32", [4], [0.5, -0.25, 1, 2]),
  wz: Tensor.filled("int8", [4], 0),
  s: scalar(0.5),
  t: scalar(0.25),
  z: Tensor.from("uint8", [], [100]),
  b: noise([4], 3),
  six: scalar(6),
  zero: scalar(0),
};
const weight = op("DequantizeLinear", "w ws wz", "f", { axis: 0 });
const conv = op("Conv", "x f b", "c");
const pair = (value: string, name: string, scale = "s", again = scale): readonly Node[] => [
  op("QuantizeLinear", `${value} ${scale} z`, `${name}q`),
  op("DequantizeLinear", `${name}q ${again} z`, name),
];

const fusedOf = (nodes: readonly Node[], outputs: readonly string[], keep: readonly string[] = []) => {
  const graph: Graph = graphOf({ inputs: { x: [1, 3, 8, 8], v: [1, 4, 8, 8] }, constants, nodes, outputs });
  const inference = optimizeGraph(graph, everything, { keep: new Set(keep) });
  expect(inference.obstacles).toEqual([]);
  return inference.graph.nodes.map(({ operator, outputs: [name], attributes }) => {
    const [lowest, highest] = [attributes.get("lowest"), attributes.get("highest")];
    const bounds = attributes.get("step") ? ` ${lowest}..${highest}` : "";
    return `${operator} ${name}${bounds}`;
  });
};

test.each<[why: string, nodes: readonly Node[], outputs: string, expected: readonly string[], keep?: string]>([
  ["a convolution and a rounding", [weight, conv, ...pair("c", "y")], "y", ["StepConvolution y -100..155"]],
  ["with Relu between", [weight, conv, op("Relu", "c", "r"), ...pair("r", "y")], "y", ["StepConvolution y 0..155"]],
  ["with a Clip between", [weight, conv, op("Clip", "c zero six", "r"), ...pair("r", "y")], "y", ["StepConvolution y 0..12"]],
  ["weights alone", [...pair("v", "k"), weight, conv, op("Relu", "c", "y")], "y k", ["Requantize k -100..155", "StepConvolution y"]],
  ["weights alone, where nothing is rounded", [weight, conv, op("Sigmoid", "c", "y")], "y", ["StepConvolution y"]],
  ["with a residual, too", [weight, conv, op("Add", "c v", "a"), op("Relu", "a", "y")], "y", ["StepConvolution y"]],
  [
    "and a residual that is observed",
    [weight, conv, op("Add", "c v", "a"), op("Relu", "a", "y")],
    "y",
    ["StepConvolution a", "Relu y"],
    "a",
  ],
  [
    "a Cast to the type that steps have, as PyTorch writes it",
    [weight, conv, op("QuantizeLinear", "c s z", "q"), op("Cast", "q", "k", { to: 2 }), op("DequantizeLinear", "k s z", "y")],
    "y",
    ["StepConvolution y -100..155"],
  ],
  [
    "two scales are no rounding",
    [weight, conv, ...pair("c", "y", "s", "t")],
    "y",
    ["StepConvolution c", "QuantizeLinear yq", "DequantizeLinear y"],
  ],
  ["steps that are asked for", [weight, conv, ...pair("c", "y")], "y yq", ["StepConvolution c", "QuantizeLinear yq", "DequantizeLinear y"]],
  ["a value between that is observed", [weight, conv, ...pair("c", "y")], "y", ["StepConvolution c", "Requantize y -100..155"], "c"],
  [
    "one rounding for several readers",
    [weight, conv, ...pair("c", "a"), op("DequantizeLinear", "aq s z", "d"), op("Sigmoid", "a", "e"), op("Add", "e d", "y")],
    "y",
    ["StepConvolution a -100..155", "Sigmoid e", "Add y"],
  ],
  [
    "parts of a value, one of which is wanted as numbers",
    [
      ...pair("v", "a"),
      op("Split", "a", "m n", { axis: 1, num_outputs: 2 }),
      op("Sigmoid", "m", "e"),
      op("GlobalAveragePool", "n", "g"),
      ...pair("g", "h", "t"),
      op("Mul", "e h", "y"),
    ],
    "y",
    ["Requantize a/steps -100..155", "Split m/steps", "Mul m", "Sigmoid e", "GlobalAveragePool g/steps", "Requantize h -100..155", "Mul y"],
  ],
  ["a sum and its rounding", [op("Add", "v v", "a"), op("Relu", "a", "r"), ...pair("r", "y")], "y", ["Requantize y 0..155"]],
  [
    "what is rounded is not rounded again",
    [...pair("v", "a"), op("MaxPool", "a", "p", { kernel_shape: [2, 2] }), ...pair("p", "b2"), op("Sigmoid", "b2", "y")],
    "y",
    ["Requantize a -100..155", "MaxPool p", "Sigmoid y"],
  ],
  [
    "but to another scale",
    [...pair("v", "a"), op("MaxPool", "a", "p", { kernel_shape: [2, 2] }), ...pair("p", "y", "t")],
    "y",
    ["Requantize a/steps -100..155", "MaxPool p/steps", "Requantize y -100..155"],
  ],
  [
    "weights without a sign, which fit 8 bits with one",
    [...pair("v", "k"), op("DequantizeLinear", "wide s low", "f"), conv],
    "c k",
    ["Requantize k -100..155", "StepConvolution c"],
  ],
  [
    "scales below 0",
    [...pair("v", "k"), op("DequantizeLinear", "w below wz", "f", { axis: 0 }), conv],
    "c k",
    ["Requantize k -100..155", "Conv c"],
  ],
  [
    "scales along another axis",
    [...pair("v", "k"), op("DequantizeLinear", "w three zeros", "f", { axis: 1 }), conv],
    "c k",
    ["Requantize k -100..155", "Conv c"],
  ],
])("%s", (_, nodes, outputs, expected, keep) => {
  Object.assign(constants, { three: Tensor.from("float32", [3], [1, 2, 4]), zeros: Tensor.filled("int8", [3], 0) });
  expect(fusedOf(nodes, outputs.split(" "), keep ? [keep] : [])).toEqual(expected);
});

test("weights that take more than 8 bits stay numbers", () => {
  Object.assign(constants, { wide: Tensor.from("uint8", [4, 3, 1, 1], [...new Array(11).fill(3), 200]) });
  const nodes = [...pair("v", "k"), op("DequantizeLinear", "wide s low", "f"), conv];
  expect(fusedOf(nodes, ["c", "k"])).toEqual(["Requantize k -100..155", "Conv c"]);
});

test.each<[why: string, nodes: readonly Node[], outputs: string, step: number | undefined]>([
  ["a rounding behind a sum, half", [conv, op("Add", "c v", "a"), op("Relu", "a", "r"), ...pair("r", "y")], "y", 0.25],
  ["behind two sums, a quarter", [conv, op("Add", "c v", "a"), op("Add", "a v", "d"), ...pair("d", "y")], "y", 0.125],
  ["behind what is observed, all of it", [conv, op("Relu", "c", "r"), ...pair("r", "y")], "c r y", 0.5],
  [
    "behind a sum of two convolutions, half for each",
    [conv, op("Conv", "v2 f b", "c2"), op("Add", "c c2", "a"), ...pair("a", "y")],
    "y",
    0.25,
  ],
  ["behind a residual's sum that is observed, half", [conv, op("Add", "c v", "a"), op("Relu", "a", "r"), ...pair("r", "y")], "a y", 0.25],
  ["behind a pool", [conv, op("Relu", "c", "r"), op("MaxPool", "r", "m", { kernel_shape: [2, 2] }), ...pair("m", "y")], "y", 0.5],
  ["the smallest of several", [conv, ...pair("c", "y"), ...pair("c", "u", "t")], "y u", 0.25],
  ["steps that are asked for", [conv, ...pair("c", "y")], "y yq", 0.5],
  [
    "nothing where something else reads it, too",
    [conv, op("Add", "c v", "a"), ...pair("a", "y"), op("Sigmoid", "a", "g")],
    "y g",
    undefined,
  ],
  ["nothing where nothing is rounded", [...pair("v", "y"), conv], "y c", undefined],
  ["nothing where the kernel rounds", [conv, ...pair("c", "y")], "y", undefined],
])("a convolution knows of the steps behind it: %s", (_, nodes, outputs, step) => {
  const graph = graphOf({
    inputs: { x: [1, 3, 8, 8], v: [1, 4, 8, 8], v2: [1, 3, 8, 8] },
    constants,
    nodes: [weight, ...nodes],
    outputs: outputs.split(" "),
  });
  const found = optimizeGraph(graph, everything, { keep: new Set() }).graph.nodes.find(({ operator }) => operator === "StepConvolution");
  expect(found?.attributes.get("behind")).toBe(step);
});
