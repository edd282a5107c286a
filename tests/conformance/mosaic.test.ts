// Mosaics on the GPU, pixel by pixel against formulas written anew here in plain loops.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import { denseStrides } from "../../src/engine/shapes.ts";
import { comparePairs, legendOf } from "../../src/ui/compare/pairs.ts";
import { layoutMosaic } from "../../src/ui/mosaic/layout.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { type MosaicOptions, MosaicRenderer, type MosaicSource } from "../../src/ui/mosaic/renderer.ts";

let device: Device;
beforeAll(async () => {
  device = await requestNodeDevice();
});
afterAll(() => device.dispose());

interface Value {
  readonly shape: readonly number[];
  readonly words: Float32Array | Int32Array;
  /** Elements before the first one, as in a channel slice. */
  readonly offset?: number;
  readonly strides?: readonly number[];
}

/** Uploads a value, draws frames of it and returns the last frame's pixels, RGBA. */
async function draw(
  value: Value,
  options: Partial<MosaicOptions> & { isSigned?: boolean } = {},
  {
    second,
    fragment = false,
    width = 64,
    columns,
    gap,
  }: { second?: Value; fragment?: boolean; width?: number; columns?: number; gap?: number } = {},
): Promise<{
  at: (x: number, y: number) => number[];
  ranges: number[];
  nonFinite: number[];
  width: number;
  height: number;
  columns: number;
}> {
  device.gpu.pushErrorScope("validation");
  const bytesBefore = device.allocatedBytes;
  const renderer = new MosaicRenderer(device, "rgba8unorm", { forceFragment: fragment });
  const source = upload(value);
  const layout = layoutMosaic({
    channels: options.channels?.length ?? source.view.channels,
    mapHeight: source.view.height,
    mapWidth: source.view.width,
    width,
    columns,
    gap,
  });
  const other = second && upload(second);
  const [left, top] = options.origin ?? [0, 0];
  const size: [number, number] = [left + layout.width, top + layout.height];
  const texture = device.gpu.createTexture({
    label: "target",
    size,
    format: "rgba8unorm",
    usage: renderer.targetUsage | GPUTextureUsage.COPY_SRC,
  });
  const mosaic = await renderer.mosaic("test", source, {
    layout,
    isSigned: false,
    normalization: "layer",
    ...options,
    ...(other && { compare: { source: other, colors: comparePairs["magenta-green"], legend: legendOf("magenta-green") } }),
  });
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  mosaic.encodeRanges(pass);
  if (!fragment) mosaic.encodePixels(pass, texture.createView());
  pass.end();
  if (fragment) mosaic.draw(encoder, texture.createView());
  const bytesPerRow = Math.ceil((size[0] * 4) / 256) * 256;
  const staging = device.createBuffer("pixels", bytesPerRow * size[1], GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC);
  encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, size);
  device.gpu.queue.submit([encoder.finish()]);
  const pixels = new Uint8Array(await readBack(device, staging, bytesPerRow * size[1]));
  const [nanCount = 0, infinityCount = 0, ...ranges] = new Float32Array(
    await readBack(device, mosaic.ranges[0] as GPUBuffer, 8 + mosaic.rangeCount * 8),
  );
  mosaic.dispose();
  renderer.dispose();
  texture.destroy();
  for (const buffer of [source.buffer, other?.buffer, staging]) if (buffer) device.destroyBuffer(buffer);
  expect(device.allocatedBytes).toBe(bytesBefore);
  expect((await device.gpu.popErrorScope())?.message).toBeUndefined();
  return {
    at: (x, y) => [...pixels.subarray(y * bytesPerRow + x * 4, y * bytesPerRow + x * 4 + 4)],
    ranges,
    nonFinite: [nanCount, infinityCount],
    ...layout,
  };
}

function upload({ shape, words, offset = 0, strides = denseStrides(shape) }: Value): MosaicSource {
  const buffer = device.createBuffer("value", words.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  device.gpu.queue.writeBuffer(buffer, 0, words as Float32Array<ArrayBuffer>);
  const view = viewAsMaps(shape, strides, offset);
  if (!view) throw new Error("no view");
  return { buffer, dtype: words instanceof Int32Array ? "int32" : "float32", view };
}

/** A repeatable value between −1 and 1. */
function noise(i: number): number {
  return Math.sin(i * 12.9898) * Math.cos(i * 4.1414);
}

function expectPixel(actual: number[], expected: readonly number[], tolerance = 1): void {
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs((actual[i] as number) - (expected[i] as number)), `${actual} instead of ${expected}`).toBeLessThanOrEqual(tolerance);
}

const gray = (t: number) => {
  const level = Math.min(1, Math.max(0, t)) * 255;
  return [level, level, level, 255];
};

describe.each([false, true])("mosaic (fragment shader: %s)", (fragment) => {
  it("shows each element as a block, in tiles with gaps", async () => {
    const words = Float32Array.from({ length: 3 * 4 * 5 }, (_, i) => Math.abs(noise(i)));
    const high = Math.max(...words);
    const picture = await draw({ shape: [1, 3, 4, 5], words }, { colorMap: "gray" }, { fragment, width: 32, columns: 2, gap: 2 });
    expect([picture.width, picture.height]).toEqual([32, 26]);
    for (let y = 0; y < 26; y++)
      for (let x = 0; x < 32; x++) {
        const [column, row] = [x < 17 ? 0 : 1, y < 14 ? 0 : 1];
        const [inX, inY] = [x - column * 17, y - row * 14];
        const isEmpty = inX >= 15 || inY >= 12 || row * 2 + column > 2;
        const element = words[(row * 2 + column) * 20 + Math.floor(inY / 3) * 5 + Math.floor(inX / 3)];
        expectPixel(picture.at(x, y), isEmpty ? [0, 0, 0, 0] : gray((element as number) / high));
      }
  });

  it("averages where maps are larger than tiles", async () => {
    const words = Float32Array.from({ length: 2 * 12 * 12 }, (_, i) => Math.abs(noise(i)));
    const picture = await draw(
      { shape: [1, 2, 12, 12], words },
      { colorMap: "gray", normalization: { low: 0, high: 1 } },
      { fragment, width: 10, columns: 2 },
    );
    expect([picture.width, picture.height]).toEqual([10, 5]);
    for (let y = 0; y < 5; y++)
      for (let x = 0; x < 10; x++) {
        const bounds = (i: number) => [Math.floor((i * 12) / 5), Math.floor(((i + 1) * 12) / 5)] as const;
        const [[top, bottom], [left, right]] = [bounds(y), bounds(x % 5)];
        let sum = 0;
        for (let sy = top; sy < bottom; sy++)
          for (let sx = left; sx < right; sx++) sum += words[Math.floor(x / 5) * 144 + sy * 12 + sx] as number;
        expectPixel(picture.at(x, y), gray(sum / (bottom - top) / (right - left)));
      }
  });

  it("reads values with a border and an offset where they lie", async () => {
    const words = new Float32Array(7 + 2 * 36).fill(99);
    const strides = [72, 36, 6, 1];
    const offset = 7 + 6 + 1;
    for (let c = 0; c < 2; c++)
      for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) words[offset + c * 36 + y * 6 + x] = c * 16 + y * 4 + x;
    // The last row of the border is not there: nothing may read it.
    const picture = await draw({ shape: [1, 2, 4, 4], words, offset, strides }, { colorMap: "gray" }, { fragment, width: 8, columns: 2 });
    expect(picture.ranges).toEqual([0, 31]);
    for (let y = 0; y < 4; y++) for (let x = 0; x < 8; x++) expectPixel(picture.at(x, y), gray(((x >> 2) * 16 + y * 4 + (x & 3)) / 31));
  });

  it.each(["layer", "robust", "channel", "channel-robust", "chollet", { low: 0, high: 6 }] as const)(
    "counts what is not finite, whatever the range: %j",
    async (normalization) => {
      const words = Float32Array.from({ length: 800 }, (_, i) => (i % 200 === 7 ? Number.NaN : i === 650 ? -Infinity : i % 100));
      const picture = await draw({ shape: [1, 2, 20, 20], words }, { normalization }, { fragment });
      expect(picture.nonFinite).toEqual([4, 1]);
      if (typeof normalization === "object") expect(picture.ranges).toEqual([0, 6]);
    },
  );

  it("gives NaN and infinity their own colours, and keeps them out of the range", async () => {
    const words = Float32Array.of(Number.NaN, Infinity, -Infinity, 2, 1, 0);
    const picture = await draw({ shape: [1, 1, 1, 6], words }, { colorMap: "gray" }, { fragment, width: 6 });
    expect(picture.ranges).toEqual([0, 2]);
    expect(picture.nonFinite).toEqual([1, 2]);
    const expected = [
      [0, 255, 255],
      [255, 128, 0],
      [255, 128, 0],
      [255, 255, 255],
      [128, 128, 128],
      [0, 0, 0],
    ];
    expected.forEach((color, x) => {
      expectPixel(picture.at(x, 0), color);
    });
  });

  it("draws two values into the same tiles, magenta plus green", async () => {
    const first = Float32Array.of(0, 1, 0, 1);
    const second = Float32Array.of(0, 0, 1, 2);
    const picture = await draw(
      { shape: [1, 1, 1, 4], words: first },
      {},
      { fragment, width: 4, second: { shape: [1, 1, 1, 4], words: second } },
    );
    const expected = [
      [0, 0, 0],
      [255, 0, 255],
      [0, 128, 0],
      [255, 255, 255],
    ];
    expected.forEach((color, x) => {
      expectPixel(picture.at(x, 0), color);
    });
  });

  it.each(["layer", "channel"] as const)(
    "shows the channels that are named, in their order, each in the range of the %s",
    async (normalization) => {
      const words = Float32Array.from({ length: 4 * 6 }, (_, i) => (Math.floor(i / 6) + 1) * (i % 6));
      const channels = [3, 0, 3];
      const value = { shape: [1, 4, 2, 3], words };
      const picture = await draw(value, { colorMap: "gray", normalization, channels }, { fragment, width: 12, columns: 2 });
      expect([picture.width, picture.height]).toEqual([12, 8]);
      for (let y = 0; y < 8; y++)
        for (let x = 0; x < 12; x++) {
          const channel = channels[(y >> 2) * 2 + Math.floor(x / 6)];
          if (channel === undefined) continue;
          const element = (channel + 1) * (((y & 3) >> 1) * 3 + Math.floor((x % 6) / 2));
          expectPixel(picture.at(x, y), gray(element / (normalization === "layer" ? 20 : 5 * (channel + 1))));
        }
    },
  );

  it("draws into a rectangle of its target and leaves the rest alone", async () => {
    const picture = await draw(
      { shape: [1, 1, 2, 2], words: Float32Array.of(1, 0, 0, 1) },
      { colorMap: "gray", origin: [3, 5] },
      { fragment, width: 2 },
    );
    expectPixel(picture.at(2, 5), [0, 0, 0, 0]);
    expectPixel(picture.at(3, 5), gray(1));
    expectPixel(picture.at(4, 5), gray(0));
  });
});

describe("colour maps", () => {
  // Their published end and middle colours, from the 256-entry tables of Matplotlib.
  const cases = [
    { map: "viridis", low: [68, 1, 84], middle: [33, 145, 140], high: [253, 231, 37] },
    { map: "magma", low: [0, 0, 4], middle: [182, 54, 121], high: [252, 253, 191] },
    { map: "cividis", low: [0, 34, 78], middle: [124, 123, 120], high: [254, 232, 56] },
  ] as const;
  it.each(cases)("$map", async ({ map, low, middle, high }) => {
    const picture = await draw({ shape: [1, 1, 1, 3], words: Float32Array.of(0, 0.5, 1) }, { colorMap: map }, { width: 3 });
    expectPixel(picture.at(0, 0), low);
    expectPixel(picture.at(1, 0), middle, 2);
    expectPixel(picture.at(2, 0), high);
  });

  it("blue, white and red stand for negative, zero and positive, on the same scale", async () => {
    const picture = await draw({ shape: [1, 1, 1, 4], words: Float32Array.of(-4, 0, 2, 4) }, { isSigned: true }, { width: 4 });
    expect(picture.ranges).toEqual([-4, 4]);
    const [blue, white, pale, red] = [0, 1, 2, 3].map((x) => picture.at(x, 0)) as [number[], number[], number[], number[]];
    expect(blue[2]).toBeGreaterThan((blue[0] as number) + 50);
    expectPixel(white, [247, 247, 247]);
    expect(pale[0]).toBeGreaterThan((pale[2] as number) + 50);
    expect(red[0]).toBeGreaterThan((red[2] as number) + 50);
  });
});

describe("ranges", () => {
  const shape = [1, 5, 13, 17];
  const area = 13 * 17;
  const words = Float32Array.from({ length: 5 * area }, (_, i) => noise(i) * (1 + Math.floor(i / area)) + 1000);
  const channels = Array.from({ length: 5 }, (_, c) => words.subarray(c * area, (c + 1) * area));
  const mean = (list: Float32Array) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const deviation = (list: Float32Array) => {
    const middle = mean(list);
    return Math.sqrt(list.reduce((sum, x) => sum + (x - middle) ** 2, 0) / list.length);
  };

  /** Of the sizes of the elements other than 0, the largest one that 1% of them may exceed. */
  const percentile = (list: ArrayLike<number>) => {
    const sizes = Array.from(list, Math.abs)
      .filter((size) => size > 0 && size < Infinity)
      .sort((a, b) => b - a);
    return sizes[Math.floor(sizes.length / 100)] ?? 0;
  };

  const cases = [
    { rule: "layer", expected: [0, Math.max(...words)] },
    { rule: "robust", expected: [0, percentile(words)] },
    { rule: "channel", expected: channels.flatMap((c) => [0, Math.max(...c)]) },
    { rule: "channel-robust", expected: channels.flatMap((c) => [0, percentile(c)]) },
    { rule: "chollet", expected: channels.flatMap((c) => [mean(c) - 2 * deviation(c), mean(c) + (127 / 64) * deviation(c)]) },
  ] as const;
  it.each(cases)("$rule", async ({ rule, expected }) => {
    const { ranges } = await draw({ shape, words }, { normalization: rule });
    expect(ranges.length).toBe(expected.length);
    // A mean of 1000 with deviations near 1: sums of squares without a shift would be off by far more. A robust range has 12 bits.
    const tolerance = rule.endsWith("robust") ? 0.5 : 2e-3;
    ranges.forEach((x, i) => {
      expect(Math.abs(x - (expected[i] as number))).toBeLessThan(tolerance);
    });
  });

  describe("robust", () => {
    const robust = async (value: Value, options: Parameters<typeof draw>[1] = {}) =>
      (await draw(value, { normalization: "robust", ...options })).ranges as [number, number];
    const close = (actual: number, expected: number, share: number) =>
      expect(Math.abs(actual / expected - 1), `${actual} instead of ${expected}`).toBeLessThan(share);

    it("is not moved by an outlier, nor by what is not finite", async () => {
      const plain = Float32Array.from({ length: 8 * 20 * 20 }, (_, i) => Math.abs(noise(i)));
      const hot = Float32Array.from(plain);
      hot[1234] = 1e6;
      hot[77] = Number.NaN;
      hot[78] = -Infinity;
      const [low, high] = await robust({ shape: [1, 8, 20, 20], words: hot });
      expect(low).toBe(0);
      close(high, percentile(plain), 2e-3);
      expect((await draw({ shape: [1, 8, 20, 20], words: hot }, { normalization: "layer" })).ranges).toEqual([0, 1e6]);
    });

    it("reads the part of a map that is not 0, so that a sparse one is neither white nor black", async () => {
      const sparse = Float32Array.from({ length: 64 * 20 * 20 }, (_, i) => (i % 20 === 7 ? (1 + (i % 977)) / 977 : 0));
      const [low, high] = await robust({ shape: [1, 64, 20, 20], words: sparse });
      expect(low).toBe(0);
      // A sample of the sample: of some 180 elements, one may exceed it.
      expect(high).toBeGreaterThan(0.95);
      expect(high).toBeLessThanOrEqual(1);
    });

    it("clips nothing where there are few elements other than 0", async () => {
      const words = new Float32Array(1600);
      words.set([3, 1, 250, 2], 400);
      expect(await robust({ shape: [1, 4, 20, 20], words })).toEqual([0, 250]);
      expect(await robust({ shape: [1, 4, 20, 20], words: new Float32Array(1600) })).toEqual([0, 0]);
    });

    it("shows the strongest unit of a dense layer", async () => {
      const scores = Float32Array.from({ length: 1000 }, (_, i) => (i === 283 ? 0.99 : 1e-5));
      expect(await robust({ shape: [1, 1000], words: scores })).toEqual([0, Math.fround(0.99)]);
    });

    it("is even around 0 where values have both signs", async () => {
      const signed = Float32Array.from({ length: 4000 }, (_, i) => noise(i));
      signed[3] = -1e30;
      const [low, high] = await robust({ shape: [1, 4, 25, 40], words: signed }, { isSigned: true });
      expect(low).toBe(-high);
      close(high, percentile(signed), 2e-3);
    });

    it("samples a large value evenly, the same each time, borders left out", async () => {
      const strides = [0, 110 * 110, 110, 1];
      const words = new Float32Array(16 * 110 * 110).fill(1e9);
      const inside: number[] = [];
      for (let c = 0; c < 16; c++)
        for (let y = 0; y < 100; y++)
          for (let x = 0; x < 100; x++) {
            const element = Math.abs(noise(c * 10_000 + y * 100 + x)) * (1 + c / 8);
            words[111 + c * 110 * 110 + y * 110 + x] = element;
            inside.push(element);
          }
      const value = { shape: [1, 16, 100, 100], words, offset: 111, strides };
      const [, high] = await robust(value);
      close(high, percentile(inside), 0.08);
      expect((await robust(value))[1]).toBe(high);
      const own = await draw(value, { normalization: "channel-robust" });
      expect(own.ranges.length).toBe(32);
      for (let c = 0; c < 16; c++) close(own.ranges[c * 2 + 1] as number, percentile(inside.slice(c * 10_000, (c + 1) * 10_000)), 0.08);
    });

    it("reads integers as numbers", async () => {
      const words = Int32Array.from({ length: 400 }, (_, i) => (i === 9 ? -2_000_000_000 : (i % 50) - 25));
      const [low, high] = await robust({ shape: [1, 1, 20, 20], words });
      close(low, -25, 1e-3);
      expect(high).toBe(24);
    });
  });

  it("shows the pixels of Chollet's rule: (x − mean) / std · 64 + 128, clipped", async () => {
    const small = Float32Array.of(-3, -1, 0, 0.5, 1, 9);
    const picture = await draw({ shape: [1, 1, 1, 6], words: small }, { normalization: "chollet", colorMap: "gray" }, { width: 6 });
    const [middle, spread] = [mean(small), deviation(small)];
    // 6 elements in one channel: the rule is per channel, whatever the count of channels.
    small.forEach((x, i) => {
      expectPixel(picture.at(i, 0), gray(Math.min(255, Math.max(0, ((x - middle) / spread) * 64 + 128)) / 255));
    });
  });

  it("leave borders out, whatever the number of parts that a channel is read in", async () => {
    const strides = [0, 900, 30, 1];
    const bordered = new Float32Array(3 * 900).fill(1e6);
    let most = 0;
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < 25; y++)
        for (let x = 0; x < 27; x++) {
          const element = Math.abs(noise(c * 675 + y * 27 + x)) * (c + 1);
          most = Math.max(most, Math.fround(element));
          bordered[31 + c * 900 + y * 30 + x] = element;
        }
    const { ranges } = await draw({ shape: [1, 3, 25, 27], words: bordered, offset: 31, strides }, { normalization: "layer" });
    expect(ranges).toEqual([0, most]);
  });

  it("reads integers as numbers", async () => {
    const { ranges } = await draw({ shape: [1, 4], words: Int32Array.of(-3, 0, 2, 7) });
    expect(ranges).toEqual([-3, 7]);
  });

  it("widens at once and narrows with its time constant", async () => {
    const renderer = new MosaicRenderer(device, "rgba8unorm", { smoothingMs: 100 });
    const source = upload({ shape: [1, 1, 1, 2], words: Float32Array.of(0, 10) });
    const layout = layoutMosaic({ channels: 1, mapHeight: 1, mapWidth: 2, width: 2 });
    const mosaic = await renderer.mosaic("test", source, { layout, isSigned: false, normalization: "layer" });
    const frame = async (value: number, elapsedMs?: number) => {
      device.gpu.queue.writeBuffer(source.buffer, 0, Float32Array.of(0, value));
      renderer.tick(elapsedMs);
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      mosaic.encodeRanges(pass);
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      return new Float32Array(await readBack(device, mosaic.ranges[0] as GPUBuffer, 16))[3];
    };
    expect(await frame(10)).toBe(10);
    expect(await frame(4, 100)).toBeCloseTo(4 + 6 / Math.E, 4);
    expect(await frame(30, 1)).toBe(30);
    expect(await frame(30, 1000)).toBe(30);
    expect(await frame(5)).toBe(5);
    mosaic.dispose();
    renderer.dispose();
    device.destroyBuffer(source.buffer);
  });
});
