// Finds every operator: a file in this folder that default-exports one, or a list of them, is registered.
import type { Operator } from "./operator.ts";

const modules = import.meta.glob<{ default?: Operator | readonly Operator[] }>(["./*.ts", "!./index.ts"], { eager: true });

const operators = new Map<string, Operator>();
for (const { default: exported } of Object.values(modules)) {
  if (!exported) continue;
  for (const operator of Array.isArray(exported) ? exported : [exported as Operator])
    operators.set(`${operator.domain}:${operator.name}`, operator);
}

/** The implementation of an operator, if there is one. */
export function findOperator(domain: string, name: string): Operator | undefined {
  return operators.get(`${domain}:${name}`);
}

/** "domain:name" of every operator Convcam implements. */
export function operatorNames(): readonly string[] {
  return [...operators.keys()];
}
