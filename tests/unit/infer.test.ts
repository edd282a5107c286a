// Shape inference: free extents, folding, and every obstacle at once.
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { type InferOptions, inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";

/** Shape of a value, after inference without obstacles. */
function shapeOf(graph: Graph, options: InferOptions = {}, name = graph.outputs[0] as string): readonly number[] | undefined {
  const inference = inferGraph(graph, everything, options);
  expect(inference.obstacles).toEqual([]);
  return inference.graph.types.get(name)?.shape;
}

test("a model without inputs has none to be given shapes", () => {
  const graph = graphOf({ inputs: {}, constants: { a: noise([2]) }, nodes: [op("Relu", "a", "y")] });
  expect(() => shapeOf(graph, { inputShapes: { q: [1] } })).toThrow("inputShapes names 'q', but the model's inputs are none.");
});

describe("free extents", () => {
  const graph = graphOf({ inputs: { x: ["batch", 3, "height", "width"] }, nodes: [op("GlobalAveragePool", "x", "y")] });
  const fixed = graphOf({ inputs: { x: ["N", 3, 8, 8] }, nodes: [op("Relu", "x", "y")] });

  test("inputShapes fixes them", () => expect(shapeOf(graph, { inputShapes: { x: [2, 3, 5, 7] } })).toEqual([2, 3, 1, 1]));
  test("a free batch is 1", () => expect(shapeOf(fixed)).toEqual([1, 3, 8, 8]));

  test.each<{ why: string; options: InferOptions; message: string }>([
    {
      why: "a free image size cannot be guessed",
      options: {},
      message: `input 'x': extent 2 of [batch, 3, height, width] is free. Give it with inputShapes: { "x": [1, …] }.`,
    },
    {
      why: "known extents may not change",
      options: { inputShapes: { x: [1, 4, 5, 7] } },
      message: "input 'x': the model says [batch, 3, height, width], inputShapes says [1, 4, 5, 7]",
    },
    {
      why: "the rank may not change",
      options: { inputShapes: { x: [3, 5, 7] } },
      message: "input 'x': the model says [batch, 3, height, width], inputShapes says [3, 5, 7]",
    },
    {
      why: "extents are whole",
      options: { inputShapes: { x: [1, 3, 5.5, 7] } },
      message: "input 'x': the model says [batch, 3, height, width], inputShapes says [1, 3, 5.5, 7]",
    },
    {
      why: "inputValues names inputs",
      options: { inputShapes: { x: [1, 3, 5, 7] }, inputValues: { y: ints(1) } },
      message: "inputValues names 'y', but the model's inputs are 'x'.",
    },
    {
      why: "inputShapes does, too",
      options: { inputShapes: { x: [1, 3, 5, 7], X: [4, 3, 8, 8] } },
      message: "inputShapes names 'X', but the model's inputs are 'x'.",
    },
    {
      why: "a fixed value has the input's type",
      options: { inputValues: { x: ints(1) } },
      message: "input 'x': the model says float32 [batch, 3, height, width], inputValues has int64 [1]",
    },
  ])("$why", ({ options, message }) => {
    expect(() => inferGraph(graph, everything, options)).toThrow(ModelError);
    expect(() => inferGraph(graph, everything, options)).toThrow(message);
  });
});

describe("folding", () => {
  const nodeNames = (graph: Graph, options?: InferOptions) => inferGraph(graph, everything, options).graph.nodes.map((node) => node.name);

  test("the exporters' x.view(x.size(0), -1) vanishes but for the Reshape", () => {
    const graph = graphOf({
      inputs: { x: [2, 3, 4, 5] },
      constants: { zero: Tensor.int64([], [0]), axis0: ints(0), minus: ints(-1) },
      nodes: [
        op("Shape", "x", "shape"),
        op("Gather", "shape zero", "batch", { axis: 0 }),
        op("Unsqueeze", "batch axis0", "batch1"),
        op("Concat", "batch1 minus", "target", { axis: 0 }),
        op("Reshape", "x target", "y"),
      ],
    });
    expect(shapeOf(graph)).toEqual([2, 60]);
    expect(nodeNames(graph)).toEqual(["y"]);
  });

  test("so do sizes that went through Slice, Cast and Mul", () => {
    const graph = graphOf({
      inputs: { x: [1, 8, 4, 6] },
      constants: { two: ints(2), zero: ints(0), minus: ints(-1), factor: Tensor.from("float32", [2], [1, 4]) },
      nodes: [
        op("Shape", "x", "shape"),
        op("Slice", "shape zero two zero", "head"),
        op("Cast", "head", "headf", { to: 1 }),
        op("Mul", "headf factor", "moref"),
        op("Floor", "moref", "floored"),
        op("Cast", "floored", "more", { to: 7 }),
        op("Concat", "more minus", "target", { axis: 0 }),
        op("Reshape", "x target", "y"),
      ],
    });
    expect(shapeOf(graph)).toEqual([1, 32, 6]);
    expect(nodeNames(graph)).toEqual(["y"]);
  });

  test("arithmetic on constants is done at load, whatever is divided by", () => {
    const graph = graphOf({
      inputs: { x: [1] },
      constants: { a: ints(7, -7, 7), b: ints(2, 2, 0) },
      nodes: [op("Div", "a b", "q"), op("Relu", "x", "y")],
      outputs: ["q", "y"],
    });
    const { graph: inferred } = inferGraph(graph, everything);
    expect(inferred.initializers.get("q")?.toNumbers()).toEqual([3, -3, 0]);
    expect(inferred.nodes.map((node) => node.name)).toEqual(["y"]);
  });

  test.each([
    ["ReduceLogSumExp", [1000, 1000], {}, [1000 + Math.log(2)]],
    ["ReduceLogSumExp", [-1000, -1000], {}, [-1000 + Math.log(2)]],
    ["ReduceLogSumExp", [-Infinity, -Infinity], {}, [-Infinity]],
    ["ReduceSumSquare", [3, -2], { noop_with_empty_axes: 1 }, [9, 4]],
    ["ReduceLogSumExp", [3, -2], { noop_with_empty_axes: 1 }, [3, -2]],
    ["ReduceL2", [3, -4], {}, [5]],
    ["ReduceMean", [3, -4], {}, [-0.5]],
  ] as const)("%s of the constants %j with %o is %j", (operator, values, attributes, expected) => {
    const c = Tensor.from("float32", [2], [...values]);
    const graph = graphOf({ inputs: { x: [1] }, constants: { c }, nodes: [op(operator, "c", "l", attributes), op("Add", "x l", "y")] });
    const folded = inferGraph(graph, everything).graph.initializers.get("l")?.toNumbers();
    expect(folded).toEqual(expected.map((value) => (Number.isFinite(value) ? expect.closeTo(value, 4) : value)));
  });

  test("an input fixed at load is a constant, and no input any more", () => {
    const shape = { name: "shape", dtype: "int64", shape: ["rank"] } as const;
    const plain = graphOf({ inputs: { x: [6] }, nodes: [op("Reshape", "x shape", "y")] });
    const graph: Graph = { ...plain, inputs: [...plain.inputs, shape] };
    const inference = inferGraph(graph, everything, { inputValues: { shape: ints(2, 3) } });
    expect(inference.graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(inference.graph.types.get("y")?.shape).toEqual([2, 3]);
    expect(inferGraph(graph, everything, { inputShapes: { shape: [2] } }).obstacles).toEqual([
      "Reshape 'y': shape (input 'shape') must be known at load. Fix it with inputValues, or re-export with constant shape.",
    ]);
  });

  test("inferring twice changes nothing", () => {
    const graph = graphOf({ constants: { w: noise([4, 3, 3, 3]) }, nodes: [op("Conv", "x w", "c"), op("Relu", "c", "y")] });
    const once = inferGraph(graph, everything).graph;
    const twice = inferGraph(once, everything).graph;
    expect(twice.types).toEqual(once.types);
    expect(twice.nodes).toEqual(once.nodes);
  });
});

describe("parameters", () => {
  const lines = { parameters: { w: noise([4, 3, 3, 3]), s: noise([4, 1, 1]) }, constants: { c: noise([4, 1, 1], 2) } };

  test("have a type and no elements: nothing is folded, and what depends on them alone is known to", () => {
    const nodes = [op("Mul", "s c", "factor"), op("Conv", "x w", "v"), op("Mul", "v factor", "y")];
    const { graph, obstacles } = inferGraph(graphOf({ ...lines, nodes }), everything);
    expect(obstacles).toEqual([]);
    expect(graph.nodes.map(({ name }) => name)).toEqual(["factor", "v", "y"]);
    expect(graph.types.get("w")).toEqual({ dtype: "float32", shape: [4, 3, 3, 3] });
    expect(graph.initializers.has("w")).toBe(false);
  });

  test("a name that is an initializer as well is a parameter", () => {
    const { graph } = inferGraph(
      graphOf({ ...lines, constants: { ...lines.constants, s: noise([4, 1, 1]) }, nodes: [op("Abs", "s", "y")] }),
      everything,
    );
    expect(graph.initializers.has("s")).toBe(false);
    expect(graph.nodes).toHaveLength(1);
  });

  test("where elements must be known at load, a parameter is refused", () => {
    const { obstacles } = inferGraph(graphOf({ parameters: { shape: ints(192) }, nodes: [op("Reshape", "x shape", "y")] }), everything);
    expect(obstacles).toEqual([expect.stringContaining("shape (input 'shape') must be known at load")]);
  });

  test("an update has the parameter's type", () => {
    const nodes = [op("Mul", "s s", "next"), op("Abs", "w", "y")];
    expect(inferGraph(graphOf({ ...lines, nodes, updates: { s: "next" } }), everything).obstacles).toEqual([]);
    expect(() => inferGraph(graphOf({ ...lines, nodes, updates: { s: "y" } }), everything)).toThrow(
      "'y' cannot update 's': there is no parameter of this name, type and shape.",
    );
    expect(() => inferGraph(graphOf({ ...lines, nodes, updates: { c: "next" } }), everything)).toThrow("'next' cannot update 'c'");
  });
});

describe("obstacles", () => {
  test("all of them at once, each with node and operator, and none for what lies behind another", () => {
    const graph = graphOf({
      constants: { w: noise([4, 5, 3, 3]) },
      nodes: [
        op("StringNormalizer", "x", "a"),
        op("Relu", "a", "b"),
        op("Relu", "x", "c", { slope: 1, mode: "odd" }),
        op("Conv", "x w", "d"),
        op("MaxPool", "x", "e", { kernel_shape: [9, 9] }),
        op("Add", "b c", "y"),
      ],
    });
    expect(inferGraph(graph, everything).obstacles).toEqual([
      "StringNormalizer 'a': the operator is not supported.",
      "Relu 'c' (opset 21): attribute 'slope', 'mode' is not supported. Re-export without it.",
      "Conv 'd': weight [4,5,3,3] in 1 group(s) does not fit an input of shape [1,3,8,8].",
      "MaxPool 'e': a window reaching 9 does not fit 8 elements padded by 0 and 0.",
    ]);
  });

  test("an operator of another domain is named with it", () => {
    const foreign = { ...op("FusedMatMul", "x", "y"), domain: "com.microsoft" };
    expect(inferGraph(graphOf({ nodes: [foreign] }), everything).obstacles).toEqual([
      "FusedMatMul 'y': the operator of domain 'com.microsoft' is not supported.",
    ]);
  });

  test("an operator from before its meaning changed", () => {
    const graph = graphOf({ inputs: { x: [2] }, nodes: [op("Add", "x x", "y")], opset: 5 });
    expect(inferGraph(graph, everything).obstacles).toEqual([
      expect.stringMatching(/^Add 'y': opset 5 is not supported, only \d+ and later\. Convert the model to a newer opset\.$/),
    ]);
  });

  test("a missing input", () => {
    expect(inferGraph(graphOf({ nodes: [op("Conv", "x _", "y")] }), everything).obstacles).toEqual(["Conv 'y': input 1 is missing."]);
  });

  test("types are known up to the obstacle, so that a summary can be shown", () => {
    const graph = graphOf({ nodes: [op("Relu", "x", "a"), op("StringNormalizer", "a", "b"), op("Relu", "b", "y")] });
    const inference = inferGraph(graph, everything);
    expect(inference.graph.types.get("a")?.shape).toEqual([1, 3, 8, 8]);
    expect(inference.graph.types.has("y")).toBe(false);
    expect(inference.graph.nodes.map(({ name }) => name)).toEqual(["a", "b", "y"]);
  });

  test("an output that nothing computes is a fault of the file", () =>
    expect(() => inferGraph(graphOf({ nodes: [op("Relu", "x", "y")], outputs: ["z"] }), everything)).toThrow(
      "output 'z' is computed by no node",
    ));
});
