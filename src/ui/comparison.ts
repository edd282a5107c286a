// What two networks that are compared have in common.
import type { TypedGraph } from "../engine/graph/graph.ts";
import { sameShape } from "../engine/shapes.ts";

/** Says which of these values the second network does not have, or has in another shape; `undefined` if it has all. */
export function describeUnshared(names: readonly string[], first: TypedGraph, second: TypedGraph): string | undefined {
  const problems = names.flatMap((name) => {
    const own = first.types.get(name);
    const other = second.types.get(name);
    if (!other) return [`no '${name}'`];
    return own && sameShape(own.shape, other.shape) ? [] : [`'${name}' as ${other.shape.join(" × ")} instead of ${own?.shape.join(" × ")}`];
  });
  if (problems.length === 0) return undefined;
  const more = problems.length > 4 ? `, and ${problems.length - 4} more that differ` : "";
  return `compare: the second network has ${problems.slice(0, 4).join(", ")}${more}. These layers are of the first alone.`;
}
