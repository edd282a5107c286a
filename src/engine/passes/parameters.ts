// Makes parameters of a graph's constants: finds which can be, what each is for, and which layer it belongs to.
import { ModelError, namesLike } from "../errors.ts";
import type { Graph, Node, TypedGraph, ValueType } from "../graph/graph.ts";
import { isFloat, Tensor } from "../tensor.ts";
import { type Inference, inferGraph } from "./infer.ts";

/** Every constant that a file holds: its initializers, and what its Constant nodes say. */
export function constantsOf(file: Pick<Graph, "initializers" | "nodes">): ReadonlyMap<string, Tensor> {
  const constants = new Map(file.initializers);
  for (const { operator, domain, outputs, attributes } of file.nodes) {
    const name = outputs[0];
    if (operator !== "Constant" || domain !== "" || !name) continue;
    const [value, number, list] = [attributes.get("value"), attributes.get("value_float"), attributes.get("value_floats")];
    if (value instanceof Tensor) constants.set(name, value);
    else if (typeof number === "number") constants.set(name, Tensor.from("float32", [], [number]));
    else if (Array.isArray(list)) constants.set(name, Tensor.from("float32", [list.length], list as number[]));
  }
  return constants;
}

function possibleParameters(file: Graph): ReadonlyMap<string, Tensor> {
  const read = new Set(file.nodes.flatMap(({ inputs }) => inputs));
  return new Map([...constantsOf(file)].filter(([name, { dtype }]) => isFloat(dtype) && read.has(name)));
}

/** Constants that become parameters where all are wanted, unless an operator must know them at load. */
export function parameterNames(file: Graph): readonly string[] {
  // A number without axes belongs to a formula, as the 6 of x / 6 or a Clip's bounds do: as constants they can be fused.
  return [...possibleParameters(file)].flatMap(([name, { shape }]) => (shape.length > 0 ? name : []));
}

/**
 * The graph with constants as parameters: floats that nodes read, and that no operator must know at load, as it must a Resize's scales.
 * Single numbers without axes are parameters only where they are named.
 *
 * @param file as imported
 * @param inferred the same graph with types, every constant known
 * @param wanted names, or true for all that can be
 * @throws ModelError for a name that is none, or cannot be a parameter
 */
export function withParameters(
  file: Graph,
  { graph: inferred, catalog }: Inference,
  wanted: true | readonly string[],
): { readonly graph: TypedGraph; readonly parameters: ReadonlyMap<string, Tensor> } {
  const possible = possibleParameters(file);
  if (wanted !== true) checkWanted(wanted, possible);
  let names = new Set(wanted === true ? parameterNames(file) : wanted);
  for (;;) {
    const parameters = new Map([...possible].filter(([name]) => names.has(name)));
    const inference = inferGraph(asParameters(file, inferred, parameters), catalog);
    if (inference.obstacles.length === 0) return { graph: inference.graph, parameters };
    const needed = parametersNeeded(inference, inferred, parameters);
    if (needed.size === 0) throw new ModelError(`parameters: ${inference.obstacles[0]}`);
    const refused = wanted === true ? undefined : wanted.find((name) => needed.has(name));
    if (refused !== undefined) throw new ModelError(`'${refused}' cannot be a parameter: ${inference.obstacles[0]}`);
    names = new Set([...names].filter((name) => !needed.has(name)));
  }
}

function checkWanted(wanted: readonly string[], possible: ReadonlyMap<string, Tensor>): void {
  const wrong = wanted.find((name) => !possible.has(name));
  if (wrong === undefined) return;
  const near = namesLike(wrong, possible.keys());
  const hint = near && ` Did you mean ${near}?`;
  throw new ModelError(`'${wrong}' cannot be a parameter: no node reads a floating-point constant of that name.${hint}`);
}

/** The file's graph with the inputs of the inferred one, whose shapes and fixed elements are known. */
function asParameters(file: Graph, inferred: TypedGraph, parameters: ReadonlyMap<string, Tensor>): Graph {
  const fixed = file.inputs.flatMap(({ name }) => {
    const tensor = inferred.initializers.get(name);
    return tensor ? [[name, tensor] as const] : [];
  });
  const initializers = new Map([...file.initializers, ...fixed].filter(([name]) => !parameters.has(name)));
  const nodes = file.nodes.filter(({ outputs }) => !parameters.has(outputs[0] ?? ""));
  return { ...file, inputs: inferred.inputs, initializers, nodes, parameters };
}

/** The parameters that nodes which cannot run need as constants. */
function parametersNeeded(
  { graph, operations }: Inference,
  known: TypedGraph,
  parameters: ReadonlyMap<string, Tensor>,
): ReadonlySet<string> {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const needed = new Set<string>();
  const seen = new Set<string>();
  const stuck = graph.nodes.filter(
    ({ name, inputs }) => !operations.has(name) && inputs.every((input) => !input || graph.types.has(input)),
  );
  const waiting = stuck.flatMap(({ inputs }) => inputs.filter((input) => known.initializers.has(input)));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (parameters.has(name)) needed.add(name);
    waiting.push(...(makers.get(name)?.inputs ?? []));
  }
  return needed;
}

/** What a parameter is for: the first node that computes with it, as which input, and in what shape. */
export interface ParameterUse {
  readonly node: Node;
  readonly index: number;
  readonly type: ValueType;
  /** Whether a layer with weights lies before the node: what comes before the first is how the input is prepared. */
  readonly isBehindLayer: boolean;
}

const moves = new Set(["Identity", "Cast", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand"]);
const layers = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** By parameter; those that no node computes with are left out. */
export function usesOf(graph: TypedGraph): ReadonlyMap<string, ParameterUse> {
  /** Moved value to the parameter that it holds. */
  const moved = new Map<string, string>(Array.from(graph.parameters?.keys() ?? [], (name) => [name, name]));
  const behind = new Set<string>();
  const uses = new Map<string, ParameterUse>();
  for (const node of graph.nodes) {
    const source = moved.get(node.inputs[0] ?? "");
    if (source !== undefined && node.domain === "" && moves.has(node.operator)) {
      moved.set(node.outputs[0] as string, source);
      continue;
    }
    const isBehindLayer = node.inputs.some((input) => behind.has(input));
    node.inputs.forEach((input, index) => {
      const name = moved.get(input);
      if (name !== undefined && !uses.has(name)) uses.set(name, { node, index, type: graph.types.get(input) as ValueType, isBehindLayer });
    });
    if (isBehindLayer || layers.has(node.operator)) for (const output of node.outputs) behind.add(output);
  }
  return uses;
}
