// A region of nodes behind a Transpose, each of which works in any order of axes. Turned, it computes every value v as v', of which v is the Transpose.
import type { GraphEdit } from "../../graph/edit.ts";
import { type AttributeValue, fusedDomain, type Node, type TypedGraph } from "../../graph/graph.ts";
import { normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { combined, inverseOf, isIdentity, isTranspose, type Permutation, permOf, reducedAxes, replaceByItself } from "./permutations.ts";

export interface Region {
  readonly graph: TypedGraph;
  readonly edit: GraphEdit;
  /** Of the Transposes before it. */
  readonly perm: Permutation;
  readonly nodes: ReadonlySet<Node>;
}

const byElement = new Set(
  `Abs Celu Ceil Clip Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Log Mish Neg Reciprocal Relu Round Selu Sigmoid Sign silu Softplus
   Softsign Sqrt Tanh ThresholdedRelu Cast Add Sub Mul Div Max Min Sum Mean Pow PRelu Where Equal Less Greater`.split(/\s+/),
);
const alongAnAxis = new Set(["Concat", "Softmax", "LogSoftmax"]);

/** All nodes that work in any order of axes and hang together with what a Transpose computes. */
export function findRegion(graph: TypedGraph, edit: GraphEdit, transpose: Node, perm: Permutation): Region {
  const found = new Set<Node>();
  const waiting = [...edit.readers(transpose.outputs[0] as string)];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (found.has(node) || !worksInAnyOrder(graph, node, perm)) continue;
    found.add(node);
    for (const value of node.inputs) {
      const before = edit.producer(value);
      if (before && !isTranspose(before)) waiting.push(before);
    }
    if (!isEnd(graph, node, perm)) waiting.push(...edit.readers(node.outputs[0] as string));
  }
  return { graph, edit, perm, nodes: found };
}

/** A node whose output lacks axes: it is the same in either order, and what comes behind it is not turned. */
function isEnd({ types }: TypedGraph, { outputs }: Node, perm: Permutation): boolean {
  return types.get(outputs[0] as string)?.shape.length !== perm.length;
}

function worksInAnyOrder(graph: TypedGraph, node: Node, perm: Permutation): boolean {
  const { operator, domain, inputs, outputs, attributes } = node;
  if ((domain !== "" && domain !== fusedDomain) || outputs.length !== 1 || !graph.types.has(outputs[0] as string)) return false;
  const reduced = operator.startsWith("Reduce") ? reducedAxes(graph, node, perm.length) : undefined;
  if (reduced) {
    // What is left must come in the same order.
    const left = perm.filter((_, axis) => !reduced.includes(axis));
    const isOrdered = left.every((axis, i) => i === 0 || axis > (left[i - 1] as number));
    return rankOf(graph, inputs[0]) === perm.length && (isOrdered || attributes.get("keepdims") !== 0);
  }
  const isKnown = byElement.has(operator) || alongAnAxis.has(operator) || (operator === "Pad" && padsOf(graph, node));
  if (!isKnown || isEnd(graph, node, perm)) return false;
  // Before opset 13 Softmax took all axes from its own on for one.
  if (operator.endsWith("Softmax") && (graph.opsets.get("") ?? 1) < 13) return false;
  return operandsOf(node).every((value) => isUntouched(graph, value) || isConstant(graph, value) || rankOf(graph, value) === perm.length);
}

function rankOf({ types }: TypedGraph, value = ""): number | undefined {
  return types.get(value)?.shape.length;
}

/** The inputs that have axes. */
function operandsOf({ operator, inputs }: Node): readonly string[] {
  return operator === "Clip" || operator === "Pad" || operator.startsWith("Reduce") ? inputs.slice(0, 1) : inputs;
}

/** One element is the same in any order. */
function isUntouched({ types }: TypedGraph, value: string): boolean {
  const type = types.get(value);
  return type !== undefined && type.shape.length <= 1 && sizeOf(type.shape) === 1;
}

function isConstant({ initializers }: TypedGraph, value: string): boolean {
  return initializers.has(value);
}

/** What a Pad adds before and after each axis. */
function padsOf({ initializers, opsets }: TypedGraph, { attributes, inputs }: Node): readonly number[] | undefined {
  if ((opsets.get("") ?? 1) < 11) return attributes.get("pads") as readonly number[] | undefined;
  return inputs[3] ? undefined : initializers.get(inputs[1] ?? "")?.toNumbers();
}

// ---- what it is worth

/** What the region takes from outside, and whether it is what a Transpose makes of it. */
function sources({ graph, edit, perm, nodes }: Region): ReadonlyMap<string, Node | undefined> {
  const inner = new Set([...nodes].flatMap((node) => (isEnd(graph, node, perm) ? [] : node.outputs)));
  const found = new Map<string, Node | undefined>();
  for (const value of [...nodes].flatMap(operandsOf)) {
    if (inner.has(value) || isUntouched(graph, value) || isConstant(graph, value)) continue;
    const before = edit.producer(value);
    found.set(value, before && isTranspose(before) && String(permOf(graph, before)) === String(perm) ? before : undefined);
  }
  return found;
}

/** Who needs a value of the region besides its own nodes. */
function outsideOf({ graph, edit, perm, nodes }: Region, value: string) {
  const readers = edit.readers(value).filter((reader) => !nodes.has(reader));
  const transposes = readers.filter(isTranspose).map((node) => ({ node, perm: combined(perm, permOf(graph, node)) }));
  const isNeeded = edit.isWanted(value) || transposes.length < readers.length;
  return { inverse: transposes.filter((one) => isIdentity(one.perm)), others: transposes.filter((one) => !isIdentity(one.perm)), isNeeded };
}

/** As a share of what is saved. */
const mostAdded = 0.75;

/**
 * Whether Transposes move clearly fewer elements if the region is turned. With little to gain it stays: convolutions write zeros around what they
 * read for the next one, which a Transpose between them does not.
 */
export function paysToTurn(region: Region): boolean {
  const { graph, edit, perm, nodes } = region;
  const sizeOfValue = (value: string) => sizeOf(graph.types.get(value)?.shape ?? []);
  let [saved, added] = [0, 0];
  for (const [value, transpose] of sources(region)) {
    if (!transpose) added += sizeOfValue(value);
    else if (!edit.isWanted(value) && edit.readers(value).every((reader) => nodes.has(reader))) saved += sizeOfValue(value);
  }
  for (const node of nodes) {
    const [value = ""] = node.outputs;
    if (isEnd(graph, node, perm)) continue;
    const { inverse, isNeeded } = outsideOf(region, value);
    saved += sizeOfValue(value) * inverse.length;
    if (isNeeded) added += sizeOfValue(value);
  }
  return saved > 0 && added <= mostAdded * saved;
}

// ---- the change

type Outside = ReturnType<typeof outsideOf>;

/** Computes the region in the order of axes that lies before its Transposes. */
export function turnRegion(region: Region): void {
  const { edit, perm, nodes } = region;
  const before = sources(region);
  const outside = new Map(Array.from(nodes, ({ outputs: [value = ""] }) => [value, outsideOf(region, value)]));
  /** v' by v. */
  const turned = new Map([...turnSources(region, before), ...placeTurned(region, outside)]);
  for (const node of nodes) edit.replace(node.name, turnedNode(region, node, turned));
  for (const [value, { others, isNeeded }] of outside) {
    const own = turned.get(value);
    if (own === undefined) continue;
    for (const other of others) edit.replace(other.node.name, { inputs: [own], attributes: new Map([["perm", other.perm]]) });
    if (isNeeded) edit.add({ operator: "Transpose", inputs: [own], attributes: { perm }, name: `${value}/turned back`, outputs: [value] });
  }
  for (const [value, transpose] of before)
    if (transpose && edit.readerCount(value) === 0 && !edit.isWanted(value)) edit.drop(transpose.name);
}

/** What the region takes from outside: what lies before its Transpose, or behind a new one. */
function turnSources({ edit, perm }: Region, before: ReturnType<typeof sources>): [value: string, own: string][] {
  const attributes = { perm: inverseOf(perm) };
  return Array.from(before, ([value, transpose]) => [
    value,
    transpose?.inputs[0] ?? edit.add({ operator: "Transpose", inputs: [value], attributes, name: `${value}/turned` }),
  ]);
}

/** Names for what the region computes: that of a Transpose behind it, where one turns it already. */
function placeTurned({ graph, edit, perm, nodes }: Region, outside: ReadonlyMap<string, Outside>): [value: string, own: string][] {
  return [...nodes].flatMap((node): [string, string][] => {
    const [value = ""] = node.outputs;
    if (isEnd(graph, node, perm)) return [];
    const [first, ...others] = outside.get(value)?.inverse ?? [];
    const own = first?.node.outputs[0] ?? edit.fresh(`${value}/turned`);
    if (first) edit.drop(first.node.name);
    for (const other of others) replaceByItself(edit, other.node, own);
    return [[value, own]];
  });
}

/** A node that computes v' of turned values. */
function turnedNode(region: Region, node: Node, turned: ReadonlyMap<string, string>): Pick<Node, "inputs" | "outputs" | "attributes"> {
  const operandCount = operandsOf(node).length;
  const inputs = node.inputs.map((value, index) => {
    if (index >= operandCount) return value;
    return turned.get(value) ?? (isUntouched(region.graph, value) ? value : turnConstant(region, value));
  });
  const outputs = node.outputs.map((value) => turned.get(value) ?? value);
  return { ...withTurnedAxes(region, node, inputs), outputs };
}

/** A constant as it repeats beside turned values. */
function turnConstant({ graph, edit, perm }: Region, value: string): string {
  const tensor = graph.initializers.get(value) as Tensor;
  const shape = [...perm.map(() => 1).slice(tensor.shape.length), ...tensor.shape];
  const back = inverseOf(perm);
  // In every plan the name means the same elements, and all uses in one share them.
  const name = `${value}/turned ${back.join(" ")}`;
  return edit.initializers.has(name) ? name : edit.constant(name, transposed(tensor, shape, back));
}

function transposed(tensor: Tensor, shape: Shape, perm: Permutation): Tensor {
  const to = perm.map((axis) => shape[axis] as number);
  const steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const values = tensor.toNumbers();
  const result = Array.from({ length: values.length }, (_, i) => {
    let [rest, at] = [i, 0];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const extent = to[axis] as number;
      at += (rest % extent) * (steps[perm[axis] as number] as number);
      rest = Math.floor(rest / extent);
    }
    return values[at] as number;
  });
  return Tensor.from(tensor.dtype, to, result);
}

/** The node's inputs and attributes, where axes have other numbers. */
function withTurnedAxes({ graph, edit, perm }: Region, node: Node, inputs: readonly string[]): Pick<Node, "inputs" | "attributes"> {
  const { operator, attributes } = node;
  const rank = perm.length;
  const changed = (name: string, value: AttributeValue) => new Map([...attributes, [name, value]]);
  if (alongAnAxis.has(operator)) {
    const axis = normalizeAxis(Number(attributes.get("axis") ?? -1), rank);
    return { inputs, attributes: changed("axis", perm[axis] as number) };
  }
  const axes = operator.startsWith("Reduce") ? reducedAxes(graph, node, rank)?.map((axis) => perm[axis] as number) : undefined;
  if (axes && attributes.has("axes")) return { inputs, attributes: changed("axes", axes) };
  if (axes) return { inputs: [inputs[0] as string, edit.constant(`${node.name}/axes`, Tensor.int64([axes.length], axes))], attributes };
  const pads = operator === "Pad" ? padsOf(graph, node) : undefined;
  if (!pads) return { inputs, attributes };
  const own = [...pads];
  for (const [axis, place] of perm.entries()) {
    own[place] = pads[axis] as number;
    own[place + rank] = pads[axis + rank] as number;
  }
  if (attributes.has("pads")) return { inputs, attributes: changed("pads", own) };
  const [x = "", , ...rest] = inputs;
  return { inputs: [x, edit.constant(`${node.name}/pads`, Tensor.int64([own.length], own)), ...rest], attributes };
}
