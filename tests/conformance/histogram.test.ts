// Histograms on the GPU against a plain loop, for values that lie with borders, for single channels, and for what is not finite.
import { expect, test } from "vitest";
import { denseStrides, sizeOf } from "../../src/engine/shapes.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { readHistogram } from "../../src/ui/statistics/histogram.ts";
import { bordered } from "../support/bordered.ts";
import { withDevice } from "../support/with-device.ts";

const shape = [1, 3, 9, 7];
const some = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7) * (1 + Math.floor(i / 63)));
const sparse = some.map((x, i) => (i % 3 === 0 ? x : 0));
const broken = some.map((x, i) => (i % 10 === 0 ? Number.NaN : i % 11 === 0 ? Infinity : x));

test.each([
  ["of both signs", some, undefined],
  ["of one channel", some, 2],
  ["mostly zeros", sparse, undefined],
  ["with elements that are not finite", broken, undefined],
  ["all the same", new Float32Array(sizeOf(shape)).fill(2.5), undefined],
  ["all 0", new Float32Array(sizeOf(shape)), undefined],
] as const)("a value %s", (_, elements, channel) =>
  withDevice(async (device) => {
    const { words, strides, offset } = bordered(shape, elements);
    const buffer = device.createBuffer("value", words.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    device.gpu.queue.writeBuffer(buffer, 0, words);
    const view = viewAsMaps(shape, strides, offset);
    if (!view) throw new Error("no maps");
    const histogram = await readHistogram(device, "value", { buffer, dtype: "float32", view }, channel);
    const own = channel === undefined ? [...elements] : [...elements.slice(channel * 63, channel * 63 + 63)];
    const finite = own.filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const isWithoutZeros = finite.filter((x) => x === 0).length > 0.25 * finite.length;
    const counted = isWithoutZeros ? finite.filter((x) => x !== 0) : finite;
    const counts = new Array<number>(64).fill(0);
    const binOf = (x: number) => (high > low ? Math.min(63, Math.floor(((x - low) / (high - low)) * 64)) : 0);
    for (const x of counted) counts[binOf(x)] = (counts[binOf(x)] ?? 0) + 1;
    expect([histogram.low, histogram.high, histogram.isWithoutZeros]).toEqual([low, high, isWithoutZeros]);
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(counted.length);
    // An element at the edge of two parts may be counted to either.
    let moved = 0;
    let debt = 0;
    for (const [i, count] of histogram.counts.entries()) {
      debt += count - (counts[i] as number);
      moved += Math.abs(debt);
    }
    expect(moved).toBeLessThanOrEqual(2);
    device.destroyBuffer(buffer);
  }),
);

test("a value of many workgroups is counted whole", () =>
  withDevice(async (device) => {
    const large = [1, 5, 130, 121];
    const elements = Float32Array.from({ length: sizeOf(large) }, (_, i) => (i * 7919) % 1000);
    const buffer = device.createBuffer("value", elements.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    device.gpu.queue.writeBuffer(buffer, 0, elements);
    const view = viewAsMaps(large, denseStrides(large));
    if (!view) throw new Error("no maps");
    const { counts } = await readHistogram(device, "value", { buffer, dtype: "float32", view });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(elements.length);
    device.destroyBuffer(buffer);
  }));
