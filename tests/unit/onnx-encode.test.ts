// Graph to .onnx bytes: what is written reads back equal, floats and ints keep their kind, weights are written once.
import { describe, expect, test } from "vitest";
import { UnsupportedError } from "../../src/engine/errors.ts";
import type { AttributeValue, Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { decodeModelProto } from "../../src/engine/onnx/proto.ts";
import { attributeToProto } from "../../src/engine/onnx/to-proto.ts";
import { dataTypes, Tensor } from "../../src/engine/tensor.ts";

const graph: Graph = {
  name: "net",
  opsets: new Map([
    ["", 17],
    ["com.example", 2],
  ]),
  metadata: new Map([
    ["author", "Ada"],
    ["producer_name", "convcam"],
    ["producer_version", "1"],
    ["domain", "org.example"],
    ["model_version", "3"],
    ["doc_string", "a net"],
  ]),
  inputs: [
    { name: "x", dtype: "float32", shape: ["n", 3, "?x.2", 0] },
    { name: "flag", dtype: "bool", shape: [] },
  ],
  outputs: ["y", "w"],
  initializers: new Map([
    ["w", Tensor.from("float32", [2, 1], [1, 2])],
    ...dataTypes.map((dtype) => [dtype, Tensor.from(dtype, [2], [0, 1])] as const),
  ]),
  nodes: [
    {
      name: "first",
      operator: "Custom",
      domain: "com.example",
      inputs: ["x", "", "w"],
      outputs: ["a", "", "b"],
      attributes: new Map<string, AttributeValue>([
        ["axis", -1],
        ["alpha", 1],
        ["ratio", 0.25],
        ["huge", 2 ** 100],
        ["end", 2 ** 63],
        ["start", -(2 ** 63)],
        ["pads", [0, 1, 0, 1]],
        ["scales", [1, 2]],
        ["factors", [0.5, Number.POSITIVE_INFINITY]],
        ["nothing", []],
        ["mode", "größer"],
        ["names", ["a", "b"]],
        ["value", Tensor.int64([2], [1, 2])],
      ]),
    },
    { name: "second", operator: "Relu", domain: "", inputs: ["a"], outputs: ["y"], attributes: new Map() },
  ],
};

test("a graph encodes and imports to itself", async () => {
  expect(await importModel(encodeModel(graph))).toEqual(graph);
});

test("a graph without name or metadata encodes", async () => {
  const bare = { ...graph, name: "", metadata: new Map() };
  expect(await importModel(encodeModel(bare))).toEqual({ ...bare, name: "graph" });
});

test("types are written for outputs and inner values, and taken from inputs and initializers", () => {
  const types = new Map([
    ["y", { dtype: "float16", shape: ["n", 3] }],
    ["a", { dtype: "int64", shape: [] }],
  ] as const);
  const proto = decodeModelProto(encodeModel(graph, { types })).graph;
  const elements = (list: typeof proto.output) => list?.map((info) => [info.name, info.type?.tensorType?.elemType]);
  expect(elements(proto.output)).toEqual([
    ["y", 10],
    ["w", 1],
  ]);
  expect(elements(proto.valueInfo)).toEqual([["a", 7]]);
});

test("a typed graph brings its own types", () => {
  const typed = { ...graph, types: new Map([["y", { dtype: "uint8", shape: [1] }]] as const) };
  expect(decodeModelProto(encodeModel(typed)).graph.output?.[0]?.type?.tensorType?.elemType).toBe(2);
});

test("the file is the weights and little more, in a plain array of its own", () => {
  const weight = new Tensor("float32", [1 << 18], new Uint8Array(1 << 20));
  const bytes = encodeModel({ ...graph, initializers: new Map([["w", weight]]) });
  expect(bytes.byteLength - weight.bytes.byteLength).toBeLessThan(1000);
  expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
  expect(bytes.constructor).toBe(Uint8Array);
});

describe("a whole number is a float where the standard says so", () => {
  test.each<[string, string, AttributeValue, number]>([
    ["LRN", "alpha", 1, 1],
    ["LRN", "bias", 1, 1],
    ["LRN", "size", 5, 2],
    ["Gemm", "beta", 0, 1],
    ["Gemm", "transB", 1, 2],
    ["Upsample", "scales", [1, 1, 2, 2], 6],
    ["Conv", "pads", [0, 0, 0, 0], 7],
    ["Conv", "pads", [], 7],
    ["Dropout", "seed", 1, 2],
    ["RandomNormal", "seed", 1, 1],
    ["Constant", "value_float", 1, 1],
    ["Constant", "value_int", 1, 2],
    ["Constant", "value_floats", [1], 6],
    ["Clip", "min", 0, 1],
    ["Unknown", "whatever", 0.5, 1],
  ])("%s.%s = %j has type %i", (operator, name, value, type) => {
    expect(attributeToProto(name, value, operator).type).toBe(type);
  });
});

test("a subgraph that came from no file cannot be written", () => {
  const node = {
    name: "n",
    operator: "If",
    domain: "",
    inputs: ["flag"],
    outputs: ["y"],
    attributes: new Map([["then_branch", { subgraph: "t" }]]),
  };
  expect(() => encodeModel({ ...graph, nodes: [node] })).toThrow(UnsupportedError);
});
