// Checks what the command line names of a model, before a GPU is opened for it.
import { describeUnknownValue, ModelError } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { dependentsOf } from "../engine/graph/reach.ts";
import { sizeOf } from "../engine/shapes.ts";
import type { ModelSummary } from "../engine/summary.ts";

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

/** @throws ModelError for a class that is none of the first output's */
export function checkClass({ outputs: [output = ""] }: Graph, { layers }: ModelSummary, option: string, index: number): void {
  const shape = layers.find(({ outputs }) => outputs[0] === output)?.shape;
  const count = shape ? sizeOf(shape) : Infinity;
  if (index < 0 || index >= count)
    throw new ModelError(`${option} ${index}: the model has ${count} scores, so expected 0 to ${count - 1}.`);
}
