// Gives every extent that a file leaves open a number, by one rule for the page and the command. What chooses sizes is loaded where
// a file leaves some open: see free-sizes.ts.
import { loadPart } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { type Inspection, inspectModel } from "../engine/inspect.ts";

export interface ShapeOptions {
  /** The shapes that were given, by input; or as text, such as "x=1,3,480,640 y=1,2" or, for the first input, "1,3,480,640". */
  readonly given?: readonly (readonly [name: string, shape: readonly number[]])[] | string | undefined;
  /** The picture that the network is to see; free heights and widths are its own. */
  readonly picture?: { readonly width: number; readonly height: number } | undefined;
  /** The name that messages give to the place where shapes are given: an option, an attribute. */
  readonly option: string;
}

export interface ShapedInspection extends Inspection {
  /** By input; those without open extents are left out unless they were given. */
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
}

/**
 * Fixes the shapes of a graph's inputs and says what it is made of then. What is given comes first; a free batch is 1, free channels are
 * as many as the first convolution reads, a free height and width are the picture's or 224. Where the network does not compute with
 * sizes that nobody gave, it gets the nearest ones that suit it; where it does not with those given, the first obstacle says which would.
 *
 * @throws ModelError where a given shape contradicts the file
 */
export async function inspectWithShapes(graph: Graph, options: ShapeOptions): Promise<ShapedInspection> {
  const isOpen = ({ shape }: Graph["inputs"][number]) => shape.some((extent, axis) => axis > 0 && typeof extent === "string");
  if (options.given?.length || graph.inputs.some(isOpen)) {
    const { inspectOpen } = await loadPart("for shapes", () => import("./free-sizes.ts"));
    return inspectOpen(graph, options);
  }
  const batches = graph.inputs.flatMap(({ name, shape: [batch, ...rest] }) =>
    typeof batch === "string" ? [[name, [1, ...(rest as number[])]] as const] : [],
  );
  const inputShapes = Object.fromEntries(batches);
  return { ...(await inspectModel(graph, { inputShapes })), inputShapes };
}
