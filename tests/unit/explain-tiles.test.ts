// How pictures of several layers are laid out.
import { expect, test } from "vitest";
import { chooseTiles, placeTiles, spacingAt, thinned } from "../../src/ui/explain/tiles.ts";

const usual = spacingAt(1);

test.each([
  ["one takes the whole room", { count: 1, aspect: 1, room: { width: 448, height: 400 } }, { columns: 1, width: 448, height: 378 }],
  ["as few columns as fit", { count: 13, aspect: 1, room: { width: 1200, height: 800 } }, { columns: 5, width: 233, height: 239 }],
  [
    "as many as may be where none fit",
    { count: 24, aspect: 1, room: { width: 328, height: 500 } },
    { columns: 3, width: 104, height: 104 },
  ],
  [
    "one column where there is room for no more",
    { count: 3, aspect: 1, room: { width: 80, height: 500 } },
    { columns: 1, width: 80, height: 139 },
  ],
  ["high pictures in squares", { count: 4, aspect: 9, room: { width: 328, height: 100 } }, { columns: 3, width: 104, height: 104 }],
])("%s", (_, given, expected) => expect(chooseTiles({ ...usual, ...given })).toEqual(expected));

test.each([1, 2, 3])("at %s device pixels to a CSS pixel pictures are as large on the screen, and as many in a row", (pixelRatio) => {
  const spacing = spacingAt(pixelRatio);
  const room = { width: 328 * pixelRatio, height: 500 * pixelRatio };
  const { columns, width, height } = chooseTiles({ ...spacing, count: 24, aspect: 1, room });
  expect([columns, width / pixelRatio, height / pixelRatio]).toEqual([3, 104, 104]);
  const placed = placeTiles({ width, height }, { ...spacing, count: 24, columns });
  expect([placed.width, placed.height].map((side) => side / pixelRatio)).toEqual([328, 8 * 134 - 8]);
});

test("pictures lie row by row, each with room for its name", () => {
  const placed = placeTiles({ width: 100, height: 50 }, { count: 3, columns: 2, captionHeight: 22, gap: 8 });
  expect([placed.width, placed.height]).toEqual([208, 152]);
  expect(placed.tiles.map(({ x, y }) => [x, y])).toEqual([
    [0, 0],
    [108, 0],
    [0, 80],
  ]);
});

test("of too many the first, the last and some evenly between them are taken, in order", () => {
  const list = Array.from({ length: 53 }, (_, i) => i);
  const some = thinned(list, 24);
  expect(some).toHaveLength(24);
  expect([some[0], some.at(-1)]).toEqual([0, 52]);
  const steps = some.slice(1).map((value, i) => value - (some[i] as number));
  expect(new Set(steps)).toEqual(new Set([2, 3]));
  expect(thinned(list, 53)).toBe(list);
});
