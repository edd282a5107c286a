// Which layers of a network in stages have no place of their own on the GPU, for commands that leave them out.
import type { TypedGraph } from "../engine/graph/graph.ts";
import type { ModelSummary } from "../engine/summary.ts";
import { line } from "./printable.ts";
import { formatCount } from "./table.ts";

/** Layers that are named. */
const mostNamed = 8;

/** A line where layers are computed after values were read back, none where there are no such layers. */
export function notesOfLater({ layers }: ModelSummary, { types }: TypedGraph): readonly string[] {
  const later = layers.filter(({ outputs }) => outputs.length > 0 && outputs.every((name) => !types.has(name)));
  if (later.length === 0) return [];
  const names = later.slice(0, mostNamed).map(({ name }) => name);
  const rest = later.length - names.length;
  return [
    line`Left out: ${formatCount(later.length)} ${later.length === 1 ? "layer" : "layers"} behind values that are read back in the middle of a run, for sizes hang on them: ${names.join(", ")}${rest > 0 ? ` and ${formatCount(rest)} more` : ""}`,
  ];
}
