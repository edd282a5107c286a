// Which layers are drawn, and which first.
import { describe, expect, it } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { summarize } from "../../src/engine/summary.ts";
import { defaultLayers, drawableLayers } from "../../src/ui/drawable-layers.ts";
import { chooseLayers, parseLayerChoices } from "../../src/ui/layers.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

/** What inference tells of these nodes, whose input is `x`. */
function layersOf(...nodes: readonly Node[]) {
  const constants = { w: noise([3, 3, 1, 1]), p: noise([3]), q: noise([3, 1, 1]), g: noise([192, 5]) };
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const read = Object.fromEntries(Object.entries(constants).filter(([name]) => used.has(name)));
  const graph = graphOf({ constants: read, nodes });
  return drawableLayers([{ name: "x", shape: [1, 3, 8, 8] }], summarize(graph, inferGraph(graph, everything)).layers);
}

const conv = op("Conv", "x w", "c");
const norm = op("BatchNormalization", "c p p p p", "n");
const pool = (input: string, output: string) => op("MaxPool", input, output, { kernel_shape: [2, 2], strides: [2, 2] });

/** Convolutions one after the other, from a value on. */
const convolutions = (count: number, from = "x", prefix = "c") =>
  Array.from({ length: count }, (_, i) => op("Conv", `${i === 0 ? from : `${prefix}${i - 1}`} w`, `${prefix}${i}`));

describe("defaultLayers", () => {
  const cases: readonly { why: string; nodes: readonly Node[]; expected: readonly string[] }[] = [
    { why: "a chain shows its end", nodes: [conv, norm, op("Relu", "n", "r"), pool("r", "m")], expected: ["x", "r", "m"] },
    { why: "a bias of its own is part of it", nodes: [conv, op("Add", "c q", "a"), op("Relu", "a", "r")], expected: ["x", "r"] },
    {
      why: "a value that two read is shown",
      nodes: [conv, op("Sigmoid", "c", "s"), op("Mul", "c s", "y")],
      expected: ["x", "c", "s", "y"],
    },
    {
      why: "views are left out",
      nodes: [conv, op("Relu", "c", "r"), op("Dropout", "r", "d"), op("Flatten", "d", "f"), op("Gemm", "f g", "y")],
      expected: ["x", "r", "y"],
    },
    {
      why: "a pool before Dropout is an end",
      nodes: [pool("x", "m"), op("Dropout", "m", "d"), op("Conv", "d w", "y")],
      expected: ["x", "m", "y"],
    },
    {
      why: "a probability is the end of its layer",
      nodes: [op("Flatten", "x", "f"), op("Gemm", "f g", "h"), op("Softmax", "h", "y")],
      expected: ["x", "y"],
    },
    { why: "what an operator nobody knows reads is shown", nodes: [conv, op("Mystery", "c", "m")], expected: ["x", "c"] },
  ];
  it.each(cases)("$why", ({ nodes, expected }) => {
    expect(defaultLayers(layersOf(...nodes))).toEqual(expected);
  });

  it("chooses evenly from a long network, first and last among them", () => {
    const chosen = defaultLayers(layersOf(...convolutions(40)), 5);
    expect(chosen.length).toBe(5);
    expect(chosen.slice(0, 2)).toEqual(["x", "c0"]);
    expect(chosen.at(-1)).toBe("c39");
  });

  it("prefers the last layer of each resolution", () => {
    const chosen = defaultLayers(layersOf(...convolutions(10), pool("c9", "m"), ...convolutions(20, "m", "d")), 6);
    expect(chosen.length).toBe(6);
    expect(chosen).toEqual(expect.arrayContaining(["x", "c0", "c9", "d19"]));
  });
});

describe("parseLayerChoices", () => {
  it("takes JSON for names with commas in them", () => {
    const known = new Set(["a,b", "c", "[d", "[e]"]);
    const valuesOf = (text: string) => parseLayerChoices(text, known).choices.map(({ value }) => value);
    expect([valuesOf('["a,b","c"]'), valuesOf("[d,c"), valuesOf("[e]")]).toEqual([["a,b", "c"], ["[d", "c"], ["[e]"]]);
  });

  const known = new Set(["a", "b", "c+d", "e@nhwc"]);
  it("reads what somebody says of the axes", () => {
    expect(parseLayerChoices("a@nhwc, a+b@chw, c+d@n_hw, e@nhwc, e@nhwc@nhw, a@xyz, @nhwc", known)).toEqual({
      choices: [
        { value: "a", axes: "nhwc" },
        { value: "a", compare: "b", axes: "chw" },
        { value: "c+d", axes: "n_hw" },
        { value: "e@nhwc" },
        { value: "e@nhwc", axes: "nhw" },
      ],
      unknown: ["a@xyz", "@nhwc"],
    });
  });

  it("reads names, pairs and names that hold a plus sign, and lists what it does not know", () => {
    expect(parseLayerChoices("a, b+a,c+d, e,", known)).toEqual({
      choices: [{ value: "a" }, { value: "b", compare: "a" }, { value: "c+d" }],
      unknown: ["e"],
    });
  });
});

it("an address that asks for four billion channels gets a list of a bounded length", () => {
  const { choices } = parseLayerChoices("conv_1[3-4000000000]", new Set(["conv_1"]));
  const [{ channels = [] } = {}] = choices;
  expect(channels[0]).toBe(3);
  expect(channels.length).toBeLessThan(100_000);
});

describe("chooseLayers", () => {
  const layers = layersOf(conv, norm);
  const chosen = (text: string) => chooseLayers(text, layers, ["n"]).choices.map(({ value }) => value);

  it("takes all, none, those that are named, or a choice where nothing is said", () => {
    expect(chosen("all")).toEqual(["x", "c", "n"]);
    expect(chosen("[]")).toEqual([]);
    expect(chosen("c")).toEqual(["c"]);
    expect(chosen("")).toEqual(["n"]);
  });
});
