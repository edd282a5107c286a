// Small detectors from picture to boxes, built as those of SSD and YOLO are, with weights from a seed: held to ONNX Runtime.
import { expect, test } from "vitest";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { middlesOf } from "../support/detection-networks.ts";
import { filled, graphOf, ints, noise, op } from "../support/graphs.ts";
import { expectReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

const number = (value: number) => Tensor.from("float32", [1], [value]);
const [size, cells, classes] = [32, 8, 3];
const priors = cells * cells;

/** Centres of cells in pixels. */
const places = filled([1, 2, cells, cells], middlesOf(cells, size));

const backbone = [
  op("Conv", "picture w", "conv", { pads: [1, 1, 1, 1], strides: [2, 2] }),
  op("Relu", "conv", "relu"),
  op("Conv", "relu v", "conv_2", { pads: [1, 1, 1, 1], strides: [2, 2] }),
  op("LeakyRelu", "conv_2", "features", { alpha: 0.1 }),
];
const weights = { w: noise([6, 3, 3, 3], 1), v: noise([8, 6, 3, 3], 2), most: Tensor.int64([1], [7]), overlap: number(0.4) };

/** Offsets and sizes by cell, scores times whether there is anything; what NonMaxSuppression chooses is gathered for each box. */
const yolo = graphOf({
  inputs: { picture: [1, 3, size, size] },
  constants: {
    ...weights,
    head: noise([5 + classes, 8, 1, 1], 3),
    parts: ints(2, 2, 1, classes),
    places,
    cell: number(size / cells),
    half: number(0.5),
    least: number(0.3),
    box_shape: ints(1, 4, priors),
    score_shape: ints(1, classes, priors),
    second: Tensor.int64([], [1]),
    third: ints(2),
    fourth: ints(3),
    axis: ints(1),
    row: ints(-1),
  },
  nodes: [
    ...backbone,
    op("Conv", "features head", "answers"),
    op("Split", "answers parts", "offsets extents objectness kinds", { axis: 1 }),
    op("Sigmoid", "offsets", "within"),
    op("Sub", "within half", "shift"),
    op("Mul", "shift cell", "moved"),
    op("Add", "moved places", "centres"),
    op("Tanh", "extents", "bounded"),
    op("Exp", "bounded", "grown"),
    op("Mul", "grown cell", "sizes"),
    op("Concat", "centres sizes", "boxes_by_cell", { axis: 1 }),
    op("Reshape", "boxes_by_cell box_shape", "boxes_rows"),
    op("Transpose", "boxes_rows", "boxes", { perm: [0, 2, 1] }),
    op("Sigmoid", "objectness", "present"),
    op("Sigmoid", "kinds", "likely"),
    op("Mul", "present likely", "scores_by_cell"),
    op("Reshape", "scores_by_cell score_shape", "scores"),
    op("NonMaxSuppression", "boxes scores most overlap least", "chosen", { center_point_box: 1 }),
    op("Gather", "chosen second", "labels", { axis: 1 }),
    op("Slice", "chosen third fourth axis", "box_indices"),
    op("Reshape", "box_indices row", "box_row"),
    op("Gather", "boxes box_row", "found_boxes", { axis: 1 }),
    op("GatherND", "scores chosen", "found_scores"),
  ],
  outputs: ["found_boxes", "found_scores", "labels"],
});

/** Offsets from boxes that are fixed, scores among classes and nothing; the best of all classes, at most as many as there are. */
const ssd = graphOf({
  inputs: { picture: [1, 3, size, size] },
  constants: {
    ...weights,
    locate: noise([4, 8, 3, 3], 4),
    name: noise([classes + 1, 8, 3, 3], 5),
    rows: ints(1, -1, priors),
    origins: filled([1, 4, priors], (i) => ((i % priors) % cells) * 4 + (i >= 2 * priors ? 6 : 0)),
    first: ints(1),
    last: ints(classes + 1),
    axis: ints(1),
    least: number(0.1),
    ten: ints(10),
    row: ints(-1),
  },
  nodes: [
    ...backbone,
    op("Conv", "features locate", "deltas", { pads: [1, 1, 1, 1] }),
    op("Reshape", "deltas rows", "deltas_row"),
    op("Add", "deltas_row origins", "corners"),
    op("Transpose", "corners", "boxes", { perm: [0, 2, 1] }),
    op("Conv", "features name", "logits", { pads: [1, 1, 1, 1] }),
    op("Reshape", "logits rows", "logits_row"),
    op("Softmax", "logits_row", "likely", { axis: 1 }),
    op("Slice", "likely first last axis", "scores"),
    op("NonMaxSuppression", "boxes scores most overlap least", "chosen"),
    op("GatherND", "scores chosen", "chosen_scores"),
    op("Shape", "chosen_scores", "count"),
    op("Min", "count ten", "k"),
    op("TopK", "chosen_scores k", "found_scores best", { axis: 0 }),
    op("Gather", "chosen best", "found"),
    op("Split", "found", "batches labels indices", { axis: 1, num_outputs: 3 }),
    op("Reshape", "indices row", "index_row"),
    op("Gather", "boxes index_row", "found_boxes", { axis: 1 }),
  ],
  outputs: ["found_boxes", "found_scores", "labels"],
});

test.each([
  ["YOLO", yolo],
  ["SSD", ssd],
])("a detector as those of %s are, on several pictures", (_, graph) =>
  withDevice(async (device) => {
    const model = await loadModel(device, graph);
    const counts = new Set<number>();
    for (const seed of [11, 12, 13, 11]) {
      const picture = noise([1, 3, size, size], seed);
      await expectReference(model, graph, { picture }, 3);
      const found = await model.predict({ picture });
      counts.add(found["found_scores"]?.size ?? 0);
    }
    expect(Math.max(...counts)).toBeGreaterThan(0);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }),
);
