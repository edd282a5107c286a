// Passes: what is dropped, folded and fused, and what must stay as it is.
import { describe, expect, test } from "vitest";
import { fusedDomain, type Graph, type Node, type TypedGraph } from "../../src/engine/graph/graph.ts";
import { foldIntoConvolution } from "../../src/engine/ops/convolution/fold-scale-shift.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

/** Optimizes, keeping the values in `keep`. */
function optimize(graph: Graph, ...keep: string[]) {
  const inference = optimizeGraph(graph, everything, { keep: new Set(keep) });
  expect(inference.obstacles).toEqual([]);
  return inference.graph;
}

/** "Conv(x w b)→y", with the activation of a fused convolution. */
function describeNode({ operator, domain, inputs, outputs, attributes }: Node): string {
  const activation = domain === fusedDomain ? `+${attributes.get("activation")}` : "";
  const names = inputs.map((name) => name || "_").join(" ");
  return `${operator}${activation}(${names})→${outputs[0]}`;
}

const describeNodes = (graph: Graph) => graph.nodes.map(describeNode);

const scalar = (value: number) => Tensor.from("float32", [], [value]);
const w = noise([4, 3, 3, 3]);
const same = { pads: [1, 1, 1, 1] };
const conv = (inputs: string, output: string) => op("Conv", inputs, output, same);

test("a pass whose result cannot run, as where a part was not loaded, is left out", () => {
  const graph = graphOf({ nodes: [op("Exp", "x", "a"), op("Relu", "a", "y")] });
  const catalog = { ...everything, passes: [(one: TypedGraph) => ({ ...one, nodes: [op("Frobnicate", "x", "y")] })] };
  const { graph: optimized, operations, obstacles } = optimizeGraph(graph, catalog, { keep: new Set() });
  expect(obstacles).toEqual([]);
  expect(optimized.nodes.every(({ name }) => operations.has(name))).toBe(true);
});

describe("nodes that do nothing", () => {
  test("Identity and Dropout go, in a row too", () => {
    const graph = graphOf({ nodes: [op("Identity", "x", "a"), op("Dropout", "a", "b"), op("Identity", "b", "c"), op("Exp", "c", "y")] });
    expect(describeNodes(optimize(graph))).toEqual(["Exp(x)→y"]);
  });

  test("those that make an output or an observed value stay", () => {
    const graph = graphOf({ nodes: [op("Dropout", "x", "a"), op("Exp", "a", "b"), op("Identity", "b", "y")] });
    expect(describeNodes(optimize(graph, "a"))).toEqual(["Dropout(x)→a", "Exp(a)→b", "Identity(b)→y"]);
  });

  test("a Dropout's mask is a constant for those who read it", () => {
    const graph = graphOf({ nodes: [op("Dropout", "x", "a mask"), op("Where", "mask a x", "y")] });
    const optimized = optimize(graph);
    expect(describeNodes(optimized)).toEqual(["Where(mask x x)→y"]);
    expect(optimized.initializers.get("mask")?.dtype).toBe("bool");
  });
});

describe("a Pad before a convolution", () => {
  const pads = (...values: number[]) => Tensor.from("int64", [values.length], values);
  const padded = (nodes: readonly Node[], amounts = pads(0, 0, 1, 2, 0, 0, 3, 4)) =>
    graphOf({ constants: { w, amounts, zero: scalar(0), one: scalar(1), axes: pads(-1, -2), two: pads(1, 2, 3, 4) }, nodes });
  const padsOf = (graph: Graph) => graph.nodes.map((node) => node.attributes.get("pads"));

  test.each([
    ["zeros", op("Pad", "x amounts", "p"), op("Conv", "p w", "y"), [1, 2, 3, 4]],
    ["zeros by name, on top of the convolution's own", op("Pad", "x amounts zero", "p"), conv("p w", "y"), [2, 3, 4, 5]],
    ["under VALID", op("Pad", "x amounts", "p"), op("Conv", "p w", "y", { auto_pad: "VALID" }), [1, 2, 3, 4]],
    ["some axes only", op("Pad", "x two _ axes", "p"), op("Conv", "p w", "y"), [2, 1, 4, 3]],
  ])("%s: folded", (_, pad, convolution, expected) => {
    const graph = optimize(padded([pad, convolution]));
    expect(describeNodes(graph)).toEqual(["Conv(x w)→y"]);
    expect(padsOf(graph)).toEqual([expected]);
  });

  test("into all its readers", () => {
    const graph = padded([op("Pad", "x amounts", "p"), op("Conv", "p w", "a"), op("Conv", "p w", "b"), op("Add", "a b", "y")]);
    expect(padsOf(optimize(graph, "a", "b"))).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], undefined]);
  });

  test.each([
    ["another value than zero", [op("Pad", "x amounts one", "p"), op("Conv", "p w", "y")]],
    ["a mirror", [op("Pad", "x amounts", "p", { mode: "reflect" }), op("Conv", "p w", "y")]],
    [
      "padding that the convolution derives from its input",
      [op("Pad", "x amounts", "p"), op("Conv", "p w", "y", { auto_pad: "SAME_UPPER" })],
    ],
    ["a reader that is no convolution", [op("Pad", "x amounts", "p"), op("MaxPool", "p", "y", { kernel_shape: [2, 2] })]],
  ])("%s: not folded", (_, nodes) => expect(describeNodes(optimize(padded(nodes)))[0]).toMatch(/^Pad/));

  test("channels or a crop: not folded; nor where the padded value is observed", () => {
    const nodes = [op("Pad", "x amounts", "p"), op("Conv", "p w", "y")];
    expect(describeNodes(optimize(padded(nodes, pads(0, 0, 1, -1, 0, 0, 0, 0))))[0]).toMatch(/^Pad/);
    expect(describeNodes(optimize(padded(nodes), "p"))[0]).toMatch(/^Pad/);
  });
});

describe("scale and shift after a convolution", () => {
  const statistics = {
    scale: noise([4], 2),
    shift: noise([4], 3),
    mean: noise([4], 4),
    variance: Tensor.from("float32", [4], [1, 2, 3, 4]),
  };
  const batchNorm = (input: string, output: string) =>
    op("BatchNormalization", `${input} scale shift mean variance`, output, { epsilon: 0.5 });

  test("what is folded into weights of 16 bits has 16 bits, as the convolution's input has", () => {
    const half = (tensor: Tensor) => Tensor.from("float16", tensor.shape, tensor.toNumbers());
    const lines = { constants: { w: half(w), two: half(scalar(2)) }, nodes: [conv("x w", "c"), op("Mul", "c two", "y")] };
    const graph = graphOf(lines);
    const optimized = optimize({ ...graph, inputs: graph.inputs.map((input) => ({ ...input, dtype: "float16" as const })) });
    expect(describeNodes(optimized)).toEqual(["Conv(x y/folded weight y/folded bias)→y"]);
    expect(optimized.initializers.get("y/folded weight")?.toNumbers()).toEqual(
      half(w)
        .toNumbers()
        .map((value) => 2 * value),
    );
  });

  test("BatchNormalization is folded into weight and bias", () => {
    const graph = graphOf({ constants: { w, b: noise([4], 5), ...statistics }, nodes: [conv("x w b", "c"), batchNorm("c", "y")] });
    const optimized = optimize(graph);
    const [node] = optimized.nodes;
    expect(describeNodes(optimized)).toEqual(["Conv(x y/folded weight y/folded bias)→y"]);
    const [scale, shift, mean, variance, bias] = [
      statistics.scale,
      statistics.shift,
      statistics.mean,
      statistics.variance,
      noise([4], 5),
    ].map((t) => t.toNumbers()) as [number[], number[], number[], number[], number[]];
    const factor = scale.map((s, c) => s / Math.sqrt((variance[c] as number) + 0.5));
    const folded = optimized.initializers.get(node?.inputs[1] as string)?.toNumbers() ?? [];
    w.toNumbers().forEach((value, i) => {
      expect(folded[i]).toBeCloseTo(value * (factor[Math.floor(i / 27)] as number), 6);
    });
    optimized.initializers
      .get(node?.inputs[2] as string)
      ?.toNumbers()
      .forEach((value, c) => {
        expect(value).toBeCloseTo(((bias[c] as number) - (mean[c] as number)) * (factor[c] as number) + (shift[c] as number), 6);
      });
  });

  test.each([
    ["in training mode", { training_mode: 1 }, "y", 21],
    ["with statistics as outputs, before opset 14", {}, "y rm rv sm sv", 9],
    ["with statistics per element", { spatial: 0 }, "y", 8],
  ] as const)("BatchNormalization %s stays", (_, attributes, outputs, opset) => {
    const perElement = Object.fromEntries(Object.keys(statistics).map((name) => [name, noise([4, 8, 8], 3)]));
    const graph = graphOf({
      constants: { w, ...("spatial" in attributes ? perElement : statistics) },
      nodes: [conv("x w", "c"), op("BatchNormalization", "c scale shift mean variance", outputs, attributes)],
      opset,
    });
    expect(describeNodes(optimize(graph)).map((line) => line.split("(")[0])).toEqual(["Conv", "BatchNormalization"]);
  });

  test("without a bias one is made; the given tensors stay as they were", () => {
    const before = w.toNumbers();
    const { weight, bias } = foldIntoConvolution(w, undefined, { scale: Float32Array.of(1, 2, 3, 4), shift: Float32Array.of(5, 6, 7, 8) });
    expect(bias.toNumbers()).toEqual([5, 6, 7, 8]);
    expect(weight.toNumbers()[27 * 3]).toBeCloseTo((before[27 * 3] as number) * 4, 6);
    expect(w.toNumbers()).toEqual(before);
  });

  test("a chain of them folds into one; groups do not matter", () => {
    const constants = { w: noise([4, 1, 3, 3]), ...statistics, two: scalar(2), each: noise([1, 4, 1, 1]), after: noise([4, 1, 1]) };
    const graph = graphOf({
      inputs: { x: [1, 2, 8, 8] },
      constants,
      nodes: [
        op("Conv", "x w", "a", { ...same, group: 2 }),
        batchNorm("a", "b"),
        op("Mul", "b two", "c"),
        op("Mul", "each c", "d"),
        op("Add", "d after", "y"),
      ],
    });
    expect(describeNodes(optimize(graph))).toEqual(["Conv(x y/folded weight y/folded bias)→y"]);
  });

  test("two convolutions may share a weight", () => {
    const graph = graphOf({
      constants: { w, two: scalar(2), three: scalar(3) },
      nodes: [
        conv("x w", "a"),
        op("Mul", "a two", "b"),
        conv("x w", "c"),
        op("Mul", "c three", "d"),
        op("Concat", "b d", "y", { axis: 1 }),
      ],
    });
    const optimized = optimize(graph);
    const first = (name: string) => optimized.initializers.get(`${name}/folded weight`)?.toNumbers()[0] as number;
    expect(first("d") / first("b")).toBeCloseTo(1.5, 6);
  });

  test.each<{ why: string; constants?: Record<string, Tensor>; nodes: Node[]; keep?: string[]; outputs?: string[] }>([
    { why: "a constant per pixel", constants: { k: noise([1, 1, 8, 8]) }, nodes: [conv("x w", "c"), op("Mul", "c k", "y")] },
    { why: "a constant that widens the shape", constants: { k: noise([2, 4, 1, 1]) }, nodes: [conv("x w", "c"), op("Mul", "c k", "y")] },
    { why: "a constant of more axes", constants: { k: noise([1, 1, 1, 1, 1]) }, nodes: [conv("x w", "c"), op("Mul", "c k", "y")] },
    { why: "an observed convolution", constants: { k: scalar(2) }, nodes: [conv("x w", "c"), op("Mul", "c k", "y")], keep: ["c"] },
    {
      why: "a convolution that is an output",
      constants: { k: scalar(2) },
      nodes: [conv("x w", "c"), op("Mul", "c k", "y")],
      outputs: ["c", "y"],
    },
    {
      why: "a convolution with a second reader",
      constants: { k: scalar(2) },
      nodes: [conv("x w", "c"), op("Mul", "c k", "m"), op("Div", "m c", "y")],
    },
    { why: "a subtraction", constants: { k: scalar(2) }, nodes: [conv("x w", "c"), op("Sub", "k c", "y")] },
  ])("$why is not folded", ({ constants = {}, nodes, keep = [], outputs }) => {
    const graph = graphOf({ constants: { w, ...constants }, nodes, ...(outputs && { outputs }) });
    expect(describeNodes(optimize(graph, ...keep))).toEqual(graph.nodes.map(describeNode));
  });
});

describe("activations", () => {
  const bounds = { low: scalar(0), high: scalar(6) };

  test.each<{ node: Node; kind: string; alpha?: number; beta?: number }>([
    { node: op("Relu", "c", "y"), kind: "relu" },
    { node: op("LeakyRelu", "c", "y"), kind: "leakyRelu", alpha: 0.01 },
    { node: op("LeakyRelu", "c", "y", { alpha: 0.3 }), kind: "leakyRelu", alpha: 0.3 },
    { node: op("Sigmoid", "c", "y"), kind: "sigmoid" },
    { node: op("HardSigmoid", "c", "y"), kind: "hardSigmoid", alpha: 0.2, beta: 0.5 },
    { node: op("HardSwish", "c", "y"), kind: "hardSwish" },
    { node: op("Clip", "c low high", "y"), kind: "clip", alpha: 0, beta: 6 },
    { node: op("Clip", "c _ high", "y"), kind: "clip", alpha: -3.4028234663852886e38, beta: 6 },
    { node: op("Clip", "c low", "y"), kind: "clip", alpha: 0, beta: 3.4028234663852886e38 },
  ])("$node.operator is fused as $kind", ({ node, kind, alpha = 0, beta = 0 }) => {
    const optimized = optimize(graphOf({ constants: { w, ...bounds }, nodes: [conv("x w", "c"), node] }));
    expect(describeNodes(optimized)).toEqual([`Conv+${kind}(x w _ _)→y`]);
    const attributes = optimized.nodes[0]?.attributes;
    expect([attributes?.get("activation_alpha"), attributes?.get("activation_beta")]).toEqual([alpha, beta]);
    expect(attributes?.get("pads")).toEqual([1, 1, 1, 1]);
  });

  test("Clip's bounds were attributes before opset 11", () => {
    const graph = graphOf({ constants: { w }, nodes: [conv("x w", "c"), op("Clip", "c", "y", { min: -1, max: 1 })], opset: 10 });
    expect(describeNodes(optimize(graph))).toEqual(["Conv+clip(x w _ _)→y"]);
  });

  test("x · sigmoid(x) is fused as SiLU, after a BatchNormalization as well", () => {
    const constants = { w, s: noise([4]), v: Tensor.from("float32", [4], [1, 1, 1, 1]) };
    const nodes = [conv("x w", "c"), op("BatchNormalization", "c s s s v", "n"), op("Sigmoid", "n", "g"), op("Mul", "n g", "y")];
    expect(describeNodes(optimize(graphOf({ constants, nodes })))).toEqual([
      "Conv+silu(x y/folded weight y/folded bias _)→y".replaceAll("y/", "n/"),
    ]);
  });

  test.each<{ why: string; nodes: Node[]; keep?: string[]; outputs?: string[] }>([
    { why: "an observed convolution", nodes: [conv("x w", "c"), op("Relu", "c", "y")], keep: ["c"] },
    { why: "a convolution that is an output", nodes: [conv("x w", "c"), op("Relu", "c", "y")], outputs: ["c", "y"] },
    { why: "a convolution with two readers", nodes: [conv("x w", "c"), op("Relu", "c", "r"), op("Mul", "c r", "y")] },
    { why: "bounds that are computed", nodes: [conv("x w", "c"), op("ReduceMax", "x", "m", { keepdims: 0 }), op("Clip", "c _ m", "y")] },
    { why: "an observed gate of a SiLU", nodes: [conv("x w", "c"), op("Sigmoid", "c", "g"), op("Mul", "c g", "y")], keep: ["g"] },
    { why: "an operator that is no activation of ours", nodes: [conv("x w", "c"), op("Softplus", "c", "y")] },
  ])("$why is not fused", ({ nodes, keep = [], outputs }) => {
    const graph = graphOf({ constants: { w }, nodes, ...(outputs && { outputs }) });
    expect(describeNodes(optimize(graph, ...keep))).toEqual(graph.nodes.map(describeNode));
  });

  test("an observed activation is still fused: its value exists", () => {
    const graph = graphOf({ constants: { w }, nodes: [conv("x w", "c"), op("Relu", "c", "r"), op("Exp", "r", "y")] });
    expect(describeNodes(optimize(graph, "r"))).toEqual(["Conv+relu(x w _ _)→r", "Exp(r)→y"]);
  });

  test("a convolution whose weights are computed fuses too", () => {
    const graph = graphOf({ inputs: { x: [1, 3, 8, 8], w: [4, 3, 3, 3] }, nodes: [conv("x w", "c"), op("Relu", "c", "y")] });
    expect(describeNodes(optimize(graph))).toEqual(["Conv+relu(x w _ _)→y"]);
  });
});

describe("residuals", () => {
  const square = { inputs: { x: [1, 4, 8, 8] }, constants: { w: noise([4, 4, 3, 3]), v: noise([4, 4, 1, 1]), b: noise([4]) } };

  test("an identity block: the Add and its Relu end up in the second convolution", () => {
    const graph = graphOf({
      ...square,
      nodes: [conv("x w b", "c1"), op("Relu", "c1", "r1"), conv("r1 w b", "c2"), op("Add", "c2 x", "sum"), op("Relu", "sum", "y")],
    });
    expect(describeNodes(optimize(graph))).toEqual(["Conv+relu(x w b _)→r1", "Conv+relu(r1 w b x)→y"]);
  });

  test.each(["a d", "d a"])("a downsampling block, Add(%s): the later of its two convolutions takes the other", (operands) => {
    const graph = graphOf({
      ...square,
      nodes: [conv("x w", "a"), op("Conv", "x v", "d"), op("Add", operands, "sum"), op("Relu", "sum", "y")],
    });
    expect(describeNodes(optimize(graph))).toEqual(["Conv(x w)→a", "Conv+relu(x v _ a)→y"]);
  });

  test("of two convolutions the later one is observed: the earlier takes it instead", () => {
    const graph = graphOf({ ...square, nodes: [conv("x w", "a"), op("Conv", "x v", "d"), op("Add", "a d", "y")] });
    expect(describeNodes(optimize(graph, "d"))).toEqual(["Conv(x v)→d", "Conv+none(x w _ d)→y"]);
  });

  test("a residual that is computed after the convolution: the fused node stands where the Add stood", () => {
    const graph = graphOf({ ...square, nodes: [conv("x w", "c"), op("Exp", "x", "late"), op("Add", "late c", "y")] });
    expect(describeNodes(optimize(graph))).toEqual(["Exp(x)→late", "Conv+none(x w _ late)→y"]);
  });

  test("SiLU after a residual", () => {
    const nodes = [conv("x w", "c"), op("Add", "c x", "s"), op("Sigmoid", "s", "g"), op("Mul", "s g", "y")];
    expect(describeNodes(optimize(graphOf({ ...square, nodes })))).toEqual(["Conv+silu(x w _ x)→y"]);
  });

  test("a chain of residual blocks", () => {
    const nodes = [0, 1, 2].flatMap((i) => {
      const from = i === 0 ? "x" : `y${i - 1}`;
      return [conv(`${from} w`, `c${i}`), op("Add", `${from} c${i}`, `s${i}`), op("Relu", `s${i}`, `y${i}`)];
    });
    expect(describeNodes(optimize(graphOf({ ...square, nodes })))).toEqual([
      "Conv+relu(x w _ x)→y0",
      "Conv+relu(y0 w _ y0)→y1",
      "Conv+relu(y1 w _ y1)→y2",
    ]);
  });

  test("an observed sum is kept, and what follows stays apart", () => {
    const graph = graphOf({ ...square, nodes: [conv("x w", "c"), op("Add", "c x", "s"), op("Relu", "s", "y")] });
    expect(describeNodes(optimize(graph, "s"))).toEqual(["Conv+none(x w _ x)→s", "Relu(s)→y"]);
  });

  test.each<{ why: string; nodes: Node[]; keep?: string[] }>([
    { why: "an observed convolution", nodes: [conv("x w", "c"), op("Add", "c x", "y")], keep: ["c"] },
    { why: "a convolution added to itself", nodes: [conv("x w", "c"), op("Add", "c c", "y")] },
    { why: "a sum that broadcasts", nodes: [conv("x w", "c"), op("GlobalMaxPool", "x", "m"), op("Add", "c m", "y")] },
    { why: "a sum of three", nodes: [conv("x w", "c"), op("Sum", "c x x", "y")] },
  ])("$why is not fused", ({ nodes, keep = [] }) => {
    const graph = graphOf({ ...square, nodes });
    expect(describeNodes(optimize(graph, ...keep))).toEqual(graph.nodes.map(describeNode));
  });
});
