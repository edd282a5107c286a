// Forms of opset 1 to 8, and what they are rewritten as. What they compute, tests/conformance/old-opsets.test.ts compares with ONNX Runtime.
import { expect, test } from "vitest";
import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import type { Body, Graph, Node } from "../../src/engine/graph/graph.ts";
import { upgradeGraph } from "../../src/engine/onnx/upgrade.ts";
import { prepareGraph } from "../../src/engine/passes/index.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";

const number = (value: number) => Tensor.from("float32", [], [value]);

/** A node as one line; constants as their elements, short ones only. */
function lineOf({ operator, inputs, outputs, attributes }: Node, { initializers }: Graph): string {
  const operand = (name: string) => {
    const values = initializers.get(name)?.toNumbers();
    return values && values.length < 6 ? `[${values}]` : name;
  };
  const options = Array.from(
    attributes,
    ([name, value]) => ` ${name}=${value instanceof Tensor ? value.toNumbers() : JSON.stringify(value)}`,
  );
  return `${outputs} = ${operator} ${inputs.map(operand)}${options.join("")}`;
}

const linesOf = (lines: GraphLines) => {
  const graph = upgradeGraph(graphOf(lines));
  expect(graph.opsets.get("")).toBe(9);
  return graph.nodes.map((node) => lineOf(node, graph));
};

const image = { x: [2, 3, 4, 5] };
const forms: readonly (readonly [what: string, lines: GraphLines, expected: readonly string[]])[] = [
  ["consumed_inputs go", { opset: 5, nodes: [op("Relu", "x", "y", { consumed_inputs: [0] })] }, ["y = Relu x"]],
  ["broadcast of the last axes is none", { opset: 6, nodes: [op("Add", "x b", "y", { broadcast: 1 })] }, ["y = Add x,b"]],
  ["an axis without broadcast is none", { opset: 6, nodes: [op("Add", "x b", "y", { axis: 1 })] }, ["y = Add x,b"]],
  [
    "broadcast from an axis on gives B axes of extent 1",
    { opset: 6, nodes: [op("Mul", "x b", "y", { broadcast: 1, axis: 1 })] },
    [
      "y/Shape = Shape x",
      "y/Shape_2 = Shape y/Shape",
      "y/Sub = Sub y/Shape_2,[1]",
      "y/Shape_3 = Shape b",
      "y/Shape_4 = Shape y/Shape_3",
      "y/Sub_2 = Sub y/Sub,y/Shape_4",
      "y/ConstantOfShape = ConstantOfShape y/Sub_2 value=1",
      "y/Shape_5 = Shape b",
      "y/Concat = Concat y/Shape_5,y/ConstantOfShape axis=0",
      "y/Reshape = Reshape b,y/Concat",
      "y = Mul x,y/Reshape",
    ],
  ],
  ["one slope serves all channels", { opset: 6, constants: { s: number(2) }, nodes: [op("PRelu", "x s", "y")] }, ["y = PRelu x,[2]"]],
  ["Gemm broadcasts", { opset: 6, nodes: [op("Gemm", "x w b", "y", { broadcast: 1, alpha: 2 })] }, ["y = Gemm x,w,b alpha=2"]],
  [
    "a test has one output",
    { opset: 6, nodes: [op("BatchNormalization", "x s b m v", "y a c d e", { is_test: 1, spatial: 1 })] },
    ["y = BatchNormalization x,s,b,m,v spatial=1"],
  ],
  [
    "statistics stay outputs of what is no test",
    { opset: 6, nodes: [op("BatchNormalization", "x s b m v", "y a c d e", { is_test: 0 })] },
    ["y,a,c,d,e = BatchNormalization x,s,b,m,v"],
  ],
  [
    "spatial stays, which the operator knows",
    { opset: 8, nodes: [op("BatchNormalization", "x s b m v", "y", { spatial: 0 })] },
    ["y = BatchNormalization x,s,b,m,v spatial=0"],
  ],
  ["types had names", { opset: 5, nodes: [op("Cast", "x", "y", { to: "DOUBLE" })] }, ["y = Cast x to=11"]],
  ["so had halves", { opset: 1, nodes: [op("Cast", "x", "y", { to: "FLOAT16" })] }, ["y = Cast x to=10"]],
  ["Concat joined channels", { opset: 3, nodes: [op("Concat", "x x", "y")] }, ["y = Concat x,x axis=1"]],
  ["Concat of a given axis stays", { opset: 3, nodes: [op("Concat", "x x", "y", { axis: 0 })] }, ["y = Concat x,x axis=0"]],
  ["Dropout is none", { opset: 6, nodes: [op("Dropout", "x", "y", { is_test: 1, ratio: 0.5 })] }, ["y = Dropout x ratio=0.5"]],
  ["pads were paddings", { opset: 1, nodes: [op("Pad", "x", "y", { paddings: [0, 1] })] }, ["y = Pad x pads=[0,1]"]],
  ["a shape was an attribute", { opset: 4, nodes: [op("Reshape", "x", "y", { shape: [0, -1] })] }, ["y = Reshape x,[0,-1]"]],
  ["Selu had shorter numbers", { opset: 5, nodes: [op("Selu", "x", "y", { gamma: 1 })] }, ["y = Selu x gamma=1 alpha=1.6732"]],
  [
    "sizes were an input",
    { opset: 1, nodes: [op("Constant", "", "s", { value: ints(1, 2) }), op("Split", "x s", "y z", { axis: 1 })] },
    ["s = Constant  value=1,2", "y,z = Split x axis=1 split=[1,2]"],
  ],
  [
    "an Upsample of images says all scales",
    { opset: 6, nodes: [op("Upsample", "x", "y", { width_scale: 2, height_scale: 3, mode: "bilinear" })] },
    ['y = Upsample x,[1,1,3,2] mode="linear"'],
  ],
  ["scales were an attribute", { opset: 8, nodes: [op("Upsample", "x", "y", { scales: [1, 2] })] }, ["y = Upsample x,[1,2]"]],
  ["an RNN answers its sequence", { opset: 6, nodes: [op("GRU", "x w r", "y", { output_sequence: 1 })] }, ["y = GRU x,w,r"]],
  ["Affine", { opset: 6, nodes: [op("Affine", "x", "y", { alpha: 2 })] }, ["y/Mul = Mul x,[2]", "y = Add y/Mul,[0]"]],
  [
    "ImageScaler",
    { opset: 1, nodes: [op("ImageScaler", "x", "y", { scale: 2, bias: [1, 2, 3] })] },
    ["y/Mul = Mul x,[2]", "y = Add y/Mul,[1,2,3]"],
  ],
  [
    "Crop to a size",
    { opset: 1, nodes: [op("Crop", "x", "y", { border: [1, 2, 0, 0], scale: [4, 3] })] },
    ["y = Slice x starts=[2,1] ends=[6,4] axes=[2,3]"],
  ],
  [
    "ScaledTanh",
    { opset: 1, nodes: [op("ScaledTanh", "x", "y", { alpha: 2, beta: 3 })] },
    ["y/Mul = Mul x,[3]", "y/Tanh = Tanh y/Mul", "y = Mul y/Tanh,[2]"],
  ],
  [
    "other domains keep theirs",
    { opset: 1, nodes: [{ ...op("Pad", "x", "y", { paddings: [1] }), domain: "own" }] },
    ["y = Pad x paddings=[1]"],
  ],
  ["names that objects have are names", { opset: 1, nodes: [op("constructor", "x", "y")] }, ["y = constructor x"]],
];

test.each(forms)("%s", (_, lines, expected) => {
  expect(linesOf({ inputs: image, ...lines })).toEqual(expected);
});

test("of a broadcast only a view is left once types are known, and of constants nothing", async () => {
  const nodes = [op("Add", "x z", "a", { broadcast: 1, axis: 1 }), op("Mul", "a b", "y", { broadcast: 1, axis: 0 })];
  const graph = upgradeGraph(graphOf({ inputs: { ...image, z: [3] }, constants: { b: noise([2]) }, nodes, opset: 6 }));
  const { graph: prepared, obstacles } = await prepareGraph(graph, {});
  expect(obstacles).toEqual([]);
  expect(prepared.nodes.map(({ operator }) => operator)).toEqual(["Reshape", "Add", "Mul"]);
  expect(prepared.types.get(prepared.nodes[2]?.inputs[1] ?? "")?.shape).toEqual([2, 1, 1, 1]);
});

test("bodies are rewritten, and new names are no others', also of those in bodies", () => {
  const body: Body = {
    inputs: ["y/Shape"],
    outputs: ["r"],
    outputTypes: [undefined],
    nodes: [{ ...op("Reshape", "y/Shape", "r", { shape: [-1] }), name: "y/Sub" }],
  };
  const scan = op("Scan", "_ x", "s", { body: { subgraph: "b", body }, num_scan_inputs: 1 });
  const graph = upgradeGraph(graphOf({ inputs: image, nodes: [scan, op("Add", "x s", "y", { broadcast: 1, axis: 1 })], opset: 4 }));
  const [outer] = graph.nodes;
  const batch = outer?.attributes.get("body") as { body: Body };
  const inner = batch.body.nodes[0]?.attributes.get("body") as { body: Body };
  expect(inner.body.nodes.map(({ inputs: [, shape = ""] }) => graph.initializers.get(shape)?.toNumbers())).toEqual([[-1]]);
  expect(outer?.inputs).toEqual(["x"]);
  expect(batch.body.inputs).toEqual(batch.body.nodes[0]?.inputs);
  const own = graph.nodes.flatMap(({ name, outputs }) => [...new Set([name, ...outputs])]);
  const names = [...own, ...body.inputs, ...body.nodes.map(({ name }) => name), ...graph.initializers.keys()];
  expect(new Set(names).size).toBe(names.length);
});

const refused: readonly (readonly [what: string, node: Node, message: string])[] = [
  ["sequences of their own lengths", op("Scan", "l x", "y", { num_scan_inputs: 1 }), "Scan 'y': sequences of their own lengths ('l')"],
  ["sizes that are computed", op("Split", "x l", "y z"), "Split 'y': split (input 'l') is no constant of the file"],
  ["a type that is none", op("Cast", "x", "y", { to: "QUARTER" }), "Cast 'y': casts to 'QUARTER', which is no element type"],
];

test.each(refused)("%s are refused by name", (_, node, message) => {
  expect(() => upgradeGraph(graphOf({ nodes: [node], opset: 1 }))).toThrow(UnsupportedError);
  expect(() => upgradeGraph(graphOf({ nodes: [node], opset: 1 }))).toThrow(message);
});

test("an attribute of the wrong kind is an error that names it", () => {
  const nodes = [op("Add", "x x", "y", { broadcast: "yes" })];
  expect(() => upgradeGraph(graphOf({ nodes, opset: 6 }))).toThrow(ModelError);
  expect(() => upgradeGraph(graphOf({ nodes, opset: 6 }))).toThrow("Add 'y': attribute 'broadcast' must be a number");
});

test("an axis that B does not fit into is refused", async () => {
  const nodes = [op("Add", "x z", "y", { broadcast: 1, axis: 3 })];
  const { obstacles } = await prepareGraph(upgradeGraph(graphOf({ inputs: { ...image, z: [4, 5] }, nodes, opset: 6 })), {});
  expect(obstacles).toEqual([expect.stringContaining("y/ConstantOfShape")]);
});
