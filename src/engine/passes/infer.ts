// Gives every value a type and every constant value its elements. All obstacles are collected, not only the first.
import { fewOf, ModelError, UnsupportedError } from "../errors.ts";
import type { Graph, GraphInput, Node, TypedGraph, ValueType } from "../graph/graph.ts";
import type { Catalog } from "../ops/catalog.ts";
import { createContext, describeOperation } from "../ops/context.ts";
import type { Known as Expandable } from "../ops/families.ts";
import type { Operand, Operation, OperatorContext } from "../ops/operator.ts";
import { entryOf } from "../records.ts";
import { sameShape, shapeProblem } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { FoldBudget, foldNode } from "./fold.ts";

export interface InferOptions {
  /** Input name to its shape, for inputs with named or unknown extents. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Inputs whose elements are fixed at load. */
  readonly inputValues?: Readonly<Record<string, Tensor>> | undefined;
}

export interface Inference {
  /** What the operations were described with. */
  readonly catalog: Catalog;
  /** Types are missing behind a node that is an obstacle. */
  readonly graph: TypedGraph;
  /** How each remaining node computes, by node name. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** Why the graph cannot run as it is; empty if it can. */
  readonly obstacles: readonly string[];
}

/** Infers every shape, folds constants and lists obstacles. An operator that refuses its node is an obstacle and does not throw. */
export function inferGraph(graph: Graph, catalog: Catalog, options: InferOptions = {}): Inference {
  checkNames(graph, options);
  const initializers = new Map(graph.initializers);
  const types = new Map<string, ValueType>();
  const prepared = new Set(graph.parameters?.keys());
  for (const [name, tensor] of graph.parameters ?? []) {
    initializers.delete(name);
    types.set(name, { dtype: tensor.dtype, shape: tensor.shape });
  }
  const inputs: (GraphInput & ValueType)[] = [];
  for (const input of graph.inputs) {
    const fixed = entryOf(options.inputValues, input.name);
    if (fixed) {
      if (fixed.dtype !== input.dtype || !fits(input, fixed.shape))
        throw new ModelError(
          `input '${input.name}': the model says ${input.dtype} [${input.shape.join(", ")}], inputValues has ${fixed.dtype} [${fixed.shape.join(", ")}]`,
        );
      initializers.set(input.name, fixed);
      continue;
    }
    const typed = { ...input, shape: resolveShape(input, entryOf(options.inputShapes, input.name)) };
    inputs.push(typed);
    types.set(input.name, typed);
  }
  for (const [name, tensor] of initializers) types.set(name, tensor);

  const budget = new FoldBudget(graph);
  const nodes: Node[] = [];
  const operations = new Map<string, Operation>();
  const obstacles: string[] = [];
  const known = { opsets: graph.opsets, types, constants: initializers, prepared, catalog, heldBytes: { total: 0 } };
  const expand = catalog.families.expander?.(graph);
  const queue = graph.nodes.toReversed();
  for (let node = queue.pop(); node; node = queue.pop()) {
    try {
      const instead = expand?.(node, known);
      if (instead) {
        queue.push(...instead.toReversed());
        continue;
      }
      const operation = describeNode(node, known);
      if (!operation) {
        // Behind an obstacle already listed.
        nodes.push(node);
        continue;
      }
      node.outputs.forEach((output, i) => {
        const type = operation.outputs[i];
        if (output && type) types.set(output, { dtype: type.dtype, shape: type.shape });
      });
      const constants = foldNode(node, operation, initializers, budget);
      node.outputs.forEach((output, i) => {
        const tensor = constants?.[i];
        if (output && tensor) initializers.set(output, tensor);
      });
      if (node.outputs.every((output) => !output || initializers.has(output))) continue;
      nodes.push(node);
      operations.set(node.name, operation);
      if (isPrepared(node, initializers, prepared)) for (const output of node.outputs) prepared.add(output);
    } catch (error) {
      if (!(error instanceof ModelError || error instanceof UnsupportedError)) throw error;
      obstacles.push(error.message);
      nodes.push(node);
    }
  }
  for (const output of graph.outputs)
    if (!types.has(output) && obstacles.length === 0) throw new ModelError(`output '${output}' is computed by no node`);
  if (obstacles.length === 0) checkUpdates(graph, types);
  return { catalog, graph: { ...graph, inputs, initializers, nodes, types, prepared }, operations, obstacles };
}

function checkUpdates({ parameters, updates = new Map() }: Graph, types: ReadonlyMap<string, ValueType>): void {
  for (const [name, value] of updates) {
    const [parameter, type] = [parameters?.get(name), types.get(value)];
    if (!type || type.dtype !== parameter?.dtype || !sameShape(type.shape, parameter.shape))
      throw new ModelError(`'${value}' cannot update '${name}': there is no parameter of this name, type and shape.`);
  }
}

/** A misspelt name would otherwise be ignored. */
function checkNames({ inputs }: Graph, { inputShapes, inputValues }: InferOptions): void {
  const names = inputs.map(({ name }) => name);
  for (const [option, given = {}] of Object.entries({ inputShapes, inputValues }))
    for (const name of Object.keys(given))
      if (!names.includes(name)) throw new ModelError(`${option} names '${name}', but the model's inputs are ${fewOf(names) || "none"}.`);
}

function fits(input: GraphInput, given: readonly number[]): boolean {
  if (given.some((extent) => !Number.isInteger(extent) || extent < 0)) return false;
  return given.length === input.shape.length && input.shape.every((extent, axis) => typeof extent === "string" || extent === given[axis]);
}

function resolveShape(input: GraphInput, given: readonly number[] | undefined): number[] {
  if (given) {
    if (!fits(input, given))
      throw new ModelError(`input '${input.name}': the model says [${input.shape.join(", ")}], inputShapes says [${given.join(", ")}]`);
    return checkedShape(input, [...given]);
  }
  const shape = input.shape.map((extent, axis) => {
    if (typeof extent === "number") return extent;
    // A free batch is 1; a free image size cannot be guessed.
    if (axis === 0) return 1;
    throw new ModelError(
      `input '${input.name}': extent ${axis} of [${input.shape.join(", ")}] is free. Give it with inputShapes: { "${input.name}": [1, …] }.`,
    );
  });
  return checkedShape(input, shape);
}

function checkedShape(input: GraphInput, shape: number[]): number[] {
  const problem = shapeProblem(shape);
  if (problem) throw new ModelError(`input '${input.name}' has ${problem}.`);
  return shape;
}

interface Known extends Expandable {
  /** Values that depend on parameters and constants alone. */
  readonly prepared: ReadonlySet<string>;
  readonly catalog: Catalog;
  readonly heldBytes: OperatorContext["heldBytes"];
}

/** The node's Operation; `undefined` if one of its inputs has no type because of an earlier obstacle. */
function describeNode(node: Node, { opsets, types, constants, prepared, catalog, heldBytes }: Known): Operation | undefined {
  const where = `${node.operator} '${node.name}'`;
  const operator = catalog.find(node.domain, node.operator);
  const domainName = node.domain ? ` of domain '${node.domain}'` : "";
  if (!operator) throw new UnsupportedError(`${where}: the operator${domainName} is not supported.`);
  const opset = opsets.get(node.domain) ?? 1;
  if (opset < operator.since)
    throw new UnsupportedError(
      `${where}: opset ${opset} is not supported, only ${operator.since} and later. Convert the model to a newer opset.`,
    );
  if (node.inputs.some((name) => name && !types.has(name))) return undefined;
  const inputs = node.inputs.map((name): Operand | undefined => {
    const type = types.get(name);
    if (!name || !type) return undefined;
    const constant = constants.get(name);
    return { dtype: type.dtype, shape: type.shape, ...(constant && { constant }), ...(prepared.has(name) && { isPrepared: true }) };
  });
  const context = createContext(node, { inputs, opset, families: catalog.families, heldBytes });
  const operation = describeOperation(operator, context);
  checkTypes(node, operation, context);
  return operation;
}

/** Refuses impossible shapes, whichever operator answered them, before anything computes with them. */
function checkTypes(node: Node, { outputs }: Operation, context: OperatorContext): void {
  outputs.forEach(({ shape }, i) => {
    const problem = shapeProblem(shape);
    if (problem) context.invalid(`output '${node.outputs[i] ?? i}' would have ${problem}`);
  });
  const missing = node.outputs.findIndex((name, i) => name && !outputs[i]);
  if (missing >= 0) context.invalid(`has no output ${missing} ('${node.outputs[missing]}')`);
}

/** Whether a node depends on parameters and constants alone. */
function isPrepared({ inputs }: Node, constants: { has(name: string): boolean }, prepared: ReadonlySet<string>): boolean {
  return inputs.length > 0 && inputs.every((name) => !name || prepared.has(name) || constants.has(name));
}
