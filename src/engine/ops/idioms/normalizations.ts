// LayerNormalization and InstanceNormalization that exporters write as means, differences and roots.
import { numberOf } from "../../graph/clip-bounds.ts";
import { fusedDomain, type Node, type ValueType } from "../../graph/graph.ts";
import { type Shape, sizeOf } from "../../shapes.ts";
import { isFloat, Tensor } from "../../tensor.ts";
import { fits, type Match, matchPattern, type Place, parsePattern } from "./pattern.ts";
import { reducedAxes } from "./permutations.ts";

const distance = "Sub(x, ReduceMean(x))";
const roots = [`Pow(${distance}, 2)`, `Mul(${distance}, ${distance})`].map((square) => `Sqrt(Add(ReduceMean(${square}), epsilon))`);
const factors = roots.map((root) => `Mul(Reciprocal(${root}), scale)`);

const patterns = [
  // (x − mean) / √(variance + ε); a scale and a bias may follow.
  ...roots.flatMap((root) => [`Div(${distance}, ${root})`, `Mul(${distance}, Reciprocal(${root}))`]),
  // As TensorFlow writes it: x · factor + (bias − mean · factor).
  ...factors.map((factor) => `Add(Mul(x, ${factor}), Sub(bias, Mul(ReduceMean(x), ${factor})))`),
].map(parsePattern);

/** Puts one node in the place of all that a normalisation is written as. @returns whether the node ends one */
export function fuseNormalization(place: Place, node: Node): boolean {
  for (const pattern of patterns) {
    const match = matchPattern(place, pattern, node);
    if (match && replace(place, match, node)) return true;
  }
  return false;
}

/** What a mean may be part of. */
interface Kind {
  readonly operator: string;
  readonly attributes: Readonly<Record<string, number>>;
  /** Shape of scale and bias beside x, with all axes. */
  readonly operand: Shape;
}

/** The nodes that scale and shift, in order, and by what. */
interface Tail {
  readonly nodes: readonly Node[];
  readonly scale?: string | undefined;
  readonly bias?: string | undefined;
}

function replace(place: Place, match: Match, node: Node): boolean {
  const { edit, graph } = place;
  const { values } = match;
  const [x = "", scale, bias, epsilon] = [
    values.get("x"),
    values.get("scale"),
    values.get("bias"),
    numberOf(place.edit.initializers, values.get("epsilon")),
  ];
  const type = graph.types.get(x);
  const axes = type && axesOfMeans(place, match, type.shape.length);
  if (epsilon === undefined || !axes || !isFloat(type.dtype) || sizeOf(type.shape) === 0) return false;
  const tails = kindsOf(type.shape, axes).flatMap((kind): { kind: Kind; tail: Tail }[] => {
    const given = [scale, bias].filter((value) => value !== undefined);
    const isFitting = given.every((value) => fits(place, value, { dtype: type.dtype, shape: kind.operand }));
    if (!isFitting) return [];
    return [{ kind, tail: given.length > 0 ? { nodes: [], scale, bias } : tailOf(place, node, type, kind) }];
  });
  const [best] = tails.sort((a, b) => b.tail.nodes.length - a.tail.nodes.length);
  if (!best) return false;
  const { kind, tail } = best;
  const last = tail.nodes.at(-1) ?? node;
  const filled = (value: number) => edit.constant(`${last.name}/all ${value}`, Tensor.filled(type.dtype, [sizeOf(kind.operand)], value));
  const inputs = [x, tail.scale ?? filled(1), tail.bias ?? filled(0)];
  for (const { name } of [...match.nodes, ...tail.nodes]) if (name !== last.name) edit.drop(name);
  const attributes = new Map(Object.entries({ epsilon, ...kind.attributes }));
  edit.replace(last.name, { operator: kind.operator, domain: fusedDomain, inputs, attributes });
  return true;
}

function kindsOf(shape: Shape, axes: readonly number[]): readonly Kind[] {
  const first = shape.length - axes.length;
  if (axes[0] !== first) return [];
  const layer = {
    operator: "LayerNormalization",
    attributes: { axis: first },
    operand: shape.map((extent, axis) => (axis < first ? 1 : extent)),
  };
  const instance = { operator: "InstanceNormalization", attributes: {}, operand: shape.map((extent, axis) => (axis === 1 ? extent : 1)) };
  return first === 2 ? [layer, instance] : [layer];
}

/** The axes of all means, in order, if they are the same and stay as axes of one element. */
function axesOfMeans({ edit }: Place, { nodes }: Match, rank: number): readonly number[] | undefined {
  const lists = nodes
    .filter(({ operator }) => operator === "ReduceMean")
    .map((node) => (node.attributes.get("keepdims") === 0 ? undefined : reducedAxes(edit, node, rank)?.toSorted((a, b) => a - b)));
  return lists.every((list) => String(list) === String(lists[0])) ? lists[0] : undefined;
}

/** A product with a scale, then a sum with a bias, as far as they fit. */
function tailOf(place: Place, node: Node, { dtype }: ValueType, { operand }: Kind): Tail {
  const other = (operator: string, before: Node) => {
    const [output = ""] = before.outputs;
    const next = place.edit.soleReader(output);
    const value = next?.operator === operator && next.domain === "" ? next.inputs.find((input) => input !== output) : undefined;
    return next && value !== undefined && fits(place, value, { dtype, shape: operand }) ? { next, value } : undefined;
  };
  const scaled = other("Mul", node);
  const shifted = other("Add", scaled?.next ?? node);
  const nodes = [scaled?.next, shifted?.next].filter((one) => one !== undefined);
  return { nodes, scale: scaled?.value, bias: shifted?.value };
}
