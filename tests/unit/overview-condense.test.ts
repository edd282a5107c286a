// A network as few nodes: which graph nodes become one, what is shown for it and what it is called.
import { describe, expect, it, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { drawableLayers } from "../../src/ui/drawable-layers.ts";
import { condense, type Overview } from "../../src/ui/overview/condense.ts";
import type { NetworkFacts } from "../../src/ui/overview/facts.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { factsOfGraph, factsOfNetwork, overviewNetworks } from "../support/overview.ts";

const constants: Readonly<Record<string, Tensor>> = {
  w: noise([3, 3, 1, 1]),
  k: noise([3, 3, 3, 3]),
  each: noise([3, 1, 3, 3]),
  p: noise([3]),
  q: noise([3, 1, 1]),
  s: Tensor.float32([], Float32Array.of(2)),
  zero: Tensor.float32([], Float32Array.of(0)),
  origin: Tensor.from("uint8", [], [128]),
  bytes: Tensor.from("uint8", [3, 3, 3, 3], new Array(81).fill(7)),
  six: Tensor.float32([], Float32Array.of(6)),
  flat: ints(1, 192),
  square: ints(1, 3, 8, 8),
  halves: ints(1, 2),
  g: noise([192, 5]),
  e: noise([192, 192]),
};

async function factsOf(nodes: readonly Node[], outputs?: readonly string[]): Promise<NetworkFacts> {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const read = Object.fromEntries(Object.entries(constants).filter(([name]) => used.has(name)));
  return factsOfGraph(graphOf({ constants: read, nodes, ...(outputs && { outputs }) }));
}

/** One line a node: `title → value ← sources`. */
function linesOf({ nodes, edges }: Overview): string[] {
  return nodes.map(({ id, title }) => {
    const sources = edges.flatMap(({ from, to }) => (to === id ? [from] : []));
    return `${title} → ${id}${sources.length > 0 ? ` ← ${sources.join(" ")}` : ""}`;
  });
}

const conv = op("Conv", "x k", "c", { pads: [1, 1, 1, 1] });
const next = (input: string, output = "y") => op("Conv", `${input} w`, output);
const pool = (input: string, output: string) => op("MaxPool", input, output, { kernel_shape: [2, 2], strides: [2, 2] });

const cases: readonly { why: string; nodes: readonly Node[]; outputs?: string[]; expected: readonly string[] }[] = [
  {
    why: "a convolution, its normalization and its activation are one",
    nodes: [conv, op("BatchNormalization", "c p p p p", "n"), op("Relu", "n", "r"), pool("r", "m")],
    expected: ["Conv 3×3 + ReLU → r ← x", "max pool 2×2 → m ← r"],
  },
  {
    why: "a bias of its own is part of it",
    nodes: [conv, op("Add", "c q", "a"), op("Relu", "a", "r")],
    expected: ["Conv 3×3 + ReLU → r ← x"],
  },
  {
    why: "a value that two read ends its node",
    nodes: [conv, op("Relu", "c", "r"), op("Add", "c r", "y")],
    expected: ["Conv 3×3 → c ← x", "ReLU → r ← c", "add → y ← c r"],
  },
  {
    why: "an output of the network ends its node",
    nodes: [op("Flatten", "x", "f"), op("Gemm", "f g", "logits"), op("Softmax", "logits", "y")],
    outputs: ["logits", "y"],
    expected: ["dense → logits ← x", "softmax → y ← logits"],
  },
  {
    why: "views and Dropout vanish, and maps are shown rather than the same numbers in a row",
    nodes: [conv, op("Dropout", "c", "d"), op("Relu", "d", "r"), op("Flatten", "r", "f"), op("Identity", "f", "i"), op("Gemm", "i g", "y")],
    expected: ["Conv 3×3 + ReLU → r ← x", "dense → y ← r"],
  },
  {
    why: "a view that makes a picture of a vector is shown",
    nodes: [op("Flatten", "x", "f"), op("Gemm", "f e", "h"), op("Reshape", "h square", "v"), next("v")],
    expected: ["dense → v ← x", "Conv 1×1 → y ← v"],
  },
  {
    why: "a view that is an output of the network is shown",
    nodes: [op("GlobalAveragePool", "x", "a"), op("Flatten", "a", "y")],
    expected: ["global average pool → y ← x"],
  },
  {
    why: "preparing the picture is no part of the input",
    nodes: [op("Sub", "x q", "a"), op("Div", "a q", "b"), next("b")],
    expected: ["shift → b ← x", "Conv 1×1 → y ← b"],
  },
  {
    why: "x · sigmoid(x) is one activation",
    nodes: [conv, op("Sigmoid", "c", "s1"), op("Mul", "c s1", "m"), next("m")],
    expected: ["Conv 3×3 + SiLU → m ← x", "Conv 1×1 → y ← m"],
  },
  {
    why: "so is hard swish, written out, and what follows it",
    nodes: [conv, op("Add", "c s", "a"), op("Clip", "a zero six", "b"), op("Mul", "c b", "m"), op("Div", "m s", "h"), next("h")],
    expected: ["Conv 3×3 + hard swish → h ← x", "Conv 1×1 → y ← h"],
  },
  {
    why: "a gate that somebody else reads is a node",
    nodes: [conv, op("Sigmoid", "c", "s1"), op("Mul", "c s1", "m"), op("Add", "m s1", "y")],
    expected: ["Conv 3×3 → c ← x", "sigmoid → s1 ← c", "multiply → m ← c s1", "add → y ← m s1"],
  },
  { why: "Clip from 0 to 6 is ReLU6", nodes: [conv, op("Clip", "c zero six", "y")], expected: ["Conv 3×3 + ReLU6 → y ← x"] },
  {
    why: "convolutions of single channels are depthwise",
    nodes: [op("Conv", "x each", "y", { group: 3 })],
    expected: ["depthwise Conv 3×3 → y ← x"],
  },
  {
    why: "constants are no nodes, nor is what is computed from them",
    nodes: [op("Mul", "w s", "v"), op("Conv", "x v", "y", { kernel_shape: [1, 1] })],
    expected: ["Conv 1×1 → y ← x"],
  },
  {
    why: "a part of several goes on alone",
    nodes: [op("Split", "x halves", "a b", { axis: 1 }), op("Relu", "a", "r"), op("Concat", "r b", "y", { axis: 1 })],
    expected: ["split → a ← x", "ReLU → r ← a", "concat → y ← r a"],
  },
  { why: "a value read twice by one node is one edge", nodes: [op("Add", "x x", "y")], expected: ["add → y ← x"] },
];

test.each(cases)("$why", async ({ nodes, outputs, expected }) => {
  const overview = condense(await factsOf(nodes, outputs));
  expect(linesOf(overview)).toEqual(["input → x", ...expected]);
});

describe("a node", () => {
  it("has the names, values, parameters and multiply-adds of all that it stands for", async () => {
    const { nodes } = condense(await factsOf([conv, op("BatchNormalization", "c p p p p", "n"), op("Relu", "n", "r")]));
    expect(nodes[1]).toMatchObject({
      names: ["c", "n", "r"],
      operators: ["Conv", "BatchNormalization", "Relu"],
      values: ["c", "n", "r"],
      outputs: ["r"],
      shape: [1, 3, 8, 8],
      // The normalization reads one parameter four times.
      parameterCount: 81 + 3,
      macs: 27 * 3 * 64,
    });
  });

  it("says why it cannot run", async () => {
    const { nodes, edges } = condense(await factsOf([conv, op("Mystery", "c", "m"), op("Relu", "m", "r"), op("Mystery", "r", "y")]));
    expect(nodes.map(({ title, obstacles }) => [title, obstacles.length])).toEqual([
      ["input", 0],
      ["Conv 3×3", 0],
      ["mystery + ReLU", 1],
      ["mystery", 1],
    ]);
    expect(nodes[2]?.obstacles[0]).toMatch(/^Mystery \(2 nodes, first 'm'\): the operator is not supported/);
    expect(edges.length).toBe(3);
  });
});

test("of a quantised network each layer is a node, and weights are none", async () => {
  const quantise = (input: string, output: string) => [
    op("QuantizeLinear", `${input} s origin`, `${output}q`),
    op("DequantizeLinear", `${output}q s origin`, output),
  ];
  const nodes = [
    ...quantise("x", "a"),
    op("DequantizeLinear", "bytes s origin", "v"),
    op("Conv", "a v", "c", { kernel_shape: [3, 3] }),
    op("Relu", "c", "r"),
    ...quantise("r", "y"),
  ];
  const overview = condense(await factsOf(nodes));
  expect(linesOf(overview)).toEqual(["input → x", "quantize → a ← x", "Conv 3×3 + ReLU → y ← a"]);
  expect(overview.nodes.flatMap(({ obstacles }) => obstacles)).toEqual([]);
});

describe("constants that nodes compute", () => {
  it("are counted once, however often each is read", async () => {
    // Each doubles what the one before read; behind an obstacle nothing is folded.
    const doubled = Array.from({ length: 200 }, (_, i) => op("Add", `c${i} c${i}`, `c${i + 1}`));
    const nodes = [op("RandomUniform", "", "c0", { shape: [1] }), ...doubled, op("Add", "x c200", "y")];
    const overview = condense(await factsOf(nodes));
    expect(overview.nodes.map(({ names }) => names)).toEqual([[], nodes.map(({ name }) => name)]);
  });

  it("belong to the first that reads them, in the order of execution", async () => {
    const nodes = [
      op("RandomUniform", "", "r", { shape: [3, 3, 1, 1] }),
      op("Abs", "r", "a"),
      op("Neg", "r", "b"),
      op("Add", "b a", "c"),
      op("Conv", "x a", "d", { kernel_shape: [1, 1] }),
      op("Conv", "d c", "y", { kernel_shape: [1, 1] }),
    ];
    const overview = condense(await factsOf(nodes));
    expect(overview.nodes.map(({ names }) => names)).toEqual([[], ["r", "a", "d"], ["b", "c", "y"]]);
  });
});

test("what reads from inside, as If does, is a node", async () => {
  const overview = condense(await factsOf([conv, op("If", "s", "i"), op("Relu", "i", "y")]));
  expect(linesOf(overview)).toEqual(["input → x", "Conv 3×3 → c ← x", "if + ReLU → y"]);
});

describe.each(overviewNetworks)("%s", (name) => {
  it("has every value that can be drawn in one node, and the edges of the graph", async () => {
    const network = await factsOfNetwork(name);
    if (!network) return;
    const overview = condense(network);
    const home = new Map<string, string>();
    for (const { id, values } of overview.nodes) {
      expect(values).toContain(id);
      for (const value of values) {
        expect(home.has(value), value).toBe(false);
        home.set(value, id);
      }
    }
    // What depends on no input is a constant.
    const depending = new Set(network.inputs.map((input) => input.name));
    for (const { inputs, outputs } of network.layers)
      if (inputs.some((input) => depending.has(input))) for (const output of outputs) depending.add(output);
    const inputs = network.inputs.flatMap(({ name, shape }) => (shape ? [{ name, shape }] : []));
    const drawable = drawableLayers(inputs, network.layers).map(({ value }) => value);
    expect(drawable.filter((value) => depending.has(value) && !home.has(value))).toEqual([]);

    const expected = new Set(
      network.layers.flatMap(({ inputs, outputs: [output = ""] }) =>
        inputs.flatMap((input) =>
          home.has(input) && home.get(input) !== home.get(output) ? `${home.get(input)} → ${home.get(output)}` : [],
        ),
      ),
    );
    expect(overview.edges.map(({ from, to }) => `${from} → ${to}`).toSorted()).toEqual([...expected].toSorted());
    const position = new Map(overview.nodes.map(({ id }, i) => [id, i]));
    for (const { from, to } of overview.edges) expect(position.get(from)).toBeLessThan(position.get(to) as number);
    const sum = (count: "parameterCount" | "macs") => network.layers.reduce((total, layer) => total + layer[count], 0);
    for (const count of ["parameterCount", "macs"] as const)
      expect(overview.nodes.reduce((total, node) => total + node[count], 0)).toBe(sum(count));
  });
});
