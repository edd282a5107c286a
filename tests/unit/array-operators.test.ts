// Refusals of operators on arrays: what breaks the standard, and what would take too much, is told before anything is made of it.
import { expect, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { noise } from "../support/graphs.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";

const int = (...values: number[]) => Tensor.int64([values.length], values);
const number = (value: number, dtype: DataType = "int64") => Tensor.from(dtype, [], [value]);
const large = (dtype: DataType, ...shape: number[]) => Tensor.filled(dtype, shape, 0);

const grams = {
  ...{ min_gram_length: 1, max_gram_length: 2, max_skip_count: 0 },
  ...{ ngram_counts: [0, 1], ngram_indexes: [0, 1, 2], pool_int64s: [1, 2, 3, 4, 5] },
};

const refusals: readonly (readonly [Omit<OperatorCase, "why">, string])[] = [
  [{ operator: "BitwiseAnd", inputs: [noise([2]), noise([2])] }, "float32 elements"],
  [{ operator: "BitwiseNot", inputs: [large("bool", 2)] }, "must hold whole numbers, got bool"],
  [{ operator: "BitShift", inputs: [int(1), int(1)], attributes: { direction: "LEFT" } }, "int64 has a sign"],
  [{ operator: "BitShift", inputs: [large("uint8", 1), large("uint8", 1)] }, "attribute 'direction' is required"],
  [{ operator: "BitShift", inputs: [large("uint8", 1), large("uint8", 1)], attributes: { direction: "UP" } }, "direction is 'UP'"],
  [{ operator: "BitCast", inputs: [noise([2])], attributes: { to: 7 } }, "float32 and int64 differ in width"],
  [{ operator: "BitCast", inputs: [large("float64", 2)], attributes: { to: 7 } }, "from float64 to int64, which the GPU does not hold"],
  [{ operator: "IsInf", inputs: [int(1)] }, "must be floating point, got int64"],
  [{ operator: "TfIdfVectorizer", inputs: [noise([4])], attributes: grams }, "axes of int32 or int64, got float32 [4]"],
  [{ operator: "TfIdfVectorizer", inputs: [int(1)], attributes: { ...grams, pool_strings: ["a"] } }, "n-grams of strings"],
  [{ operator: "TfIdfVectorizer", inputs: [int(1)], attributes: { ...grams, weights: [1] } }, "it has 3 n-grams and 1 weights"],
  [
    { operator: "TfIdfVectorizer", inputs: [int(1)], attributes: { ...grams, ngram_counts: [0, 2] } },
    "from 2 to 5 of 5 numbers there are no n-grams",
  ],
  [{ operator: "TfIdfVectorizer", inputs: [int(1)], attributes: { ...grams, pool_int64s: [1, 2, 3, 4, 2 ** 40] } }, "Count in 32 bits"],
  [{ operator: "TfIdfVectorizer", inputs: [int(1)], attributes: { ...grams, ngram_indexes: [0, 1, 2 ** 30] } }, "a pool of 3 n-grams"],
  [{ operator: "TfIdfVectorizer", inputs: [large("int32", 9999)], attributes: { ...grams, max_skip_count: 9999 } }, "ways to skip"],
  [{ operator: "Trilu", inputs: [noise([4])] }, "has no rows and columns"],
  [{ operator: "Trilu", inputs: [noise([4, 4]), int(1)] }, "k (input 'x1') must be known at load"],
  [{ operator: "EyeLike", inputs: [noise([2, 2, 2])] }, "expected rows and columns"],
  [{ operator: "EyeLike", inputs: [large("float32", 30000, 30000)] }, "a matrix of 30000 × 30000"],
  [{ operator: "OneHot", inputs: [int(1), number(2 ** 31), noise([2])], known: [1] }, "a depth of 2147483648"],
  [{ operator: "OneHot", inputs: [int(1), number(-3), noise([2])], known: [1] }, "the depth must be one number from 0 on, got [-3]"],
  [{ operator: "OneHot", inputs: [int(1), number(3), noise([3])], known: [1] }, "expected [2]"],
  [{ operator: "OneHot", inputs: [int(1), number(3), noise([2])], known: [1], attributes: { axis: 2 } }, "axis 2 does not exist"],
  [{ operator: "ScatterElements", inputs: [noise([2]), noise([2]), noise([2])] }, "must be int32 or int64, got float32"],
  [{ operator: "ScatterElements", inputs: [noise([2]), int(1, 2), int(1, 2)] }, "both must have one type"],
  [{ operator: "ScatterElements", inputs: [noise([2]), int(1), noise([2])] }, "have not one shape"],
  [{ operator: "ScatterElements", inputs: [noise([2]), int(1), noise([1])], attributes: { reduction: "sub" } }, "not one of none, add"],
  [
    { operator: "ScatterElements", inputs: [noise([2]), large("int64", 2 ** 21), large("float32", 2 ** 21)] },
    "2097152 indices along one axis",
  ],
  [{ operator: "ScatterND", inputs: [noise([2]), Tensor.int64([1, 2], [0, 0]), noise([1])] }, "do not fit data of shape [2]"],
  [{ operator: "ScatterND", inputs: [noise([2, 3]), Tensor.int64([1, 1], [0]), noise([1, 2])] }, "expected [1,3]"],
  [
    {
      operator: "ScatterND",
      inputs: [noise([2]), large("int64", 2 ** 21, 1), large("float32", 2 ** 21)],
      attributes: { reduction: "add" },
    },
    "2097152 parts are combined",
  ],
  [{ operator: "TensorScatter", inputs: [noise([2, 3, 4]), noise([2, 4, 4])] }, "does not fit a cache"],
  [{ operator: "CumSum", inputs: [large("float32", 2 ** 21), number(0)], known: [1] }, "2097152 elements along axis 0"],
  [{ operator: "CumSum", inputs: [large("int8", 2), number(0)], known: [1] }, "int8 elements"],
  [{ operator: "CumSum", inputs: [noise([2]), int(0, 0)], known: [1] }, "the axis must be one number"],
  [{ operator: "CenterCropPad", inputs: [noise([2, 2]), int(3)], known: [1] }, "the shape [3] does not fit the axes [0,1]"],
  [{ operator: "CenterCropPad", inputs: [noise([2, 2]), int(2 ** 20, 2 ** 20)], known: [1] }, "[1048576,1048576]"],
  [{ operator: "ReverseSequence", inputs: [noise([2, 3]), int(1, 2)] }, "expected int64 [3]"],
  [{ operator: "ReverseSequence", inputs: [noise([2, 3]), int(1, 2)], attributes: { time_axis: 2 } }, "time and batch are 0 and 1"],
  [{ operator: "HannWindow", inputs: [number(2 ** 40)], known: [0] }, "a window of 1099511627776 numbers"],
  [{ operator: "HannWindow", inputs: [number(-1)], known: [0] }, "size is -1"],
  [{ operator: "Det", inputs: [noise([2, 3])] }, "has no square matrices"],
  [{ operator: "Det", inputs: [large("float32", 500, 500)] }, "matrices of 500 rows"],
];

test.each(refusals.map(([one, reason]) => ({ operator: one.operator, reason, one })))("$operator: $reason", ({ one, reason }) => {
  const { obstacles } = inferGraph(graphOfCase({ ...one, why: "" }), everything);
  expect(obstacles.join("\n")).toContain(reason);
});

const wholes: readonly (readonly [Omit<OperatorCase, "why">, readonly bigint[]])[] = [
  [{ operator: "BitwiseNot", inputs: [Tensor.from("uint64", [2], [5n, 0n])] }, [2n ** 64n - 6n, 2n ** 64n - 1n]],
  [{ operator: "BitwiseNot", inputs: [Tensor.from("int64", [2], [5n, -1n])] }, [-6n, 0n]],
  [
    { operator: "CumProd", inputs: [Tensor.from("int32", [4], [123457, 123457, 123457, 123457]), number(0)] },
    [123457n, -1938238335n, 717805249n, 22407425n],
  ],
  [{ operator: "CumSum", inputs: [Tensor.from("uint64", [3], [2n ** 64n - 1n, 3n, 1n]), number(0)] }, [2n ** 64n - 1n, 2n, 3n]],
];

test.each(wholes.map(([one, expected]) => ({ ...one, expected })))(
  "$operator of known whole numbers wraps as their type does, to the last bit",
  ({ expected, ...one }) => {
    const { graph, obstacles } = inferGraph(graphOfCase({ ...one, why: "", known: one.inputs.map((_, i) => i) }), everything);
    expect(obstacles).toEqual([]);
    const [result] = graph.outputs.map((name) => graph.initializers.get(name));
    expect(Array.from(result?.data as ArrayLike<number | bigint>, BigInt)).toEqual(expected);
  },
);
