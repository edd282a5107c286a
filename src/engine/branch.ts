// The part of a network that leads to some values, run on inputs of its own. Loaded with explanations, which are run in the same way.
import { DerivedExecution } from "./derived.ts";
import type { Network } from "./network.ts";

/** Runs beside the model, with its weights and gates: what the model shows stays as it is. Dispose of it when it is not needed. */
export type Branch = Pick<DerivedExecution, "run" | "value" | "input" | "predict" | "dispose">;

/** @throws ModelError for a value that the network does not have */
export function makeBranch(network: Network, names: readonly string[]): Promise<Branch> {
  const wanted = names.map((name) => [name, network.valueName(name)] as const);
  return DerivedExecution.make(network, (graph) => ({
    graph: { ...graph, outputs: [...new Set(wanted.map(([, value]) => value))] },
    results: new Map(wanted),
    operands: {},
  }));
}
