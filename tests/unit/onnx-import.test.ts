// ModelProto to Graph: names, order, attributes, functions, external data, and what is refused.
import { describe, expect, test } from "vitest";
import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto } from "../../src/engine/onnx/proto.ts";
import { encodeModelProto } from "../../src/engine/onnx/to-proto.ts";
import { Tensor } from "../../src/engine/tensor.ts";

const opset17 = [{ domain: "", version: 17 }];

function input(name: string, dim: object[] = [{ dimValue: 1 }], elemType = 1) {
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function node(opType: string, inputs: string[], outputs: string[], more: NodeProto = {}): NodeProto {
  return { opType, input: inputs, output: outputs, ...more };
}

function modelBytes(graph: GraphProto, model: ModelProto = {}): Uint8Array {
  return encodeModelProto({
    opsetImport: opset17,
    ...model,
    graph: { input: [input("x")], node: [node("Relu", ["x"], ["y"])], output: [{ name: "y" }], ...graph },
  });
}

const load = (graph: GraphProto, model?: ModelProto) => importModel(modelBytes(graph, model));

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail("expected an error"),
    (error: Error) => error,
  );
}

describe("inputs", () => {
  test("symbolic extents keep their name, unknown ones get a unique one", async () => {
    const dims = [{ dimParam: "batch" }, { dimValue: 3 }, {}, { dimValue: -1 }, { dimParam: "?" }, { dimValue: 0 }];
    const graph = await load({ input: [input("x", dims)] });
    expect(graph.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["batch", 3, "?x.2", "?x.3", "?x.4", 0] }]);
  });

  test("initializers listed as inputs are not inputs", async () => {
    const graph = await load({ input: [input("x"), input("w")], initializer: [{ name: "w", dims: [1], dataType: 1, floatData: [2] }] });
    expect(graph.inputs.map((i) => i.name)).toEqual(["x"]);
    expect([...graph.initializers.keys()]).toEqual(["w"]);
  });
});

describe("model fields", () => {
  test("producer and metadata_props become metadata", async () => {
    const graph = await load(
      {},
      { producerName: "pytorch", producerVersion: "2.3", modelVersion: 4, metadataProps: [{ key: "author", value: "Ada" }] },
    );
    expect(Object.fromEntries(graph.metadata)).toEqual({
      producer_name: "pytorch",
      producer_version: "2.3",
      model_version: "4",
      author: "Ada",
    });
  });

  test("ai.onnx is the default domain, in opsets and nodes", async () => {
    const graph = await load(
      { node: [node("Relu", ["x"], ["y"], { domain: "ai.onnx" })] },
      {
        opsetImport: [
          { domain: "ai.onnx", version: 13 },
          { domain: "com.microsoft", version: 1 },
        ],
      },
    );
    expect([...graph.opsets]).toEqual([
      ["", 13],
      ["com.microsoft", 1],
    ]);
    expect(graph.nodes[0]?.domain).toBe("");
  });

  test.each([9, 13, 23, 26])("opset %i is read", async (version) => {
    expect((await load({}, { opsetImport: [{ domain: "", version }] })).opsets.get("")).toBe(version);
  });

  test.each([1, 6, 8])("opset %i is read as opset 9, and said in the metadata", async (version) => {
    const graph = await load({}, { opsetImport: [{ domain: "", version }] });
    expect(graph.opsets.get("")).toBe(9);
    expect(graph.metadata.get("source_opset")).toBe(String(version));
  });

  test.each([0, 27])("opset %i is unsupported, with advice", async (version) => {
    const error = await errorOf(load({}, { opsetImport: [{ domain: "", version }] }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(new RegExp(`opset ${version};.*Convert it`));
  });
});

describe("nodes", () => {
  test("keep their names; missing and repeated ones are made unique", async () => {
    const graph = await load({
      node: [
        node("Relu", ["x"], ["a"]),
        node("Relu", ["a"], ["b"], { name: "act" }),
        node("Relu", ["b"], ["c"], { name: "act" }),
        node("Relu", ["c"], ["d"], { name: "Relu_0" }),
        node("Relu", ["d"], ["y"], { name: "act_2" }),
      ],
    });
    expect(graph.nodes.map((n) => n.name)).toEqual(["Relu_0_2", "act", "act_3", "Relu_0", "act_2"]);
  });

  test.each([
    ["in order stay in order", ["x>a", "x>b", "a,b>c", "b>d", "c,d>y"], "a b c d y"],
    ["in reverse are turned round", ["c>y", "b>c", "a>b", "x>a"], "a b c y"],
    ["move only as far as needed", ["x>a", "c>b", "x>c", "b>y"], "a c b y"],
    ["whose omitted inputs are empty names are sorted as others", [",x>a", "a,>y"], "a y"],
  ])("nodes %s", async (_, edges, order) => {
    const nodes = edges.map((edge) => {
      const [from, to] = edge.split(">") as [string, string];
      return node("Sum", from.split(","), [to]);
    });
    const graph = await load({ node: nodes });
    expect(graph.nodes.map((n) => n.outputs[0]).join(" ")).toBe(order);
  });

  test("a reversed chain deeper than the call stack is sorted", async () => {
    const count = 50_000;
    const nodes = Array.from({ length: count }, (_, i) => node("Relu", [i === count - 1 ? "x" : `v${i + 1}`], [i === 0 ? "y" : `v${i}`]));
    const graph = await load({ node: nodes });
    expect(graph.nodes[0]?.inputs).toEqual(["x"]);
    expect(graph.nodes.at(-1)?.outputs).toEqual(["y"]);
  });

  const tensor: TensorProto = { dims: [2], dataType: 7, int64Data: [3, -1] };
  test.each<[string, AttributeProto, unknown]>([
    ["float", { type: 1, f: 0.5 }, 0.5],
    ["int", { type: 2, i: -3 }, -3],
    ["string", { type: 3, s: new TextEncoder().encode("SAME_UPPER") }, "SAME_UPPER"],
    ["tensor", { type: 4, t: tensor }, Tensor.int64([2], [3, -1])],
    ["graph", { type: 5, g: { name: "then" } }, { subgraph: "then", body: { inputs: [], outputs: [], outputTypes: [], nodes: [] } }],
    ["floats", { type: 6, floats: [0.5, 1] }, [0.5, 1]],
    ["ints", { type: 7, ints: [1, -1] }, [1, -1]],
    ["strings", { type: 8, strings: [new TextEncoder().encode("tanh")] }, ["tanh"]],
    ["empty ints", { type: 7 }, []],
    ["zero without the field", { type: 2 }, 0],
    ["untyped int of old files", { i: 4 }, 4],
    ["untyped floats of old files", { floats: [2] }, [2]],
    ["int with a doc string", { type: 2, i: 1, docString: "ignored" }, 1],
  ])("a %s attribute is read", async (_, attribute, expected) => {
    const graph = await load({ node: [node("Relu", ["x"], ["y"], { attribute: [{ name: "a", ...attribute }] })] });
    expect(graph.nodes[0]?.attributes.get("a")).toEqual(expected);
  });
});

describe("damaged graphs are ModelErrors that name the culprit", () => {
  const relu = (from: string, to: string, name = "") => node("Relu", [from], [to], { name });
  test.each<[string, GraphProto, RegExp]>([
    ["an input that nobody makes", { node: [relu("ghost", "y", "act")] }, /Relu 'act': input 'ghost' is made by no node/],
    [
      "a cycle",
      { node: [relu("b", "a", "one"), relu("a", "b", "two"), relu("x", "y")] },
      /cycle: Relu 'one' needs Relu 'two' needs Relu 'one'/,
    ],
    ["a node that reads itself", { node: [relu("y", "y", "self")] }, /cycle: Relu 'self' needs Relu 'self'/],
    ["a value made twice", { node: [relu("x", "y", "one"), relu("x", "y", "two")] }, /Relu 'two': value 'y' is already made by Relu 'one'/],
    ["an input made again", { node: [relu("x", "x", "one")] }, /'x' is already an input or initializer/],
    ["an output that nobody makes", { output: [{ name: "z" }] }, /output 'z' is made by no node/],
    ["an output listed twice", { output: [{ name: "y" }, { name: "y" }] }, /output 'y' is there twice/],
    ["no outputs", { output: [] }, /no outputs/],
    ["an input listed twice", { input: [input("x"), input("x")] }, /input 'x' is there twice/],
    [
      "an initializer listed twice",
      { initializer: [1, 2].map(() => ({ name: "w", dims: [0], dataType: 1 })) },
      /initializer 'w' is there twice/,
    ],
    ["an initializer without a name", { initializer: [{ dims: [0], dataType: 1 }] }, /initializer without a name/],
    ["a node without an operator", { node: [node("", ["x"], ["y"])] }, /node 0 '' names no operator/],
    [
      "an attribute of no type",
      { node: [node("Relu", ["x"], ["y"], { name: "r", attribute: [{ name: "a" }] })] },
      /Relu 'r': attribute 'a'.*no value/,
    ],
    [
      "an attribute given twice",
      {
        node: [
          node("Relu", ["x"], ["y"], {
            attribute: [
              { name: "a", type: 2 },
              { name: "a", type: 2 },
            ],
          }),
        ],
      },
      /'a' is there twice/,
    ],
  ])("%s", async (_, graph, message) => {
    const error = await errorOf(load(graph));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(message);
  });

  test("no opset import", async () => {
    expect(await errorOf(load({}, { opsetImport: [] }))).toBeInstanceOf(ModelError);
  });
});

test("everything unsupported is reported at once", async () => {
  const error = await errorOf(
    load(
      {
        input: [
          input("x"),
          input("labels", [{ dimValue: 1 }], 8),
          { name: "list", type: { sequenceType: {} } },
          { name: "any", type: { tensorType: { elemType: 1 } } },
        ],
        initializer: [{ name: "w", dims: [1], dataType: 17, rawData: Uint8Array.of(0) }],
        sparseInitializer: [{}],
        node: [node("If", ["x"], ["y"], { name: "n", attribute: [{ name: "t", type: 11, sparseTensor: {} }] })],
      },
      { opsetImport: [{ domain: "", version: 0 }] },
    ),
  );
  expect(error).toBeInstanceOf(UnsupportedError);
  expect((error as UnsupportedError).reasons).toEqual([
    expect.stringContaining("opset 0"),
    expect.stringContaining("Sparse initializers"),
    expect.stringContaining("initializer 'w': element type float8e4m3fn"),
    expect.stringContaining("input 'labels': element type string"),
    expect.stringContaining("input 'list': only tensors"),
    expect.stringContaining("input 'any': its number of axes"),
    expect.stringContaining("If 'n': attribute 't': a sparse tensor"),
  ]);
});

describe("functions of the model", () => {
  const leaky: FunctionProto = {
    name: "Leaky",
    domain: "local",
    input: ["in"],
    output: ["out"],
    attribute: ["slope"],
    node: [
      node("Neg", ["in"], ["n"], { name: "neg" }),
      node("LeakyRelu", ["n"], ["out"], { attribute: [{ name: "alpha", refAttrName: "slope", type: 1 }] }),
    ],
    opsetImport: opset17,
  };
  const twice: FunctionProto = {
    name: "Twice",
    domain: "local",
    input: ["in"],
    output: ["out", "copy"],
    node: [
      node("Leaky", ["in"], ["mid"], { domain: "local", name: "l" }),
      node("Leaky", ["mid"], ["out"], { domain: "local" }),
      node("Identity", ["in"], ["copy"]),
    ],
    opsetImport: [...opset17, { domain: "local", version: 1 }],
  };
  const call = (opType: string, inputs: string[], outputs: string[], more: NodeProto = {}) =>
    node(opType, inputs, outputs, { domain: "local", ...more });

  test("are inlined, their values named after the call, their attributes bound", async () => {
    const slope = { name: "slope", type: 1, f: 0.25 };
    const graph = await load(
      { node: [call("Leaky", ["x"], ["a"], { name: "first", attribute: [slope] }), call("Leaky", ["a"], ["y"], { name: "first" })] },
      { functions: [leaky] },
    );
    expect(graph.nodes.map((n) => [n.operator, n.inputs[0], n.outputs[0], n.attributes.get("alpha")])).toEqual([
      ["Neg", "x", "first/n", undefined],
      ["LeakyRelu", "first/n", "a", 0.25],
      ["Neg", "a", "first/n_2", undefined],
      ["LeakyRelu", "first/n_2", "y", undefined],
    ]);
    expect(graph.nodes[0]?.name).toBe("first/neg");
  });

  test("may call each other, and leave outputs unused", async () => {
    const graph = await load({ node: [call("Twice", ["x"], ["y"], { name: "t" })] }, { functions: [leaky, twice] });
    expect(graph.nodes.map((n) => n.operator)).toEqual(["Neg", "LeakyRelu", "Neg", "LeakyRelu", "Identity"]);
    expect(graph.nodes[3]?.outputs).toEqual(["y"]);
    expect(graph.nodes[4]?.outputs).toEqual(["t/copy"]);
  });

  test("whose output is an input pass it through", async () => {
    const through: FunctionProto = { name: "Through", domain: "local", input: ["v"], output: ["v"] };
    const graph = await load({ node: [call("Through", ["x"], ["y"])] }, { functions: [through] });
    expect(graph.nodes).toMatchObject([{ operator: "Identity", inputs: ["x"], outputs: ["y"] }]);
  });

  test("with bodies of If or Loop are refused, for what these read would have to be renamed", async () => {
    const branch = { type: 5, g: { name: "then", node: [node("Neg", ["x"], ["z"])], output: [{ name: "z" }] } };
    const attribute = [
      { ...branch, name: "then_branch" },
      { ...branch, name: "else_branch" },
    ];
    const choosing = { ...leaky, name: "Choosing", attribute: [], node: [node("If", ["x"], ["y"], { attribute })] };
    const error = await errorOf(load({ node: [call("Choosing", ["x"], ["y"])] }, { functions: [choosing] }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(/'Choosing': If in a function of the model is not supported/);
  });

  test("that call themselves are a ModelError", async () => {
    const loop: FunctionProto = { name: "Loop", domain: "local", input: ["a"], output: ["b"], node: [call("Loop", ["a"], ["b"])] };
    const error = await errorOf(load({ node: [call("Loop", ["x"], ["y"])] }, { functions: [loop] }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(/'Loop' calls itself/);
  });

  test("that unfold beyond any network are refused", async () => {
    const levels = Array.from({ length: 30 }, (_, i): FunctionProto => {
      const next = i === 29 ? "Relu" : `F${i + 1}`;
      const domain = i === 29 ? "" : "local";
      return {
        name: `F${i}`,
        domain: "local",
        input: ["a"],
        output: ["c"],
        node: [node(next, ["a"], ["b"], { domain }), node(next, ["b"], ["c"], { domain })],
      };
    });
    expect((await errorOf(load({ node: [call("F0", ["x"], ["y"])] }, { functions: levels }))).message).toMatch(/unfold to more than/);
  });

  test.each([
    ["the default where the call gives no value", [], 0.75],
    ["the call's value before the default", [{ name: "slope", type: 1, f: 0.25 }], 0.25],
  ])("take %s", async (_, attribute, expected) => {
    const withDefault = { ...leaky, attribute: [], attributeProto: [{ name: "slope", type: 1, f: 0.75 }] };
    const graph = await load({ node: [call("Leaky", ["x"], ["y"], { attribute })] }, { functions: [withDefault] });
    expect(graph.nodes[1]?.attributes.get("alpha")).toBe(expected);
  });

  test("of one name are told apart by their overload", async () => {
    const plain: FunctionProto = { ...leaky, overload: "plain", node: [node("Relu", ["in"], ["out"])] };
    const nodes = [call("Leaky", ["x"], ["a"]), call("Leaky", ["a"], ["y"], { overload: "plain" })];
    const graph = await load({ node: nodes }, { functions: [leaky, plain] });
    expect(graph.nodes.map((n) => n.operator)).toEqual(["Neg", "LeakyRelu", "Relu"]);
  });

  test.each<[string, FunctionProto[], RegExp]>([
    ["an attribute that they do not have", [{ ...leaky, attribute: [] }], /refers to its attribute 'slope', which it does not have/],
    ["a twin", [leaky, leaky], /'Leaky' is defined twice/],
  ])("with %s are ModelErrors", async (_, functions, message) => {
    const error = await errorOf(load({ node: [call("Leaky", ["x"], ["y"])] }, { functions }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(message);
  });

  test("with another opset than the model are unsupported", async () => {
    const old = { ...leaky, opsetImport: [{ domain: "", version: 13 }] };
    const error = await errorOf(load({ node: [call("Leaky", ["x"], ["y"])] }, { functions: [old] }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(/uses opset 13 of 'ai.onnx', the model 17/);
  });
});

describe("external data", () => {
  const file = Uint8Array.of(9, 9, 9, 9, 1, 2, 3, 4);
  const external = (entries: Record<string, string>, more: TensorProto = {}): TensorProto => ({
    name: "w",
    dims: [4],
    dataType: 2,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    ...more,
  });
  const read = async (initializer: TensorProto[], more: GraphProto = {}) => {
    const paths: string[] = [];
    const readExternal = async (path: string) => {
      paths.push(path);
      return file;
    };
    return { graph: await importModel(modelBytes({ initializer, ...more }), { readExternal }), paths };
  };

  test.each([
    ["offset and length", { location: "w.bin", offset: "4", length: "4" }, [1, 2, 3, 4]],
    ["no length", { location: "w.bin", offset: "2" }, [9, 9, 1, 2]],
    ["neither", { location: "w.bin" }, [9, 9, 9, 9]],
    ["a path in a folder", { location: "./data/w v1..2.bin" }, [9, 9, 9, 9]],
  ])("is read at %s, as a view", async (_, entries, expected) => {
    const { graph } = await read([external(entries)]);
    expect(graph.initializers.get("w")?.toNumbers()).toEqual(expected);
    expect(graph.initializers.get("w")?.bytes.buffer).toBe(file.buffer);
  });

  test("reads each file once, for initializers and attributes", async () => {
    const t = external({ location: "a.bin" });
    const constant = node("Constant", [], ["c"], { attribute: [{ name: "value", type: 4, t }] });
    const { paths } = await read(
      [
        external({ location: "a.bin" }),
        external({ location: "./a.bin" }, { name: "v" }),
        external({ location: "sub/b.bin" }, { name: "u" }),
      ],
      {
        node: [constant, node("Relu", ["x"], ["y"])],
      },
    );
    expect(paths).toEqual(["a.bin", "sub/b.bin"]);
  });

  test.each([
    ["/etc/passwd"],
    ["../secret"],
    ["a/../../secret"],
    ["a/.."],
    ["./../secret"],
    ["%2e%2e/secret"],
    ["a/.%2E/secret"],
    [".\t./secret"],
    [" /etc/passwd"],
    [".. /secret"],
    [".../secret"],
    ["a//b"],
    ["//host/share"],
    ["..\\secret"],
    ["a\\b"],
    ["C:/secret"],
    ["c:secret"],
    ["http://example.com/w"],
    ["file:///etc/passwd"],
    ["data:,x"],
    ["."],
    ["./"],
    ["nul\0byte"],
  ])("location %j may not leave the folder", async (location) => {
    const error = await errorOf(read([external({ location })]));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(/tensor 'w': external data/);
  });

  test.each<[string, Record<string, string>]>([
    ["no location", {}],
    ["an offset beyond the file", { location: "w.bin", offset: "8" }],
    ["a range that ends beyond the file", { location: "w.bin", offset: "6", length: "4" }],
    ["a length that is not the shape's", { location: "w.bin", length: "3" }],
    ["a negative offset", { location: "w.bin", offset: "-4" }],
    ["an offset that is no number", { location: "w.bin", offset: "0x4" }],
    ["a huge offset", { location: "w.bin", offset: "99999999999999999999" }],
  ])("%s is a ModelError", async (_, entries) => {
    expect(await errorOf(read([external(entries)]))).toBeInstanceOf(ModelError);
  });

  test("without readExternal is a ModelError that says what to give", async () => {
    const error = await errorOf(load({ initializer: [external({ location: "w.bin" })] }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(/'w.bin'.*readExternal/);
  });
});

test("an imported graph encodes and imports to itself", async () => {
  const graph = await load({ input: [input("x", [{ dimParam: "n" }, {}])] });
  expect(await importModel(encodeModel(graph))).toEqual(graph);
});
