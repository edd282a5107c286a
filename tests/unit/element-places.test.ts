// Places of maps and indices of values: one is the inverse of the other, and maps read the element that the index names.
import { describe, expect, it } from "vitest";
import { denseStrides, sizeOf } from "../../src/engine/shapes.ts";
import { indexAt, mapBoxOf } from "../../src/ui/elements/places.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";

const values = [
  { shape: [1, 3, 4, 5] },
  { shape: [1, 2, 3, 2, 4, 2] },
  { shape: [1, 4, 5, 3], axes: "nhwc" },
  { shape: [2, 3, 4, 5, 6] },
  { shape: [1, 6, 7] },
  { shape: [1, 10] },
  { shape: [7] },
  { shape: [4, 5], axes: "hw" },
  { shape: [1, 4, 3], axes: "nhc" },
] as const;

describe.each(values.map((value) => ({ axes: undefined, ...value })))("a value of shape $shape, $axes", ({ shape, axes }) => {
  const strides = denseStrides(shape);
  const maps = viewAsMaps(shape, strides, 0, 0, axes);
  if (!maps) throw new Error("no maps");
  const points = Array.from({ length: maps.channels * maps.height * maps.width }, (_, i) => ({
    channel: Math.floor(i / (maps.height * maps.width)),
    y: Math.floor(i / maps.width) % maps.height,
    x: i % maps.width,
  }));

  it("has the index of the element that the maps read", () => {
    for (const point of points) {
      const index = indexAt({ shape, axes }, point);
      expect(index.every((one, axis) => one >= 0 && one < (shape[axis] as number))).toBe(true);
      const flat = index.reduce((sum, one, axis) => sum + one * (strides[axis] as number), 0);
      expect(flat).toBe(maps.offset + point.channel * maps.channelStride + point.y * maps.rowStride + point.x * maps.columnStride);
    }
  });

  it("gives the place back, as a box of one element", () => {
    for (const { channel, y, x } of points) {
      const index = indexAt({ shape, axes }, { channel, y, x });
      const box = mapBoxOf(
        { shape, axes },
        index,
        index.map((one) => one + 1),
      );
      expect(box).toEqual({ channels: [channel, channel + 1], y: [y, y + 1], x: [x, x + 1] });
    }
  });

  it("covers all of the maps with all of the value", () => {
    const zero = shape.map(() => 0);
    expect(mapBoxOf({ shape, axes }, zero, shape)).toEqual({ channels: [0, maps.channels], y: [0, maps.height], x: [0, maps.width] });
    expect(sizeOf(shape)).toBeGreaterThanOrEqual(points.length);
  });
});

it("finds a place of rows and columns in blocks, and its box", () => {
  const shape = [1, 1, 224, 3, 224, 3];
  expect(indexAt({ shape }, { channel: 0, y: 5, x: 7 })).toEqual([0, 0, 1, 2, 2, 1]);
  expect(mapBoxOf({ shape }, [0, 0, 1, 2, 2, 1], [1, 1, 2, 3, 3, 2])).toEqual({ channels: [0, 1], y: [5, 6], x: [7, 8] });
});
