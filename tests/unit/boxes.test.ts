// Which outputs are taken for boxes, what they are read as, and that nothing is told where it cannot be.
import { expect, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import type { DataType } from "../../src/engine/tensor.ts";
import { decodeBoxes } from "../../src/ui/boxes/decode.ts";
import { type Corners, type Detector, type NetworkToRecognise, readsOf, recogniseDetector } from "../../src/ui/boxes/recognise.ts";
import type { FoundBox } from "../../src/ui/boxes/request.ts";
import { suppress } from "../../src/ui/boxes/suppress.ts";
import { placeText, summaryOf } from "../../src/ui/boxes/words.ts";
import { op } from "../support/graphs.ts";

type Outputs = Readonly<Record<string, readonly [shape: readonly number[], dtype?: DataType]>>;

/** Of values within the networks. */
const shapes = { boxes: [1, 50, 4], others: [1, 50, 4], rows: [50, 4], pairs: [9, 2], quads: [1, 50, 4, 3] };

function network(outputs: Outputs, metadata: Readonly<Record<string, string>> = {}, nodes: readonly Node[] = []): NetworkToRecognise {
  return {
    outputs: Object.entries(outputs).map(([name, [shape, dtype = "float32"]]) => ({ name, shape, dtype })),
    picture: { width: 640, height: 640 },
    metadata: new Map(Object.entries(metadata)),
    nodes,
    types: new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape }])),
  };
}

const suppression = (attributes = {}) => [
  op("NonMaxSuppression", "boxes scores most iou least", "kept", attributes),
  op("Cast", "kept", "selected"),
];
const whole = "int64" as const;
/** A list of the boxes that a suppression has kept, gathered from all of them. */
const gathered = (attributes = {}) => [
  ...suppression(attributes),
  op("Squeeze", "boxes zero", "rows"),
  op("Gather", "rows places", "found_boxes"),
];
const lists5 = { found_boxes: [[5, 4]], labels: [[5], whole], scores: [[5]] } as const;

test.each<[why: string, given: NetworkToRecognise, expected: Partial<Detector>]>([
  [
    "torchvision's lists",
    network({ boxes: [[7, 4]], labels: [[7], whole], scores: [[7]] }),
    { kind: "lists", boxes: "boxes", labels: "labels", scores: "scores", corners: "left top right bottom" },
  ],
  [
    "the same without names, and empty",
    network({ "5023": [[0, 4]], "5027": [[0], whole], "5030": [[0]] }),
    { kind: "lists", boxes: "5023", labels: "5027", scores: "5030" },
  ],
  [
    "with masks beside them",
    network({ boxes: [[2, 4]], labels: [[2], whole], scores: [[2]], masks: [[2, 1, 640, 640]] }),
    { kind: "lists", boxes: "boxes" },
  ],
  [
    "in a batch of one",
    network({ bboxes: [[1, 200, 4]], labels: [[1, 200], whole], scores: [[1, 200]] }),
    { kind: "lists", boxes: "bboxes" },
  ],
  [
    "TensorFlow's, whose classes are floats and whose rows come first",
    network({ num_detections: [[1]], detection_boxes: [[1, 100, 4]], detection_scores: [[1, 100]], detection_classes: [[1, 100]] }),
    { kind: "lists", labels: "detection_classes", scores: "detection_scores", count: "num_detections", corners: "top left bottom right" },
  ],
  [
    "TensorFlow's with all that its collection writes",
    network({
      detection_anchor_indices: [[1, 100]],
      detection_boxes: [[1, 100, 4]],
      detection_classes: [[1, 100]],
      detection_multiclass_scores: [[1, 100, 91]],
      detection_scores: [[1, 100]],
      num_detections: [[1]],
      raw_detection_boxes: [[1, 1917, 4]],
      raw_detection_scores: [[1, 1917, 91]],
    }),
    { kind: "lists", boxes: "detection_boxes", labels: "detection_classes", scores: "detection_scores", corners: "top left bottom right" },
  ],
  ["of one class", network({ boxes: [[30, 4]], scores: [[30]] }), { kind: "lists", labels: undefined, scores: "scores" }],
  ["places of YOLOv8", network({ output0: [[1, 84, 8400]] }), { kind: "places", isTransposed: true, hasObjectness: false, classes: 80 }],
  [
    "places and masks",
    network({ output0: [[1, 116, 8400]], output1: [[1, 32, 160, 160]] }, { task: "segment" }),
    { kind: "places", classes: 80 },
  ],
  ["places of YOLOv5", network({ output0: [[1, 25200, 85]] }), { kind: "places", isTransposed: false, hasObjectness: true, classes: 80 }],
  [
    "as many classes as the file names",
    network({ output0: [[1, 6, 8400]] }, { names: "{0: 'cat', 1: 'dog'}" }),
    { kind: "places", classes: 2 },
  ],
  ["things of YOLOv10", network({ output0: [[1, 300, 6]] }), { kind: "things", rows: "output0" }],
  [
    "what NonMaxSuppression has kept",
    network({ boxes: [[1, 50, 4]], scores: [[1, 3, 50]], selected: [[9, 3], whole] }, {}, suppression()),
    { kind: "selected", selected: "selected", corners: "top left bottom right" },
  ],
  [
    "the same by PyTorch, whose columns come first",
    network({ boxes: [[1, 50, 4]], scores: [[1, 3, 50]], selected: [[9, 3], whole] }, { producer_name: "pytorch" }, suppression()),
    { kind: "selected", corners: "left top right bottom" },
  ],
  [
    "the same by centers",
    network({ boxes: [[1, 50, 4]], scores: [[1, 3, 50]], selected: [[9, 3], whole] }, {}, suppression({ center_point_box: 1 })),
    { kind: "selected", corners: "center width height" },
  ],
  [
    "lists that are gathered from what NonMaxSuppression reads, in its order",
    network(lists5, {}, gathered()),
    { kind: "lists", boxes: "found_boxes", corners: "top left bottom right" },
  ],
  ["the same by PyTorch", network(lists5, { producer_name: "pytorch" }, gathered()), { kind: "lists", corners: "left top right bottom" }],
  ["the same by centers", network(lists5, {}, gathered({ center_point_box: 1 })), { kind: "lists", corners: "center width height" }],
  [
    "the same by TensorFlow",
    network(lists5, { producer_name: "tf2onnx" }, gathered()),
    { kind: "lists", corners: "top left bottom right" },
  ],
  [
    "lists of other boxes than NonMaxSuppression reads",
    network(lists5, {}, [...suppression(), op("Gather", "others places", "found_boxes")]),
    { kind: "lists", corners: "left top right bottom" },
  ],
])("recognises %s", (_, given, expected) => {
  const found = recogniseDetector(given);
  expect(found).toMatchObject(expected);
  expect(readsOf(found as Detector).every((name) => given.outputs.some((output) => output.name === name))).toBe(true);
});

/** What a NonMaxSuppression reads has rows first, by ONNX; of other boxes columns are taken to come first. */
test.each<[how: string, nodes: readonly Node[], corners: Corners]>([
  ["takes the boxes themselves, along their axis", [op("Gather", "boxes places", "found_boxes", { axis: 1 })], "top left bottom right"],
  ["counts their axis from the end", [op("Gather", "boxes places", "found_boxes", { axis: -2 })], "top left bottom right"],
  ["takes them by batch and box", [op("GatherND", "boxes pairs", "found_boxes")], "top left bottom right"],
  [
    "reorders the numbers of a few",
    [op("Gather", "boxes places", "few", { axis: 1 }), op("Gather", "few order", "found_boxes", { axis: 1 })],
    "left top right bottom",
  ],
  [
    "reorders the numbers of all",
    [op("Squeeze", "boxes zero", "rows"), op("Gather", "rows order", "found_boxes", { axis: 1 })],
    "left top right bottom",
  ],
  ...[
    op("Gather", "others order", "boxes", { axis: 2 }),
    op("Gather", "others order", "boxes", { axis: -1 }),
    op("GatherND", "others quads", "boxes"),
    op("GatherND", "others pairs", "boxes", { batch_dims: 1 }),
    op("Slice", "others from to axes steps", "boxes"),
  ].map((node): [string, Node[], Corners] => [
    `takes what ${node.operator} reorders for NonMaxSuppression (${[...node.attributes].join()})`,
    [node, op("Gather", "others places", "found_boxes", { axis: 1 })],
    "left top right bottom",
  ]),
])("a list that %s", (_, nodes, corners) => {
  expect(recogniseDetector(network(lists5, {}, [...suppression(), ...nodes]))).toMatchObject({ kind: "lists", corners });
});

test.each<[why: string, given: NetworkToRecognise]>([
  ["scores of classes", network({ probabilities: [[1, 1000]] })],
  ["four numbers", network({ output: [[1, 4]] })],
  ["boxes alone", network({ boxes: [[8, 4]] })],
  ["boxes with a list of indices", network({ boxes: [[8, 4]], indices: [[8], whole] })],
  ["two lists that could be either", network({ boxes: [[8, 4]], a: [[8]], b: [[8]] })],
  ["two lists of boxes without names", network({ a: [[8, 4]], b: [[8, 4]], labels: [[8], whole], scores: [[8]] })],
  ["a poses' network of one class", network({ output0: [[1, 56, 8400]] }, { task: "pose" })],
  ["turned boxes", network({ output0: [[1, 20, 8400]] }, { task: "obb" })],
  ["places whose grids are still to be added", network({ output: [[1, 8400, 85]] })],
  ["as many rows as no grid has", network({ output: [[1, 84, 8000]] })],
  ["other classes than the file names", network({ output0: [[1, 84, 8400]] }, { names: "{0: 'cat', 1: 'dog'}" })],
  [
    "lists by TensorFlow that are called otherwise",
    network({ boxes: [[8, 4]], labels: [[8], whole], scores: [[8]] }, { producer_name: "tf2onnx" }),
  ],
  ["a suppression whose boxes are not told", network({ scores: [[1, 3, 50]], selected: [[9, 3], whole] }, {}, suppression())],
  ["a sequence of words", network({ hidden: [[1, 197, 768]] })],
])("takes %s for no boxes", (_, given) => {
  expect(recogniseDetector(given)).toBeUndefined();
});

const picture = { width: 100, height: 50 };
const lists: Detector = { kind: "lists", boxes: "b", scores: "s", labels: "l", count: undefined, corners: "left top right bottom" };

function decode(
  detector: Detector,
  values: Readonly<Record<string, readonly [shape: readonly number[], numbers: readonly number[]]>>,
  threshold = 0.5,
) {
  const given = new Map(Object.entries(values).map(([name, [shape, numbers]]) => [name, { shape, numbers }]));
  return decodeBoxes(detector, { values: given, picture, threshold });
}

const box = (index: number, score: number, ...[left = 0, top = 0, right = 0, bottom = 0]: number[]): FoundBox => ({
  class: index,
  score,
  left,
  top,
  right,
  bottom,
});

function expectBoxes(actual: ReturnType<typeof decodeBoxes>, expected: readonly FoundBox[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((one, i) => {
    for (const [key, value] of Object.entries(one))
      expect((actual as readonly FoundBox[])[i]?.[key as keyof FoundBox]).toBeCloseTo(value, 6);
  });
}

test("lists in pixels and in shares are the same boxes, by score, above the threshold", () => {
  const expected = [box(2, 0.9, 0.1, 0.2, 0.3, 0.8), box(1, 0.6, 0, 0, 1, 1)];
  const rest = { s: [[3], [0.6, 0.4, 0.9]], l: [[3], [1, 5, 2]] } as const;
  expectBoxes(
    decode(lists, {
      b: [
        [3, 4],
        [0, 0, 100, 50, 1, 1, 2, 2, 10, 10, 30, 40],
      ],
      ...rest,
    }),
    expected,
  );
  expectBoxes(
    decode(lists, {
      b: [
        [3, 4],
        [0, 0, 1, 1, 0.1, 0.1, 0.2, 0.2, 0.1, 0.2, 0.3, 0.8],
      ],
      ...rest,
    }),
    expected,
  );
  const turned = [0, 0, 1, 1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.8, 0.3];
  expectBoxes(decode({ ...lists, corners: "top left bottom right" }, { b: [[3, 4], turned], ...rest }), expected);
});

test("a list ends where its count says", () => {
  const values = {
    b: [
      [2, 4],
      [0, 0, 10, 10, 0, 0, 20, 20],
    ],
    s: [[2], [0.9, 0.9]],
    l: [[2], [0, 0]],
    n: [[1], [1]],
  } as const;
  expectBoxes(decode({ ...lists, count: "n" }, values), [box(0, 0.9, 0, 0, 0.1, 0.2)]);
});

test("what NonMaxSuppression kept has the score of its class at its place", () => {
  const selected: Detector = { kind: "selected", boxes: "b", scores: "s", selected: "k", corners: "center width height" };
  const values = {
    b: [
      [1, 2, 4],
      [50, 25, 20, 10, 20, 20, 20, 20],
    ],
    s: [
      [1, 2, 2],
      [0.1, 0.7, 0.8, 0.2],
    ],
    k: [
      [2, 3],
      [0, 1, 0, 0, 0, 1],
    ],
  } as const;
  expectBoxes(decode(selected, values), [box(1, 0.8, 0.4, 0.4, 0.6, 0.6), box(0, 0.7, 0.1, 0.2, 0.3, 0.6)]);
});

test("rows of things: corners, score, class", () => {
  expectBoxes(
    decode(
      { kind: "things", rows: "r" },
      {
        r: [
          [1, 2, 6],
          [10, 10, 30, 40, 0.9, 3, 0, 0, 0, 0, 0, 0],
        ],
      },
    ),
    [box(3, 0.9, 0.1, 0.2, 0.3, 0.8)],
  );
});

test("of places that cover each other, within a class, the surest stays", () => {
  const rows = [
    [50, 25, 20, 10, 0.9, 0.1],
    [51, 25, 20, 10, 0.8, 0.1],
    [50, 25, 20, 10, 0.1, 0.7],
    [20, 25, 20, 10, 0.6, 0.1],
  ];
  const expected = [box(0, 0.9, 0.4, 0.4, 0.6, 0.6), box(1, 0.7, 0.4, 0.4, 0.6, 0.6), box(0, 0.6, 0.1, 0.4, 0.3, 0.6)];
  const columns = [0, 1, 2, 3, 4, 5].flatMap((column) => rows.map((row) => row[column] as number));
  const v8: Detector = { kind: "places", rows: "r", isTransposed: true, hasObjectness: false, classes: 2 };
  expectBoxes(decode(v8, { r: [[1, 6, 4], columns] }), expected);
  const v5: Detector = { ...v8, isTransposed: false, hasObjectness: true };
  const sure = rows.flatMap(([x, y, w, h, ...scores]) => [x, y, w, h, 0.5, ...scores] as number[]);
  const halved = expected.map((one) => ({ ...one, score: one.score / 2 }));
  expectBoxes(decode(v5, { r: [[1, 4, 7], sure] }, 0.25), halved);
});

test.each<[why: string, values: Parameters<typeof decode>[1], sentence: string]>([
  [
    "scores that are none",
    {
      b: [
        [1, 4],
        [0, 0, 10, 10],
      ],
      s: [[1], [7]],
      l: [[1], [0]],
    },
    "scores are not between 0 and 1",
  ],
  [
    "classes that are none",
    {
      b: [
        [1, 4],
        [0, 0, 10, 10],
      ],
      s: [[1], [0.9]],
      l: [[1], [0.5]],
    },
    "classes are not whole",
  ],
  [
    "boxes that end before they begin",
    {
      b: [
        [1, 4],
        [50, 25, 20, 10],
      ],
      s: [[1], [0.9]],
      l: [[1], [0]],
    },
    "end before they begin",
  ],
  [
    "boxes of a larger picture",
    {
      b: [
        [1, 4],
        [600, 500, 900, 800],
      ],
      s: [[1], [0.9]],
      l: [[1], [0]],
    },
    "far outside",
  ],
  [
    "boxes that are not numbers",
    {
      b: [
        [1, 4],
        [Number.NaN, 0, 10, 10],
      ],
      s: [[1], [0.9]],
      l: [[1], [0]],
    },
    "not numbers",
  ],
])("%s give a sentence in place of boxes", (_, values, sentence) => {
  expect(decode(lists, values)).toMatchObject({ reason: expect.stringContaining(sentence) });
});

test("a thousand boxes are compared, whatever the threshold is", () => {
  const many = Array.from({ length: 5000 }, (_, i) => box(i, 1 - i / 5000, 0, 0, 1, 1));
  expect(suppress(many)).toHaveLength(1000);
});

test("says what was found, by class, and where", () => {
  const found = [box(0, 0.9, 0.1, 0.2, 0.3, 0.8), box(0, 0.8, 0, 0, 1, 1), box(3, 0.7, 0, 0, 1, 1)];
  expect(summaryOf(found, ["cat"])).toBe("3 things: 2 × cat, 1 × class 3.");
  expect(summaryOf(found.slice(2), [])).toBe("1 thing: 1 × class 3.");
  expect(summaryOf([], [])).toBe("Nothing has a score as high as this.");
  expect(
    summaryOf(
      Array.from({ length: 7 }, (_, i) => box(i, 0.5)),
      [],
    ),
  ).toMatch(/ and 2 other classes\.$/);
  expect(placeText(found[0] as FoundBox, picture)).toBe("columns 10 to 30, rows 10 to 40");
});
