// Orders of axes, and axes that are reduced. A Transpose by `perm` puts axis perm[i] of its input at place i.
import type { GraphEdit } from "../../graph/edit.ts";
import type { Graph, Node, TypedGraph } from "../../graph/graph.ts";
import { normalizeAxis } from "../../shapes.ts";

export type Permutation = readonly number[];

export function isTranspose({ operator, domain }: Pick<Node, "operator" | "domain">): boolean {
  return operator === "Transpose" && domain === "";
}

/** Of a Transpose. Without the attribute it turns all axes round. */
export function permOf({ types }: TypedGraph, { attributes, inputs }: Node): Permutation {
  const rank = types.get(inputs[0] ?? "")?.shape.length ?? 0;
  return (attributes.get("perm") as Permutation | undefined) ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

/** What two Transposes in a row do. */
export function combined(first: Permutation, second: Permutation): Permutation {
  return second.map((axis) => first[axis] as number);
}

export function inverseOf(perm: Permutation): Permutation {
  const inverse = [...perm];
  for (const [place, axis] of perm.entries()) inverse[axis] = place;
  return inverse;
}

export function isIdentity(perm: Permutation): boolean {
  return perm.every((axis, place) => axis === place);
}

/** The axes that a reduction names, in its order. */
export function reducedAxes(
  { initializers }: Pick<Graph, "initializers">,
  { attributes, inputs }: Node,
  rank: number,
): readonly number[] | undefined {
  const list = (attributes.get("axes") as readonly number[] | undefined) ?? initializers.get(inputs[1] ?? "")?.toNumbers();
  return list?.length ? list.map((axis) => normalizeAxis(axis, rank)) : undefined;
}

/** For a node whose output is a value that there is. */
export function replaceByItself(edit: GraphEdit, { name, outputs: [output = ""] }: Node, value: string): void {
  if (edit.isWanted(output)) {
    edit.replace(name, { operator: "Identity", inputs: [value], attributes: new Map() });
    return;
  }
  edit.replaceUses(output, value);
  edit.drop(name);
}
