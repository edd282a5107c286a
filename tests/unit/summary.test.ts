// How many parameters a network has, and what they take in its file.
import { expect, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { summarize } from "../../src/engine/summary.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";

const steps = (dtype: DataType, ...shape: number[]) => Tensor.filled(dtype, shape, 3);
const one = noise([]);
const dequantized = op("DequantizeLinear", "w ws wz", "wd", { axis: 0 });

interface Case {
  readonly why: string;
  readonly constants: Readonly<Record<string, Tensor>>;
  readonly nodes: readonly Node[];
  /** By operator. */
  readonly counts: Readonly<Record<string, number>>;
  readonly bytes: number;
}

const cases: readonly Case[] = [
  {
    why: "floats, those of 16 bits in 2 bytes each",
    constants: { w: noise([4, 3, 1, 1]), h: steps("float16", 4) },
    nodes: [op("Conv", "x w", "c"), op("Cast", "h", "hf", { to: 1 }), op("PRelu", "c hf", "y")],
    counts: { Conv: 12, PRelu: 4 },
    bytes: 48 + 8,
  },
  {
    why: "weights and biases as steps, without their scales and zero points",
    constants: {
      w: steps("int8", 4, 3, 1, 1),
      ws: noise([4]),
      wz: steps("int8", 4),
      b: steps("int32", 4),
      bs: noise([4]),
      s: one,
      z: steps("uint8"),
    },
    nodes: [
      op("QuantizeLinear", "x s z", "xq"),
      op("DequantizeLinear", "xq s z", "xd"),
      dequantized,
      op("DequantizeLinear", "b bs", "bd", { axis: 0 }),
      op("Conv", "xd wd bd", "y"),
    ],
    counts: { QuantizeLinear: 0, DequantizeLinear: 0, Conv: 12 + 4 },
    bytes: 12 + 16,
  },
  {
    why: "steps that are put in another shape first, whose extents are no parameters",
    constants: { q: steps("int8", 12), shape: ints(4, 3, 1, 1), ws: noise([4]), wz: steps("int8", 4) },
    nodes: [op("Reshape", "q shape", "w"), dequantized, op("Conv", "x wd", "y")],
    counts: { Conv: 12 },
    bytes: 12,
  },
  {
    why: "steps that are made numbers by hand",
    constants: { w: steps("int8", 4, 3, 1, 1), s: one },
    nodes: [op("Cast", "w", "wf", { to: 1 }), op("Mul", "wf s", "wd"), op("Conv", "x wd", "y")],
    counts: { Conv: 12 + 1 },
    bytes: 12 + 4,
  },
  {
    why: "numbers of 4 bits, two in a byte",
    constants: { w: steps("uint4", 4, 3, 1, 1), ws: noise([4]), wz: steps("uint4", 4) },
    nodes: [dequantized, op("Conv", "x wd", "y")],
    counts: { Conv: 12 },
    bytes: 6,
  },
  {
    why: "an odd number of 4 bits, which takes whole bytes, in each of two tensors",
    constants: { w: steps("uint4", 5, 3, 1, 1), v: steps("int4", 1, 5, 1, 1), s: one },
    nodes: [op("DequantizeLinear", "w s", "wd"), op("Conv", "x wd", "c"), op("DequantizeLinear", "v s", "vd"), op("Conv", "c vd", "y")],
    counts: { Conv: 15 + 5 },
    bytes: 8 + 3,
  },
  {
    why: "floats that the file itself makes steps of",
    constants: { f: noise([4, 3, 1, 1]), ws: noise([4]), wz: steps("int8", 4) },
    nodes: [op("QuantizeLinear", "f ws wz", "w", { axis: 0 }), dequantized, op("Conv", "x wd", "y")],
    counts: { Conv: 12 },
    bytes: 48,
  },
  {
    why: "operators of steps",
    constants: {
      w: steps("int8", 4, 3, 1, 1),
      b: steps("int32", 4),
      m: steps("uint8", 5, 4, 1, 1),
      s: one,
      z: steps("uint8"),
      wz: steps("int8"),
    },
    nodes: [op("QuantizeLinear", "x s z", "xq"), op("QLinearConv", "xq s z w s wz s z b", "c"), op("ConvInteger", "c m z z", "y")],
    counts: { QuantizeLinear: 0, QLinearConv: 16, ConvInteger: 20 },
    bytes: 12 + 16 + 20,
  },
];

test.each(cases)("counts $why", ({ constants, nodes, counts, bytes }) => {
  const graph = graphOf({ inputs: { x: [1, 3, 4, 4] }, constants, nodes, opset: 21 });
  const inference = inferGraph(graph, everything);
  expect(inference.obstacles).toEqual([]);
  const { layers, parameterCount, parameterBytes } = summarize(graph, inference);
  for (const [operator, count] of Object.entries(counts))
    expect([operator, layers.filter((layer) => layer.operator === operator).reduce((sum, layer) => sum + layer.parameterCount, 0)]).toEqual(
      [operator, count],
    );
  expect(parameterCount).toBe(Object.values(counts).reduce((a, b) => a + b, 0));
  expect(parameterBytes).toBe(bytes);
});
