// Which networks compute several copies of a picture or a layer at once, and that the copies are what each is alone. In double precision, without a GPU.
import { describe, expect, it, test } from "vitest";
import { NoBatchError, usualBatch } from "../../src/engine/gradient/batch.ts";
import { type ExplanationMethod, explanationOf } from "../../src/engine/gradient/explain.ts";
import type { Graph, TypedGraph } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";

const x = noise([1, 2, 4, 4], 3);
const constants = {
  ...{ w: noise([4, 2, 3, 3], 5), m: noise([64, 3], 7), k: noise([1, 2, 4, 4], 9), v: noise([3, 6, 1, 1], 11) },
  ...{ n: noise([1, 2, 1, 1], 13), u: noise([16, 3], 15), few: ints(1, 16) },
  ...{ flat: ints(1, 64), free: ints(-1, 64), line: ints(64), first: ints(0), channel: ints(1), one: ints(1, 3) },
};
const conv = op("Conv", "x w", "c", { pads: [1, 1, 1, 1] });
const dense = [op("Reshape", "a flat", "row"), op("MatMul", "row m", "y")];

const typed = (nodes: GraphLines["nodes"]): TypedGraph =>
  inferGraph(graphOf({ inputs: { x: x.shape, p: [1, 4, 4] }, constants, nodes }), everything).graph;

const infer = (graph: Graph): TypedGraph => {
  const { graph: one, obstacles } = inferGraph(graph, everything);
  if (obstacles.length > 0) throw new NoBatchError(obstacles.join());
  return one;
};

function planOf(graph: TypedGraph, method: ExplanationMethod, layer: string, batch: number | undefined) {
  const seed = Tensor.float32([1, 3], Float32Array.of(0, 1, 0));
  return explanationOf(graph, method, { value: "y", target: { class: 1 }, weights: { seed, followsTop: false } }, [layer], {
    ...{ patch: 2, batch },
    infer,
  });
}

/** All runs of an explanation, one after the other. */
async function explain(graph: TypedGraph, method: ExplanationMethod, layer: string, batch: number) {
  const { graph: whole, operands, passes, results } = planOf(graph, method, layer, batch);
  const states = new Map(Array.from(whole.parameters ?? [], ([name, tensor]) => [name, fromTensor(tensor)] as const));
  let result: NdArray | undefined;
  for (const pass of passes?.(false) ?? []) {
    const written = Object.entries(operands).map(([role, { name, initial }]) => {
      const numbers = pass[role];
      return [name, fromTensor(numbers === undefined ? initial : Tensor.from(initial.dtype, initial.shape, [numbers].flat()))] as const;
    });
    const values = await evaluateGraph(
      { ...whole, outputs: [...whole.outputs, ...(whole.updates?.values() ?? [])] },
      new Map([["x", fromTensor(x)], ["p", fromTensor(noise([1, 4, 4], 13))], ...written, ...states]),
    );
    for (const [state, value] of whole.updates ?? []) states.set(state, values.get(value) as NdArray);
    result = values.get(results.get(layer) ?? "");
  }
  return Array.from(result?.data ?? [], Math.fround);
}

/** Four patches and the whole picture, four in each run. */
const [atOnce, oneByOne] = [2, 5];

describe("occlusion of several patches at once", () => {
  test.each([
    ["a Reshape that fixes a batch of one", [conv, op("Relu", "c", "a"), ...dense]],
    ["a Reshape that leaves it open", [conv, op("Reshape", "c free", "row"), op("MatMul", "row m", "y")]],
    ["a value of three axes from elsewhere, whose first is no batch", [conv, op("Mul", "c p", "a"), ...dense]],
    [
      "a Concat with a constant",
      [op("Concat", "x k x", "j", { axis: 1 }), op("Conv", "j v", "d"), op("GlobalAveragePool", "d", "g"), op("Reshape", "g one", "y")],
    ],
  ] as const)("goes through %s", async (_, nodes) => {
    const graph = typed(nodes);
    expect(planOf(graph, "occlusion", "x", 4).passes?.(false)).toHaveLength(atOnce);
    const expected = await explain(graph, "occlusion", "x", 1);
    expect(new Set(expected).size).toBe(4);
    expect(await explain(graph, "occlusion", "x", 4)).toEqual(expected);
  });

  test.each([
    ["drops the axis of the batch", [conv, op("Squeeze", "c first", "s"), op("Unsqueeze", "s first", "a"), ...dense]],
    [
      "fixes other extents than the batch",
      [conv, op("Reshape", "c line", "l"), op("Reshape", "l flat", "row"), op("MatMul", "row m", "y")],
    ],
    ["normalises along the batch", [conv, op("Softmax", "c", "a", { axis: 0 }), ...dense]],
    ["takes a mean over the batch", [conv, op("ReduceMean", "c first", "a", { keepdims: 1 }), ...dense]],
    [
      "turns the batch and another axis of 1",
      [
        op("Conv", "x n", "c"),
        op("Transpose", "c", "t", { perm: [1, 0, 2, 3] }),
        op("Reshape", "t few", "row"),
        op("MatMul", "row u", "y"),
      ],
    ],
  ] as const)("is done one by one where a network %s", (_, nodes) => {
    const graph = typed(nodes);
    expect(planOf(graph, "occlusion", "x", 4).passes?.(false)).toHaveLength(oneByOne);
  });
});

it("ablation takes a value of three axes from elsewhere as it is", async () => {
  const graph = typed([conv, op("Mul", "c p", "a"), ...dense]);
  expect(await explain(graph, "ablation", "c", 3)).toEqual(await explain(graph, "ablation", "c", 1));
});

it("computes fewer copies at once the larger the values are that they become", () => {
  const batchOf = (side: number, from: string) => {
    const nodes = [op("Relu", "x", "a"), op("MaxPool", "a", "y", { kernel_shape: [8, 8], strides: [8, 8] })];
    return usualBatch(inferGraph(graphOf({ inputs: { x: [1, 16, side, side] }, nodes }), everything).graph, from, "y");
  };
  expect([8, 224, 1000].map((side) => batchOf(side, "x"))).toEqual([16, 5, 1]);
  expect(batchOf(224, "y")).toBe(16);
});
