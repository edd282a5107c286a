// If, Loop and Scan. https://onnx.ai/onnx/operators/onnx__If.html, onnx__Loop.html, onnx__Scan.html
import type { Body, Node } from "../../graph/graph.ts";
import { normalizeAxis, sameShape } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { countNodes } from "./bodies.ts";
import { type Expansion, mostNodes } from "./expansion.ts";

/** The nodes of the branch that is taken; of both, and a choice between what they answer, where that is not known. */
export function expandIf(expansion: Expansion): void {
  const { node, known } = expansion;
  const [condition = ""] = node.inputs;
  const [taken, other] = [expansion.body("then_branch"), expansion.body("else_branch")];
  for (const { outputs } of [taken, other])
    if (outputs.length !== node.outputs.length)
      expansion.invalid(`a branch has ${outputs.length} outputs, expected ${node.outputs.length}`);
  const { shape, dtype } = expansion.type(condition);
  if (dtype !== "bool" || shape.some((extent) => extent !== 1))
    expansion.invalid(`its condition is ${dtype} [${shape}], expected one bool`);
  if (known.constants.has(condition)) {
    const body = expansion.number(condition, "its condition") ? taken : other;
    const results = expansion.inline(body, [], "", node.outputs);
    for (const [i, output] of node.outputs.entries()) if (results[i] !== output) expansion.alias(results[i] as string, output);
    return;
  }
  const [yes, no] = [taken, other].map((body) => expansion.inline(body, [], "")) as [readonly string[], readonly string[]];
  for (const [i, output] of node.outputs.entries()) {
    if (!output) continue;
    const choice: Node = { ...node, inputs: [condition, yes[i] as string, no[i] as string], outputs: [output] };
    expansion.later(choice, choose);
  }
}

function choose(expansion: Expansion): void {
  const { node, known } = expansion;
  const [condition = "", yes = "", no = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const [a, b] = [known.types.get(yes), known.types.get(no)];
  if (!a || !b || a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) {
    const [first, second] = [a, b].map((type) => (type ? `${type.dtype} [${type.shape}]` : "a sequence"));
    expansion.demand(
      `its condition depends on what the network computes, and '${output}' is ${first} in one branch, ${second} in the other`,
      condition,
      true,
    );
  }
  const flag = expansion.fresh(output, "condition");
  expansion.add("Reshape", [condition, expansion.integers(expansion.fresh(output, "shape"))], [flag]);
  expansion.add("Where", [flag, yes, no], [output]);
}

/** Where a loop is. */
interface Turn {
  readonly index: number;
  /** By scan output, what it is in each iteration. */
  readonly scanned: readonly string[][];
}

export function expandLoop(expansion: Expansion): void {
  const { node } = expansion;
  const body = expansion.body("body");
  const states = node.inputs.length - 2;
  if (states < 0 || body.inputs.length !== node.inputs.length)
    expansion.invalid(`its body has ${body.inputs.length} inputs, expected ${node.inputs.length}`);
  if (body.outputs.length - 1 !== node.outputs.length)
    expansion.invalid(`its body has ${body.outputs.length} outputs, expected ${node.outputs.length + 1}`);
  takeTurn(expansion, body, { index: 0, scanned: body.outputs.slice(states + 1).map(() => []) });
}

/** Writes one iteration, after which it is known whether there is a next. */
function takeTurn(expansion: Expansion, body: Body, turn: Turn): void {
  const { node } = expansion;
  const { index, scanned } = turn;
  const [count = "", condition = "", ...states] = node.inputs;
  const turns = count ? expansion.number(count, "its trip count") : Number.POSITIVE_INFINITY;
  const goesOn = index < turns && (!condition || expansion.number(condition, "its condition", index > 0) !== 0);
  const types = body.outputTypes.slice(1);
  if (!goesOn && index === 0 && scanned.some((_, i) => !types[states.length + i])) {
    writeForTypes(expansion, body, states);
    return;
  }
  if (!goesOn) {
    finish(expansion, types, states, scanned);
    return;
  }
  const size = Math.max(1, countNodes(body));
  if (endsByCount(body, expansion) && (turns - index) * size > expansion.left)
    expansion.unsupported(`${turns} iterations of ${size} nodes are more than the ${mostNodes} nodes that loops may come to`);
  // Iterations without nodes cost time, too.
  if (index >= mostNodes) expansion.unsupported(`it goes on after ${mostNodes} iterations`);
  const number = expansion.fresh(body.inputs[0] as string, index);
  expansion.setConstant(number, Tensor.int64([], [index]));
  const flag = expansion.fresh(body.inputs[1] as string, index);
  expansion.setConstant(flag, Tensor.from("bool", [], [1]));
  const [nextCondition = "", ...results] = expansion.inline(body, [number, flag, ...states], String(index));
  for (const [i, list] of scanned.entries()) list.push(results[states.length + i] as string);
  const next: Node = { ...node, inputs: [count, nextCondition, ...results.slice(0, states.length)] };
  expansion.later(next, (later) => takeTurn(later, body, { index: index + 1, scanned }));
}

/** Of a Loop without iterations one is written all the same, which says what shapes the elements would have. Nothing that is computed takes it. */
function writeForTypes(expansion: Expansion, body: Body, states: readonly string[]): void {
  const number = expansion.fresh(body.inputs[0] as string, "none");
  expansion.setConstant(number, Tensor.int64([], [0]));
  const flag = expansion.fresh(body.inputs[1] as string, "none");
  expansion.setConstant(flag, Tensor.from("bool", [], [1]));
  const [, ...results] = expansion.inline(body, [number, flag, ...states], "none");
  const scanned = results.slice(states.length).map((): string[] => []);
  expansion.later(expansion.node, (later) => {
    const types = results.map((name) => later.known.types.get(name));
    finish(later, types, states, scanned);
  });
}

/** Whether the body leaves its condition as it is. */
function endsByCount(body: Body, { known }: Expansion): boolean {
  const [, condition] = body.inputs;
  let [result = ""] = body.outputs;
  for (;;) {
    if (result === condition || known.constants.has(result)) return true;
    const producer = body.nodes.find(({ outputs }) => outputs.includes(result));
    if (producer?.operator === "Constant") return true;
    if (producer?.operator !== "Identity" && producer?.operator !== "Cast") return false;
    result = producer.inputs[0] ?? "";
  }
}

interface Places {
  readonly axis: number;
  readonly isBackward: boolean;
}

/** Gives states and scanned values the names of the node's outputs. */
function finish(
  expansion: Expansion,
  types: Body["outputTypes"],
  states: readonly string[],
  scanned: readonly string[][],
  places: readonly Places[] = [],
): void {
  const { outputs } = expansion.node;
  for (const [i, state] of states.entries()) expansion.alias(state, outputs[i] ?? "");
  for (const [i, values] of scanned.entries()) {
    const output = outputs[states.length + i] ?? "";
    const { axis: place = 0, isBackward = false } = places[i] ?? {};
    const type = types[states.length + i];
    if (values.length > 0) expansion.join(isBackward ? values.toReversed() : values, place, true, output);
    else if (type) {
      const shape = type.shape.toSpliced(normalizeAxis(place, type.shape.length + 1), 0, 0);
      expansion.setConstant(output, new Tensor(type.dtype, shape, new Uint8Array(0)));
    } else expansion.unsupported(`it has no iterations, and its file does not say which shape '${output}' has then`);
  }
}

/** All iterations at once: how many there are is an extent. */
export function expandScan(expansion: Expansion): void {
  const { node, attributes } = expansion;
  const body = expansion.body("body");
  const count = attributes.integer("num_scan_inputs", undefined, 1);
  const stateCount = node.inputs.length - count;
  if (stateCount < 0 || body.inputs.length !== node.inputs.length || body.outputs.length !== node.outputs.length)
    expansion.invalid(
      `its body has ${body.inputs.length} inputs and ${body.outputs.length} outputs, expected ${node.inputs.length} and ${node.outputs.length}`,
    );
  const listOf = (name: string, length: number) => {
    const list = attributes.integers(name) ?? new Array<number>(length).fill(0);
    return list.length === length ? list : expansion.invalid(`'${name}' has ${list.length} numbers, expected ${length}`);
  };
  const scanned = node.inputs.slice(stateCount);
  const inputAxes = listOf("scan_input_axes", count);
  const axes = scanned.map((name, i) => normalizeAxis(inputAxes[i] as number, expansion.type(name).shape.length));
  const lengths = new Set(scanned.map((name, i) => expansion.type(name).shape[axes[i] as number]));
  const [length] = lengths;
  if (length === undefined || lengths.size > 1) expansion.invalid(`what it goes through is ${[...lengths].join(" and ")} long`);
  const size = Math.max(1, countNodes(body));
  if (length * (size + count) > expansion.left)
    expansion.unsupported(`${length} iterations of ${size} nodes are more than the ${mostNodes} nodes that loops may come to`);
  const directions = listOf("scan_input_directions", count);
  const parts = scanned.map((_, i) => {
    if (length === 0) return [];
    const own = expansion.split(stateCount + i, axes[i] as number, new Array<number>(length).fill(1), false);
    return directions[i] ? own.toReversed() : own;
  });
  let states = node.inputs.slice(0, stateCount);
  const results = body.outputs.slice(stateCount).map((): string[] => []);
  for (let i = 0; i < length; i++) {
    const outputs = expansion.inline(body, [...states, ...parts.map((own) => own[i] as string)], String(i));
    states = outputs.slice(0, stateCount);
    for (const [k, list] of results.entries()) list.push(outputs[stateCount + k] as string);
  }
  const outputAxes = listOf("scan_output_axes", results.length);
  const outputDirections = listOf("scan_output_directions", results.length);
  const places = results.map((_, i) => ({ axis: outputAxes[i] as number, isBackward: outputDirections[i] === 1 }));
  finish(expansion, body.outputTypes, states, results, places);
}
