// Where an element looks, and which element looks at a place: each answer is the other's, on networks of many kinds.
import { expect, test } from "vitest";
import { lookerAt, originsOf, receptiveField } from "../../src/engine/elements/index.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { answerLooker } from "../../src/ui/elements/fields.ts";
import { boxesOnTiles } from "../../src/ui/instrument/tile-boxes.ts";
import { layoutMosaic } from "../../src/ui/mosaic/layout.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";

const typed = (graph: Graph) => inferGraph(graph, everything).graph;
const x = { inputs: { x: [1, 2, 13, 17] } };
const networks: readonly (readonly [what: string, graph: Graph])[] = [
  [
    "a stride without padding",
    graphOf({ ...x, constants: { w: noise([4, 2, 3, 5]) }, nodes: [op("Conv", "x w", "y", { strides: [2, 3] })] }),
  ],
  [
    "a dilation with one-sided padding",
    graphOf({ ...x, constants: { w: noise([4, 2, 3, 3]) }, nodes: [op("Conv", "x w", "y", { dilations: [2, 2], pads: [2, 0, 0, 2] })] }),
  ],
  [
    "a window wholly in the padding at both ends",
    graphOf({ ...x, constants: { w: noise([4, 2, 3, 3]) }, nodes: [op("Conv", "x w", "y", { pads: [5, 5, 5, 5] })] }),
  ],
  [
    "two layers and a pool",
    graphOf({
      ...x,
      constants: { w: noise([4, 2, 3, 3]) },
      nodes: [op("Conv", "x w", "a", { pads: [1, 1, 1, 1] }), op("MaxPool", "a", "y", { kernel_shape: [2, 2], strides: [2, 2] })],
    }),
  ],
  [
    "ConvTranspose",
    graphOf({ ...x, constants: { w: noise([2, 3, 3, 3]) }, nodes: [op("ConvTranspose", "x w", "y", { strides: [2, 2] })] }),
  ],
];

test.each(networks)("with %s, the element that looks at a place is the nearest one", (_, graph) => {
  const inferred = typed(graph);
  const [, , height = 0, width = 0] = inferred.types.get("y")?.shape ?? [];
  const middleOf = (index: readonly number[]) => {
    const field = receptiveField(inferred, "y", { begin: index, end: index.map((one) => one + 1) }).get("x");
    return field && [2, 3].map((axis) => ((field.begin[axis] as number) + (field.end[axis] as number) - 1) / 2);
  };
  const middles = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width] as const).flatMap(([y, x]) => {
    const middle = middleOf([0, 1, y, x]);
    return middle ? [{ y, x, middle }] : [];
  });
  for (const [y, x] of [
    [0, 0],
    [12, 16],
    [6, 8],
    [3, 14],
  ] as const) {
    const from = [0, 1, Math.floor(height / 2), Math.floor(width / 2)];
    const found = lookerAt(inferred, "y", from, { value: "x", index: [0, 0, y, x] }, [
      [2, 2],
      [3, 3],
    ]) as readonly number[];
    const [my = 0, mx = 0] = middleOf(found) ?? [];
    const least = (axis: 0 | 1, place: number) => Math.min(...middles.map(({ middle }) => Math.abs((middle[axis] as number) - place)));
    expect([Math.abs(my - y), Math.abs(mx - x)], `${y},${x}`).toEqual([least(0, y), least(1, x)]);
    expect(found.slice(0, 2)).toEqual([0, 1]);
  }
});

test("channels last: the place of maps is asked for and answered", () => {
  const nodes = [
    op("Transpose", "x", "a", { perm: [0, 3, 1, 2] }),
    op("Conv", "a w", "b", { strides: [2, 2], pads: [1, 1, 1, 1] }),
    op("Transpose", "b", "y", { perm: [0, 2, 3, 1] }),
  ];
  const graph = typed(graphOf({ inputs: { x: [1, 12, 16, 3] }, constants: { w: noise([5, 3, 3, 3]) }, nodes }));
  const axes = new Map([
    ["x", "nhwc"],
    ["y", "nhwc"],
  ]);
  const source = { model: { graph }, axes } as unknown as Parameters<typeof answerLooker>[0];
  const from = { channel: 4, y: 0, x: 0 };
  const point = { channel: 0, y: 6, x: 10 };
  expect(answerLooker(source, { kind: "looker", value: "y", from, source: "x", point })).toEqual({ channel: 4, y: 3, x: 5 });
  expect(answerLooker(source, { kind: "looker", value: "x", from: point, source: "y", point: { channel: 4, y: 0, x: 0 } })).toBeUndefined();
});

test("an element that was only moved is led back to where it was computed", () => {
  const nodes = [
    op("Relu", "x", "maps"),
    op("Transpose", "maps", "t", { perm: [0, 2, 3, 1] }),
    op("Reshape", "t s", "r"),
    op("Dropout", "r", "d _"),
    op("Gemm", "d m", "y"),
  ];
  const graph = typed(graphOf({ inputs: { x: [1, 3, 4, 5] }, constants: { s: ints(1, 60), m: noise([60, 7]) }, nodes }));
  const origin = originsOf(graph);
  // Row by row, place by place, three channels each: 2 · 15 + 3 · 3 + 1.
  expect(origin({ value: "d", index: [0, 40] })).toEqual({ value: "maps", index: [0, 1, 2, 3] });
  expect(origin({ value: "y", index: [0, 4] })).toEqual({ value: "y", index: [0, 4] });
});

const box = { channels: [1, 3], y: [2, 4], x: [0, 3] } as const;

test("a part of maps is boxed on each tile that shows one of its channels", () => {
  const layout = layoutMosaic({ channels: 4, mapHeight: 6, mapWidth: 6, width: 25, columns: 2, gap: 1 });
  expect(layout.tileWidth).toBe(12);
  expect(boxesOnTiles(layout, box)).toEqual([
    { x: 13, y: 4, width: 6, height: 4 },
    { x: 0, y: 17, width: 6, height: 4 },
  ]);
  expect(boxesOnTiles({ ...layout, channels: 2 }, box, [2, 7])).toEqual([{ x: 0, y: 4, width: 6, height: 4 }]);
  expect(boxesOnTiles(layout, { ...box, channels: [9, 10] })).toEqual([]);
});

test("of units, all are one box", () => {
  const layout = layoutMosaic({ channels: 10, mapHeight: 1, mapWidth: 1, width: 60, columns: 5 });
  expect(boxesOnTiles(layout, { channels: [0, 10], y: [0, 1], x: [0, 1] })).toEqual([{ x: 0, y: 0, width: 60, height: 24 }]);
  expect(boxesOnTiles(layout, { channels: [6, 7], y: [0, 1], x: [0, 1] })).toEqual([{ x: 12, y: 12, width: 12, height: 12 }]);
});
