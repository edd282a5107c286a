// NonZero, Unique, Compress and NonMaxSuppression of what is known, held to ONNX Runtime and to the reference.
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import type { AttributeValue } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { fromTensor, toTensor } from "../../src/reference/array.ts";
import { evaluateNode } from "../../src/reference/evaluate.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;
type Answer = readonly [shape: readonly number[], numbers: readonly number[]];

function check(operator: string, tensors: readonly Tensor[], attributes: Attributes, outputs: number) {
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const inputs = tensors.map((_, i) => `x${i}`);
  const node = op(operator, inputs.join(" "), names.join(" "), attributes);
  const constants = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]));
  const graph = graphOf({ inputs: {}, constants, nodes: [node], outputs: names });
  const { graph: inferred, obstacles } = inferGraph(graph, everything);
  const answerOf = ({ shape, ...tensor }: Tensor): Answer => [shape, new Tensor(tensor.dtype, shape, tensor.bytes).toNumbers()];
  const found = names.map((name) => inferred.initializers.get(name)).map((tensor) => tensor && answerOf(tensor));
  expect(obstacles).toEqual([]);
  const byReference = evaluateNode(node, tensors.map(fromTensor), 21).map((array) => answerOf(toTensor(array)));
  return { graph, found, byReference };
}

async function expectSame(...given: Parameters<typeof check>): Promise<void> {
  const { graph, found, byReference } = check(...given);
  const session = await ort.InferenceSession.create(encodeModel(graph), { logSeverityLevel: 3, graphOptimizationLevel: "disabled" });
  const results = await session.run({});
  await session.release();
  const byRuntime = graph.outputs.map(
    (name): Answer => [results[name]?.dims ?? [], Array.from(results[name]?.data as Float32Array, Number)],
  );
  expect(found).toEqual(byRuntime);
  expect(byReference).toEqual(byRuntime);
}

const rounded = (shape: readonly number[], seed: number, steps: number) =>
  Tensor.from(
    "float32",
    shape,
    noise(shape, seed)
      .toNumbers()
      .map((number) => Math.round(number * steps) / steps),
  );

test.each<[string, readonly Tensor[], Attributes, number]>([
  ["NonZero", [rounded([3, 4, 5], 1, 1)], {}, 1],
  ["NonZero", [Tensor.from("bool", [7], [1, 0, 0, 1, 1, 0, 1])], {}, 1],
  ["NonZero", [Tensor.from("float32", [2, 2], [0, -0, 0, 0])], {}, 1],
  ["Unique", [rounded([4, 6], 2, 2)], {}, 4],
  ["Unique", [rounded([4, 6], 2, 2)], { sorted: 0 }, 4],
  ["Unique", [rounded([12, 2], 3, 1)], { axis: 0 }, 4],
  ["Unique", [rounded([2, 9, 2], 4, 1)], { axis: 1, sorted: 0 }, 4],
  ["Unique", [Tensor.int64([6], [5, -3, 5, 7, -3, 5])], {}, 4],
  ["Compress", [noise([3, 4, 2], 5), Tensor.from("bool", [3], [1, 0, 1])], { axis: 1 }, 1],
  // More boxes than are held: the list is found again.
  ["NonMaxSuppression", [Tensor.from("float32", [1, 1, 4], [0, 0, 2, 3]), noise([1, 20_000, 1], 6), Tensor.int64([1], [1])], {}, 1],
  ["Compress", [noise([3, 4], 5), Tensor.from("bool", [9], [1, 0, 1, 0, 0, 1, 1, 0, 1])], {}, 1],
])("%s of known elements (%#)", (...given) => expectSame(...given));

const thresholds = (most: number, overlap: number, least: number) => [
  Tensor.int64([1], [most]),
  Tensor.from("float32", [1], [overlap]),
  Tensor.from("float32", [1], [least]),
];

// Places and scores on a grid: boxes meet at the threshold, and scores are equal.
test.each([
  [0, 20, 0.5, 0],
  [1, 20, 0.5, 0],
  [0, 3, 0.25, -0.5],
  [1, 100, 0, -2],
  [0, 100, 1, -2],
  [0, 0, 0.5, 0],
])("NonMaxSuppression, centred %i, at most %i, overlap %f, scores above %f", (isCentred, most, overlap, least) => {
  const boxes = rounded([2, 40, 4], 6, 4);
  return expectSame(
    "NonMaxSuppression",
    [boxes, rounded([2, 3, 40], 7, 4), ...thresholds(most, overlap, least)],
    { center_point_box: isCentred },
    1,
  );
});

test("NonMaxSuppression of boxes that do not fit their scores, or of too many, is refused", () => {
  const refusal = (boxes: readonly number[], scores: readonly number[]) =>
    inferGraph(
      graphOf({
        inputs: {},
        constants: { boxes: Tensor.filled("float32", boxes, 1), scores: Tensor.filled("float32", scores, 1) },
        nodes: [op("NonMaxSuppression", "boxes scores", "y")],
      }),
      everything,
    ).obstacles;
  expect(refusal([1, 5, 3], [1, 2, 5])).toEqual([expect.stringContaining("boxes are [1,5,3]")]);
  expect(refusal([1, 5, 4], [1, 2, 6])).toEqual([expect.stringContaining("scores are [1,2,6], expected [1, classes, 5]")]);
  expect(refusal([1, 5e6, 4], [1, 80, 5e6])).toEqual([expect.stringContaining("400000000 scores")]);
});
