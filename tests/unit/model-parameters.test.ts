// Which constants can be parameters, whom they belong to, and what they are before any training.
import { expect, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { constantsOf, usesOf, withParameters } from "../../src/engine/passes/parameters.ts";
import { isWeight, untrained } from "../../src/engine/reinitialize.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { filled, graphOf, ints, noise, op } from "../support/graphs.ts";

const scalar = (value: number) => Tensor.from("float32", [], [value]);
const vector = (length: number) => noise([length], 3);

/** x → (x − mean) / 2 → Conv with a weight in 16 bits → x · γ + β → Relu6 → Upsample → ConvTranspose → MatMul. */
const file = graphOf({
  inputs: { x: [1, 3, 4, 4] },
  constants: {
    mean: noise([1, 3, 1, 1]),
    two: scalar(2),
    w16: Tensor.from("float16", [8, 3, 3, 3], noise([8, 3, 3, 3]).toNumbers()),
    gamma: noise([8, 1, 1]),
    beta: noise([8, 1, 1], 2),
    six: scalar(6),
    zero: scalar(0),
    none: Tensor.float32([0], new Float32Array(0)),
    scales: Tensor.from("float32", [4], [1, 1, 2, 2]),
    up: noise([8, 2, 2, 2]),
    flat: ints(1, -1),
    dense: noise([5, 512], 4),
    unread: vector(4),
  },
  nodes: [
    op("Sub", "x mean", "centred"),
    op("Div", "centred two", "input"),
    op("Cast", "w16", "w", { to: 1 }),
    { ...op("Constant", "", "b", { value: vector(8) }), name: "bias node" },
    op("Conv", "input w b", "conv", { pads: [1, 1, 1, 1] }),
    op("Mul", "conv gamma", "scaled"),
    op("Add", "scaled beta", "shifted"),
    op("Clip", "shifted zero six", "clip"),
    op("Resize", "clip none scales", "large", { mode: "nearest" }),
    op("ConvTranspose", "large up", "twice", { strides: [2, 2], group: 2 }),
    op("Reshape", "twice flat", "row"),
    op("Slice", "row starts ends axes", "short"),
    op("Transpose", "dense", "turned", { perm: [1, 0] }),
    op("MatMul", "short turned", "y"),
  ],
});
const graph = {
  ...file,
  initializers: new Map([...file.initializers, ["starts", ints(0)], ["ends", ints(512)], ["axes", ints(1)]] as const),
};

test("floats with axes that no operator must know at load, behind Constant nodes as well", () => {
  const { parameters } = withParameters(graph, inferGraph(graph, everything), true);
  expect([...parameters.keys()].sort()).toEqual(["b", "beta", "dense", "gamma", "mean", "up", "w16"]);
  expect([...constantsOf(graph).keys()]).toContain("b");
});

test("numbers without axes where they are named, and errors for what cannot be one", () => {
  const inference = inferGraph(graph, everything);
  expect([...withParameters(graph, inference, ["two", "b"]).parameters.keys()].sort()).toEqual(["b", "two"]);
  expect(() => withParameters(graph, inference, ["gam"])).toThrow(
    "'gam' cannot be a parameter: no node reads a floating-point constant of that name. Did you mean 'gamma'?",
  );
  expect(() => withParameters(graph, inference, ["flat"])).toThrow("'flat' cannot be a parameter");
  expect(() => withParameters(graph, inference, ["unread"])).toThrow("'unread' cannot be a parameter");
  expect(() => withParameters(graph, inference, ["b", "scales"])).toThrow("'scales' cannot be a parameter: Resize 'large'");
});

test("a parameter belongs to the first node that computes with it, whatever moves it there", () => {
  const { graph: typed } = withParameters(graph, inferGraph(graph, everything), true);
  const uses = usesOf(typed);
  const found = Array.from(uses, ([name, { node, index, isBehindLayer }]) => [name, `${node.name} ${index}`, isBehindLayer]);
  expect(Object.fromEntries(found.map(([name, ...rest]) => [name, rest]))).toEqual({
    mean: ["centred 1", false],
    w16: ["conv 1", false],
    b: ["conv 2", false],
    gamma: ["scaled 1", true],
    beta: ["shifted 1", true],
    up: ["twice 1", true],
    dense: ["y 1", true],
  });
});

test("before training weights are normal by fan-in, vectors change nothing, and the input is prepared as before", () => {
  const { graph: typed, parameters } = withParameters(graph, inferGraph(graph, everything), true);
  const uses = usesOf(typed);
  const blank = (name: string, seed = 1) => untrained(name, parameters.get(name) as Tensor, uses.get(name), seed);
  const variance = (name: string) =>
    blank(name)
      .toNumbers()
      .reduce((sum, v) => sum + v * v, 0) / blank(name).size;
  expect(blank("mean")).toBe(parameters.get("mean"));
  expect(new Set(blank("gamma").toNumbers())).toEqual(new Set([1]));
  for (const name of ["b", "beta"]) expect(new Set(blank(name).toNumbers())).toEqual(new Set([0]));
  // Fan-ins: 3 · 3 · 3; 8 / 2 groups · 2 · 2; 512 of the matrix as MatMul reads it.
  for (const [name, fanIn, tolerance] of [
    ["w16", 27, 0.4],
    ["up", 16, 0.5],
    ["dense", 512, 0.12],
  ] as const)
    expect(Math.abs((variance(name) * fanIn) / 2 - 1), name).toBeLessThan(tolerance);
  expect(blank("w16").dtype).toBe("float16");
  expect(blank("dense")).toEqual(blank("dense"));
  expect(blank("dense", 2)).not.toEqual(blank("dense"));
  expect(blank("dense", -1).toNumbers().every(Number.isFinite)).toBe(true);
});

test("the bias of a layer of one unit learns, and a number of a formula does not", () => {
  const small = graphOf({
    inputs: { x: [1, 1, 4, 4] },
    constants: { w: filled([1, 1, 3, 3], () => 1), bias: filled([1], () => 2), slope: filled([1], () => 0.1), six: filled([1], () => 6) },
    nodes: [op("Conv", "x w bias", "conv"), op("PRelu", "conv slope", "bent"), op("Div", "bent six", "y")],
  });
  const { graph: typed, parameters } = withParameters(small, inferGraph(small, everything), true);
  const uses = usesOf(typed);
  const learns = (name: string) => isWeight(parameters.get(name) as Tensor, uses.get(name));
  expect(["w", "bias", "slope", "six"].map(learns)).toEqual([true, true, true, false]);
  expect(untrained("bias", parameters.get("bias") as Tensor, uses.get("bias"), 1).toNumbers()).toEqual([0]);
});
