// Between elements of values that lie apart in the graph: where one that was only moved comes from, and which later one looks at an earlier one.
import { producersOf, type TypedGraph } from "../graph/graph.ts";
import { elementOf } from "./copies.ts";
import { constantsOf, factsOf } from "./facts.ts";
import { receptiveField } from "./receptive-field.ts";
import { type Box, gridOfElement, type Index, isEmpty } from "./region.ts";
import { ruleOf } from "./rules/index.ts";

/** An element of a value. */
export interface Place {
  readonly value: string;
  readonly index: Index;
}

/** Back through reshapes, transposes, slices and concatenations to the value that an element was computed for. What a Pad has added stays where it is. */
export function originsOf(graph: TypedGraph): (place: Place) => Place {
  const producers = producersOf(graph);
  const constants = constantsOf(graph);
  const before = ({ value, index }: Place): Place | undefined => {
    const node = producers.get(value);
    const rule = node && ruleOf(node);
    if (!node || !rule?.isMove) return undefined;
    const reads = rule.reads(factsOf(graph, node, value, constants), gridOfElement(index));
    const [source] = reads.flatMap((grids, input) => grids.filter((grid) => !isEmpty(grid)).map((grid) => ({ input, grid })));
    const name = source && node.inputs[source.input];
    return source && name && !constants(name) ? { value: name, index: elementOf(source.grid) } : undefined;
  };
  return (place) => {
    let origin = place;
    for (let next = before(place); next; next = before(next)) origin = next;
    return origin;
  };
}

/**
 * The element of a value that looks at one of an earlier value most squarely: whose field there has it nearest to its middle. Of dilated windows that
 * padding cuts, it may be one beside.
 *
 * @param axes along which it is looked for, as pairs of one of `value` and one of `source`; along others it is that of `from`
 * @returns undefined where `value` does not depend on `source`
 */
export function lookerAt(
  graph: TypedGraph,
  value: string,
  from: Index,
  source: Place,
  axes: readonly (readonly [of: number, at: number])[],
): Index | undefined {
  const between = nodesAfter(graph, source.value);
  const fieldOf = (index: Index): Box | undefined =>
    receptiveField(between, value, { begin: index, end: index.map((one) => one + 1) }).get(source.value);
  if (!fieldOf(from)) return undefined;
  const shape = graph.types.get(value)?.shape ?? [];
  return axes.reduce<Index>((index, [of, at]) => {
    /** Twice the distance of the field's middle, with its sign. */
    const distance = (place: number): number => {
      const field = fieldOf(index.with(of, place));
      if (!field) return place < (from[of] as number) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      return (field.begin[at] as number) + (field.end[at] as number) - 1 - 2 * (source.index[at] as number);
    };
    // Middles do not go back as an index grows.
    let [low, high] = [0, (shape[of] as number) - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (distance(middle) < 0) low = middle + 1;
      else high = middle;
    }
    const isNearer = low > 0 && Math.abs(distance(low - 1)) < Math.abs(distance(low));
    return index.with(of, isNearer ? low - 1 : low);
  }, from);
}

/** The graph without what is computed before a value. */
function nodesAfter(graph: TypedGraph, value: string): TypedGraph {
  const at = graph.nodes.findIndex(({ outputs }) => outputs.includes(value));
  return at < 0 ? graph : { ...graph, nodes: graph.nodes.slice(at + 1) };
}
