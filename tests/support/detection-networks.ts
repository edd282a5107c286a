// Small detection networks with seeded weights, in the three forms that exporters write: lists behind NonMaxSuppression, what it has kept beside all boxes
// and scores, and a row for each place. They find things wherever their weights say so.
import type { Graph } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { filled, graphOf, ints, op, scaledNoise } from "./graphs.ts";

export const classNames = ["cup", "key", "shoe"];
const side = 64;

const scalar = (x: number) => Tensor.float32([], Float32Array.of(x));

/** The middle of each cell of a grid over a picture of this side, in pixels: x of all, then y of all. */
export function middlesOf(cells: number, side: number): (i: number) => number {
  const count = cells * cells;
  return (i) => ((i < count ? i % cells : Math.floor(i / cells) - cells) + 0.5) * (side / cells);
}

/** A convolution of 8 × 8 pixels without overlap, whose channels are four numbers of a box and a score of each class. */
const head = {
  constants: {
    w: scaledNoise([7, 3, 8, 8], 5, 0.3),
    b: scaledNoise([7], 6, 0.2),
    rows: ints(1, 7, 64),
    four: ints(0, 0, 0),
    end: ints(1, 4, 64),
    next: ints(0, 4, 0),
    last: ints(1, 7, 64),
    middle: filled([1, 2, 64], middlesOf(8, side)),
    nine: scalar(9),
    fourteen: scalar(14),
    half: scalar(0.5),
  },
  nodes: [
    op("Conv", "x w b", "cells", { strides: [8, 8] }),
    op("Reshape", "cells rows", "columns"),
    op("Slice", "columns four end", "moves"),
    op("Slice", "columns next last", "logits"),
    op("Sigmoid", "logits", "scores"),
    op("Split", "moves", "away spread", { axis: 1, num_outputs: 2 }),
    op("Tanh", "away", "away_share"),
    op("Mul", "away_share nine", "away_pixels"),
    op("Add", "middle away_pixels", "center"),
    op("Sigmoid", "spread", "spread_share"),
    op("Mul", "spread_share fourteen", "spread_pixels"),
    op("Add", "spread_pixels nine", "size"),
  ],
};

const suppression = {
  constants: { most: ints(5), iou: Tensor.float32([1], Float32Array.of(0.4)), least: Tensor.float32([1], Float32Array.of(0.3)) },
  nodes: [
    op("Mul", "size half", "half_size"),
    op("Sub", "center half_size", "begin"),
    op("Add", "center half_size", "stop"),
    op("Concat", "begin stop", "sides", { axis: 1 }),
    op("Transpose", "sides", "all_boxes", { perm: [0, 2, 1] }),
    op("NonMaxSuppression", "all_boxes scores most iou least", "selected"),
  ],
};

const picture = { x: [1, 3, side, side] };

/** Boxes, labels and scores, as torchvision's networks answer: how many is known when it has run. */
export const lists: Graph = graphOf({
  inputs: picture,
  constants: {
    ...head.constants,
    ...suppression.constants,
    one: ints(1),
    two: ints(2),
    three: ints(3),
    last_axis: ints(1),
    flat: ints(-1),
    plane: ints(64, 4),
    stride: ints(64),
  },
  nodes: [
    ...head.nodes,
    ...suppression.nodes,
    op("Slice", "selected one two last_axis", "class_column"),
    op("Slice", "selected two three last_axis", "place_column"),
    op("Reshape", "class_column flat", "labels"),
    op("Reshape", "place_column flat", "places"),
    op("Reshape", "all_boxes plane", "box_rows"),
    op("Gather", "box_rows places", "boxes", { axis: 0 }),
    op("Mul", "labels stride", "rows_before"),
    op("Add", "rows_before places", "at"),
    op("Reshape", "scores flat", "all_scores"),
    op("Gather", "all_scores at", "scores_found", { axis: 0 }),
  ],
  outputs: ["boxes", "labels", "scores_found"],
});

/** All boxes and scores, and which of them are kept. */
export const selected: Graph = {
  ...graphOf({
    inputs: picture,
    constants: { ...head.constants, ...suppression.constants },
    nodes: [...head.nodes, ...suppression.nodes],
    outputs: ["all_boxes", "scores", "selected"],
  }),
  metadata: new Map([["producer_name", "pytorch"]]),
};

/** A row for each place of three grids, as YOLOv8 answers. */
export const places: Graph = graphOf({
  inputs: picture,
  constants: Object.fromEntries([
    ["parts", ints(2, 2, 3)] as [string, Tensor],
    ...[8, 4, 2].flatMap((cells, i) => {
      const stride = side / cells;
      const count = cells * cells;
      return [
        [`w${cells}`, scaledNoise([7, 3, stride, stride], 11 + i, 2.4 / stride)],
        [`shape${cells}`, ints(1, 7, count)],
        [`middle${cells}`, filled([1, 2, count], middlesOf(cells, side))],
        [`size${cells}`, scalar(1.5 * stride)],
      ] as [string, Tensor][];
    }),
  ]),
  nodes: [
    ...[8, 4, 2].flatMap((cells) => [
      op("Conv", `x w${cells}`, `cells${cells}`, { strides: [side / cells, side / cells] }),
      op("Reshape", `cells${cells} shape${cells}`, `columns${cells}`),
      op("Sigmoid", `columns${cells}`, `shares${cells}`),
      op("Split", `shares${cells} parts`, `away${cells} spread${cells} classes${cells}`, { axis: 1 }),
      op("Mul", `away${cells} size${cells}`, `moved${cells}`),
      op("Add", `moved${cells} middle${cells}`, `center${cells}`),
      op("Mul", `spread${cells} size${cells}`, `extent${cells}`),
      op("Concat", `center${cells} extent${cells} classes${cells}`, `rows${cells}`, { axis: 1 }),
    ]),
    op("Concat", "rows8 rows4 rows2", "output0", { axis: 2 }),
  ],
});
