// Which axes of a graph's values are batch, channel, row and column. Loads track-axes.ts for graphs that need it.
import type { Axes } from "../shapes.ts";
import type { TypedGraph } from "./graph.ts";

/**
 * The axes of every value that may lie otherwise than NCHW. Empty where none can: such a graph has no Transpose and no value of
 * three axes. It never rejects: values whose axes are not known are drawn as NCHW.
 */
export async function loadAxes(graph: TypedGraph): Promise<ReadonlyMap<string, Axes>> {
  const hasThreeAxes = (name: string) => graph.types.get(name)?.shape.length === 3;
  const mayDiffer = ({ operator, outputs }: { operator: string; outputs: readonly string[] }) =>
    operator === "Transpose" || outputs.some(hasThreeAxes);
  if (!graph.nodes.some(mayDiffer) && !graph.inputs.some(({ name }) => hasThreeAxes(name))) return new Map();
  const part = await import("./track-axes.ts").catch(() => undefined);
  return part ? part.trackAxes(graph, graph.types) : new Map();
}
