// What a page has is enough for common networks, and the rest comes by itself.
import { describe, expect, test } from "vitest";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { type LoadOptions, loadModel } from "../../src/engine/model.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

/** What most classifiers are made of. */
const common = graphOf({
  inputs: { x: [1, 4, 20, 20] },
  constants: { w: noise([8, 4, 3, 3]), b: noise([8]), d: noise([8, 1, 3, 3], 2), p: noise([12, 8, 1, 1], 3), g: noise([12, 5], 4) },
  nodes: [
    op("Conv", "x w b", "c", { pads: [1, 1, 1, 1], strides: [2, 2] }),
    op("Relu", "c", "r"),
    op("Conv", "r d", "s", { group: 8, pads: [1, 1, 1, 1] }),
    op("MaxPool", "s", "m", { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
    op("Conv", "m p", "q"),
    op("AveragePool", "q", "v", { kernel_shape: [2, 2] }),
    op("GlobalAveragePool", "v", "u"),
    op("Flatten", "u", "f"),
    op("Gemm", "f g", "h"),
    op("Softmax", "h", "y"),
  ],
});

const rare: Readonly<Record<string, Graph>> = {
  "a convolution over three axes": graphOf({
    inputs: { x: [1, 2, 4, 5, 6] },
    constants: { w: noise([3, 2, 2, 2, 2]) },
    nodes: [op("Conv", "x w", "y")],
  }),
  "a convolution with computed weights": graphOf({
    inputs: { x: [1, 2, 6, 6], w: [3, 2, 3, 3] },
    nodes: [op("Relu", "w", "v"), op("Conv", "x v", "c"), op("Relu", "c", "y")],
  }),
  "a convolution with negative pads": graphOf({
    inputs: { x: [1, 2, 6, 6] },
    constants: { w: noise([3, 2, 3, 3]) },
    nodes: [op("Conv", "x w", "y", { pads: [-1, 0, 0, 1] })],
  }),
  "a large window": graphOf({ inputs: { x: [1, 2, 9, 9] }, nodes: [op("AveragePool", "x", "y", { kernel_shape: [7, 7] })] }),
  "the indices of maxima": graphOf({
    inputs: { x: [1, 2, 6, 6] },
    nodes: [op("MaxPool", "x", "v i", { kernel_shape: [2, 2] }), op("Cast", "i", "y", { to: 1 })],
  }),
  "a dense layer whose weights are computed": graphOf({
    inputs: { x: [3, 4], w: [5, 4] },
    nodes: [op("Gemm", "x w", "y", { transB: 1 })],
  }),
  "an operator": graphOf({
    inputs: { x: [1, 2, 6, 6] },
    constants: { starts: ints(1), ends: ints(4), axes: ints(2) },
    nodes: [op("Slice", "x starts ends axes", "y")],
  }),
};

/** An output of the graph, and the kernels that computed it. */
function run(graph: Graph, options: LoadOptions = {}): Promise<{ y: Tensor | undefined; kernels: readonly string[] }> {
  return withDevice(async (device) => {
    const loaded = await loadModel(device, graph, options);
    const inputs = Object.fromEntries(loaded.inputs.map(({ name, shape }) => [name, noise(shape, 5).toFloat32()]));
    const { y } = await loaded.predict(inputs);
    const kernels = loaded.plan.steps.map(({ kernel }) => kernel);
    loaded.dispose();
    return { y, kernels };
  });
}

/** Whoever chooses kernels is offered every one there is. */
const complete: LoadOptions = { chooseKernel: () => undefined };

describe("what a page fetches", () => {
  test("computes common networks by the same kernels as all there is", async () => {
    const { y, kernels } = await run(common);
    const expected = await run(common, complete);
    expect(kernels).toEqual(expected.kernels);
    expectClose(y, (expected.y as Tensor).toFloat32(), "y");
  });

  test.each(Object.keys(rare))("is what it takes for %s", async (name) => {
    const graph = rare[name] as Graph;
    const { y } = await run(graph);
    const expected = await run(graph, complete);
    expectClose(y, (expected.y as Tensor).toFloat32(), "y");
  });

  test("is every kernel for who chooses among them", async () => {
    const offered: (readonly string[])[] = [];
    const chooseKernel = (_: Node, names: readonly string[]) => void offered.push(names);
    await run(common, { chooseKernel });
    expect(offered[0]).toEqual(expect.arrayContaining(["general", "implicit-gemm"]));
  });
});
