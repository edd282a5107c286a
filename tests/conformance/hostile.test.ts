// Files that are right, if unusual, run in time and give what onnxruntime gives.
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const vector = (...values: number[]) => Tensor.from("float32", [values.length], values);
const zeros = (...shape: number[]) => Tensor.from("float32", shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0));
const sixteen = Tensor.from(
  "float32",
  [1, 1, 4, 4],
  Array.from({ length: 16 }, (_, i) => i),
);

function outputOf(graph: Graph, inputs: Readonly<Record<string, Tensor>>): Promise<readonly number[]> {
  return withDevice(async (device) => {
    const model = await loadModel(device, graph);
    const outputs = await model.predict(inputs);
    model.dispose();
    return Object.values(outputs).flatMap((tensor) => tensor.toNumbers());
  });
}

describe("a convolution", () => {
  const w = zeros(2, 0, 3, 3);
  const inputs = { x: [1, 0, 4, 4] };
  const x = zeros(1, 0, 4, 4);

  test("of no channels is zeros", async () => {
    expect(await outputOf(graphOf({ inputs, constants: { w }, nodes: [op("Conv", "x w", "y")] }), { x })).toEqual(new Array(8).fill(0));
  });

  test("of no channels is its bias, and what follows is computed", async () => {
    const nodes = [op("Conv", "x w b", "c"), op("Relu", "c", "y")];
    const graph = graphOf({ inputs, constants: { w, b: vector(-1, 2) }, nodes });
    expect(await outputOf(graph, { x })).toEqual([0, 0, 0, 0, 2, 2, 2, 2]);
  });

  test("to no channels has no elements", async () => {
    const graph = graphOf({ inputs: { x: [1, 1, 4, 4] }, constants: { w: zeros(0, 1, 3, 3) }, nodes: [op("Conv", "x w", "y")] });
    expect(await outputOf(graph, { x: sixteen })).toEqual([]);
  });

  test("takes steps as large as int64 has", async () => {
    const ones = Tensor.from("float32", [1, 1, 3, 3], new Array(9).fill(1));
    const graph = graphOf({
      inputs: { x: [1, 1, 4, 4] },
      constants: { w: ones },
      nodes: [op("Conv", "x w", "y", { strides: [2 ** 63, 2 ** 63] })],
    });
    expect(await outputOf(graph, { x: sixteen })).toEqual([45]);
  });
});

test.each([
  ["MaxPool", "y i", {}, [10, 11, 14, 15, 10, 11, 14, 15]],
  ["AveragePool", "y", {}, [5, 5.5, 7, 7.5]],
  ["AveragePool", "y", { count_include_pad: 1 }, [45, 66, 84, 120].map((sum) => sum / 100_000 ** 2)],
] as const)("a window far larger than the map is walked where the map is: %s %#", async (operator, outputs, attributes, expected) => {
  const far = 100_000 - 3;
  const node = op(operator, "x", outputs, { kernel_shape: [100_000, 100_000], pads: [far, far, 0, 0], ...attributes });
  const graph = graphOf({ inputs: { x: [1, 1, 4, 4] }, nodes: [node], outputs: outputs.split(" ") });
  const found = await outputOf(graph, { x: sixteen });
  expect(found.map((value, i) => value / (expected[i] as number))).toEqual(expected.map(() => expect.closeTo(1, 5)));
});
