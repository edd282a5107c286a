// Patterns of nodes, written as one reads them: "Mul(x, Sigmoid(x))". A small letter stands for any value, the same wherever it occurs; a number for a
// constant of one element; a call for a node whose output nobody outside of the pattern reads.
import { clipBounds, numberOf } from "../../graph/clip-bounds.ts";
import type { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain, type Node, type TypedGraph, type ValueType } from "../../graph/graph.ts";
import { sameShape } from "../../shapes.ts";

type Pattern = string | number | Call;

interface Call {
  readonly operator: string;
  readonly operands: readonly Pattern[];
}

/** What a pattern has found. */
export interface Match {
  /** Values by the letters that stand for them. */
  readonly values: ReadonlyMap<string, string>;
  /** The last of the nodes comes first. */
  readonly nodes: readonly Node[];
}

/** What matching looks at: types and attributes of the graph, nodes as they are by now. */
export interface Place {
  readonly graph: TypedGraph;
  readonly edit: GraphEdit;
}

export function parsePattern(text: string): Call {
  const tokens = text.match(/[\w.]+|[()]/g) ?? [];
  const next = (): Pattern => {
    const token = tokens.shift() ?? "";
    if (tokens.at(0) !== "(") return /^[\d.]/.test(token) ? Number(token) : token;
    tokens.shift();
    const operands: Pattern[] = [];
    while (tokens.at(0) !== ")") operands.push(next());
    tokens.shift();
    return { operator: token, operands };
  };
  return next() as Call;
}

/** Whether all that leads from the pattern's letters to a node is as the pattern says, and nobody else needs it. */
export function matchPattern(place: Place, pattern: Call, root: Node): Match | undefined {
  const start: Match = { values: new Map(), nodes: [] };
  for (const match of matchCall(place, pattern, root, start)) if (isClosed(place, match, root)) return match;
  return undefined;
}

/** Every way in which a pattern fits: which operand of a sum is which shows only where the letters occur again. */
function* matchOne(place: Place, pattern: Pattern, operand: string | number, before: Match): Generator<Match> {
  if (typeof pattern === "number") {
    if (isAbout(place, operand, pattern)) yield before;
  } else if (typeof pattern === "string") {
    if (typeof operand === "number") return;
    const known = before.values.get(pattern);
    if (known === undefined) yield { ...before, values: new Map([...before.values, [pattern, operand]]) };
    else if (known === operand) yield before;
  } else {
    const node = typeof operand === "string" ? place.edit.producer(operand) : undefined;
    if (node && node.outputs[0] === operand) yield* matchCall(place, pattern, node, before);
  }
}

const commutative = new Set(["Add", "Mul", "Max", "Min"]);

function* matchCall(place: Place, pattern: Call, node: Node, before: Match): Generator<Match> {
  const operands = node.operator === pattern.operator ? operandsOf(place, node) : undefined;
  if (operands?.length !== pattern.operands.length) return;
  const found = { ...before, nodes: [...before.nodes, node] };
  yield* matchAll(place, pattern.operands, operands, found);
  if (commutative.has(node.operator) && operands.length === 2) yield* matchAll(place, pattern.operands, [...operands].reverse(), found);
}

function* matchAll(place: Place, patterns: readonly Pattern[], operands: readonly (string | number)[], before: Match): Generator<Match> {
  const [pattern, ...others] = patterns;
  if (pattern === undefined) {
    yield before;
    return;
  }
  for (const match of matchOne(place, pattern, operands[0] as string, before)) yield* matchAll(place, others, operands.slice(1), match);
}

/** Attributes that are numbers follow the inputs. Axes of reductions are no operands. */
function operandsOf({ edit }: Place, node: Node): readonly (string | number)[] | undefined {
  const { operator, domain, inputs, attributes } = node;
  if (domain !== "" && domain !== fusedDomain) return undefined;
  const number = (name: string, fallback: number) => (attributes.get(name) as number | undefined) ?? fallback;
  const [x = ""] = inputs;
  if (operator === "ReduceMean") return [x];
  if (operator === "HardSigmoid") return [x, number("alpha", 0.2), number("beta", 0.5)];
  if (operator !== "Clip") return inputs;
  const bounds = clipBounds(node, edit.initializers);
  return bounds && [x, ...bounds];
}

/** As exporters round a number: to seven digits, or to what 16 bits hold. */
function isAbout(place: Place, operand: string | number, wanted: number): boolean {
  const given = typeof operand === "number" ? operand : numberOf(place.edit.initializers, operand);
  const isShort = typeof operand === "string" && place.edit.initializers.get(operand)?.dtype.endsWith("16");
  return given !== undefined && Math.abs(given - wanted) <= Math.abs(wanted) * (isShort ? 2 ** -11 : 2e-6);
}

/** Whether nobody but the nodes of a match reads what they compute on the way. */
function isClosed({ edit }: Place, { nodes }: Match, root: Node): boolean {
  return nodes.every(
    (node) =>
      node === root ||
      node.outputs.every(
        (output) =>
          !edit.isWanted(output) &&
          edit.readerCount(output) <= nodes.length &&
          edit.readers(output).every((reader) => nodes.includes(reader)),
      ),
  );
}

/** Whether a value has a type, but for axes of 1 in front that it may lack. */
export function fits({ graph }: Place, value: string, { dtype, shape }: ValueType): boolean {
  const type = graph.types.get(value);
  const added = shape.length - (type?.shape.length ?? 0);
  return type?.dtype === dtype && added >= 0 && sameShape([...shape.map(() => 1).slice(0, added), ...type.shape], shape);
}
