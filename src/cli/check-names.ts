// Checks what the command line names of a model, before a GPU is opened for it.
import { describeUnknownValue, ModelError } from "../engine/errors.ts";
import { checkClassIndex, classCountOf, scoresType } from "../engine/explanation.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { dependentsOf } from "../engine/graph/reach.ts";
import { loadCatalog } from "../engine/ops/catalog.ts";
import { inferGraph } from "../engine/passes/infer.ts";

/** Whether a name is that of a value or a layer. */
export function isNamed(graph: Graph, name: string): boolean {
  const isInput = graph.inputs.some((input) => input.name === name) || graph.initializers.has(name);
  return isInput || graph.nodes.some((node) => node.name === name || node.outputs.includes(name));
}

/** @throws ModelError that says where the first unknown name was given, and which there are */
export function checkNames(graph: Graph, names: readonly (readonly [option: string, name: string])[]): void {
  for (const [option, name] of names) {
    if (isNamed(graph, name)) continue;
    // The inputs, and what depends on them.
    const known = [
      ...dependentsOf(
        graph,
        graph.inputs.map((input) => input.name),
      ),
    ];
    throw new ModelError(`${option}: ${describeUnknownValue(name, known)}`);
  }
}

/**
 * @param inputShapes shapes of the graph's inputs
 * @throws ModelError for a class that there is no score of
 */
export async function checkClasses(
  file: Graph,
  inputShapes: Readonly<Record<string, readonly number[]>>,
  classes: readonly (readonly [option: string, index: number])[],
): Promise<void> {
  if (classes.length === 0) return;
  const { graph } = inferGraph(file, await loadCatalog(file, {}), { inputShapes });
  const count = classCountOf(scoresType(graph));
  // Where there are several numbers for each, whoever explains them says what to name instead.
  if (count === undefined) return;
  for (const [option, index] of classes) checkClassIndex(count, index, `${option} ${index}`);
}
