// Which outputs are class scores, and which numbers are none.
import { describe, expect, it } from "vitest";
import { findClassScores } from "../../src/ui/classes.ts";

interface Case {
  readonly why: string;
  /** Output name, shape, and the operators before it, the last first. */
  readonly outputs: readonly (readonly [name: string, shape: readonly number[], ...operators: string[]])[];
  readonly labelCount?: number;
  readonly expected: string | undefined;
}

const cases: readonly Case[] = [
  { why: "a softmax", outputs: [["y", [1, 10], "Softmax"]], expected: "y" },
  { why: "scores before any softmax", outputs: [["y", [1, 1000], "Gemm"]], expected: "y" },
  { why: "scores of a pooled convolution", outputs: [["y", [1, 1000], "Flatten", "GlobalAveragePool", "Conv"]], expected: "y" },
  { why: "scores without a batch", outputs: [["y", [5], "Softmax"]], expected: "y" },
  { why: "a shape", outputs: [["y", [4], "Shape"]], expected: undefined },
  { why: "the indices of a TopK", outputs: [["y", [1, 5], "TopK"]], expected: undefined },
  { why: "the index of the largest", outputs: [["y", [1, 6], "ArgMax"]], expected: undefined },
  { why: "a softmax that hands on indices", outputs: [["y", [1, 6], "Cast", "ArgMax", "Softmax"]], expected: undefined },
  { why: "a map of classes", outputs: [["y", [1, 21, 32, 32], "Softmax"]], expected: undefined },
  { why: "scores of boxes", outputs: [["scores", [1, 4420, 2], "Softmax"]], expected: undefined },
  {
    why: "a score for each of a list of boxes",
    outputs: [
      ["boxes", [1, 420, 4], "Concat"],
      ["scores", [1, 420], "Sigmoid"],
    ],
    expected: undefined,
  },
  { why: "one number", outputs: [["loss", [], "ReduceMean"]], expected: undefined },
  { why: "boxes", outputs: [["boxes", [1, 8], "Gemm"]], expected: undefined },
  { why: "an embedding by name", outputs: [["face_embedding", [1, 100], "Gemm"]], expected: undefined },
  { why: "an embedding by size", outputs: [["fc1", [1, 512], "Gemm"]], expected: undefined },
  { why: "an embedding that was normalised", outputs: [["y", [1, 100], "Div", "Gemm"]], expected: undefined },
  { why: "512 classes that have names", outputs: [["fc1", [1, 512], "Gemm"]], labelCount: 512, expected: "fc1" },
  {
    why: "the class head beside a box head",
    outputs: [
      ["box", [1, 4], "Gemm"],
      ["class", [1, 20], "Gemm"],
    ],
    expected: "class",
  },
  {
    why: "what a softmax ends beside other heads",
    outputs: [
      ["a", [1, 10], "Gemm"],
      ["b", [1, 10], "Softmax"],
    ],
    expected: "b",
  },
  { why: "pictures of a batch", outputs: [["y", [4, 10], "Softmax"]], expected: undefined },
  { why: "more numbers than bars could show", outputs: [["y", [1, 50_000], "Gemm"]], expected: undefined },
];

describe("findClassScores", () => {
  it.each(cases)("$why", ({ outputs, labelCount, expected }) => {
    const rows = outputs.flatMap(([name, shape, ...operators]) =>
      operators.map((operator, i) => ({
        name: `${name}${i}`,
        operator,
        inputs: [`${name}-${i + 1}`],
        outputs: [i === 0 ? name : `${name}-${i}`],
        shape: i === 0 ? shape : undefined,
      })),
    );
    const names = outputs.map(([name]) => name);
    expect(findClassScores(names, rows, labelCount)).toBe(expected);
  });
});
