// The networks that learned from what we draw: on ONNX Runtime they are as good as the manifest says.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isStored, manifest, type StoredEntry } from "../../models/manifest.ts";
import { heldBackSeed } from "../../src/data-sets/data-set.ts";
import { RoadSet } from "../../src/data-sets/road/road-set.ts";
import { driveWorlds } from "../../src/data-sets/road/world.ts";
import { ShapesSet } from "../../src/data-sets/shapes-set.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { hasRandomWeights } from "../../src/ui/blank.ts";
import { runReference } from "../support/onnxruntime.ts";

const preparation = { mean: [0], std: [1] };

/** A stored network, for batches of any size: the file's own is 1. */
async function stored(name: string): Promise<{ readonly entry: StoredEntry; readonly graph: Graph }> {
  const entry = manifest.filter(isStored).find((one) => one.name === name) as StoredEntry;
  const graph = await importModel(new Uint8Array(readFileSync(new URL(`../../models/${entry.file}`, import.meta.url))));
  return { entry, graph: { ...graph, inputs: graph.inputs.map((input) => ({ ...input, shape: ["n", ...input.shape.slice(1)] })) } };
}

test.each(["driver-trained", "shapes-trained"])("%s is not taken for a blank network", async (name) => {
  expect(hasRandomWeights((await stored(name)).graph)).toBe(false);
});

test("the driver keeps the lane, in traffic and in every weather", async () => {
  const { graph } = await stored("driver-trained");
  const roads = new RoadSet(64, 0, preparation);
  const seeds = [1, 2, 3, 4, 5, 6];
  const { inLane, hits, way } = await driveWorlds(seeds, 20, async (worlds) => {
    const results = await runReference(graph, { input_layer: Tensor.float32([worlds.length, 3, 64, 64], roads.inputsOf(worlds)) });
    const [steering, throttle] = ["steering", "throttle"].map((name) => results.get(name)?.toFloat32() ?? new Float32Array());
    return worlds.map((_, i) => ({ steering: steering?.[i] ?? 0, throttle: throttle?.[i] ?? 0 }));
  });
  expect(inLane).toBeGreaterThan(0.95);
  expect(hits).toBe(0);
  // It does not stay in the lane by standing still.
  expect(way / seeds.length).toBeGreaterThan(150);
});

test("the classifier of shapes is as right as the manifest says", async () => {
  const { entry, graph } = await stored("shapes-trained");
  const set = new ShapesSet(48, heldBackSeed, preparation, 600);
  const { inputs, targets } = set.examples(Array.from({ length: set.length }, (_, i) => i));
  const results = await runReference(graph, { input_layer: Tensor.float32([set.length, 3, 48, 48], inputs) });
  const scores = results.get("output_layer")?.toFloat32() ?? new Float32Array();
  const right = targets.filter((target, i) => {
    const row = scores.subarray(12 * i, 12 * (i + 1));
    return row.indexOf(Math.max(...row)) === target;
  });
  // Summing in another order may tip one or two.
  expect(Math.abs(right.length / set.length - entry.testAccuracy)).toBeLessThanOrEqual(0.004);
  expect(entry.testAccuracy).toBeGreaterThan(0.95);
});
