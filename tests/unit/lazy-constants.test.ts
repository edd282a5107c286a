// Constants whose elements are computed each time they are read: what is made of them at load reads each of them once, or a small file would ask for minutes.
import { expect, test } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { answerOf, divideGraph } from "../../src/engine/passes/demands.ts";
import { prepareGraph } from "../../src/engine/passes/index.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";

/** The same tensor, that tells when it is read. */
const heard = ({ dtype, shape, bytes }: Tensor, onRead: () => void): Tensor =>
  new Tensor(dtype, shape, () => {
    onRead();
    return bytes;
  });

/** The operators, whose evaluation is given tensors that count how often each is read. */
function counting(counts: number[]): typeof everything {
  const find: typeof everything.find = (domain, name) => {
    const operator = everything.find(domain, name);
    return (
      operator && {
        ...operator,
        describe: (context) => {
          const { evaluate, ...operation } = operator.describe(context);
          if (!evaluate) return operation;
          const own = (inputs: readonly (Tensor | undefined)[]) =>
            inputs.map((tensor, i) => {
              counts[i] = 0;
              return tensor && heard(tensor, () => counts.splice(i, 1, (counts[i] as number) + 1));
            });
          return { ...operation, evaluate: (inputs) => evaluate(own(inputs)) };
        },
      }
    );
  };
  return { ...everything, find };
}

const whole = (shape: readonly number[]) =>
  Tensor.int64(
    shape,
    noise(shape)
      .toNumbers()
      .map((number) => Math.round(100 * number)),
  );
const bytes = (...values: number[]) => Tensor.from("uint8", [values.length], values);
const scalar = (value: number) => Tensor.from("float32", [], [value]);
const x = noise([2, 4, 6]);

type Row = readonly [operator: string, inputs: readonly Tensor[], rest?: Omit<OperatorCase, "operator" | "why" | "inputs">];

const rows: readonly Row[] = [
  ["Gather", [x, ints(3, -1, 0)], { attributes: { axis: 1 } }],
  ["Gather", [x, Tensor.int64([2, 2], [1, 0, 1, 1])]],
  ["Split", [x, ints(1, 2, 1)], { attributes: { axis: 1 }, outputs: 3 }],
  ...["constant", "reflect", "edge", "wrap"].map((mode): Row => ["Pad", [x, ints(0, 2, 1, 1, 3, 2)], { attributes: { mode } }]),
  ["Concat", [x, noise([2, 1, 6], 2), noise([2, 3, 6], 3)], { attributes: { axis: 1 } }],
  ["Transpose", [x], { attributes: { perm: [2, 0, 1] } }],
  ["Slice", [x, ints(-1), ints(-9), ints(2), ints(-2)]],
  ["Tile", [x, ints(1, 3, 2)]],
  ["Expand", [noise([4, 1]), ints(2, 4, 3)]],
  ["DepthToSpace", [noise([1, 8, 2, 3])], { attributes: { blocksize: 2 } }],
  ["SpaceToDepth", [noise([1, 2, 4, 6])], { attributes: { blocksize: 2 } }],
  ["Reshape", [x, ints(6, 8)]],
  ["Flatten", [x]],
  ["Squeeze", [noise([2, 1, 3]), ints(1)]],
  ["Unsqueeze", [x, ints(0)]],
  ["Identity", [x]],
  ["Relu", [x]],
  ["Add", [x, noise([4, 1], 2)]],
  ["Where", [Tensor.from("bool", [6], [1, 0, 1, 1, 0, 0]), x, scalar(0)]],
  ["Sum", [x, noise([6], 2), scalar(1)]],
  ["Clip", [x, scalar(-0.5), scalar(0.5)]],
  ["Cast", [x], { attributes: { to: 7 } }],
  ["ReduceSum", [x, ints(1)]],
  ["ReduceLogSumExp", [x, ints(0, 2)]],
  ["ReduceMax", [whole([3, 4])]],
  ["CumSum", [x, Tensor.int64([], [1])]],
  ["CumProd", [whole([2, 5]), Tensor.int64([], [0])], { attributes: { reverse: 1 } }],
  ["Trilu", [noise([4, 4])]],
  ["BitwiseNot", [bytes(1, 2, 255)]],
  ["BitwiseXor", [bytes(1, 2, 255), bytes(7)]],
  ["BitCast", [x], { attributes: { to: 6 } }],
  ["QuantizeLinear", [x, Tensor.from("float32", [4], [0.1, 0.2, 0.3, 0.4]), bytes(100, 110, 120, 130)]],
];

test.each(rows.map(([operator, inputs, rest]) => ({ operator, inputs, ...rest })))("$operator reads each constant once (%#)", (one) => {
  const graph = graphOfCase({ ...one, why: "", known: [...one.inputs.keys()] });
  const counts: number[] = [];
  const [counted, usual] = [counting(counts), everything].map((catalog) => inferGraph(graph, catalog));
  expect(counted?.obstacles).toEqual([]);
  expect(Math.max(...counts)).toBe(1);
  for (const name of graph.outputs) {
    const [found, expected] = [counted, usual].map((inference) => inference?.graph.initializers.get(name)?.bytes);
    expect(found).toEqual(expected);
    expect(found?.length).toBeGreaterThan(0);
  }
});

const floats = (shape: readonly number[]) => Tensor.filled("float32", shape, 1);
const constants = { numbers: whole([500]), scores: noise([1, 20_000, 1]), box: floats([1, 1, 4]), one: Tensor.int64([], [1]) };

test.each([
  ["Unique", "numbers", "y i v c", "i v c"],
  // More boxes than a short list has.
  ["NonMaxSuppression", "box scores one", "k", "k k k"],
])("what %s finds is found once, however many nodes read it", async (operator, inputs, outputs, read) => {
  const reads: string[] = [];
  const counted = Object.entries(constants).map(([name, tensor]) => [name, heard(tensor, () => reads.push(name))] as const);
  const gathers = read.split(" ").map((name, i) => op("Gather", `${name} first`, `z${i}`));
  const nodes = [op(operator, inputs, outputs), ...gathers];
  const first = ints(...Array.from({ length: 80 }, () => 0));
  const { obstacles, graph } = await prepareGraph(graphOf({ constants: { ...Object.fromEntries(counted), first }, nodes }), {});
  expect(obstacles).toEqual([]);
  expect(gathers.map(({ outputs: [name = ""] }) => graph.initializers.get(name)?.shape[0])).toEqual(gathers.map(() => 80));
  expect(reads.filter((name) => name !== "one").toSorted()).toEqual(
    inputs
      .split(" ")
      .filter((name) => name !== "one")
      .toSorted(),
  );
});

test("what Unique finds in one run takes no room from what it finds in the next", async () => {
  const unique = op("Unique", "x", "y i v c");
  const { catalog } = await prepareGraph(graphOf({ constants: { x: ints(1) }, nodes: [unique] }), {});
  for (let run = 0; run < 3; run++) {
    const reads: string[] = [];
    const x = heard(Tensor.filled("int32", [1 << 20], 1), () => reads.push("x"));
    const answers = answerOf(unique, graphOf({ nodes: [] }), catalog, new Map([["x", x]]));
    expect(answers?.map((answer) => answer?.shape)).toEqual([[1], [1], [1 << 20], [1]]);
    expect(answers?.[2]?.bytes.length).toBe(8 << 20);
    expect(reads).toEqual(["x"]);
  }
});

// One catalog serves many inferences: of a network that is run in stages, of its gradients, and of explanations.
test.each([
  ["inferred", (graph: Graph) => inferGraph(graph, everything).graph],
  ["divided", (graph: Graph) => divideGraph(graph, everything).inference.graph],
])("each time that a graph is %s there is room for as much as before, and for no more", (_, infer) => {
  for (let time = 0; time < 3; time++) {
    const names = ["a", "b", "c"];
    const reads: string[] = [];
    // 2 MB are found of each.
    const ones = names.map((name) => [name, heard(Tensor.filled("int32", [1 << 19], 1), () => reads.push(name))] as const);
    const nodes = names.map((name) => op("Unique", name, `${name}_kinds _ ${name}_inverse`));
    const { initializers } = infer(graphOf({ constants: Object.fromEntries(ones), nodes }));
    for (const name of names) expect(initializers.get(`${name}_inverse`)?.bytes.length).toBe(4 << 20);
    expect(reads).toEqual(["a", "b", "c", "c"]);
  }
});
