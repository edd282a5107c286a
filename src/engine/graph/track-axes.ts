// Which axis of a value is batch, channel, row or column. ONNX's convolutions and pools fix it for what they read and write; the
// rest is followed from there through Transpose, Reshape and the like, forwards and backwards. E.g. what tf2onnx writes is NHWC
// almost everywhere, and the input of its first Transpose is how one knows. Loaded for graphs that have such nodes.
import type { Axes, Shape } from "../shapes.ts";
import type { AttributeValue, Graph, Node, ValueType } from "./graph.ts";

/** A letter per axis, undefined where nothing tells. */
type Letters = (string | undefined)[];

/** Axes that mean the same in both values, as [axis of `from`, axis of `to`]. */
interface Link {
  readonly from: string;
  readonly to: string;
  readonly pairs: readonly (readonly [number, number])[];
}

/** Axes of what convolutions and pools work on, by rank. */
const spatialAxes: readonly (string | undefined)[] = [undefined, undefined, "nc", "ncw", "nchw", "ncdhw"];

/** Operators whose first input and first output are [N, C, spatial…]. */
const spatialOperators = new Set(
  (
    "Conv ConvTranspose ConvInteger QLinearConv DeformConv AveragePool MaxPool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool " +
    "MaxUnpool BatchNormalization InstanceNormalization GroupNormalization LRN DepthToSpace SpaceToDepth GridSample"
  ).split(" "),
);

/** Operators that change extents, but not the order of axes. */
const rankKeepers = new Set("Concat Pad Slice Split Resize Upsample Tile TopK Compress".split(" "));

/** Operators whose output may have the shape of an input without having its axes. */
const opaque = new Set("Gemm Einsum LSTM GRU RNN Attention MultiHeadAttention OneHot NonZero ScatterND GatherND".split(" "));

/** Rounds of following: each goes once through the whole graph in both directions. */
const maxRounds = 4;

/**
 * The axes of every value of which something is known.
 *
 * @param types where they are known; without them nodes that need shapes, such as Reshape, are not followed
 */
export function trackAxes(graph: Graph, types: ReadonlyMap<string, ValueType> = new Map()): ReadonlyMap<string, Axes> {
  const shapes = new Map<string, Shape>(Array.from(types, ([name, { shape }]) => [name, shape]));
  const letters = new Map<string, Letters>();
  for (const { name, shape } of graph.inputs) letters.set(name, new Array(shape.length).fill(undefined));
  const links = graph.nodes.flatMap((node) => visit(node, graph, shapes, letters));
  for (let round = 0, hasChanged = true; hasChanged && round < maxRounds; round++) {
    hasChanged = false;
    for (const { from, to, pairs } of links) if (follow(letters.get(from), letters.get(to), pairs)) hasChanged = true;
    for (const { from, to, pairs } of links.toReversed()) if (follow(letters.get(to), letters.get(from), swapped(pairs))) hasChanged = true;
  }
  const known = Array.from(letters, ([name, list]) => [name, Array.from(list, (letter) => letter ?? "_").join("")] as const);
  return new Map(known.filter(([, axes]) => /[^_]/.test(axes)));
}

/** Notes the axes that the node itself fixes, and links axes of its inputs with those of its outputs. */
function visit(node: Node, graph: Graph, shapes: ReadonlyMap<string, Shape>, letters: Map<string, Letters>): Link[] {
  const isVariable = (name: string) => name !== "" && !graph.initializers.has(name);
  const [output = ""] = node.outputs;
  const links: Link[] = [];
  for (const [index, from] of node.inputs.entries()) {
    const fromRank = shapes.get(from)?.length ?? letters.get(from)?.length;
    if (!isVariable(from) || fromRank === undefined) continue;
    if (!letters.has(from)) letters.set(from, new Array(fromRank).fill(undefined));
    for (const to of index === 0 ? node.outputs : [output]) {
      if (!isVariable(to)) continue;
      const pairs = pairsOf({ node, graph, index, fromRank, from: shapes.get(from), to: shapes.get(to) });
      if (!pairs) continue;
      const toRank = shapes.get(to)?.length ?? Math.max(0, ...pairs.map(([, axis]) => axis + 1));
      if (!letters.has(to)) letters.set(to, new Array(toRank).fill(undefined));
      links.push({ from, to, pairs });
    }
  }
  const [input = ""] = node.inputs;
  if (spatialOperators.has(node.operator) && isVariable(input)) {
    const rank = shapes.get(input)?.length ?? letters.get(input)?.length ?? weightRank(node, graph);
    const axes = spatialAxes[rank ?? 0];
    // What the node itself fixes has precedence over letters that come from elsewhere.
    if (axes) for (const name of [input, output]) letters.set(name, [...axes]);
  }
  return links;
}

function weightRank({ inputs }: Node, { initializers }: Graph): number | undefined {
  return initializers.get(inputs[1] ?? "")?.shape.length;
}

interface Question {
  readonly node: Node;
  readonly graph: Graph;
  /** Which of the node's inputs. */
  readonly index: number;
  readonly fromRank: number;
  readonly from: Shape | undefined;
  readonly to: Shape | undefined;
}

/** `undefined` where the output's axes say nothing about this input's. */
function pairsOf(question: Question): Link["pairs"] | undefined {
  const { node, graph, index, fromRank, from, to } = question;
  const { operator, attributes } = node;
  if (spatialOperators.has(operator) || opaque.has(operator)) return undefined;
  if (rankKeepers.has(operator)) return identity(fromRank);
  if (operator === "Transpose") {
    const reversed = Array.from({ length: fromRank }, (_, axis) => fromRank - 1 - axis);
    return ((attributes.get("perm") as readonly number[] | undefined) ?? reversed).map((axis, at) => [axis, at] as const);
  }
  if (operator === "MatMul") return index === 0 && from?.length === to?.length ? identity(fromRank) : undefined;
  if (index > 0 && /^(Arg|Reduce|Squeeze|Unsqueeze|Reshape|Flatten|Gather$)/.test(operator)) return undefined;
  if (operator === "Reshape" || operator === "Flatten") return from && to && pairsOfReshape(from, to);
  if (operator === "Squeeze" || /^(Arg(Max|Min)|Reduce\w+)$/.test(operator)) {
    if (operator !== "Squeeze" && attributes.get("keepdims") !== 0) return identity(fromRank);
    const gone = axesOf(node, graph, fromRank) ?? (operator === "Squeeze" ? onesOf(from) : undefined);
    if (!gone) return undefined;
    const kept = identity(fromRank).filter(([axis]) => !gone.has(axis));
    return kept.map(([axis], at) => [axis, at] as const);
  }
  if (operator === "Unsqueeze") {
    const given = listOf(attributes.get("axes")) ?? graph.initializers.get(node.inputs[1] ?? "")?.toNumbers();
    if (!given) return undefined;
    const rank = fromRank + given.length;
    const added = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
    const kept = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !added.has(axis));
    return kept.map((at, axis) => [axis, at] as const);
  }
  if (operator === "Gather") return pairsOfGather(question);
  return pairsOfBroadcast(question);
}

/** A scalar index removes its axis, a list of indices keeps it. */
function pairsOfGather({ node, graph, fromRank, to }: Question): Link["pairs"] | undefined {
  const rank = graph.initializers.get(node.inputs[1] ?? "")?.shape.length ?? (to && to.length - fromRank + 1);
  if (rank === undefined) return undefined;
  const given = Number(node.attributes.get("axis") ?? 0);
  const axis = given < 0 ? given + fromRank : given;
  return identity(fromRank).flatMap(([at]) => {
    if (at === axis) return rank === 1 ? [[at, at] as const] : [];
    return [[at, at < axis ? at : at + rank - 1] as const];
  });
}

/** Element-wise operators align their operands at the last axis. So does what keeps a shape, whatever it computes. */
function pairsOfBroadcast({ fromRank, from, to }: Question): Link["pairs"] | undefined {
  if (!from || !to) return identity(fromRank);
  const shift = to.length - fromRank;
  if (shift < 0 || from.some((extent, axis) => extent !== 1 && extent !== to[axis + shift])) return undefined;
  const pairs = identity(fromRank).map(([axis]) => [axis, axis + shift] as const);
  // An axis of 1 beside a longer one may stand for anything if the operand has fewer axes.
  return shift === 0 ? pairs : pairs.filter(([axis]) => from[axis] !== 1);
}

/** Axes that go through a Reshape unchanged: where both shapes have the same product before and after them. */
function pairsOfReshape(from: Shape, to: Shape): Link["pairs"] {
  const pairs: (readonly [number, number])[] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    const [firstI, firstJ] = [i, j];
    let [left, right] = [from[i++] as number, to[j++] as number];
    while (left !== right) {
      if (left < right && i < from.length) left *= from[i++] as number;
      else if (left > right && j < to.length) right *= to[j++] as number;
      else return pairs;
    }
    const wide = (shape: Shape, start: number, end: number) => {
      const axes = Array.from({ length: end - start }, (_, k) => start + k);
      const longer = axes.filter((axis) => shape[axis] !== 1);
      return axes.length === 1 ? axes : longer;
    };
    const [ours, theirs] = [wide(from, firstI, i), wide(to, firstJ, j)];
    if (ours.length === 1 && theirs.length === 1) pairs.push([ours[0] as number, theirs[0] as number]);
  }
  return pairs;
}

/** The axes that a reduction or Squeeze names, by attribute or, in newer opsets, by its second input. All where it names none. */
function axesOf({ operator, attributes, inputs }: Node, { initializers }: Graph, rank: number): ReadonlySet<number> | undefined {
  const isArg = operator.startsWith("Arg");
  const given = isArg
    ? [Number(attributes.get("axis") ?? 0)]
    : (listOf(attributes.get("axes")) ?? initializers.get(inputs[1] ?? "")?.toNumbers());
  if (given) return new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
  return operator === "Squeeze" || inputs[1] ? undefined : new Set(identity(rank).map(([axis]) => axis));
}

function onesOf(shape: Shape | undefined): ReadonlySet<number> | undefined {
  return shape && new Set(identity(shape.length).flatMap(([axis]) => (shape[axis] === 1 ? [axis] : [])));
}

function listOf(value: AttributeValue | undefined): readonly number[] | undefined {
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
}

function identity(rank: number): (readonly [number, number])[] {
  return Array.from({ length: rank }, (_, axis) => [axis, axis] as const);
}

function swapped(pairs: Link["pairs"]): Link["pairs"] {
  return pairs.map(([a, b]) => [b, a] as const);
}

/** Copies letters to axes that have none; no value gets a letter twice. */
function follow(source: Letters | undefined, target: Letters | undefined, pairs: Link["pairs"]): boolean {
  let hasChanged = false;
  if (!source || !target) return false;
  for (const [from, to] of pairs) {
    const letter = source[from];
    if (!letter || to >= target.length || target[to] !== undefined || target.includes(letter)) continue;
    target[to] = letter;
    hasChanged = true;
  }
  return hasChanged;
}
