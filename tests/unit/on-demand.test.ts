// What the element has from the start is enough for the networks that people try first, and for all that the bench measures.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { networkNames } from "../../src/bench/cases.ts";
import { layerNames } from "../../src/bench/layers.ts";
import { fusedDomain, type Graph } from "../../src/engine/graph/graph.ts";
import arrays from "../../src/engine/ops/arrays/index.ts";
import { type CatalogOptions, loadCatalog, parts } from "../../src/engine/ops/catalog.ts";
import control from "../../src/engine/ops/control/index.ts";
import { foldScaleShift } from "../../src/engine/ops/convolution/fold-scale-shift.ts";
import lossScaling, { families as ofLossScaling } from "../../src/engine/ops/loss-scaling/index.ts";
import type { Operator, Target } from "../../src/engine/ops/operator.ts";
import quantised from "../../src/engine/ops/quantised/index.ts";
import sampling from "../../src/engine/ops/sampling/index.ts";
import sequences from "../../src/engine/ops/sequences/index.ts";
import usualTraining from "../../src/engine/ops/training/index.ts";
import rareTraining, { families as ofAnyCase } from "../../src/engine/ops/training/rare.ts";
import { families as ofSoftware } from "../../src/engine/ops/training/software.ts";
import { prepareGraph } from "../../src/engine/passes/index.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

const models: Readonly<Record<string, () => Promise<Graph>>> = {
  "mnist-trained.onnx": async () => {
    const { importModel } = await import("../../src/engine/onnx/import.ts");
    return importModel(readFileSync(new URL("../../models/mnist-trained.onnx", import.meta.url)));
  },
  ...benchModels("network", networkNames),
  ...benchModels("layer", layerNames),
};

function benchModels(kind: "network" | "layer", names: readonly string[]): Record<string, () => Promise<Graph>> {
  const build = async (name: string) => {
    const { buildTask } = await import("../../src/bench/cases.ts");
    return buildTask({ kind, name }).graph;
  };
  return Object.fromEntries(names.map((name) => [name, () => build(name)]));
}

const training = [...usualTraining, ...rareTraining];
const rareNames = rareTraining.map(({ name }) => name);

/** Adapters with few lanes, and with many. */
const targets = [{ profile: "software", sharingLanes: 4 }, {}] as const;

test.each(Object.keys(models))("%s needs no operator or kernel of the rarer part", async (name) => {
  const graph = await (models[name] as () => Promise<Graph>)();
  for (const target of targets) {
    const { catalog, obstacles } = await prepareGraph(graph, target);
    expect(obstacles).toEqual([]);
    expect(catalog.families.general).toBeUndefined();
  }
});

const conv = (kernel: readonly number[], size = 9, attributes = {}) =>
  graphOf({
    inputs: { x: [1, 8, size, size] },
    constants: { w: noise([8, 8, ...kernel]) },
    nodes: [op("Conv", "x w", "y", attributes)],
  });

const fetched = async (graph: Graph, target: Target): Promise<readonly string[]> => {
  const { families } = (await prepareGraph(graph, target)).catalog;
  return [...families.convolution.map(({ name }) => name), ...(families.general ? ["general"] : [])];
};

test.each([
  ["few lanes want no implicit GEMM", conv([5, 5]), targets[0], []],
  ["many lanes do", conv([5, 5]), targets[1], ["implicitGemmCandidates"]],
  ["a large 3×3 may be Winograd", conv([3, 3], 98), targets[0], ["winogradCandidates"]],
  ["a small one gains too little", conv([3, 3], 20), targets[0], []],
  ["one with strides cannot be", conv([3, 3], 98, { strides: [2, 2] }), targets[0], []],
  ["a rare operator brings what any case takes", graphOf({ nodes: [op("LRN", "x", "y", { size: 3 })] }), targets[0], ["general"]],
  [
    "so does a rare case",
    graphOf({ nodes: [op("MaxPool", "x", "y", { kernel_shape: [2, 2], dilations: [2, 2] })] }),
    targets[0],
    ["general"],
  ],
])("a page fetches what a graph and its adapter take: %s", async (_, graph, target, expected) => {
  expect(await fetched(graph, target as Target)).toEqual(expected);
});

test("what one model has fetched, no other sees", async () => {
  const before = await fetched(conv([5, 5]), {});
  await loadCatalog(undefined, { isComplete: true });
  await prepareGraph(graphOf({ nodes: [op("Resize", "x _ s", "y")], constants: { s: noise([4]) } }), {});
  expect(await fetched(conv([5, 5]), {})).toEqual(before);
});

test.each(parts)("the part with $names has these operators and no others", async ({ names, load }) => {
  expect(new Set([(await load()).default].flat().map(({ domain, name }) => domain + name))).toEqual(new Set(names));
});

test.each(Object.entries({ training, lossScaling, arrays, sampling, sequences, control, quantised }))(
  "the operators of %s are fetched for a graph that names one, each of them",
  async (_, part: readonly Operator[]) => {
    for (const one of part) {
      const node = { ...op(one.name, "x", "y"), domain: one.domain };
      const { operators } = await loadCatalog(graphOf({ nodes: [node] }), {});
      expect(operators).toContain(one);
    }
    const { operators } = await loadCatalog(graphOf({ nodes: [op("Resize", "x", "y")] }), {});
    expect(operators.filter((one) => part.includes(one))).toEqual([]);
  },
);

test("what scales a loss is fetched for trainings that scale it, and in no other", async () => {
  const scaling = async (options: CatalogOptions, graph?: Graph) => (await loadCatalog(graph, options)).families.scaling;
  expect(await scaling({ isForTraining: true })).toBeUndefined();
  expect(await scaling({ isForTraining: "scaled" })).toBe(ofLossScaling.scaling);
  const update = { ...op("Update", "x", "y"), domain: "convcam" };
  expect(await scaling({}, graphOf({ nodes: [update] }))).toBeUndefined();
});

test.each([
  ["cross-entropy of convolutions and dense layers", op("Conv", "x w", "y"), {}, []],
  [
    "a GPU made of software: kernels that are faster there",
    op("Conv", "x w", "y"),
    { profile: "software" } as const,
    Object.keys(ofSoftware),
  ],
  ["a BatchNormalization", op("BatchNormalization", "x s b m v", "y"), {}, [...rareNames, ...Object.keys(ofAnyCase)]],
  ["a Dropout", op("Dropout", "x", "y"), {}, [...rareNames, ...Object.keys(ofAnyCase)]],
])("training fetches what a graph and its adapter take besides: %s", async (_, node, target, expected) => {
  const catalog = await loadCatalog(graphOf({ nodes: [node] }), { target, isForTraining: true });
  for (const one of usualTraining) expect(catalog.operators).toContain(one);
  const found = rareTraining.filter((one) => catalog.operators.includes(one)).map(({ name }) => name);
  const families = [...Object.keys(ofSoftware), ...Object.keys(ofAnyCase)].filter((name) => name in catalog.families);
  expect([...found, ...families]).toEqual(expected);
});

test("a gradient of weights with three axes of places fetches the kernel for any case", async () => {
  const graph = graphOf({
    inputs: { x: [1, 2, 4, 4, 4], dy: [1, 3, 3, 3, 3] },
    nodes: [{ ...op("ConvWeightGradient", "dy x", "dw", { kernel_shape: [2, 2, 2] }), domain: fusedDomain }],
  });
  const { operations, obstacles } = await prepareGraph(graph, {});
  expect(obstacles).toEqual([]);
  expect([...operations.values()].map((operation) => operation.kernels?.({}).map(({ name }) => name))).toEqual([["general"]]);
});

test("training's kernels are in catalogs for training, and in no other", async () => {
  const { families } = await loadCatalog(undefined, { hasRareCases: true, target: { profile: "software" } });
  for (const name of [...Object.keys(ofSoftware), ...Object.keys(ofAnyCase)]) expect(families).not.toHaveProperty(name);
});

test.each([
  ["Relu", []],
  ["GlobalMaxPool", ["GlobalAveragePool", "GlobalMaxPool"]],
  ["Concat", ["Concat", "Transpose"]],
])("a graph of %s fetches %s of those that many networks do without", async (operator, expected) => {
  const { catalog } = await prepareGraph(graphOf({ nodes: [op(operator, "x", "y")] }), {});
  expect(parts.flatMap(({ names }) => names.filter((name) => catalog.find("", name)))).toEqual(expected);
});

test.each([
  ["what a BatchNormalization does", "s b m v", op("BatchNormalization", "c s b m v", "y"), 1],
  ["a Mul by a constant", "s", op("Mul", "c s", "y"), 1],
  ["an Add of two values does not ask for it", "", op("Add", "c c", "y"), 0],
])("a graph fetches what folds into convolutions: %s", async (_, names, node, count) => {
  const constants = Object.fromEntries(names.split(" ").flatMap((name) => (name ? [[name, noise([4])]] : [])));
  const graph = graphOf({
    inputs: { x: [1, 2, 4, 4] },
    constants: { w: noise([4, 2, 1, 1]), ...constants },
    nodes: [op("Conv", "x w", "c"), node],
  });
  const { passes } = await loadCatalog(graph, { target: {} });
  expect(passes.filter((pass) => pass === foldScaleShift)).toHaveLength(count);
});
