// Which elements of every earlier value some elements of a value depend on, through all branches.
import { describeUnknownValue, ModelError, UnsupportedError } from "../errors.ts";
import type { Node, TypedGraph } from "../graph/graph.ts";
import { type Constants, constantsOf, type Facts, factsOf } from "./facts.ts";
import { addPatch, type Box, type Grid, gridOf, hullOf, type Patch, type Region, sameBox } from "./region.ts";
import { type Rule, wholeGrid } from "./rule.ts";
import { ruleOf } from "./rules/index.ts";

/** The smallest box around the elements that are depended on. */
export interface Field extends Box {
  /** Whether it is known to be the smallest. Where not, it is at most this. */
  readonly isExact: boolean;
}

/**
 * The box of each earlier value around the elements that those of a box depend on, nearest values first. What lies in padding is left out,
 * and so is a value of which nothing is read. Constants, parameters and what is computed from them alone have none. An operator without a
 * rule is taken to read all of its inputs.
 *
 * @param box of `value`, in its own axes
 * @throws ModelError for a value that the graph does not have, or a box that does not lie within it
 */
export function receptiveField(graph: TypedGraph, value: string, box: Box): ReadonlyMap<string, Field> {
  checkBox(graph, value, box);
  const constants = constantsOf(graph);
  const isFixed = (name: string): boolean => constants(name) !== undefined || graph.prepared?.has(name) === true;
  const regions = new Map<string, Region>([[value, [{ grid: gridOf(box), isExact: true }]]]);
  for (const node of graph.nodes.toReversed())
    for (const output of node.outputs)
      for (const patch of regions.get(output) ?? [])
        for (const [name, read] of readsOf(graph, node, output, patch, constants))
          if (name && !isFixed(name)) regions.set(name, addPatch(regions.get(name) ?? [], read));
  regions.delete(value);
  const filled = Array.from(regions).filter(([, region]) => region.length > 0);
  return new Map(filled.map(([name, region]) => [name, fieldOf(region)]));
}

/** What a node reads of each input for a patch of an output. */
function readsOf(
  graph: TypedGraph,
  node: Node,
  output: string,
  { grid, isExact }: Patch,
  constants: Constants,
): readonly (readonly [name: string, patch: Patch])[] {
  const facts = factsOf(graph, node, output, constants);
  const grids = gridsRead(ruleOf(node), facts, grid);
  if (grids) return grids.flatMap((ofInput, i) => ofInput.map((read) => [node.inputs[i] ?? "", { grid: read, isExact }] as const));
  return node.inputs.flatMap((name, i) => {
    const type = facts.inputs[i];
    return type ? [[name, { grid: wholeGrid(type.shape), isExact: false }] as const] : [];
  });
}

/** `undefined` where no rule tells. */
function gridsRead(rule: Rule | undefined, facts: Facts, grid: Grid): ReturnType<Rule["reads"]> | undefined {
  try {
    return rule?.reads(facts, grid);
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined;
    throw error;
  }
}

function fieldOf(region: Region): Field {
  const certain = region.filter(({ isExact }) => isExact);
  const [all, known] = [region, certain].map((patches) => hullOf(patches.map(({ grid }) => grid)));
  return { ...(all as Box), isExact: sameBox(all, known) };
}

/** @throws ModelError */
export function checkBox(graph: TypedGraph, value: string, { begin, end }: Box): void {
  const type = graph.types.get(value);
  if (!type) throw new ModelError(describeUnknownValue(value, [...graph.types.keys()]));
  const { shape } = type;
  const fits = begin.length === shape.length && end.length === shape.length;
  const lies = shape.every((extent, axis) => {
    const [first, last] = [begin[axis] as number, end[axis] as number];
    return Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first < last && last <= extent;
  });
  if (!fits || !lies) throw new ModelError(`'${value}': a box from [${begin}] up to [${end}] does not lie within its shape [${shape}].`);
}
