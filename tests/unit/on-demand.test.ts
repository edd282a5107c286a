// What the element has from the start is enough for the networks that people try first.
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { networkNames } from "../../bench/cases.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";

const models: Readonly<Record<string, () => Promise<Graph>>> = {
  "mnist-trained.onnx": async () => {
    const { importModel } = await import("../../src/engine/onnx/import.ts");
    return importModel(readFileSync(new URL("../../models/mnist-trained.onnx", import.meta.url)));
  },
  ...Object.fromEntries(
    networkNames.map((name) => [
      name,
      async () => {
        const { buildTask } = await import("../../bench/cases.ts");
        return buildTask({ kind: "network", name }).graph;
      },
    ]),
  ),
};

test.each(Object.keys(models))("%s needs nothing that is loaded on demand", async (name) => {
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
