// What a network's file says of its classes: the output that the bars take for their scores says how many there are.
import { expect, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { answerHints } from "../../src/ui/hints/answer.ts";
import type { Viewer } from "../../src/ui/viewer.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { factsOfGraph } from "../support/overview.ts";

const pooled = [op("GlobalAveragePool", "x", "p"), op("Flatten", "p", "f")];
const weights = { w: noise([3, 512]), v: noise([3, 1000]), m: noise([1000, 3, 1, 1]) };

test.each<[why: string, nodes: readonly Node[], outputs: string[], count: number | undefined]>([
  ["scores behind an embedding", [...pooled, op("Gemm", "f w", "embedding"), op("Gemm", "f v", "scores")], ["embedding", "scores"], 1000],
  ["a list that is no scores", [...pooled, op("Gemm", "f w", "embedding")], ["embedding"], undefined],
  ["a thousand maps", [op("Conv", "x m", "maps")], ["maps"], undefined],
])("%s", async (_, nodes, outputs, count) => {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const constants = Object.fromEntries(Object.entries(weights).filter(([name]) => read.has(name)));
  const untyped = graphOf({ constants, nodes, outputs });
  const { graph } = inferGraph(untyped, everything);
  const outputsOf = graph.outputs.map((name) => ({ name, shape: graph.types.get(name)?.shape ?? [] }));
  const viewer = { model: { graph, inputs: [], outputs: outputsOf }, axes: new Map() } as unknown as Viewer;
  expect(answerHints(viewer, (await factsOfGraph(untyped)).layers).classCount).toBe(count);
});
