// Shapes for a model's inputs on the command line: by the page's rule, with the option's name in what it refuses.
import { UnsupportedError } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { inspectWithShapes, type ShapedInspection, type ShapeOptions } from "../ui/input-shapes.ts";

/**
 * What a model is made of with these shapes.
 *
 * @throws UnsupportedError where the model cannot run, and which sizes would suit it if it is for these
 */
export async function inspectFixed(graph: Graph, options: Omit<ShapeOptions, "option">): Promise<ShapedInspection> {
  const inspection = await inspectWithShapes(graph, { ...options, option: "--shape" });
  if (inspection.obstacles.length > 0) throw new UnsupportedError(inspection.obstacles);
  return inspection;
}

/** The shapes alone. @throws UnsupportedError as {@link inspectFixed} */
export async function fixShapes(graph: Graph, options: Omit<ShapeOptions, "option"> = {}): Promise<Record<string, readonly number[]>> {
  return { ...(await inspectFixed(graph, options)).inputShapes };
}
