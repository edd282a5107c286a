// Reverse-mode differentiation as a rewriting: from a graph to one that also computes the gradient of one value with respect to others.
// Everything below it, from passes to kernels, then treats the gradient as it does any network.
import { ModelError, UnsupportedError } from "../errors.ts";
import { AttributeReader } from "../graph/attributes.ts";
import { GraphEdit } from "../graph/edit.ts";
import { fusedDomain, type Graph, type Node, type TypedGraph } from "../graph/graph.ts";
import { dependentsOf } from "../graph/reach.ts";
import { entryOf } from "../records.ts";
import { isFloat } from "../tensor.ts";
import { Emitter } from "./emitter.ts";
import { type RuleContext, type Rules, stops } from "./rule.ts";
import { rules as allRules } from "./rules/index.ts";
import { own } from "./rules/own.ts";

export interface GradientOptions {
  /** Rules that come before the usual ones, by operator: of guided backpropagation, for example. */
  readonly rules?: Rules | undefined;
}

export interface Gradient {
  /** The forward graph with the backward one. Its outputs are the gradients, and nothing else. */
  readonly graph: Graph;
  /** The input of the shape of `of` that takes the gradient of what is asked with respect to `of`, such as 1 for one class. */
  readonly seed: string;
  /** Each value asked for, and the name of its gradient, which has its type. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * The graph that computes Σ seed · d of / d value for each value.
 *
 * @param of a value of floats, such as the scores of classes
 * @param withRespectTo values that `of` depends on: inputs, values between layers
 * @throws ModelError for names that the graph does not have, and where `of` does not depend on a value
 * @throws UnsupportedError that names every node on the way that has no rule
 */
export function gradientOf(graph: TypedGraph, of: string, withRespectTo: readonly string[], options: GradientOptions = {}): Gradient {
  const opset = graph.opsets.get("") ?? 1;
  if (withRespectTo.length === 0) throw new ModelError("nothing is named to differentiate by.");
  for (const name of [of, ...withRespectTo]) checkValue(graph, name);
  const edit = new GraphEdit(graph);
  const seed = edit.fresh(`${of}/seed`);
  const emit = new Emitter(edit, graph.types, opset);
  const gradients = propagate({
    graph,
    emit,
    of,
    seed,
    dependents: dependentsOf(graph, withRespectTo, (output) => isFloat(graph.types.get(output)?.dtype ?? "bool")),
    rules: options.rules ?? {},
  });
  const named = withRespectTo.map((value) => {
    const gradient = gradients(value);
    if (!gradient) throw new ModelError(`'${of}' does not depend on '${value}' in a way that has a gradient.`);
    return [value, gradient] as const;
  });
  const { dtype, shape } = emit.typeOf(of);
  const { name, metadata, opsets, initializers, nodes, parameters, updates } = edit.graph();
  return {
    // Without the types: what depends on constants alone is computed at load only in a graph that has none yet.
    graph: {
      ...{ name, metadata, opsets, initializers, nodes },
      ...(parameters && { parameters }),
      ...(updates && { updates }),
      inputs: [...graph.inputs, { name: seed, dtype, shape }],
      outputs: named.map(([, gradient]) => gradient),
    },
    seed,
    gradients: new Map(named),
  };
}

function checkValue({ types, initializers }: TypedGraph, name: string): void {
  const type = types.get(name);
  if (!type) throw new ModelError(`no value is called '${name}'.`);
  if (initializers.has(name)) throw new ModelError(`'${name}' is a constant, which nothing can be differentiated by.`);
  if (!isFloat(type.dtype)) throw new ModelError(`'${name}' is ${type.dtype}: only floating-point values have gradients.`);
}

interface Propagation {
  readonly graph: TypedGraph;
  readonly emit: Emitter;
  readonly of: string;
  readonly seed: string;
  /** Values whose gradients are wanted, or lead to one that is. */
  readonly dependents: ReadonlySet<string>;
  readonly rules: Rules;
}

/** From the last node to the first, the gradients of a node's inputs. @returns the gradient of a value */
function propagate({ graph, emit, of, seed, dependents, rules }: Propagation): (value: string) => string | undefined {
  /** The gradients that a value gets from each of its readers. */
  const terms = new Map<string, string[]>([[of, [seed]]]);
  const sums = new Map<string, string>();
  const total = (value: string): string | undefined => {
    const list = terms.get(value);
    if (!list || !dependents.has(value)) return undefined;
    const known = sums.get(value);
    if (known) return known;
    emit.writeFor(value);
    const sum = list.reduce((a, b) => emit.add(a, b));
    sums.set(value, sum);
    return sum;
  };
  const refusals: string[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.inputs.some((input) => dependents.has(input))) continue;
    const given = node.outputs.map((output) => (output ? total(output) : undefined));
    if (given.every((gradient) => gradient === undefined)) continue;
    try {
      const usual = node.domain === "" ? allRules : node.domain === fusedDomain ? own : {};
      const rule = entryOf(rules, node.operator) ?? entryOf(usual, node.operator);
      if (!rule) throw new UnsupportedError(`${node.operator} '${node.name}': there is no rule for its gradient.`);
      emit.writeFor(node.inputs[0] ?? node.name);
      const answered = rule(contextOf(node, { graph, emit, dependents, given }));
      node.inputs.forEach((input, i) => {
        if (!dependents.has(input) || rule === stops) return;
        const gradient = answered[i];
        if (gradient === null) return;
        if (!gradient)
          throw new UnsupportedError(`${node.operator} '${node.name}': there is no rule for the gradient of input ${i} ('${input}').`);
        const list = terms.get(input);
        if (list) list.push(gradient);
        else terms.set(input, [gradient]);
      });
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      refusals.push(...error.reasons);
    }
  }
  if (refusals.length > 0) throw new UnsupportedError(refusals);
  return total;
}

interface Situation extends Pick<Propagation, "graph" | "emit" | "dependents"> {
  readonly given: readonly (string | undefined)[];
}

function contextOf(node: Node, { graph, emit, dependents, given }: Situation): RuleContext {
  const [x = "", b = ""] = node.inputs;
  const unsupported = (message: string): never => {
    throw new UnsupportedError(`${node.operator} '${node.name}': ${message}`);
  };
  return {
    node,
    attributes: new AttributeReader(node),
    emit,
    // Rules of operators with several outputs ask for each.
    dy: given[0] ?? given.find((gradient) => gradient !== undefined) ?? "",
    x,
    b,
    y: node.outputs[0] ?? "",
    gradient: (output) => given[output],
    needs: (input) => dependents.has(node.inputs[input] ?? ""),
    shape: (input) => emit.shapeOf(node.inputs[input] ?? ""),
    constant: (input) => graph.initializers.get(node.inputs[input] ?? ""),
    unsupported,
  };
}
