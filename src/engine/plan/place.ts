// Decides where every value lies: dense, inside a zero border, as a slice of a Concat's output, or as another name for the same words.
import type { Border } from "../ops/operator.ts";
import { denseStrides } from "../shapes.ts";
import { chooseSlices, type Slice } from "./concat-slices.ts";
import { borderedPlacement, noBorder, type Placement, unionBorder } from "./layouts.ts";
import { type PlannedGraph, readsStrided, typeOf } from "./nodes.ts";

export interface Placements {
  /** Of inputs and of what nodes compute. */
  readonly of: ReadonlyMap<string, Placement>;
  readonly slices: ReadonlyMap<string, Slice>;
}

export function placeValues(planned: PlannedGraph): Placements {
  const { graph, nodes, producers } = planned;
  const inputNames = graph.inputs.map(({ name }) => name);
  const borders = new Map([...inputNames, ...producers.keys()].map((name) => [name, possibleBorder(planned, name)]));
  const slices = chooseSlices(planned, borders);
  const placements = new Map<string, Placement>();
  const placeAlone = (name: string) => borderedPlacement(name, typeOf(planned, name).shape, borders.get(name) ?? noBorder);
  // From the last node to the first: a slice is placed after the Concat that it lies in.
  for (const { node, operation } of nodes.toReversed())
    for (const name of node.outputs) {
      if (!name || operation.isView) continue;
      const slice = slices.get(name);
      placements.set(name, slice ? placeSlice(slice, placements) : placeAlone(name));
    }
  for (const name of inputNames) placements.set(name, placeAlone(name));
  // A view's source may be a view itself: from the first node to the last.
  for (const { node, operation } of nodes) {
    const name = node.outputs[0];
    if (!operation.isView || !name) continue;
    const source = placements.get(node.inputs[0] as string);
    const { shape } = typeOf(planned, name);
    placements.set(name, source?.isDense ? { ...source, strides: denseStrides(shape) } : borderedPlacement(name, shape, noBorder));
  }
  return { of: placements, slices };
}

/** The border that all readers together want. */
export function wantedBorder({ uses }: PlannedGraph, name: string): Border {
  return (uses.get(name) ?? []).map(({ reader, index }) => reader.kernel?.borders?.[index] ?? noBorder).reduce(unionBorder, noBorder);
}

/** That border, if the value can have one where it is first written: by a kernel, or as an input. */
function possibleBorder(planned: PlannedGraph, name: string): Border {
  const producer = planned.producers.get(name);
  const isWritable = typeOf(planned, name).shape.length >= 3 && (!producer || producer.kernel?.writesStrided === true);
  return isWritable && (planned.uses.get(name) ?? []).every(readsStrided) ? wantedBorder(planned, name) : noBorder;
}

function placeSlice({ concat, start }: Slice, placements: ReadonlyMap<string, Placement>): Placement {
  const { storage, offset, strides } = placements.get(concat.node.outputs[0] as string) as Placement;
  const axis = concat.operation.concatAxis as number;
  return { storage, offset: offset + start * (strides[axis] as number), strides, isDense: false };
}
