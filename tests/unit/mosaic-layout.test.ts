// Where tiles lie, and which element each pixel shows.
import { describe, expect, it } from "vitest";
import { denseStrides } from "../../src/engine/shapes.ts";
import { layoutMosaic } from "../../src/ui/mosaic/layout.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { pointAt, rectangleOf } from "../../src/ui/mosaic/points.ts";

describe("layoutMosaic", () => {
  const cases = [
    {
      why: "1,536 small maps are magnified by a whole factor",
      channels: 1536,
      map: [8, 8],
      width: 1280,
      expected: { columns: 48, rows: 32, tileWidth: 24 },
    },
    {
      why: "64 large maps shrink to fit",
      channels: 64,
      map: [224, 224],
      width: 1280,
      expected: { columns: 8, rows: 8, tileWidth: 160, tileHeight: 160 },
    },
    {
      why: "a count that divides evenly comes before larger tiles",
      channels: 32,
      map: [26, 26],
      width: 640,
      expected: { columns: 8, rows: 4, tileWidth: 78 },
    },
    {
      why: "wide maps keep their aspect ratio",
      channels: 4,
      map: [10, 40],
      width: 400,
      expected: { columns: 1, rows: 4, tileWidth: 400, tileHeight: 100 },
    },
    {
      why: "a shrunken map keeps its aspect ratio",
      channels: 1,
      map: [100, 300],
      width: 150,
      expected: { tileWidth: 150, tileHeight: 50 },
    },
    { why: "ten classes are a strip", channels: 10, map: [1, 1], width: 320, expected: { columns: 10, rows: 1, tileWidth: 32 } },
    { why: "128 dense units are a grid", channels: 128, map: [1, 1], width: 320, expected: { columns: 16, rows: 8, tileWidth: 20 } },
    { why: "64 maps are a square", channels: 64, map: [13, 13], width: 320, expected: { columns: 8, rows: 8 } },
    { why: "192 maps fill their last row", channels: 192, map: [27, 27], width: 320, expected: { columns: 16, rows: 12 } },
    {
      why: "three channels are a wide row",
      channels: 3,
      map: [224, 224],
      width: 900,
      height: 272,
      expected: { columns: 3, rows: 1, tileWidth: 224 },
    },
    { why: "a prime number of maps leaves cells empty", channels: 31, map: [9, 9], width: 320, expected: { columns: 8, rows: 4 } },
    {
      why: "1,000 classes are a full grid",
      channels: 1000,
      map: [1, 1],
      width: 900,
      height: 272,
      expected: { columns: 40, rows: 25, tileWidth: 10 },
    },
    { why: "given columns win", channels: 12, map: [4, 4], width: 120, columns: 3, expected: { columns: 3, rows: 4, tileWidth: 40 } },
    { why: "more columns than channels are pointless", channels: 2, map: [4, 4], width: 80, columns: 9, expected: { columns: 2, rows: 1 } },
    {
      why: "gaps lie between tiles only",
      channels: 4,
      map: [4, 4],
      width: 42,
      columns: 2,
      gap: 2,
      expected: { tileWidth: 20, width: 42, height: 42 },
    },
    {
      why: "a tile is never less than a pixel",
      channels: 100,
      map: [9, 9],
      width: 10,
      columns: 100,
      expected: { tileWidth: 1, tileHeight: 1, width: 100 },
    },
    { why: "height limits too", channels: 1, map: [10, 10], width: 500, height: 99, expected: { tileWidth: 90, height: 90 } },
  ];
  it.each(cases)("$why", ({ channels, map, width, height, columns, gap, expected }) => {
    const layout = layoutMosaic({ channels, mapHeight: map[0] as number, mapWidth: map[1] as number, width, height, columns, gap });
    expect(layout).toMatchObject(expected);
  });
});

describe("pointAt", () => {
  it("is the inverse of rectangleOf, magnified and shrunken", () => {
    for (const width of [300, 33]) {
      const layout = layoutMosaic({ channels: 7, mapHeight: 5, mapWidth: 6, width, gap: 1, columns: 3 });
      for (let channel = 0; channel < 7; channel++) {
        const { x, y } = rectangleOf(layout, { channel, y: 0, x: 0 });
        expect(pointAt(layout, x, y)).toEqual({ channel, y: 0, x: 0 });
      }
    }
    const layout = layoutMosaic({ channels: 7, mapHeight: 5, mapWidth: 6, width: 300, gap: 1, columns: 3 });
    const rectangle = rectangleOf(layout, { channel: 4, y: 2, x: 5 });
    expect(pointAt(layout, rectangle.x, rectangle.y)).toEqual({ channel: 4, y: 2, x: 5 });
    expect(pointAt(layout, rectangle.x + rectangle.width - 1, rectangle.y + rectangle.height - 1)).toEqual({ channel: 4, y: 2, x: 5 });
  });

  it("finds nothing in gaps, empty cells and outside", () => {
    const layout = layoutMosaic({ channels: 3, mapHeight: 2, mapWidth: 2, width: 21, gap: 1, columns: 2 });
    expect(layout).toMatchObject({ tileWidth: 10, width: 21 });
    expect(pointAt(layout, 10, 3)).toBeUndefined();
    expect(pointAt(layout, 15, 15)).toBeUndefined();
    expect(pointAt(layout, -1, 0)).toBeUndefined();
    expect(pointAt(layout, 0, 21)).toBeUndefined();
  });
});

describe("viewAsMaps", () => {
  const cases = [
    {
      why: "NCHW",
      shape: [2, 3, 4, 5],
      expected: { channels: 3, height: 4, width: 5, channelStride: 20, rowStride: 5, columnStride: 1, offset: 0 },
    },
    { why: "a sequence is one row per channel", shape: [1, 3, 9], expected: { channels: 3, height: 1, width: 9 } },
    { why: "dense units are single cells", shape: [1, 10], expected: { channels: 10, height: 1, width: 1, channelStride: 1 } },
    { why: "a plain vector too", shape: [7], expected: { channels: 7, height: 1, width: 1, channelStride: 1 } },
    { why: "a scalar is one cell", shape: [], expected: { channels: 1, height: 1, width: 1 } },
    {
      why: "volumes stack their slices",
      shape: [1, 2, 3, 4, 5],
      expected: { channels: 2, height: 12, width: 5, rowStride: 5, channelStride: 60 },
    },
  ];
  it.each(cases)("$why", ({ shape, expected }) => {
    expect(viewAsMaps(shape, denseStrides(shape))).toMatchObject(expected);
  });

  const known = [
    {
      why: "channels last",
      axes: "nhwc",
      shape: [2, 4, 5, 3],
      expected: { channels: 3, height: 4, width: 5, channelStride: 1, rowStride: 15, columnStride: 3, offset: 60 },
    },
    {
      why: "a map of classes",
      axes: "nhw",
      shape: [1, 6, 7],
      expected: { channels: 1, height: 6, width: 7, rowStride: 7, columnStride: 1 },
    },
    { why: "a picture without batch", axes: "chw", shape: [3, 4, 5], expected: { channels: 3, height: 4, width: 5, channelStride: 20 } },
    { why: "a plane", axes: "hw", shape: [4, 5], expected: { channels: 1, height: 4, width: 5, rowStride: 5 } },
    { why: "rows without columns", axes: "nch", shape: [1, 2, 5], expected: { channels: 2, height: 5, width: 1, rowStride: 1 } },
    { why: "an axis of one may be anything", axes: "n_hw", shape: [1, 1, 4, 5], expected: { channels: 1, height: 4, width: 5 } },
    {
      why: "slices with channels last are stacked",
      axes: "ndhwc",
      shape: [1, 2, 3, 4, 5],
      expected: { channels: 5, height: 6, width: 4, rowStride: 20, columnStride: 5, channelStride: 1 },
    },
    { why: "what is known in part is taken as NCHW", axes: "n_hw", shape: [1, 2, 4, 5], expected: { channels: 2, height: 4, width: 5 } },
    { why: "axes of another rank say nothing", axes: "nhwc", shape: [1, 10], expected: { channels: 10, height: 1, width: 1 } },
  ];
  it.each(known)("$axes: $why", ({ axes, shape, expected }) => {
    expect(viewAsMaps(shape, denseStrides(shape), 0, shape[0] === 2 ? 1 : 0, axes)).toMatchObject(expected);
  });

  it("keeps offset and border strides, and picks the batch", () => {
    expect(viewAsMaps([2, 3, 4, 5], [126, 42, 7, 1], 8, 1)).toMatchObject({ offset: 134, channelStride: 42, rowStride: 7 });
  });

  it("refuses a volume with gaps between its slices", () => {
    expect(viewAsMaps([1, 2, 3, 4, 5], [180, 90, 30, 5, 1])).toBeUndefined();
  });
});

describe("values of many axes", () => {
  it("shows rows and columns in blocks as the picture that they are", () => {
    // Of a pixel shuffle: [1, 1, 3, 3, 224, 224] transposed.
    const shape = [1, 1, 224, 3, 224, 3];
    expect(viewAsMaps(shape, denseStrides(shape))).toMatchObject({ channels: 1, height: 672, width: 672, rowStride: 672, columnStride: 1 });
  });

  it("stacks downwards what would be too wide otherwise", () => {
    const shape = [1, 2, 3, 3, 224, 224];
    expect(viewAsMaps(shape, denseStrides(shape))).toMatchObject({ channels: 2, height: 2016, width: 224, rowStride: 224 });
  });

  it("gives a map of very many rows a shape that is seen, within its room", () => {
    const { tileWidth, width, height } = layoutMosaic({ channels: 1, mapHeight: 150_528, mapWidth: 3, width: 272, height: 272 });
    expect({ tileWidth, width, height }).toEqual({ tileWidth: 34, width: 34, height: 272 });
  });
});

describe("layoutMosaic within what a texture holds", () => {
  const cases = [
    { why: "one map of very many rows", channels: 1, mapHeight: 150_528, mapWidth: 3, width: 300 },
    { why: "one very wide row", channels: 1, mapHeight: 1, mapWidth: 600_000, width: 20_000 },
    { why: "a column of many maps", channels: 2048, mapHeight: 28, mapWidth: 28, width: 300, columns: 1, gap: 1 },
    { why: "more maps in a column than it has pixels", channels: 20_000, mapHeight: 7, mapWidth: 7, width: 300, columns: 1, gap: 2 },
    { why: "wide gaps", channels: 512, mapHeight: 4, mapWidth: 4, width: 300, columns: 1, gap: 40 },
  ];
  it.each(cases)("$why", ({ why: _, ...options }) => {
    const layout = layoutMosaic({ ...options, largest: 8192 });
    expect(layout.isReduced).toBe(true);
    expect(Math.max(layout.width, layout.height)).toBeLessThanOrEqual(8192);
    expect(Math.min(layout.tileWidth, layout.tileHeight)).toBeGreaterThanOrEqual(1);
    expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(options.channels);
    // Every element still has its pixel, and every pixel its element.
    const last = { channel: options.channels - 1, y: options.mapHeight - 1, x: options.mapWidth - 1 };
    const { x, y, width, height } = rectangleOf(layout, last);
    expect(x + width).toBeLessThanOrEqual(layout.width + 1);
    expect(y + height).toBeLessThanOrEqual(layout.height + 1);
  });

  it("leaves what fits as it is", () => {
    const options = { channels: 32, mapHeight: 26, mapWidth: 26, width: 400, gap: 1 };
    expect(layoutMosaic({ ...options, largest: 8192 })).toEqual(layoutMosaic(options));
  });

  it("refuses more channels than pixels", () => {
    expect(() => layoutMosaic({ channels: 101, mapHeight: 1, mapWidth: 1, width: 10, largest: 10 })).toThrow("101 channels");
  });
});
