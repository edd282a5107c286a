// What cannot be explained, told before the engine is asked: its messages are for scripts and name what a visitor cannot choose. Pure.
import { classCountOf, convolutionMaps, type ExplanationMethod, scoresType, takesOneLayer } from "../../engine/explanation.ts";
import type { TypedGraph } from "../../engine/graph/graph.ts";
import { isFloat } from "../../engine/tensor.ts";
import { allLayers, type ExplainRequest } from "./request.ts";
import { textsOf } from "./words.ts";

interface Facts {
  readonly graph: TypedGraph;
  /** The output that is known to hold scores of classes. */
  readonly classScores: string | undefined;
}

interface Answering {
  readonly graph: TypedGraph;
  /** Those too that are computed after values were read back. */
  readonly outputs: readonly { readonly name: string }[];
}

/**
 * The name of a network's answer, where that is one number: it is no class.
 *
 * @throws Error for a network in stages whose answer is computed in a later one
 */
export function oneNumber({ graph, outputs }: Answering): string | undefined {
  const later = outputs.find(({ name }) => !graph.types.has(name));
  if (later && !outputs.some(({ name }) => isFloat(graph.types.get(name)?.dtype ?? "bool")))
    throw new Error(
      `This network runs in stages, and its answer '${later.name}' is computed in a later one, from values that were read back from the GPU. No gradient leads from there to the picture, so there is nothing to explain.`,
    );
  if (classCountOf(scoresType(graph)) !== 1) return undefined;
  return graph.outputs.find((name) => isFloat(graph.types.get(name)?.dtype ?? "bool"));
}

/** @throws Error that says why there is no such explanation, and what to choose instead */
export function checkAsked({ method, layer, class: index }: Pick<ExplainRequest, "method" | "layer" | "class">, facts: Facts): void {
  checkLayers(method, layer, facts.graph);
  checkClass(index, facts);
}

function checkLayers(method: ExplanationMethod, layer: string | undefined, graph: TypedGraph): void {
  if (layer !== allLayers || !takesOneLayer(method) || convolutionMaps(graph).length < 2) return;
  throw new Error(`${textsOf(method).title} is of one layer at a time. Choose one layer, or another method.`);
}

function checkClass(index: number | undefined, { graph, classScores }: Facts): void {
  const type = scoresType(graph);
  const count = classCountOf(type);
  const numbers = type.shape.join(" × ");
  if (count === undefined && classScores)
    throw new Error(
      `The first output of this network, which is what is explained, has ${numbers} numbers; its classes are in '${classScores}'. Classes in another output than the first are not explained yet.`,
    );
  if (count === undefined)
    throw new Error(
      `This network gives no scores of classes, which are what is explained. It answers with ${numbers} numbers: a picture, a mask or boxes, say.`,
    );
  if (index === undefined && !classScores)
    throw new Error(
      `This network answers with ${numbers} numbers that are not known to be scores of classes, so there is no top one to explain. Choose which of them is explained as the class, by its number from 0 on.`,
    );
}
