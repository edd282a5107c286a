// Which layers are drawn, and which first.
import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { defaultLayers, drawableLayers, parseLayerChoices } from "../../src/ui/layers.ts";

/** A chain of operators; the value after each is called by its operator and position. */
function chainOf(operators: readonly string[]): Graph {
  const nameAt = (i: number) => (i < 0 ? "x" : `${operators[i]}${i}`);
  return {
    name: "test",
    opsets: new Map([["", 20]]),
    metadata: new Map(),
    inputs: [{ name: "x", dtype: "float32", shape: [1, 3, 8, 8] }],
    outputs: [nameAt(operators.length - 1)],
    initializers: new Map(),
    nodes: operators.map((operator, i) => ({
      name: nameAt(i),
      operator,
      domain: "",
      inputs: [nameAt(i - 1)],
      outputs: [nameAt(i)],
      attributes: new Map(),
    })),
  };
}

function layersOf(graph: Graph) {
  const rows = graph.nodes.map(({ name, operator, outputs }) => ({ name, operator, outputs, shape: [1, 4, 2, 2] }));
  return drawableLayers([{ name: "x", shape: [1, 3, 8, 8] }], rows);
}

describe("defaultLayers", () => {
  const cases = [
    { why: "a chain shows its end", operators: ["Conv", "BatchNormalization", "Relu", "MaxPool"], expected: ["x", "Relu2", "MaxPool3"] },
    { why: "views are left out", operators: ["Conv", "Relu", "Dropout", "Flatten", "Gemm"], expected: ["x", "Relu1", "Gemm4"] },
    { why: "a pool before Dropout is an end", operators: ["MaxPool", "Dropout", "Gemm"], expected: ["x", "MaxPool0", "Gemm2"] },
    { why: "a probability is the end of its layer", operators: ["Gemm", "Softmax"], expected: ["x", "Softmax1"] },
  ];
  it.each(cases)("$why", ({ operators, expected }) => {
    const graph = chainOf(operators);
    expect(defaultLayers(graph, layersOf(graph))).toEqual(expected);
  });

  it("chooses evenly from a long network, first and last among them", () => {
    const graph = chainOf(Array.from({ length: 40 }, () => "Conv"));
    const chosen = defaultLayers(graph, layersOf(graph), 5);
    expect(chosen.length).toBe(5);
    expect(chosen.slice(0, 2)).toEqual(["x", "Conv0"]);
    expect(chosen.at(-1)).toBe("Conv39");
  });

  it("prefers the last layer of each resolution", () => {
    const graph = chainOf(Array.from({ length: 30 }, () => "Conv"));
    const rows = graph.nodes.map(({ name, operator, outputs }, i) => ({
      name,
      operator,
      outputs,
      shape: [1, 4, i < 10 ? 8 : 4, i < 10 ? 8 : 4],
    }));
    const chosen = defaultLayers(graph, drawableLayers([{ name: "x", shape: [1, 3, 8, 8] }], rows), 6);
    expect(chosen.length).toBe(6);
    expect(chosen).toEqual(expect.arrayContaining(["x", "Conv0", "Conv9", "Conv29"]));
  });
});

describe("parseLayerChoices", () => {
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
