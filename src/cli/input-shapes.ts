// Gives every extent that a model leaves open a number: what the user says, a batch of one, the picture's own size.
import { ModelError } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";

/** Inputs without open extents are left out. */
export function fixShapes(
  graph: Graph,
  given: readonly (readonly [name: string, shape: readonly number[]])[] = [],
  picture?: { readonly width: number; readonly height: number },
): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = Object.fromEntries(given);
  const known = graph.inputs.map(({ name }) => name);
  for (const name of Object.keys(shapes))
    if (!known.includes(name)) throw new ModelError(`--shape: there is no input '${name}'. Inputs: ${known.join(", ")}.`);
  for (const { name, shape } of graph.inputs) {
    if (shapes[name] || shape.every((extent) => typeof extent === "number")) continue;
    const fixed = shape.map((extent, axis) => {
      if (typeof extent === "number") return extent;
      if (axis === 0) return 1;
      if (picture && shape.length === 4 && axis >= 2) return axis === 2 ? picture.height : picture.width;
      return undefined;
    });
    if (fixed.every((extent) => extent !== undefined)) shapes[name] = fixed;
  }
  return shapes;
}
