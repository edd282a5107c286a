// What a BatchNormalization answers and refuses in each opset: its outputs are how training mode is told before opset 14.
import { expect, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import type { DataType, Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { filled, noise } from "../support/graphs.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";

const of = (tensor: Tensor, dtype: DataType): Tensor => filledAs(dtype, tensor.shape);
const filledAs = (dtype: DataType, shape: readonly number[]) =>
  Object.assign(
    filled(shape, () => 1),
    { dtype },
  );
const four = [1, 2, 3, 4].map((seed) => noise([3], seed));
const x = noise([2, 3, 4]);

const infer = (one: Omit<OperatorCase, "operator" | "why">) =>
  inferGraph(graphOfCase({ operator: "BatchNormalization", why: "", ...one }), everything);

test.each([
  { opset: 9, outputs: 5, attributes: {}, count: 5 },
  { opset: 13, outputs: 3, attributes: {}, count: 3 },
  { opset: 14, outputs: 3, attributes: { training_mode: 1 }, count: 3 },
  { opset: 15, outputs: 1, attributes: { training_mode: 1 }, count: 1 },
])("opset $opset with $outputs outputs and $attributes trains", ({ opset, outputs, attributes }) => {
  const { graph, obstacles } = infer({ inputs: [x, ...four], opset, outputs, attributes });
  expect(obstacles).toEqual([]);
  expect(graph.outputs.map((name) => graph.types.get(name)?.shape)).toEqual([[2, 3, 4], [3], [3], [3], [3]].slice(0, outputs));
});

test("statistics have the type of the running ones", () => {
  const inputs = [of(x, "float16"), of(four[0] as Tensor, "float16"), of(four[1] as Tensor, "float16"), ...four.slice(2)];
  const { graph, obstacles } = infer({ inputs, opset: 15, outputs: 3, attributes: { training_mode: 1 } });
  expect(obstacles).toEqual([]);
  expect(graph.outputs.map((name) => graph.types.get(name)?.dtype)).toEqual(["float16", "float32", "float32"]);
});

test.each<[string, Omit<OperatorCase, "operator" | "why">]>([
  ["statistics as outputs, which only training mode computes", { inputs: [x, ...four], opset: 15, outputs: 3 }],
  ["has no output 3", { inputs: [x, ...four], opset: 15, outputs: 5, attributes: { training_mode: 1 } }],
  ["must have the shape [3], got [4]", { inputs: [x, ...four.slice(1), noise([4])] }],
  ["must have the shape [3,4] with spatial=0, got [3]", { inputs: [x, ...four], opset: 7, attributes: { spatial: 0 } }],
  ["x of shape [0,3,4] has no elements", { inputs: [noise([0, 3, 4]), ...four], attributes: { training_mode: 1 } }],
  [
    "input 3 is float16, but input 0 is float32",
    { inputs: [x, ...four.slice(2), ...four.slice(2).map((one) => of(one, "float16"))], opset: 9 },
  ],
  ["int32 input is not supported, only floating point", { inputs: [of(x, "int32"), ...four] }],
  ["int32 input is not supported", { inputs: [x, ...four.slice(1), of(four[0] as Tensor, "int32")] }],
])("refused: %s", (reason, one) => {
  expect(infer(one).obstacles.join()).toContain(reason);
});
