// Types of inputs: each that ONNX allows is taken or refused by name, and each other one is refused at load, before a shader is made of it.
import { expect, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import type { DataType } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { allowedFor, leaderOf, nameOf, type TypedCase, typedCases, types, withTypes } from "../support/element-types.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";

const wideIntegers = "int32 uint32 int64 uint64";
const integers = `int8 uint8 int16 uint16 ${wideIntegers}`;

/** Element types that ONNX allows and Convcam refuses, by operator or case. */
const refused: Readonly<Record<string, string>> = {
  // ONNX refuses them, too: only the remainder of fmod is one of floats.
  'Mod {"fmod":0}': "float32 float16",
  // Neither does ONNX Runtime compute these.
  PRelu: wideIntegers,
  Gemm: wideIntegers,
  'ScatterElements {"reduction":"add"}': "bool",
  'ScatterElements {"reduction":"mul"}': "bool",
  'ScatterND {"reduction":"add"}': "bool",
  'ScatterND {"reduction":"mul"}': "bool",
  // Products and pictures of whole numbers that are not quantised; nobody has met a network with them.
  MatMul: wideIntegers,
  Einsum: integers,
  GridSample: `${integers} bool`,
  // By sorting only the first of the largest is found, and a float does not hold 32 bits.
  'ArgMax {"axis":-1,"select_last_index":1}': wideIntegers,
  'ArgMin {"axis":-1,"select_last_index":1}': wideIntegers,
};

/** What Convcam takes beyond what ONNX allows, because it can only mean one thing. */
const lenient: Readonly<Record<string, string>> = {
  Sum: integers,
  Relu: "uint8 uint16 uint32 uint64",
  ...Object.fromEntries(
    "Sum Mean Max Min Prod L1 L2 SumSquare LogSum LogSumExp".split(" ").map((kind) => [`Reduce${kind}`, "int8 uint8 int16 uint16 bool"]),
  ),
  ArgMax: "bool",
  ArgMin: "bool",
  OneHot: "bool",
  ScatterND: "int32",
  GatherND: "int32",
  // It passes its input through.
  Dropout: `${integers} bool`,
  // Both are computed with as float32.
  GridSample: "float16",
};

/** What only stages compute, from values that were read, is taken. */
const obstaclesOf = (one: OperatorCase) =>
  inferGraph(graphOfCase(one), everything).obstacles.filter((obstacle) => !obstacle.includes("must be known at load"));
const listed = (list: Readonly<Record<string, string>>, { operator, attributes }: TypedCase, dtype: DataType) =>
  [operator, `${operator} ${JSON.stringify(attributes)}`].some((key) => list[key]?.split(" ").includes(dtype));

test.each(typedCases.map((one) => ({ name: nameOf(one), one })))("$name takes the types that ONNX allows", ({ one }) => {
  const problems: string[] = [];
  for (const dtype of allowedFor(one.operator, 0)) {
    const obstacles = obstaclesOf(withTypes(one, new Map([[0, dtype]])));
    const isRefused = listed(refused, one, dtype);
    if (obstacles.length > 0 !== isRefused) problems.push(`${dtype} ${obstacles.length > 0 ? `refused: ${obstacles}` : "taken"}`);
    if (isRefused) expect(obstacles.join()).toMatch(new RegExp(`${dtype}|floating point`));
  }
  expect(problems).toEqual([]);
});

test.each(typedCases.map((one) => ({ name: nameOf(one), one })))("$name refuses other types, and unlike ones", ({ one }) => {
  const problems: string[] = [];
  for (const [input, slot] of one.inputs.entries()) {
    // What is known at load is read as numbers, such as axes and shapes, whatever their type.
    if (!slot || slot.isKnown) continue;
    const isLeader = leaderOf(one.operator, input) === input;
    const [usual] = allowedFor(one.operator, input);
    const wrong = types.filter((dtype) => (isLeader ? !allowedFor(one.operator, input).includes(dtype) : dtype !== usual));
    for (const dtype of wrong) {
      if (listed(lenient, one, dtype)) continue;
      const obstacles = obstaclesOf(withTypes(one, new Map([[input, dtype]])));
      if (obstacles.length === 0) problems.push(`input ${input} as ${dtype}`);
    }
  }
  expect(problems).toEqual([]);
});
