// Which values can be negative, decided from the graph.
import { describe, expect, it } from "vitest";
import type { AttributeValue, Graph } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { canBeNegative } from "../../src/ui/mosaic/signedness.ts";

/**
 * "Conv x w | Clip 0 {attributes}": nodes whose outputs are called 0, 1, 2, …; `x` is the input, `w` a signed and `p` a
 * positive constant.
 */
function graphOf(text: string): Graph {
  const rows = text.split(" | ").map((row) => row.split(" "));
  return {
    name: "test",
    opsets: new Map([["", 20]]),
    metadata: new Map(),
    inputs: [{ name: "x", dtype: "float32", shape: [1, 3, 8, 8] }],
    outputs: [String(rows.length - 1)],
    initializers: new Map([
      ["w", Tensor.from("float32", [2], [-1, 1])],
      ["p", Tensor.from("float32", [2], [1, 6])],
    ]),
    nodes: rows.map(([operator = "", ...rest], i) => ({
      name: `n${i}`,
      operator,
      domain: "",
      inputs: rest.filter((word) => !word.startsWith("{")),
      outputs: [String(i)],
      attributes: new Map(Object.entries(JSON.parse(rest.find((word) => word.startsWith("{")) ?? "{}") as Record<string, AttributeValue>)),
    })),
  };
}

describe("canBeNegative", () => {
  const cases: { why: string; rows: string; negative: boolean }[] = [
    { why: "a convolution", rows: "Conv x w", negative: true },
    { why: "Relu", rows: "Conv x w | Relu 0", negative: false },
    { why: "a pool after Relu", rows: "Relu x | MaxPool 0", negative: false },
    { why: "a pool after a convolution", rows: "Conv x w | MaxPool 0", negative: true },
    { why: "BatchNormalization after Relu", rows: "Relu x | BatchNormalization 0 p p p p", negative: true },
    { why: "Relu6 as Clip with inputs", rows: "Clip x p p", negative: false },
    { why: "Relu6 as Clip with attributes", rows: 'Clip x {"min":0,"max":6}', negative: false },
    { why: "Clip to -1…1", rows: 'Clip x {"min":-1,"max":1}', negative: true },
    { why: "Clip from above only, of what is not negative", rows: 'Relu x | Clip 0 {"max":6}', negative: false },
    { why: "a residual sum of a signed branch", rows: "Relu x | Conv 0 w | Add 0 1", negative: true },
    { why: "a sum of two Relus", rows: "Relu x | Sigmoid x | Add 0 1", negative: false },
    { why: "Concat with one signed part", rows: "Relu x | Concat 0 x", negative: true },
    { why: "Max with zero or more", rows: "Max x p", negative: false },
    { why: "SiLU", rows: "Sigmoid x | Mul x 0", negative: true },
    { why: "hard sigmoid gating of Relu", rows: "Relu x | HardSigmoid x | Mul 0 1", negative: false },
    { why: "Softmax, Flatten after it", rows: "Softmax x | Flatten 0", negative: false },
    { why: "LogSoftmax", rows: "Relu x | LogSoftmax 0", negative: true },
    { why: "Sub of two Relus", rows: "Relu x | Sub 0 0", negative: true },
    { why: "an operator nobody knows", rows: "Relu x | Mystery 0", negative: true },
  ];
  it.each(cases)("$why: $negative", ({ rows, negative }) => {
    expect(canBeNegative(graphOf(rows), String(rows.split("|").length - 1))).toBe(negative);
  });

  it("believes the caller about inputs", () => {
    const graph = graphOf("MaxPool x");
    expect(canBeNegative(graph, "x")).toBe(true);
    expect(canBeNegative(graph, "0", { unsignedInputs: ["x"] })).toBe(false);
  });
});
