// If, Loop, Scan, sequences and optional values, from files as exporters write them: what stands for them once types are known.
import { expect, test } from "vitest";
import type { Node, ValueType } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import type { GraphProto, NodeProto } from "../../src/engine/onnx/proto.ts";
import { attributeToProto, encodeModelProto, tensorToProto } from "../../src/engine/onnx/to-proto.ts";
import { prepareGraph } from "../../src/engine/passes/index.ts";
import type { Inference } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";

type Attributes = Readonly<Record<string, number | string | readonly number[] | Tensor | GraphProto>>;

const names = (list: string) => list.split(" ").flatMap((name) => (name === "" ? [] : name === "_" ? [""] : [name]));

function node(opType: string, inputs: string, outputs: string, attributes: Attributes = {}): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]) =>
    typeof value === "object" && "node" in value
      ? { name, type: 5, g: value as GraphProto }
      : attributeToProto(name, value as number | string | readonly number[] | Tensor, opType),
  );
  return { opType, name: names(outputs)[0], input: names(inputs), output: names(outputs), attribute };
}

function body(inputs: string, outputs: string, nodes: readonly NodeProto[], constants: Readonly<Record<string, Tensor>> = {}): GraphProto {
  return {
    name: "body",
    node: nodes,
    input: names(inputs).map((name) => ({ name })),
    output: names(outputs).map((name) => ({ name })),
    initializer: Object.entries(constants).map(([name, tensor]) => tensorToProto(tensor, name)),
  };
}

const flag = (value: boolean) => Tensor.from("bool", [], [Number(value)]);
const count = (value: number) => Tensor.int64([], [value]);
const floats = (...values: number[]) => Tensor.from("float32", [values.length], values);

/** A file with the input x, float32 [2, 3], and the output y. */
function fileOf(nodes: readonly NodeProto[], constants: Readonly<Record<string, Tensor>> = {}, opset = 17): Uint8Array {
  const dims = [2, 3].map((dimValue) => ({ dimValue }));
  return encodeModelProto({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      ...body("", "y", nodes, constants),
      input: [{ name: "x", type: { tensorType: { elemType: 1, shape: { dim: dims } } } }],
    },
  });
}

async function infer(...file: Parameters<typeof fileOf>): Promise<Inference> {
  return prepareGraph(await importModel(fileOf(...file)), {});
}

const operatorsOf = ({ graph }: Inference) => graph.nodes.map(({ operator }) => operator);
const numbersOf = ({ graph, obstacles }: Inference, value = "y") => {
  expect(obstacles).toEqual([]);
  return graph.initializers.get(value)?.toNumbers();
};
const typeOf = ({ graph, obstacles }: Inference, value = "y"): ValueType | undefined => {
  expect(obstacles).toEqual([]);
  const type = graph.types.get(value);
  return type && { dtype: type.dtype, shape: type.shape };
};

const double = body("", "t", [node("Add", "x x", "t")]);
const root = body("", "t", [node("Sqrt", "x", "t")]);

test.each([
  [true, "Add"],
  [false, "Sqrt"],
])("an If whose condition is known to be %s is that branch, under its own outputs", async (value, operator) => {
  const inference = await infer([node("If", "c", "y", { then_branch: double, else_branch: root })], { c: flag(value) });
  expect(operatorsOf(inference)).toEqual([operator]);
  expect(inference.graph.nodes[0]?.outputs).toEqual(["y"]);
});

test("a condition may follow from a shape, as PyTorch asks before it squeezes", async () => {
  const inference = await infer(
    [
      node("Shape", "x", "s"),
      node("Gather", "s one", "extent"),
      node("Equal", "extent one", "c"),
      node("If", "c", "y", {
        then_branch: body("", "t", [node("Squeeze", "x ones", "t")]),
        else_branch: body("", "t", [node("Identity", "x", "t")]),
      }),
    ],
    { one: count(1), ones: Tensor.int64([1], [1]) },
  );
  expect(typeOf(inference)).toEqual({ dtype: "float32", shape: [2, 3] });
});

test("names in branches hide those around them, and are no others'", async () => {
  const own = (value: number) => body("", "z", [node("Add", "x w", "z")], { w: floats(value, value, value) });
  const inference = await infer(
    [node("Mul", "x w", "z"), node("If", "c", "i", { then_branch: own(1), else_branch: own(2) }), node("Add", "i z", "y")],
    { c: flag(false), w: floats(5, 6, 7) },
  );
  const [mul, add, last] = inference.graph.nodes as [Node, Node, Node];
  expect(mul.inputs[1]).toBe("w");
  expect(inference.graph.initializers.get(add.inputs[1] as string)?.toNumbers()).toEqual([2, 2, 2]);
  expect(last.inputs).toEqual(["i", "z"]);
});

test("where a condition is computed, both branches are, and one is chosen", async () => {
  const nodes = [
    node("ReduceSum", "x", "sum"),
    node("Greater", "sum zero", "c"),
    node("If", "c", "y", { then_branch: double, else_branch: root }),
  ];
  const inference = await infer(nodes, { zero: floats(0) });
  expect(typeOf(inference)).toEqual({ dtype: "float32", shape: [2, 3] });
  expect(operatorsOf(inference)).toContain("Where");
});

test("branches of two shapes cannot be chosen between while the network runs", async () => {
  const other = body("", "t", [node("ReduceSum", "x", "t")]);
  const nodes = [
    node("ReduceSum", "x", "sum"),
    node("Cast", "sum", "c", { to: 9 }),
    node("If", "c", "y", { then_branch: double, else_branch: other }),
  ];
  const { obstacles } = await infer(nodes);
  expect(obstacles.join()).toContain(
    "If 'y': its condition depends on what the network computes, and 'y' is float32 [2,3] in one branch, float32 [1,1]",
  );
});

test("an If in a branch reads values of two graphs around it", async () => {
  const inner = body("", "r", [node("Add", "p x", "r")]);
  const outer = body("", "q", [node("Sqrt", "x", "p"), node("If", "c", "q", { then_branch: inner, else_branch: inner })]);
  const inference = await infer([node("If", "c", "y", { then_branch: outer, else_branch: outer })], { c: flag(true) });
  expect(operatorsOf(inference)).toEqual(["Sqrt", "Add"]);
  expect(inference.graph.nodes[1]?.outputs).toEqual(["y"]);
});

/** y = Σ over iterations i of i · step, and each sum before. */
const summing = (more: readonly NodeProto[] = []) =>
  body("i c s", "d t scan", [
    node("Cast", "i", "f", { to: 1 }),
    node("Mul", "f step", "part"),
    node("Add", "s part", "t"),
    node("Identity", "s", "scan"),
    node("Identity", "c", "d"),
    ...more,
  ]);
const loopConstants = { m: count(4), c: flag(true), s: floats(1), step: floats(10) };

test("a Loop of four iterations: its number, its state, and what it collects", async () => {
  const inference = await infer(
    [
      node("Loop", "m c s", "last all", { body: summing() }),
      node("Concat", "last flat", "y", { axis: 0 }),
      node("Reshape", "all shape", "flat"),
    ],
    {
      ...loopConstants,
      shape: Tensor.int64([1], [-1]),
    },
  );
  expect(numbersOf(inference)).toEqual([61, 1, 1, 11, 31]);
});

test("a Loop ends where its condition does", async () => {
  const loop = body("i c s", "d t", [node("Add", "s s", "t"), node("Less", "t limit", "d")]);
  const inference = await infer([node("Loop", "_ c s", "y", { body: loop })], { c: flag(true), s: floats(1), limit: floats(100) });
  expect(numbersOf(inference)).toEqual([128]);
});

test("a Loop over what the network computes is its body so many times", async () => {
  const loop = body("i c s", "c t", [node("Add", "s x", "t")]);
  const inference = await infer([node("Loop", "m _ x", "y", { body: loop })], { m: count(3) });
  expect(operatorsOf(inference).filter((operator) => operator === "Add")).toHaveLength(3);
  expect(new Set(inference.graph.nodes.map(({ name }) => name)).size).toBe(inference.graph.nodes.length);
});

test("an If in a Loop is decided in each iteration", async () => {
  const branch = (operator: string) => body("", "r", [node(operator, "s s", "r")]);
  const loop = body("i c s", "c t", [
    node("Equal", "i one", "e"),
    node("If", "e", "t", { then_branch: branch("Mul"), else_branch: branch("Add") }),
  ]);
  const inference = await infer([node("Loop", "m _ s", "y", { body: loop })], { m: count(3), one: count(1), s: floats(3) });
  expect(numbersOf(inference)).toEqual([72]);
});

test("a Loop in a Loop", async () => {
  const inner = body("j c s", "c t", [node("Add", "s i", "t")]);
  const outer = body("i c s", "c t", [node("Loop", "m _ s", "t", { body: inner })]);
  const inference = await infer([node("Loop", "m _ s", "y", { body: outer })], { m: count(3), s: count(0) });
  expect(numbersOf(inference)).toEqual([9]);
});

test("no iterations leave the state; what is collected has the shape that the file says, or that an iteration would give", async () => {
  const typed = {
    ...summing(),
    output: summing().output?.map((one) => ({ ...one, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } })),
  };
  const nodes = (loop: GraphProto) => [node("Loop", "m c s", "last y", { body: loop })];
  expect(typeOf(await infer(nodes(typed), { ...loopConstants, m: count(0) }))).toEqual({ dtype: "float32", shape: [0, 1] });
  expect(numbersOf(await infer(nodes(typed), { ...loopConstants, m: count(0) }), "last")).toEqual([1]);
  expect(typeOf(await infer(nodes(summing()), { ...loopConstants, m: count(0) }))).toEqual({ dtype: "float32", shape: [0, 1] });
});

test.each([
  ["a billion iterations", { m: count(1e9) }, summing(), "1000000000 iterations of 5 nodes"],
  ["iterations without end", {}, body("i c s", "c t", [node("Add", "s s", "t")]), "Infinity iterations"],
  [
    "a condition that is computed",
    { m: count(3) },
    body("i c s", "d t", [node("Add", "s x", "t"), node("Greater", "t s", "d")]),
    "its condition",
  ],
])("a Loop with %s is refused at once", async (_, constants, loop, message) => {
  const begin = performance.now();
  const isCounted = "m" in constants;
  const nodes = [node("Loop", `${isCounted ? "m" : "_"} c s`, loop.output?.length === 3 ? "y all" : "y", { body: loop })];
  const { obstacles } = await infer(nodes, { ...loopConstants, ...constants });
  expect(obstacles.join()).toContain(message);
  expect(performance.now() - begin).toBeLessThan(2000);
});

test("loops in loops that multiply are refused in time", async () => {
  let loop = body("i c s", "c t", [node("Add", "s s", "t")]);
  for (let level = 0; level < 6; level++) loop = body("i c s", "c t", [node("Loop", "m _ s", "t", { body: loop })]);
  const begin = performance.now();
  const { obstacles } = await infer([node("Loop", "m _ x", "y", { body: loop })], { m: count(1000) });
  expect(obstacles.join()).toContain("10000 nodes");
  expect(performance.now() - begin).toBeLessThan(5000);
});

test("graphs within graphs beyond what a file may nest are refused", async () => {
  let branch = double;
  for (let level = 0; level < 60; level++) branch = body("", "t", [node("If", "c", "t", { then_branch: branch, else_branch: double })]);
  await expect(importModel(fileOf([node("If", "c", "y", { then_branch: branch, else_branch: root })], { c: flag(true) }))).rejects.toThrow(
    "nested more than",
  );
});

test.each([
  ["forward", {}, [1, 3, 6]],
  ["backward", { scan_input_directions: [1] }, [3, 5, 6]],
  ["answered backward", { scan_output_directions: [1] }, [6, 3, 1]],
])("a Scan goes through an axis: %s", async (_, attributes, expected) => {
  const scan = body("s e", "t o", [node("Add", "s e", "t"), node("Identity", "t", "o")]);
  const nodes = [node("Scan", "s xs", "last y", { body: scan, num_scan_inputs: 1, ...attributes })];
  const inference = await infer(nodes, { s: Tensor.from("float32", [], [0]), xs: floats(1, 2, 3) });
  expect(numbersOf(inference)).toEqual(expected);
});

test("a Scan goes through any axis, and answers along any", async () => {
  const scan = body("e", "o", [node("Sqrt", "e", "o")]);
  const nodes = [node("Scan", "x", "y", { body: scan, num_scan_inputs: 1, scan_input_axes: [-1], scan_output_axes: [-1] })];
  expect(typeOf(await infer(nodes))).toEqual({ dtype: "float32", shape: [2, 3] });
});

test("sequences that live between nodes are the values in them", async () => {
  const inference = await infer(
    [
      node("SequenceEmpty", "", "none"),
      node("SequenceInsert", "none a", "one"),
      node("SequenceInsert", "one b first", "two"),
      node("SequenceLength", "two", "length"),
      node("SequenceAt", "two last", "a2"),
      node("ConcatFromSequence", "two", "y", { axis: 0 }),
    ],
    { a: floats(1), b: floats(2), first: count(0), last: count(-1) },
  );
  expect(numbersOf(inference)).toEqual([2, 1]);
  expect([numbersOf(inference, "length"), numbersOf(inference, "a2")]).toEqual([[2], [1]]);
});

test("a Loop may carry a sequence", async () => {
  const loop = body("i c s", "c t", [node("Cast", "i", "f", { to: 1 }), node("SequenceInsert", "s f", "t")]);
  const nodes = [
    node("SequenceEmpty", "", "e"),
    node("Loop", "m _ e", "all", { body: loop }),
    node("ConcatFromSequence", "all", "y", { axis: 0, new_axis: 1 }),
  ];
  expect(numbersOf(await infer(nodes, { m: count(3) }))).toEqual([0, 1, 2]);
});

test.each([
  ["with sizes", "xs sizes", {}, [3]],
  ["by a length", "xs by", {}, [1]],
  ["one by one", "xs", { keepdims: 0 }, []],
])("SplitToSequence %s", async (_, inputs, attributes, shape) => {
  const nodes = [node("SplitToSequence", inputs, "parts", attributes), node("SequenceAt", "parts last", "y")];
  const constants = { xs: floats(1, 2, 3, 4, 5), sizes: Tensor.int64([2], [2, 3]), by: count(2), last: count(-1) };
  expect(typeOf(await infer(nodes, constants))?.shape).toEqual(shape);
});

test.each([
  ["an output of the network", [node("SequenceConstruct", "x", "y")], "the network answers 'y'"],
  ["what an ordinary operator reads", [node("SequenceConstruct", "x", "s"), node("Relu", "s", "y")], "Relu 'y': it reads a sequence"],
  [
    "a place that is computed",
    [node("SequenceConstruct", "x", "s"), node("ReduceMax", "x", "p", { keepdims: 0 }), node("SequenceAt", "s p", "y")],
    "must be known at load",
  ],
])("a sequence cannot be %s", async (_, nodes, message) => {
  expect((await infer(nodes)).obstacles.join()).toContain(message);
});

test("optional values are known to be there or not", async () => {
  const nodes = [
    node("Optional", "x", "o"),
    node("OptionalHasElement", "o", "c"),
    node("OptionalGetElement", "o", "v"),
    node("If", "c", "y", { then_branch: body("", "t", [node("Relu", "v", "t")]), else_branch: root }),
  ];
  expect(operatorsOf(await infer(nodes, {}, 18))).toContain("Relu");
});

test("a file with graphs within is written back as the same network", async () => {
  const nodes = [
    node("Loop", "m c s", "y all", { body: summing([node("If", "c", "unused", { then_branch: double, else_branch: root })]) }),
  ];
  const again = await importModel(encodeModel(await importModel(fileOf(nodes, loopConstants))));
  expect(numbersOf(await prepareGraph(again, {}))).toEqual([61]);
});

test("nodes in disorder wait for what graphs within them read", async () => {
  const nodes = [
    node("If", "c", "y", { then_branch: body("", "t", [node("Add", "r r", "t")]), else_branch: root }),
    node("Relu", "x", "r"),
  ];
  expect(operatorsOf(await infer(nodes, { c: flag(true) }))).toEqual(["Relu", "Add"]);
  await expect(importModel(fileOf(nodes.slice(0, 1), { c: flag(true) }))).rejects.toThrow("input 'r' is made by no node");
});

test("a graph that came from no file says that its graphs within were not read", async () => {
  const graph = await importModel(fileOf([node("Relu", "x", "y")]));
  const one: Node = {
    name: "n",
    operator: "If",
    domain: "",
    inputs: ["c"],
    outputs: ["y"],
    attributes: new Map([["then_branch", { subgraph: "t" }]]),
  };
  const { obstacles } = await prepareGraph({ ...graph, nodes: [one], initializers: new Map([["c", flag(true)]]) }, {});
  expect(obstacles.join()).toContain("its graph 't' was not read");
});
