// A new last layer for classes of one's own: where it goes, what stays, and what has none.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { withNewHead } from "../../src/engine/graph/new-head.ts";
import { withClasses } from "../../src/engine/new-head.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, op } from "../support/graphs.ts";

const names = ["cat", "dog", "hat"];

/** The shape of the first output. */
function shapeOf(graph: Graph): readonly number[] {
  const { graph: typed, obstacles } = inferGraph(graph, everything);
  expect(obstacles).toEqual([]);
  return typed.types.get(graph.outputs[0] as string)?.shape ?? [];
}

test.each(["mnist", "tiny-vgg", "squeezenet1_1", "mobilenetv2"])("%s tells as many classes as there are, and all else stays", (name) => {
  const graph = buildGraph(name, { seed: 1 });
  const { graph: own, parameters } = withNewHead(graph, names, 5);
  expect(shapeOf(own)).toEqual([1, 3]);
  expect(parameters).toHaveLength(2);
  for (const parameter of parameters) expect(graph.initializers.has(parameter)).toBe(false);
  const kept = own.nodes.flatMap(({ inputs }) => inputs).filter((input) => graph.initializers.has(input));
  for (const input of kept) expect(own.initializers.get(input)).toBe(graph.initializers.get(input));
  expect(own.metadata.get("names")).toBe('{"0":"cat","1":"dog","2":"hat"}');
});

test("the new weights are of the seed, small, and differ by class; the bias is zero", () => {
  const graph = buildGraph("mnist", { seed: 1 });
  const weights = (seed: number) => {
    const { graph: own, parameters } = withNewHead(graph, names, seed);
    return parameters.map((name) => [...(own.initializers.get(name)?.toFloat32() ?? [])]);
  };
  const [weight = [], bias = []] = weights(5);
  expect(weights(5)).toEqual([weight, bias]);
  expect(weights(6)[0]).not.toEqual(weight);
  expect(bias).toEqual([0, 0, 0]);
  const deviation = Math.sqrt(weight.reduce((sum, one) => sum + one * one, 0) / weight.length);
  expect(deviation).toBeCloseTo(Math.sqrt(1 / 128), 2);
});

const ones = (...shape: readonly number[]) => Tensor.float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));

test("a MatMul with an Add behind it, and a Reshape that counts the scores, take the new number", () => {
  const graph = graphOf({
    inputs: { x: [1, 6] },
    constants: { w: ones(6, 5), b: ones(5), shape: Tensor.int64([2], [1, 5]) },
    nodes: [op("MatMul", "x w", "m"), op("Add", "m b", "a"), op("Reshape", "a shape", "r"), op("Softmax", "r", "y")],
  });
  const { graph: own, parameters } = withNewHead(graph, names);
  expect(shapeOf(own)).toEqual([1, 3]);
  expect(parameters.map((name) => own.initializers.get(name)?.shape)).toEqual([[6, 3], [3]]);
});

test("weights that are stored in 16 bits and cast are found", async () => {
  const graph = await importModel(new Uint8Array(readFileSync(new URL("../../models/mnist-trained.onnx", import.meta.url))));
  const { graph: own, parameters } = withNewHead(graph, names);
  expect(shapeOf(own)).toEqual([1, 3]);
  expect(parameters.map((name) => own.initializers.get(name)?.shape)).toContainEqual([3]);
});

test.each([
  ["a network that ends in no such layer", [op("Relu", "x", "y")], "comes from 'y' (Relu)"],
  ["one whose last layer is two-dimensional and computed", [op("MatMul", "x x", "y")], "comes from"],
])("%s is refused, and what is there is named", (_, nodes, message) => {
  expect(() => withNewHead(graphOf({ inputs: { x: [2, 2] }, nodes }), names)).toThrow(message);
});

test("the file can be read again, with the names in it", async () => {
  const { bytes, parameters } = await withClasses(encodeModel(buildGraph("mnist", { seed: 1 })), names, 2);
  const graph = await importModel(bytes);
  expect(shapeOf(graph)).toEqual([1, 3]);
  for (const name of parameters) expect(graph.initializers.has(name)).toBe(true);
  expect(graph.metadata.get("names")).toContain("hat");
});
