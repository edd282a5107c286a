// NonMaxSuppression: of boxes that cover much of each other, those with the best scores. https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html
import type { Tensor } from "../../tensor.ts";
import { computed } from "../on-demand/shapes.ts";
import { defineOperator, type OperatorContext } from "../operator.ts";
import { held } from "./held.ts";

/** Pairs of boxes that are compared at most. */
const mostPairs = 1e9;
/** Scores that are looked at. */
const mostScores = 1 << 24;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly area: number;
}

export default defineOperator("NonMaxSuppression", { since: 10 }, (context) => {
  const isCentred = context.attributes.flag("center_point_box", false);
  const [boxesType, scoresType] = [context.input(0), context.input(1)];
  const [batches, count, coordinates] = boxesType.shape;
  const [scoreBatches, classes, scoreCount] = scoresType.shape;
  if (boxesType.shape.length !== 3 || coordinates !== 4) context.invalid(`boxes are [${boxesType.shape}], expected batch, boxes and 4`);
  if (scoresType.shape.length !== 3 || scoreBatches !== batches || scoreCount !== count)
    context.invalid(`scores are [${scoresType.shape}], expected [${batches}, classes, ${count}]`);
  const size = (batches as number) * (classes as number) * (count as number);
  if (size > mostScores) context.unsupported(`${size} scores. Up to ${mostScores} are looked at`);
  const boxes = context.constant(0, "boxes") ?? context.invalid("boxes are required");
  const scores = context.constant(1, "scores") ?? context.invalid("scores are required");
  const number = (index: number, what: string) => context.constant(index, what)?.toNumbers()[0];
  const most = number(2, "max_output_boxes_per_class") ?? 0;
  const overlap = Math.fround(number(3, "iou_threshold") ?? 0);
  const least = number(4, "score_threshold");
  if (overlap < 0 || overlap > 1) context.invalid(`iou_threshold is ${overlap}, expected 0 to 1`);
  const limits = { isCentred, most, overlap, least };
  const find = () => Int32Array.from(findKept(context, boxes, scores, { ...limits, budget: { left: mostPairs } }));
  const found = find();
  return computed("int64", [found.length / 3, 3], held(context, found, find));
});

/** Batch, class and box of each that is kept. */
function findKept(context: OperatorContext, boxes: Tensor, scores: Tensor, limits: Limits): readonly number[] {
  const [batches, classes, count] = scores.shape as [number, number, number];
  const [corners, own] = [boxes.toFloat32(), scores.toFloat32()];
  const found: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const ofBatch = Array.from({ length: count }, (_, i) =>
      boxOf(corners.subarray((batch * count + i) * 4, (batch * count + i + 1) * 4), limits.isCentred),
    );
    for (let kind = 0; kind < classes; kind++) {
      const from = (batch * classes + kind) * count;
      for (const index of select(context, ofBatch, own.subarray(from, from + count), limits)) found.push(batch, kind, index);
    }
  }
  return found;
}

interface Limits {
  readonly isCentred: boolean;
  readonly most: number;
  readonly overlap: number;
  readonly least: number | undefined;
  readonly budget: { left: number };
}

/** Best first; of equal scores the first box. */
function select(context: OperatorContext, boxes: readonly Box[], scores: Float32Array, { most, overlap, least, budget }: Limits) {
  const chosen: number[] = [];
  if (most <= 0) return chosen;
  const candidates = [...scores.keys()].filter((i) => least === undefined || (scores[i] as number) > least);
  candidates.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  for (const candidate of candidates) {
    budget.left -= chosen.length;
    if (budget.left < 0) context.unsupported(`more than ${mostPairs} pairs of boxes. Give max_output_boxes_per_class or a score_threshold`);
    const box = boxes[candidate] as Box;
    if (chosen.some((other) => covers(boxes[other] as Box, box, overlap))) continue;
    chosen.push(candidate);
    if (chosen.length >= most) break;
  }
  return chosen;
}

// In 32 bits throughout, so that what lies at the threshold is decided as elsewhere.
const f = Math.fround;

function boxOf([a = 0, b = 0, c = 0, d = 0]: Iterable<number>, isCentred: boolean): Box {
  const [halfWidth, halfHeight] = [f(c / 2), f(d / 2)];
  const [left, right, top, bottom] = isCentred
    ? [f(a - halfWidth), f(a + halfWidth), f(b - halfHeight), f(b + halfHeight)]
    : [Math.min(b, d), Math.max(b, d), Math.min(a, c), Math.max(a, c)];
  return { left, right, top, bottom, area: f(f(right - left) * f(bottom - top)) };
}

/** Whether the intersection is more than this part of the union. */
function covers(one: Box, other: Box, overlap: number): boolean {
  const width = f(Math.min(one.right, other.right) - Math.max(one.left, other.left));
  const height = f(Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));
  if (width <= 0 || height <= 0) return false;
  const shared = f(width * height);
  const union = f(f(one.area + other.area) - shared);
  if (shared <= 0 || one.area <= 0 || other.area <= 0 || union <= 0) return false;
  return f(shared / union) > overlap;
}
