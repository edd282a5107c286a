// Brings gradients of activations to the convolutions that compute what they pass on, and into their epilogues.
import { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain, type Graph, type Node, type TypedGraph } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import { sameShape } from "../../shapes.ts";

const isGradient = ({ domain, operator }: Node): boolean => domain === fusedDomain && operator === "ActivationGradient";
const isSame = (a: Node, b: Node): boolean =>
  ["gradient", "gradient_alpha", "gradient_beta"].every((name) => a.attributes.get(name) === b.attributes.get(name));

/**
 * Exchanges each with what it comes behind, as long as that leaves the result as it is, to the bit; and then puts it into the epilogue of the
 * convolution that it comes behind, if it does. Before residual sums are fused into convolutions that is the case for few, after that for the
 * others.
 */
export const fuseActivationGradients: Pass = (graph, { keep }): Graph => {
  const edit = new GraphEdit(graph, keep);
  for (const { name } of graph.nodes.toReversed()) {
    for (let node = edit.node(name); node && isGradient(node); ) {
      const moved: Node | undefined = readExpanded(edit, node) ?? beforePool(edit, node) ?? beforeSlices(graph, edit, node);
      node = moved;
    }
  }
  for (const node of edit.nodes) if (isGradient(node)) intoEpilogue(graph, edit, node);
  return edit.graph();
};

/** The node that computes its input 0, where nothing else reads that. */
function soleProducer(edit: GraphEdit, node: Node, operator: string): Node | undefined {
  const [input = ""] = node.inputs;
  const producer = edit.producer(input);
  return producer?.operator === operator && edit.soleReader(input) === node ? producer : undefined;
}

/** A gradient that was repeated along axes is read as it was. */
function readExpanded(edit: GraphEdit, node: Node): Node | undefined {
  const expand = soleProducer(edit, node, "Expand");
  if (!expand) return undefined;
  const [, activated = ""] = node.inputs;
  return edit.replace(node.name, { inputs: [expand.inputs[0] as string, activated] });
}

/** The activation's output went into a MaxPool, whose maxima are elements of it: what holds for the element holds for the maximum. */
function beforePool(edit: GraphEdit, node: Node): Node | undefined {
  const [, activated = ""] = node.inputs;
  const back = soleProducer(edit, node, "PoolGradient");
  const pool = back && edit.producer(back.inputs[1] ?? "");
  if (!back || pool?.operator !== "MaxPool" || pool.inputs[0] !== activated || !pool.outputs[0]) return undefined;
  const { operator, domain, attributes } = node;
  const masked = edit.add({ operator, domain, attributes, inputs: [back.inputs[0] as string, pool.outputs[0]], name: back.name });
  edit.drop(back.name);
  edit.replace(node.name, {
    operator: back.operator,
    domain: back.domain,
    attributes: back.attributes,
    inputs: [masked, back.inputs[1] as string],
  });
  return edit.producer(masked);
}

/** The outputs of the same activation were joined by a Concat: one of the whole, before its parts are taken. */
function beforeSlices(graph: TypedGraph, edit: GraphEdit, node: Node): Node | undefined {
  const slice = soleProducer(edit, node, "Slice");
  const [whole = ""] = slice?.inputs ?? [];
  const slices = edit.readers(whole);
  if (!slice || edit.isWanted(whole) || !slices.every(({ operator, inputs }) => operator === "Slice" && inputs[0] === whole))
    return undefined;
  const masks = slices.map((one) => edit.soleReader(one.outputs[0] ?? ""));
  const concat = edit.readers(node.inputs[1] ?? "").find((one) => one.operator === "Concat" && joins(graph, one, slices, masks));
  if (!concat || !masks.every((mask) => mask && isGradient(mask) && isSame(mask, node))) return undefined;
  const { operator, domain, attributes } = node;
  const masked = edit.add({ operator, domain, attributes, inputs: [whole, concat.outputs[0] as string], name: `${whole}/masked` });
  slices.forEach((one, i) => {
    const mask = masks[i] as Node;
    edit.drop(one.name);
    edit.replace(mask.name, { operator: "Slice", domain: "", attributes: one.attributes, inputs: [masked, ...one.inputs.slice(1)] });
  });
  return edit.producer(masked);
}

/** Whether these slices are the inputs of a Concat, all of them and in their order. */
function joins({ types, initializers }: TypedGraph, concat: Node, slices: readonly Node[], masks: readonly (Node | undefined)[]): boolean {
  const rank = types.get(concat.outputs[0] ?? "")?.shape.length ?? 0;
  const axis = Number(concat.attributes.get("axis") ?? 1);
  const at = axis < 0 ? axis + rank : axis;
  const startOf = ({ attributes, inputs }: Node): number | undefined => {
    const [axes, starts] = [3, 1].map((i) => initializers.get(inputs[i] ?? "")?.toNumbers());
    const [ownAxes, ownStarts] = [axes ?? attributes.get("axes"), starts ?? attributes.get("starts")] as (readonly number[] | undefined)[];
    return ownAxes?.length === 1 && ownAxes[0] === at && !inputs[4] ? ownStarts?.[0] : undefined;
  };
  let start = 0;
  const found = concat.inputs.map((input) => {
    const i = slices.findIndex((one, k) => startOf(one) === start && masks[k]?.inputs[1] === input);
    const [own, other] = [types.get(input)?.shape, types.get(slices[i]?.outputs[0] ?? "")?.shape];
    start += own?.[at] ?? 0;
    return own !== undefined && other !== undefined && sameShape(own, other) ? i : -1;
  });
  return found.length === slices.length && found.every((i) => i >= 0) && new Set(found).size === found.length;
}

/** How many inputs an operator has that goes on with the gradient of an activation: what was answered comes behind them. */
export const inputCounts: Readonly<Record<string, number>> = { Conv: 4, Interleave: 1, InterleavedDepthwise: 3 };

/** A convolution whose output only a gradient of an activation reads takes it into its epilogue, and so does what interleaves phases. */
function intoEpilogue({ types }: TypedGraph, edit: GraphEdit, node: Node): void {
  const shapeOf = (name = "") => types.get(name)?.shape;
  const [before] = Object.keys(inputCounts).flatMap((operator) => soleProducer(edit, node, operator) ?? []);
  const [own, activated] = [shapeOf(node.inputs[0]), shapeOf(node.inputs[1])];
  const hasChannels = shapeOf(before?.inputs[1])?.[1] !== 0;
  if (!before || !own || !activated || !hasChannels || !sameShape(own, activated)) return;
  const inputs = Array.from({ length: inputCounts[before.operator] ?? 0 }, (_, i) => before.inputs[i] ?? "");
  edit.drop(before.name);
  edit.replace(node.name, {
    operator: `${before.operator}ActivationGradient`,
    attributes: new Map([...before.attributes, ...node.attributes]),
    inputs: [...inputs, node.inputs[1] as string],
  });
}
