// Finds every operator: a file in this folder, or in on-demand/, that default-exports one, or a list of them, is registered.
import { UnsupportedError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { type Operator, type OperatorModules, operatorsOf } from "./operator.ts";

const operators = new Map<string, Operator>();

function register(list: readonly Operator[]): void {
  for (const operator of list) operators.set(keyOf(operator.domain, operator.name), operator);
}

function keyOf(domain: string, name: string): string {
  return `${domain}:${name}`;
}

register(operatorsOf(import.meta.glob(["./*.ts", "!./index.ts"], { eager: true }) as OperatorModules));

/** The implementation of an operator, if there is one and {@link loadOperators} was asked for it. */
export function findOperator(domain: string, name: string): Operator | undefined {
  return operators.get(keyOf(domain, name));
}

/** Makes every operator of a graph available: fetches the rarer ones only if it has one that is not here yet. */
export async function loadOperators(graph: Pick<Graph, "nodes">): Promise<void> {
  if (graph.nodes.every(({ domain, operator }) => findOperator(domain, operator))) return;
  let more: typeof import("./on-demand/index.ts");
  try {
    more = await import("./on-demand/index.ts");
  } catch (error) {
    throw new UnsupportedError(
      `The part of Convcam with the rarer operators could not be loaded: ${(error as Error).message}. Check the connection.`,
    );
  }
  register(more.operators);
}

/** "domain:name" of every operator that is here. */
export function operatorNames(): readonly string[] {
  return [...operators.keys()];
}
