// What becomes of bytes that may be an .onnx file: all that loading does without a GPU, and a run where the network is small.

import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel } from "../../src/engine/model.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { optimizeGraph, prepareGraph } from "../../src/engine/passes/index.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import { summarize } from "../../src/engine/summary.ts";
import { noiseFor } from "../../src/reference/noise.ts";

/** `refused` by an error of ours, which says why; anything else that is thrown is a defect, and thrown on. */
export type Outcome = "runs" | "refused";

/** Work above this is left to the GPU tests: a network of a small file may ask for hours. */
const most = { macs: 2e7, bytes: 1.6e7 };

/** @param device where to run it as well; without one it is only planned */
export async function tryFile(bytes: Uint8Array, device?: Device): Promise<Outcome> {
  try {
    const graph = await importModel(bytes);
    const free = graph.inputs.filter(({ shape }) => shape.some((extent) => typeof extent === "string"));
    const inputShapes = Object.fromEntries(
      free.map(({ name, shape }) => [name, shape.map((extent) => (typeof extent === "string" ? 8 : extent))]),
    );
    const prepared = await prepareGraph(graph, {}, { inputShapes });
    const { macs } = summarize(graph, prepared);
    if (prepared.obstacles.length > 0) return "refused";
    const optimized = optimizeGraph(prepared.graph, prepared.catalog, { keep: new Set() });
    if (optimized.obstacles.length > 0) return "refused";
    const plan = planGraph(optimized.graph, optimized.operations);
    const sizes = [...prepared.graph.types.values()].reduce(
      (sum, { shape }) => sum + 4 * shape.reduce((size, extent) => size * extent, 1),
      0,
    );
    if (!device || macs > most.macs || sizes > most.bytes || plan.steps.length > 100) return "runs";
    const model = await loadModel(device, graph, { inputShapes });
    try {
      model.run(noiseFor(model.graph, 1));
      for (const { name } of model.outputs) await model.read(name);
    } finally {
      model.dispose();
    }
    return "runs";
  } catch (error) {
    if (error instanceof ModelError || error instanceof UnsupportedError) return "refused";
    throw error;
  }
}
