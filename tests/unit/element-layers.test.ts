// Which nodes one formula goes through, what must be read for it, and what has none.
import { describe, expect, test } from "vitest";
import { elementsOfBox, formulaOf, receptiveField } from "../../src/engine/elements/index.ts";
import { ruleOf } from "../../src/engine/elements/rules/index.ts";
import { tensorReader } from "../../src/engine/elements/tensor-reader.ts";
import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import type { Node, ValueType } from "../../src/engine/graph/graph.ts";
import arrays from "../../src/engine/ops/arrays/index.ts";
import control from "../../src/engine/ops/control/index.ts";
import quantised from "../../src/engine/ops/quantised/index.ts";
import sampling from "../../src/engine/ops/sampling/index.ts";
import sequences from "../../src/engine/ops/sequences/index.ts";
import { dataTypes, isFloat, isSigned, Tensor } from "../../src/engine/tensor.ts";
import { evaluateCase, holdFormula } from "../elements/hold.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, ints, noise, op } from "../support/graphs.ts";

const vector = (seed: number) => noise([2], seed);
const constants = {
  w: noise([2, 3, 3, 3], 2),
  b: vector(3),
  scale: vector(4),
  shift: vector(5),
  mean: vector(6),
  variance: Tensor.from("float32", [2], [0.5, 2]),
  v: noise([2, 2, 1, 1], 7),
  six: Tensor.from("float32", [], [6]),
};
const conv = op("Conv", "x w b", "conv", { pads: [1, 1, 1, 1], strides: [2, 2] });
const norm = op("BatchNormalization", "conv scale shift mean variance", "norm");

interface Layer {
  readonly what: string;
  readonly nodes: readonly Node[];
  readonly value?: string;
  readonly index?: readonly number[];
  /** The nodes of the formula, and what it reads: value, begin and end of its box. */
  readonly steps: string;
  readonly reads: readonly string[];
  readonly lines?: Partial<GraphLines>;
}

/** Of the element [0, 1, 1, 2], whose window begins at row 1 and column 3. */
const window = "x [0,0,1,3] [1,3,4,6]";
const here = "[0,1,1,2] [1,2,2,3]";

const layers: readonly Layer[] = [
  { what: "a convolution", nodes: [conv], steps: "conv", reads: [window] },
  { what: "convolution, normalization, activation", nodes: [conv, norm, op("Relu", "norm", "y")], steps: "conv norm y", reads: [window] },
  {
    what: "Dropout, Identity, a Clip and arithmetic with constants",
    nodes: [conv, op("Dropout", "conv", "a _"), op("Mul", "a six", "c"), op("Clip", "c _ six", "d"), op("Identity", "d", "y")],
    steps: "conv a c d y",
    reads: [window],
  },
  {
    what: "a value within, which other nodes continue",
    nodes: [conv, norm, op("Relu", "norm", "y")],
    value: "norm",
    steps: "conv norm",
    reads: [window],
  },
  {
    what: "a residual: both operands are read",
    nodes: [conv, norm, op("Conv", "norm v", "next"), op("Add", "next norm", "sum"), op("Relu", "sum", "y")],
    steps: "sum y",
    reads: [`next ${here}`, `norm ${here}`],
  },
  {
    what: "an activation of a value that others read, too",
    nodes: [conv, op("Relu", "conv", "y"), op("Neg", "conv", "other")],
    value: "y",
    steps: "y",
    reads: [`conv ${here}`],
  },
  {
    what: "an activation behind an operator without a formula",
    nodes: [op("TopK", "x k", "top _", { axis: 3 }), op("Relu", "top", "y")],
    lines: { constants: { k: ints(4) } },
    steps: "y",
    reads: [`top ${here}`],
  },
  { what: "an activation of the input", nodes: [op("Relu", "x", "y")], steps: "y", reads: [`x ${here}`] },
  {
    what: "a pool in front of an activation",
    nodes: [op("MaxPool", "x", "pool", { kernel_shape: [2, 3], strides: [2, 2] }), op("Sigmoid", "pool", "y")],
    steps: "pool y",
    reads: ["x [0,1,2,4] [1,2,4,7]"],
  },
  {
    what: "an element of a part of a Concat",
    nodes: [conv, op("Relu", "x", "a"), op("Slice", "a s e axes", "c"), op("Concat", "c conv", "y", { axis: 1 })],
    lines: { constants: { ...constants, s: ints(2, 0, 0), e: ints(3, 4, 4), axes: ints(1, 2, 3) } },
    value: "y",
    steps: "y",
    reads: ["conv [0,0,1,2] [1,1,2,3]"],
  },
  {
    what: "NHWC around a convolution",
    nodes: [
      op("Transpose", "x", "a", { perm: [0, 3, 1, 2] }),
      op("Conv", "a w b", "c"),
      op("Transpose", "c", "d", { perm: [0, 2, 3, 1] }),
      op("Relu", "d", "y"),
    ],
    lines: { inputs: { x: [1, 8, 8, 3] } },
    index: [0, 1, 2, 1],
    steps: "c d y",
    reads: ["a [0,0,1,2] [1,3,4,5]"],
  },
  {
    what: "an average of maps as a vector",
    nodes: [conv, op("GlobalAveragePool", "conv", "a"), op("Flatten", "a", "y")],
    index: [0, 1],
    steps: "a y",
    reads: ["conv [0,1,0,0] [1,2,4,4]"],
  },
  {
    what: "the softmax of a dense layer: all of its numbers are read",
    nodes: [op("Flatten", "x", "a"), op("Gemm", "a m", "d"), op("Softmax", "d", "y")],
    lines: { constants: { m: noise([192, 5], 3) } },
    index: [0, 4],
    steps: "y",
    reads: ["d [0,0] [1,5]"],
  },
  {
    what: "a window wholly in the padding",
    nodes: [op("Conv", "x w b", "y", { pads: [3, 3, 3, 3] })],
    index: [0, 1, 0, 5],
    steps: "y",
    reads: [],
  },
  {
    what: "an element that a Pad adds",
    nodes: [op("Pad", "x p six", "y")],
    lines: { constants: { p: ints(0, 0, 2, 2, 0, 0, 0, 0), six: constants.six } },
    index: [0, 0, 1, 5],
    steps: "y",
    reads: [],
  },
];

test.each(layers)("$what: $steps", ({ nodes, value, index = [0, 1, 1, 2], steps, reads, lines }) => {
  const { graph, values } = evaluateCase({ constants, nodes, ...lines });
  const name = value ?? (graph.outputs[0] as string);
  const formula = formulaOf(graph, name, index);
  expect(formula.nodes.map((node) => node.name).join(" ")).toBe(steps);
  expect([...formula.reads].map(([read, { begin, end }]) => `${read} [${begin}] [${end}]`)).toEqual(reads);
  holdFormula(graph, values, name, index);
});

describe("the numbers of a convolution", () => {
  const { graph, values } = evaluateCase({ constants, nodes: [conv, norm, op("Relu", "norm", "y")] });

  test("there is a tap for each element of the kernel, and a sum for each input channel; what lies in the padding is 0", () => {
    const [step] = holdFormula(graph, values, "y", [0, 1, 0, 3]);
    if (step?.kind !== "convolution") throw new Error(step?.kind);
    expect([step.input, step.weight, step.window, step.channels.length]).toEqual(["x", "w", [3, 3], 3]);
    expect(step.taps.map(({ input, isPadding }) => `${input}${isPadding ? " beside" : ""}`)).toEqual([
      ...["-1,5 beside", "-1,6 beside", "-1,7 beside", "0,5", "0,6", "0,7", "1,5", "1,6", "1,7"],
    ]);
    const [, second] = step.channels;
    expect(second?.channel).toBe(1);
    expect([...(second?.inputs.slice(0, 3) ?? [])]).toEqual([0, 0, 0]);
    expect([...(second?.kernel ?? [])]).toEqual([...noise([2, 3, 3, 3], 2).toFloat32().slice(36, 45)]);
    const total = step.channels.reduce((sum, channel) => sum + channel.sum, step.bias ?? 0);
    expect(total).toBeCloseTo(step.result, 12);
  });

  test("the steps behind it say what each of them does", () => {
    const [first, second, third] = holdFormula(graph, values, "y", [0, 0, 2, 2]);
    expect(second).toMatchObject({ kind: "affine", node: "norm", value: "conv", x: first?.result, epsilon: 1e-5 });
    expect(third).toMatchObject({ kind: "function", formula: "max(0, x)", x: second?.result, outputIndex: [0, 0, 2, 2] });
  });

  test("a value that is known already is read, and what comes before it is left out", () => {
    const formula = formulaOf(graph, "y", [0, 1, 1, 2], { known: new Set(["conv"]) });
    expect([formula.nodes.map(({ name }) => name), [...formula.reads.keys()]]).toEqual([["norm", "y"], ["conv"]]);
  });

  test("a part that is missing, or of another size, is refused", () => {
    const formula = formulaOf(graph, "y", [0, 1, 1, 2]);
    expect(() => formula.evaluate(new Map())).toThrow(
      new ModelError("'x': from [0,0,1,3] up to [1,3,4,6] there are 27 elements, got none."),
    );
    expect(() => formula.evaluate(new Map([["x", [1, 2]]]))).toThrow("27 elements, got 2");
  });
});

describe("parameters", () => {
  const nodes = [op("Mul", "w gain", "weight"), op("Conv", "x weight b", "conv"), op("Relu", "conv", "y")];
  const parameters = { w: constants.w, gain: Tensor.from("float32", [], [2]), b: constants.b };
  const { graph, values } = evaluateCase({ parameters, nodes });

  test("they are constants, and what is computed from them is read", () => {
    const formula = formulaOf(graph, "y", [0, 1, 2, 2]);
    expect([...formula.reads.keys()]).toEqual(["x", "weight"]);
    holdFormula(graph, values, "y", [0, 1, 2, 2]);
    holdFormula(graph, values, "weight", [1, 2, 0, 1]);
    expect([...receptiveField(graph, "y", { begin: [0, 1, 2, 2], end: [1, 2, 3, 3] }).keys()]).toEqual(["conv", "x"]);
  });

  test.each(dataTypes)("single elements of %s are those of the whole tensor, also where it begins at any byte", (dtype) => {
    const values = isSigned(dtype) ? [1, -2, 0, 100, -7, 5] : [1, 2, 0, 100, 7, 5];
    const { bytes } = Tensor.from(dtype, [2, 3], isFloat(dtype) ? values.map((one) => one / 3) : values);
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    const tensor = new Tensor(dtype, [2, 3], moved.subarray(3));
    const read = tensorReader(tensor);
    expect([0, 1].flatMap((row) => [0, 1, 2].map((column) => read([row, column])))).toEqual(tensor.toNumbers());
  });

  test("what they hold now can be given", () => {
    const given = new Map([["b", Tensor.from("float32", [2], [0, 100])]]);
    const formula = formulaOf(graph, "conv", [0, 1, 2, 2], { constants: given });
    const parts = new Map(
      Array.from(formula.reads, ([name, box]) => {
        const array = values.get(name);
        return [name, elementsOfBox(array?.data ?? [], array?.shape ?? [], box)] as const;
      }),
    );
    const [step] = formula.evaluate(parts);
    expect(step?.kind === "convolution" && step.bias).toBe(100);
  });
});

describe("a gate", () => {
  const gate = { ...op("Gate", "conv s t m", "gated", { axis: 1, batch: 0 }), domain: "convcam" };
  const { graph } = evaluateCase({ constants: { ...constants }, nodes: [conv, op("Relu", "conv", "y")] });
  const operands = { s: vector(9), t: Tensor.from("float32", [2], [0.25, 0.5]), m: noise([4, 4], 10) };
  const gated = {
    ...graph,
    nodes: [conv, gate, op("Relu", "gated", "y")],
    types: new Map<string, ValueType>([...graph.types, ["gated", graph.types.get("conv") as ValueType], ...Object.entries(operands)]),
  };
  const x = noise([1, 3, 8, 8], 12);

  test.each([
    ["a mask", {}],
    ["a channel that is off", { s: Tensor.from("float32", [2], [1, 0]), m: Tensor.filled("float32", [4, 4], 1) }],
    ["a place that is left alone", { m: Tensor.filled("float32", [4, 4], 0) }],
  ])("is a step of its layer: %s", (_, changed) => {
    const given: Readonly<Record<string, Tensor>> = { ...operands, ...changed };
    const formula = formulaOf(gated, "y", [0, 1, 1, 2], { constants: new Map(Object.entries(given)) });
    expect([...formula.reads.keys()]).toEqual(["x"]);
    const parts = new Map(Array.from(formula.reads, ([name, box]) => [name, elementsOfBox(x.toNumbers(), x.shape, box)] as const));
    const [first, second, third] = formula.evaluate(parts);
    const [scale, shift, share] = [given["s"]?.toNumbers()[1], given["t"]?.toNumbers()[1], given["m"]?.toNumbers()[6]] as [
      number,
      number,
      number,
    ];
    const before = first?.result as number;
    const after = before + share * (before * scale + shift - before);
    expect(second).toMatchObject({ kind: "gate", node: "gated", x: before, scale, shift, share });
    expect([second?.result, third?.result]).toEqual([expect.closeTo(after, 12), expect.closeTo(Math.max(0, after), 12)]);
  });

  test("has the field of what it changes", () => {
    const field = receptiveField(gated, "y", { begin: [0, 1, 1, 2], end: [1, 2, 2, 3] });
    expect(field.get("x")).toEqual({ begin: [0, 0, 1, 3], end: [1, 3, 4, 6], isExact: true });
  });
});

describe("refusals", () => {
  const nodes = [op("TopK", "x k", "top places", { axis: 3 }), op("MaxPool", "x", "pool where", { kernel_shape: [2, 2] })];
  const { graph } = evaluateCase({ constants: { k: ints(4) }, nodes, outputs: ["top", "pool"] });
  const at = [0, 0, 0, 0];
  const cases: readonly (readonly [string, readonly number[], unknown])[] = [
    [
      "top",
      at,
      new UnsupportedError(
        "TopK 'top': no formula of one element is known for this operator. Its number and those of its inputs can be shown.",
      ),
    ],
    [
      "where",
      at,
      new UnsupportedError(
        "MaxPool 'pool': no formula of one element is known for this operator in its output 'where'. Its number and those of its inputs can be shown.",
      ),
    ],
    [
      "x",
      at,
      new UnsupportedError("'x' is an input of the network: no node computes it, so its elements have no formula. They can be read."),
    ],
    ["k", [0], new UnsupportedError("'k' is constant: no node computes it, so its elements have no formula. They can be read.")],
    ["poll", at, new ModelError("no value or layer is called 'poll'. There are 'x', 'k', 'top', 'places', 'pool', 'where'.")],
    ["pool", [0, 0, 7, 0], new ModelError("'pool': a box from [0,0,7,0] up to [1,1,8,1] does not lie within its shape [1,3,7,7].")],
    ["pool", [0, 0], new ModelError("'pool': a box from [0,0] up to [1,1] does not lie within its shape [1,3,7,7].")],
  ];
  test.each(cases)("%s at %j", (value, index, error) => {
    expect(() => formulaOf(graph, value, index)).toThrow(error as Error);
  });
});

describe("what is known at most", () => {
  const box = { begin: [0, 1], end: [1, 2] };

  test("an operator without a rule reads all of its inputs, and so does what comes before it", () => {
    const nodes = [op("Relu", "x", "a"), op("GatherND", "a i", "y")];
    const { graph } = evaluateCase({ inputs: { x: [4, 3] }, nodes, constants: { i: Tensor.int64([2, 1], [1, 3]) } });
    expect([...receptiveField(graph, "y", box)]).toEqual([
      ["a", { begin: [0, 0], end: [4, 3], isExact: false }],
      ["x", { begin: [0, 0], end: [4, 3], isExact: false }],
    ]);
  });

  test("where another branch is known to read as much, that is exact", () => {
    const nodes = [op("Relu", "x", "a"), op("GatherND", "a i", "b"), op("ReduceSum", "a", "c"), op("Add", "b c", "y")];
    const { graph } = evaluateCase({ inputs: { x: [4, 3] }, nodes, constants: { i: Tensor.int64([2, 1], [1, 3]) } });
    const field = receptiveField(graph, "y", box);
    expect([field.get("a")?.isExact, field.get("x")?.isExact, field.get("b")]).toEqual([true, true, { ...box, isExact: true }]);
  });

  test("a box of a value that the graph does not have is refused", () => {
    const { graph } = evaluateCase({ inputs: { x: [4, 3] }, nodes: [op("Relu", "x", "y")] });
    expect(() => receptiveField(graph, "z", box)).toThrow("no value or layer is called 'z'. There are 'x', 'y'.");
    expect(() => receptiveField(graph, "y", { begin: [0, 2], end: [1, 2] })).toThrow("a box from [0,2] up to [1,2] does not lie within");
  });
});

test("every operator of ONNX that the engine runs has a rule, but for these, and those that few networks have", () => {
  const few = new Set([...arrays, ...sampling, ...sequences, ...control, ...quantised].map(({ name }) => name));
  const names = new Set(everything.operators.flatMap(({ domain, name }) => (domain === "" && !few.has(name) ? [name] : [])));
  const rules = Array.from(names, (name) => [name, ruleOf(op(name, "x", "y"))] as const);
  const without = rules.flatMap(([name, rule]) => (rule ? [] : [name]));
  // Those of constants vanish when types are inferred; the places that the others read are computed, as are the classes that losses pick.
  const known = [
    "Constant",
    "ConstantOfShape",
    "GatherElements",
    "GatherND",
    "NegativeLogLikelihoodLoss",
    "Range",
    "SoftmaxCrossEntropyLoss",
  ];
  expect(without.toSorted()).toEqual(known);
  const fieldsAlone = rules.flatMap(([name, rule]) => (rule && !rule.step ? [name] : []));
  expect(fieldsAlone.toSorted()).toEqual(["Shape", "Size", "TopK"]);
});
