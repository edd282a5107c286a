// Decides where every value lies: dense, inside a zero border, as a slice of a Concat's output, or in the memory of another value.
import type { Border } from "../ops/operator.ts";
import { denseStrides } from "../shapes.ts";
import { chooseSlices, type Slice } from "./concat-slices.ts";
import { borderedPlacement, noBorder, type Placement, unionBorder } from "./layouts.ts";
import { type PlannedGraph, type PlannedNode, readersOf, readsStrided, typeOf } from "./nodes.ts";

export interface Placements {
  /** Of inputs, parameters and what nodes compute. */
  readonly of: ReadonlyMap<string, Placement>;
  readonly slices: ReadonlyMap<string, Slice>;
  /** Value to the output of the node that changes it in place. Both lie in the same memory. */
  readonly changedInto: ReadonlyMap<string, string>;
}

export function placeValues(planned: PlannedGraph): Placements {
  const { graph, nodes, producers } = planned;
  const parameterNames = [...(graph.parameters?.keys() ?? [])];
  const inputNames = graph.inputs.map(({ name }) => name);
  const changedInto = changesInPlace(planned);
  const borders = new Map([...inputNames, ...producers.keys()].map((name) => [name, possibleBorder(planned, name)]));
  for (const [before, after] of changedInto)
    borders.set(
      after,
      graph.parameters?.has(before) ? noBorder : unionBorder(possibleBorder(planned, after), possibleBorder(planned, before)),
    );
  const slices = chooseSlices(planned, new Set([...changedInto].flat()), borders);
  const placements = new Map<string, Placement>();
  const placeAlone = (name: string) => borderedPlacement(name, typeOf(planned, name).shape, borders.get(name) ?? noBorder);
  for (const name of parameterNames) {
    placements.set(name, placeAlone(name));
    const update = changedInto.get(name);
    if (update) placements.set(update, placements.get(name) as Placement);
  }
  // From the last node to the first: a slice is placed after the Concat that it lies in, a value after what it is changed into.
  for (const { node, kernel } of nodes.toReversed())
    for (const name of node.outputs) {
      if (!name || !kernel || placements.has(name)) continue;
      const slice = slices.get(name);
      const changed = placements.get(changedInto.get(name) ?? "");
      placements.set(name, changed ?? (slice ? placeSlice(slice, placements) : placeAlone(name)));
    }
  for (const name of inputNames) placements.set(name, placeAlone(name));
  // A view's source may be a view itself: from the first node to the last.
  for (const { node, operation, kernel } of nodes) {
    const name = node.outputs[0];
    if (kernel || !name) continue;
    const source = placements.get(node.inputs[0] as string);
    const { shape } = typeOf(planned, name);
    if (source && operation.part) {
      const { axis, start } = operation.part;
      placements.set(name, { ...source, offset: source.offset + start * (source.strides[axis] as number), isDense: false });
      continue;
    }
    placements.set(name, source?.isDense ? { ...source, strides: denseStrides(shape) } : borderedPlacement(name, shape, noBorder));
  }
  return { of: placements, slices, changedInto };
}

/** The values that a kernel changes in place, see `Kernel.inPlace`: those that nobody reads afterwards. */
function changesInPlace(planned: PlannedGraph): ReadonlyMap<string, string> {
  const changes = new Map<string, string>();
  for (const changer of planned.nodes) {
    const [before, after] = [changer.node.inputs[changer.kernel?.inPlace ?? -1], changer.node.outputs[0]];
    if (before && after && mayChange(planned, changer, before, after)) changes.set(before, after);
  }
  return changes;
}

function mayChange(planned: PlannedGraph, changer: PlannedNode, before: string, after: string) {
  const { graph, kept, uses, producers, dependencies } = planned;
  const others = (uses.get(before) ?? []).filter(({ reader }) => reader !== changer);
  const isReadOnce = changer.node.inputs.filter((name) => name === before).length === 1;
  // Readers of a view, or of a part, read the same memory, perhaps after the change.
  const isReadBefore = others.every(({ reader }) => reader.position < changer.position && reader.kernel !== undefined);
  // A prepared value is not computed again for each run, so no run may change it.
  if (kept.has(before) || dependencies.has(after) || !isReadOnce || !isReadBefore) return false;
  if (dependencies.has(before)) return graph.parameters?.has(before) === true && graph.updates?.get(before) === after;
  const isWritable = producers.get(before)?.kernel?.writesStrided === true && changer.kernel?.writesStrided === true;
  return isWritable && others.every(readsStrided);
}

/** The border that all readers together want. */
export function wantedBorder(planned: PlannedGraph, name: string): Border {
  const borders = readersOf(planned, name).map(({ reader, index }) => reader.kernel?.borders?.[index] ?? noBorder);
  return borders.reduce(unionBorder, noBorder);
}

/** That border, if the value can have one where it is first written: by a kernel, or as an input. */
function possibleBorder(planned: PlannedGraph, name: string): Border {
  const producer = planned.producers.get(name);
  const isWritable = typeOf(planned, name).shape.length >= 3 && (!producer || producer.kernel?.writesStrided === true);
  const isReadable = readersOf(planned, name).every((use) => readsStrided(use) || use.reader.kernel?.inPlace === use.index);
  return isWritable && isReadable ? wantedBorder(planned, name) : noBorder;
}

function placeSlice({ concat, start }: Slice, placements: ReadonlyMap<string, Placement>): Placement {
  const { storage, offset, strides } = placements.get(concat.node.outputs[0] as string) as Placement;
  const axis = concat.operation.concatAxis as number;
  return { storage, offset: offset + start * (strides[axis] as number), strides, isDense: false };
}
