// What the graph says of layers: the first one is the overview's, and an activation is told from what it is computed from.
import { expect, it, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { summarize } from "../../src/engine/summary.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { drawableLayers } from "../../src/ui/drawable-layers.ts";
import { LayerGraph } from "../../src/ui/instrument/layer-graph.ts";
import { describeNetwork } from "../../src/ui/overview/facts.ts";
import { boundsOf, limitsOf } from "../../src/ui/statistics/saturation.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, noise, op } from "../support/graphs.ts";

const x = { x: [1, 2, 6, 6] };
const scalar = (value: number) => Tensor.float32([], Float32Array.of(value));
const weights = { w: noise([4, 2, 3, 3], 1), half: scalar(0.5), zero: scalar(0), six: scalar(6) };
const conv = op("Conv", "x w", "conv");

function layerGraphOf(lines: GraphLines): LayerGraph {
  const graph = graphOf(lines);
  const inference = inferGraph(graph, everything, {});
  const summary = summarize(graph, inference);
  const network = describeNetwork(graph, { summary, obstacles: [], axes: new Map() });
  return new LayerGraph(network, drawableLayers([{ name: "x", shape: x.x }], summary.layers));
}

const cases = [
  ["a ReLU", [conv, op("Relu", "conv", "y")], "y", "conv"],
  ["x · sigmoid(x)", [conv, op("Sigmoid", "conv", "s"), op("Mul", "conv s", "y")], "y", "conv"],
  ["sigmoid(x) · x", [conv, op("Sigmoid", "conv", "s"), op("Mul", "s conv", "y")], "y", "conv"],
  ["an activation of the input, which stands beside it already", [op("Relu", "x", "y")], "y", undefined],
  ["what is no activation", [conv, op("MaxPool", "conv", "y", { kernel_shape: [2, 2] })], "y", undefined],
  ["a product of two layers", [conv, op("Conv", "x w", "other"), op("Mul", "conv other", "y")], "y", undefined],
] as const;

test.each(cases)("what lies before: %s", (_, nodes, value, before) => {
  const graph = layerGraphOf({ inputs: x, constants: weights, nodes: [...nodes], outputs: ["y"] });
  expect(graph.beforeActivation(value)).toBe(before);
});

it("begins with the first node of the overview that is not the input, never with a value within a layer", () => {
  const swish = [conv, op("Sigmoid", "conv", "s"), op("Mul", "conv s", "act"), op("Conv", "act v", "y")];
  const graph = layerGraphOf({ inputs: x, constants: { ...weights, v: noise([1, 4, 1, 1], 2) }, nodes: swish, outputs: ["y"] });
  expect(graph.first).toBe("act");
  expect(layerGraphOf({ inputs: x, constants: weights, nodes: [conv, op("Relu", "conv", "y")], outputs: ["y"] }).first).toBe("y");
});

it("says all operators that a layer is made of, also where no overview is shown", () => {
  const graph = layerGraphOf({ inputs: x, constants: weights, nodes: [conv, op("Relu", "conv", "y")], outputs: ["y"] });
  expect(graph.operatorsOf("y")).toEqual(["Conv", "Relu"]);
  expect(graph.operatorsOf("conv")).toBeUndefined();
});

test.each([
  ["a convolution and its activation", [conv, op("Relu", "conv", "y")], true],
  ["a map that was flattened, whose channels are no kernels' any more", [conv, op("Flatten", "conv", "y")], false],
  ["a dense layer", [op("GlobalAveragePool", "x", "p"), op("Flatten", "p", "f"), op("Gemm", "f g", "y", { transB: 1 })], true],
  ["a product that is no matrix's", [op("MatMul", "x m", "y")], false],
] as const)("offers kernels where they are answered: %s", (_, nodes, has) => {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const all = { ...weights, g: noise([5, 2], 3), m: noise([1, 2, 6, 3], 4) };
  const constants = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
  expect(layerGraphOf({ inputs: x, constants, nodes: [...nodes], outputs: ["y"] }).hasKernels("y")).toBe(has);
});

test.each([
  ["Clip to 0…6, as ReLU6", op("Clip", "conv zero six", "y"), { most: 6, margin: 0 }, [-Infinity, 6]],
  ["Clip of old, by attributes", op("Clip", "conv", "y", { min: -1, max: 2 }), { least: -1, most: 2, margin: 0 }, [-1, 2]],
  ["Clip from below only", op("Clip", "conv half", "y"), { least: 0.5, margin: 0 }, [0.5, Infinity]],
  ["Clip at 0 only, which is a ReLU", op("Clip", "conv zero", "y"), undefined, undefined],
  ["a sigmoid, which comes near its bounds only", op("Sigmoid", "conv", "y"), { least: 0, most: 1, margin: 0.01 }, [0.01, 0.99]],
  ["tanh", op("Tanh", "conv", "y"), { least: -1, most: 1, margin: 0.01 }, [-0.99, 0.99]],
  ["a ReLU, which has no bound above", op("Relu", "conv", "y"), undefined, undefined],
] as const)("where it saturates: %s", (_, node, bounds, limits) => {
  const found = boundsOf(graphOf({ inputs: x, constants: weights, nodes: [conv, node], outputs: ["y"] }), "y");
  expect(found).toEqual(bounds);
  expect(found && limitsOf(found)).toEqual(limits);
});
