// Which activations saturate, and where: at bounds that their results do not pass, so that there the gradient is 0, or nearly. Pure.
import { type Graph, producersOf } from "../../engine/graph/graph.ts";
import { clipBounds } from "../overview/facts.ts";

export interface Bounds {
  /** Absent where there is none. */
  readonly least?: number;
  readonly most?: number;
  /** How near to a bound an element counts as saturated. 0 where bounds are reached, more where they are only approached. */
  readonly margin: number;
}

const approached: Readonly<Record<string, Bounds>> = {
  Sigmoid: { least: 0, most: 1, margin: 0.01 },
  Tanh: { least: -1, most: 1, margin: 0.01 },
  Softsign: { least: -1, most: 1, margin: 0.01 },
  HardSigmoid: { least: 0, most: 1, margin: 0 },
};

/** The bounds of the activation that computes a value; undefined where none does, or it has none. */
export function boundsOf(graph: Graph, value: string): Bounds | undefined {
  const node = producersOf(graph).get(value);
  if (node?.operator !== "Clip") return approached[node?.operator ?? ""];
  const constants = new Map([...graph.initializers, ...(graph.parameters ?? [])]);
  const [least, most] = clipBounds(node, constants);
  const bounds = {
    // What a ReLU cuts off is silent, not saturated: the share of zeros tells of it.
    ...(Number.isFinite(least) && least !== 0 && { least }),
    ...(Number.isFinite(most) && { most }),
    margin: 0,
  };
  return bounds.least === undefined && bounds.most === undefined ? undefined : bounds;
}

/** The numbers from which on an element is saturated; infinite where there is no bound. */
export function limitsOf({ least = -Infinity, most = Infinity, margin }: Bounds): readonly [least: number, most: number] {
  return [least + margin, most - margin];
}
