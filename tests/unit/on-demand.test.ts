// What the element has from the start is enough for the networks that people try first, and for all that the bench measures.
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { networkNames } from "../../src/bench/cases.ts";
import { layerNames } from "../../src/bench/layers.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";

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

test.each(Object.keys(models))("%s needs no operator that is loaded on demand", async (name) => {
  // Test files start with everything loaded.
  vi.resetModules();
  const { findOperator, loadKernels, operatorNames } = await import("../../src/engine/ops/index.ts");
  const { inferGraph } = await import("../../src/engine/passes/infer.ts");
  expect(operatorNames()).not.toContain(":Resize");
  const graph = await (models[name] as () => Promise<Graph>)();
  expect(graph.nodes.filter(({ domain, operator }) => !findOperator(domain, operator))).toEqual([]);
  const { operations } = inferGraph(graph);
  for (const subgroupSize of [4, undefined]) expect(await loadKernels(operations.values(), { subgroupSize })).toBe(false);
});
