// What cannot be explained, told before the engine is asked: its messages are for scripts and name what a visitor cannot choose. Pure.
import { classCountOf, convolutionMaps, type ExplanationMethod, scoresType, takesOneLayer } from "../../engine/explanation.ts";
import type { TypedGraph } from "../../engine/graph/graph.ts";
import { allLayers, type ExplainRequest } from "./request.ts";
import { textsOf } from "./words.ts";

interface Facts {
  readonly graph: TypedGraph;
  /** The output that is known to hold scores of classes. */
  readonly classScores: string | undefined;
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
