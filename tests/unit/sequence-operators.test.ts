// Refusals of operators on sequences: what breaks the standard, and what would take too much, is told before anything is made of it.
import { expect, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { noise } from "../support/graphs.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";

const zeros = (...shape: number[]) => Tensor.filled("float32", shape, 0);
const number = (value: number) => Tensor.int64([], [value]);
const q = noise([1, 2, 3, 4]);
const einsum = (equation: string, ...shapes: number[][]) => ({
  operator: "Einsum",
  attributes: { equation },
  inputs: shapes.map((shape) => noise(shape)),
});
const lstm = (attributes: NonNullable<OperatorCase["attributes"]>, ...inputs: Tensor[]) => ({
  operator: "LSTM",
  attributes,
  inputs: [noise([2, 1, 3]), noise([1, 8, 3]), noise([1, 8, 2]), ...inputs],
});

const refusals: readonly (readonly [Omit<OperatorCase, "why">, string])[] = [
  [{ operator: "Attention", inputs: [q, noise([1, 3, 3, 4]), noise([1, 3, 3, 4])] }, "do not fit each other"],
  [{ operator: "Attention", inputs: [noise([1, 3, 8]), noise([1, 3, 8]), noise([1, 3, 8])] }, "attribute 'q_num_heads' is required"],
  [
    {
      operator: "Attention",
      inputs: [noise([1, 3, 8]), noise([1, 3, 8]), noise([1, 3, 8])],
      attributes: { q_num_heads: 3, kv_num_heads: 3 },
    },
    "8 numbers do not divide into 3 heads",
  ],
  [{ operator: "Attention", inputs: [q, q, q, noise([2, 2])] }, "a mask of shape [2,2] does not fit scores of shape [1,2,3,3]"],
  [{ operator: "Attention", inputs: [q, q, q, Tensor.int64([3, 3], new Array(9).fill(0))] }, "the mask is int64"],
  [{ operator: "Attention", inputs: [q, q, q, undefined, q] }, "past_key and past_value come together"],
  [{ operator: "Attention", inputs: [q, q, q], attributes: { qk_matmul_output_mode: 4 } }, "expected 0 to 3"],
  [{ operator: "Attention", inputs: [zeros(1, 1, 60000, 8), zeros(1, 1, 60000, 8), zeros(1, 1, 60000, 8)], outputs: 4 }, "2^30"],
  [{ operator: "RotaryEmbedding", inputs: [q, noise([3, 2]), noise([3, 2])] }, "a cache has the shape [3,2], expected [1,3,2]"],
  [{ operator: "RMSNormalization", inputs: [q, noise([5])] }, "[5]"],
  [{ operator: "LpNormalization", inputs: [q], attributes: { p: 3 } }, "p is 3"],
  [einsum("ij,jk", [2, 3]), "does not fit 1 operands"],
  [einsum("ij->ik", [2, 3]), "names an axis twice, or one that there is not"],
  [einsum("ijk", [2, 3]), "'ijk' does not fit 2 axes"],
  [einsum("ij,jk", [2, 3], [4, 2]), "'j' is 3 long, and 4"],
  [einsum("ii->i", [1, 3]), "'i' stands for axes of operand 0 that differ in length: [1,3]"],
  [einsum("...i->i", [2, 3]), "leaves out the axes of '...'"],
  [einsum("i1", [2, 3]), "is no list of letters"],
  [{ operator: "DFT", inputs: [noise([2, 5, 3])] }, "whose last axis is 1 or 2"],
  [{ operator: "DFT", inputs: [zeros(1, 5000, 2)] }, "takes a matrix of [10000,10000]"],
  [{ operator: "DFT", inputs: [noise([1, 5, 2])], attributes: { onesided: 1 } }, "the whole of real numbers only"],
  [{ operator: "DFT", inputs: [noise([1, 5, 2]), number(2 ** 40)], known: [1] }, "1099511627776"],
  [{ operator: "STFT", inputs: [noise([1, 5, 1]), number(1), undefined, number(9)], known: [1, 3] }, "frames of 9 numbers"],
  [{ operator: "STFT", inputs: [noise([1, 5, 1]), number(0), noise([3])], known: [1] }, "0 apart"],
  [lstm({ hidden_size: 3 }), "hidden_size differs from the weights' 2"],
  [lstm({ hidden_size: 2 }, noise([1, 8])), "B has the shape [1,8], expected [1,16]"],
  [lstm({ activations: ["Sigmoid", "Tanh"] }), "are not 3 for each direction"],
  [lstm({ activations: ["Sigmoid", "Softsign", "Tanh"] }), "Use Sigmoid, Tanh or Relu"],
  [lstm({ activations: [1, 2, 3] }), "Use Sigmoid, Tanh or Relu"],
  [lstm({ direction: "sideways" }), "not one of forward, reverse"],
  [{ operator: "LSTM", inputs: [zeros(100000, 1, 1), zeros(1, 4096, 1), zeros(1, 4096, 1024)] }, "100000 steps of 1024 units"],
];

test.each(refusals.map(([one, reason]) => ({ operator: one.operator, reason, one })))("$operator: $reason", ({ one, reason }) => {
  const { obstacles } = inferGraph(graphOfCase({ ...one, why: "" }), everything);
  expect(obstacles.join("\n")).toContain(reason);
});
