// What is said of a layer at once, statistics, histogram and saturation, and the map of a channel, against plain loops, for values that lie otherwise
// than dense.
import { expect, test } from "vitest";
import { type Shape, sizeOf } from "../../src/engine/shapes.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { readLayerNumbers } from "../../src/ui/statistics/layer-numbers.ts";
import { limitsOf } from "../../src/ui/statistics/saturation.ts";
import { readMap } from "../../src/ui/statistics/strongest.ts";
import { bordered } from "../support/bordered.ts";
import { withDevice } from "../support/with-device.ts";

const shape: Shape = [1, 3, 9, 7];
const area = 63;
/** Of ReLU6, as one would be: half of the first channel at 6, with some NaN and infinite elements in the last. */
const elements = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
  if (i >= 2 * area && i % 10 === 0) return i % 20 === 0 ? Number.NaN : Infinity;
  return Math.min(6, Math.max(0, (3 + 5 * Math.sin(i * 1.7)) * (1 + (i < area ? 1 : 0))));
});

test.each([
  ["above", { most: 6, margin: 0 }],
  ["on both sides, within a margin", { least: 0, most: 6, margin: 0.5 }],
  ["nowhere", { least: -1, margin: 0 }],
] as const)("elements at a bound %s are counted channel by channel", (_, bounds) =>
  withDevice(async (device) => {
    const { words, strides, offset } = bordered(shape, elements);
    const buffer = device.createBuffer("value", words.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    device.gpu.queue.writeBuffer(buffer, 0, words);
    const view = viewAsMaps(shape, strides, offset);
    if (!view) throw new Error("no maps");
    const { channels, histogram, saturation } = await readLayerNumbers(device, "value", { buffer, dtype: "float32", view }, { bounds });
    const [least, most] = limitsOf(bounds);
    const counted = [0, 1, 2].map(
      (channel) =>
        elements.subarray(channel * area, (channel + 1) * area).filter((x) => Number.isFinite(x) && (x <= least || x >= most)).length,
    );
    expect(saturation).toEqual({ ...bounds, counts: counted });
    const finite = [...elements].filter(Number.isFinite);
    expect([histogram.low, histogram.high]).toEqual([Math.min(...finite), Math.max(...finite)]);
    expect(channels.map(({ zeroShare }) => zeroShare)).toHaveLength(3);
    expect(channels[2]?.nanCount).toBe(elements.filter(Number.isNaN).length);
    device.destroyBuffer(buffer);
  }),
);

test.each([
  ["with borders", undefined],
  ["with its channels last", "nhwc"],
] as const)("the map of a channel is read from a value %s", (_, axes) =>
  withDevice(async (device) => {
    const own = axes ? [1, 9, 7, 3] : shape;
    const strides = [189, 21, 3, 1];
    const { words, ...lies } = axes ? { words: elements, strides, offset: 0 } : bordered(shape, elements);
    const buffer = device.createBuffer(
      "value",
      words.byteLength,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    );
    device.gpu.queue.writeBuffer(buffer, 0, words);
    const view = viewAsMaps(own, lies.strides, lies.offset, 0, axes);
    if (!view) throw new Error("no maps");
    const map = await readMap(device, { buffer, dtype: "float32", view }, 1);
    const expected = Array.from({ length: area }, (__, i) => elements[axes ? 3 * i + 1 : area + i]);
    expect([...map]).toEqual(expected);
    device.destroyBuffer(buffer);
  }),
);
