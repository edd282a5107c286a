// What only some trainings take, as one part of the program that a trainer loads when it is asked for.
import type { DerivedExecution } from "./derived.ts";
import { ModelError } from "./errors.ts";
import { countsResult, scaleResult } from "./gradient/training/training.ts";

export { planOf } from "./gradient/training/options.ts";
export { PieceRunner } from "./pieces.ts";

/** By what the next loss is multiplied, and how many steps were not taken. @param results of the training's graph */
export async function readScale(results: ReadonlyMap<string, string>, execution: DerivedExecution) {
  if (!results.has(scaleResult)) return { scale: 1, skipped: 0 };
  const { [scaleResult]: scales, [countsResult]: counts } = await execution.read([scaleResult, countsResult]);
  return { scale: scales?.toNumbers()[0] as number, skipped: counts?.toNumbers()[1] as number };
}

/**
 * @param kept becomes these names
 * @returns whether it held others
 * @throws ModelError for parameters that do not learn
 */
export function keepNames(names: readonly string[], parameters: readonly string[], kept: Set<string>): boolean {
  const unknown = names.find((name) => !parameters.includes(name));
  if (unknown !== undefined) throw new ModelError(`'${unknown}' does not learn, so it has no gradient.`);
  if (names.length === kept.size && names.every((name) => kept.has(name))) return false;
  kept.clear();
  for (const name of names) kept.add(name);
  return true;
}
