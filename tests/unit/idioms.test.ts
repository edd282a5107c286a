// What exporters write as several nodes becomes one, where nobody needs what is computed on the way.
import { expect, test } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadCatalog } from "../../src/engine/ops/catalog.ts";
import { passes } from "../../src/engine/ops/idioms/index.ts";
import { optimizeGraph, prepareGraph } from "../../src/engine/passes/index.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import {
  activationCases,
  convolutionCases,
  describeFused,
  line,
  nearMisses,
  normalizationCases,
  productCases,
} from "../support/idiom-cases.ts";
import { keptTransposes, transposeCases } from "../support/transpose-cases.ts";

function optimized(graph: Graph, keep: readonly string[] = []): readonly string[] {
  const inference = optimizeGraph(graph, everything, { keep: new Set(keep) });
  expect(inference.obstacles).toEqual([]);
  return inference.graph.nodes.map(describeFused);
}

test.each([...activationCases, ...convolutionCases, ...normalizationCases, ...productCases])(
  "$why becomes one node",
  ({ graph, after }) => {
    expect(optimized(graph)).toEqual(after);
  },
);

test.each([...nearMisses, ...keptTransposes])("$why: nodes stay as they are", ({ graph, keep }) => {
  expect(optimized(graph, keep)).toEqual(graph.nodes.map(describeFused));
});

test.each([...activationCases, ...normalizationCases, ...productCases, ...transposeCases])(
  "$why: every value that is observed exists as it is",
  ({ graph }) => {
    const { types } = inferGraph(graph, everything).graph;
    for (const value of graph.nodes.flatMap(({ outputs }) => outputs)) {
      const inference = optimizeGraph(graph, everything, { keep: new Set([value]) });
      expect(inference.graph.nodes.flatMap(({ outputs }) => outputs)).toContain(value);
      expect(inference.graph.types.get(value)).toEqual(types.get(value));
    }
  },
);

test("what convolutions compute is observed, and SiLU behind it is one node of its own", () => {
  const graph = graphOf({ constants: { w: noise([4, 3, 3, 3]) }, nodes: [op("Conv", "x w", "c"), line("Sigmoid c g"), line("Mul g c y")] });
  expect(optimized(graph, ["c"])).toEqual(["Conv(x w)→c", "silu(c)→y"]);
});

test("a scale may be a parameter, as in a network that learns", () => {
  const found = normalizationCases[0]?.graph as Graph;
  const parameters = new Map([["scale", noise([8])]]);
  expect(optimized({ ...found, parameters })).toEqual(normalizationCases[0]?.after);
});

test.each([
  ["a product", [line("MatMul x w y")], true],
  ["a quotient", [line("Div x w y")], true],
  ["a Transpose", [line("Transpose x y")], true],
  ["convolutions and Relu", [line("Conv x w c"), line("Relu c y")], false],
])("a graph fetches what knows idioms: %s", async (_, nodes, isFetched) => {
  const catalog = await loadCatalog(graphOf({ constants: { w: noise([4, 3, 1, 1]) }, nodes }), { target: {} });
  expect(catalog.passes.filter((pass) => passes.includes(pass)).length > 0).toBe(isFetched);
});

test.each([...activationCases, ...convolutionCases, ...normalizationCases, ...productCases])(
  "$why: a page fetches all that the fused nodes need",
  async ({ graph, after }) => {
    const prepared = await prepareGraph(graph, {});
    const inference = optimizeGraph(prepared.graph, prepared.catalog, { keep: new Set() });
    expect(inference.obstacles).toEqual([]);
    expect(inference.graph.nodes.map(describeFused)).toEqual(after);
  },
);
