// Shapes for a model's inputs on the command line: by the page's rule, with the option's name in what it refuses.
import { UnsupportedError } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { inspectWithShapes, type ShapeOptions } from "../ui/input-shapes.ts";

/** @throws UnsupportedError where the model cannot run, and which sizes would suit it if it is for these */
export async function fixShapes(graph: Graph, options: Omit<ShapeOptions, "option"> = {}): Promise<Record<string, readonly number[]>> {
  const { inputShapes, obstacles } = await inspectWithShapes(graph, { ...options, option: "--shape" });
  if (obstacles.length > 0) throw new UnsupportedError(obstacles);
  return { ...inputShapes };
}
