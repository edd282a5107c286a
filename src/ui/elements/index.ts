// What is asked about single elements. Loaded with the first question.
import { ModelError } from "../../engine/errors.ts";
import { denseStrides } from "../../engine/shapes.ts";
import { type MapPoint, viewAsMaps } from "../mosaic/maps.ts";
import { checkPoint } from "../mosaic/points.ts";
import type { Viewer } from "../viewer.ts";
import { answerElement, type ElementAnswer, type ElementQuestion } from "./answer.ts";
import { answerField, answerLooker, type FieldOnMaps, type FieldQuestion, type LookerQuestion } from "./fields.ts";
import { answerInfluence, type Influence, type InfluenceQuestion } from "./influence.ts";

export type QuestionOfElement = ElementQuestion | FieldQuestion | LookerQuestion | InfluenceQuestion;

export interface AnswersOfElement {
  readonly element: ElementAnswer;
  readonly field: readonly FieldOnMaps[];
  readonly looker: MapPoint | undefined;
  readonly influence: Influence | undefined;
}

/** @throws ModelError for a value or a place that there is not, and for places that are not of numbers */
export async function answerOfElement(viewer: Viewer, query: QuestionOfElement): Promise<AnswersOfElement[QuestionOfElement["kind"]]> {
  checkNumbers("point", query.point);
  switch (query.kind) {
    case "element": {
      const { shape } = viewer.model.graph.types.get(query.value) ?? {};
      const view = shape && viewAsMaps(shape, denseStrides(shape), 0, 0, viewer.axes.get(query.value));
      if (view) checkPoint(query.value, view, query.point);
      return answerElement(viewer, query);
    }
    case "field":
      return answerField(viewer, query);
    case "looker":
      checkNumbers("from", query.from);
      return answerLooker(viewer, query);
    case "influence":
      return answerInfluence(viewer, query);
  }
}

function checkNumbers(name: string, point?: MapPoint | null): void {
  if (![point?.channel, point?.y, point?.x].every(Number.isInteger))
    throw new ModelError(`${name}: expected { channel, y, x }, whole numbers.`);
}
