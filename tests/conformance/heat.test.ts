// The heat of an explanation, from the values on the GPU to the pixels over a picture, against plain loops.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { denseStrides } from "../../src/engine/shapes.ts";
import { ClassChoice } from "../../src/ui/explain/class-choice.ts";
import { HeatMap } from "../../src/ui/explain/heat-map.ts";
import { HeatOverlay } from "../../src/ui/explain/heat-overlay.ts";
import { strongestOfBoth } from "../../src/ui/explain/request.ts";
import { colorStops } from "../../src/ui/mosaic/color-map.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { stopsOf } from "../../src/ui/mosaic/rare-colors.ts";
import { noise } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

function upload(device: Device, words: Float32Array | Uint32Array): GPUBuffer {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const buffer = device.createBuffer("test", words.byteLength, STORAGE | COPY_SRC | COPY_DST);
  device.gpu.queue.writeBuffer(buffer, 0, words as Float32Array<ArrayBuffer>);
  return buffer;
}

async function download(device: Device, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = device.createBuffer("read", buffer.size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  const encoder = device.gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return staging.getMappedRange().slice(0);
}

function compute(device: Device, ...parts: readonly { encode(pass: GPUComputePassEncoder): void }[]): void {
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const part of parts) part.encode(pass);
  pass.end();
  device.gpu.queue.submit([encoder.finish()]);
}

/** 70 scores, every second word, behind three others; a seed with gaps, too. */
async function makeChoice(device: Device, scores: Float32Array, hasScores = true) {
  const buffer = upload(device, new Float32Array(150));
  scores.forEach((score, i) => device.gpu.queue.writeBuffer(buffer, (3 + 2 * i) * 4, Float32Array.of(score)));
  const seedBuffer = upload(device, new Float32Array(300).fill(7));
  const seed = { buffer: seedBuffer, dtype: "float32", shape: [1, scores.length], strides: [300, 4], offset: 5 } as const;
  const place = hasScores ? { buffer, offset: 3, stride: 2 } : undefined;
  const choice = new ClassChoice(device, await ClassChoice.pipeline(device), seed, place);
  const run = async (against?: number) => {
    compute(device, choice);
    const words = await download(device, choice.chosen);
    const [index = 0, isNew = 0] = new Uint32Array(words);
    const written = new Float32Array(await download(device, seedBuffer));
    const weightOf = (i: number) => (i === index ? 1 : 0) - (i === against ? 1 : 0);
    expect(Array.from(scores, (_, i) => written[5 + 4 * i])).toEqual(Array.from(scores, (_, i) => weightOf(i)));
    expect(written[6]).toBe(7);
    const [, , score, againstScore] = new Float32Array(words);
    expect(againstScore).toBe(against === undefined ? 0 : scores[against]);
    return { index, isNew, score };
  };
  return { choice, buffer, run };
}

test("the class is the wanted one, or the first of the largest score, whatever NaN lies between", () =>
  withDevice(async (device) => {
    const scores = noise([70], 3).toFloat32();
    scores[4] = Number.NaN;
    scores[66] = 9;
    scores[69] = 9;
    const { choice, buffer, run } = await makeChoice(device, scores);
    choice.want(undefined);
    expect(await run()).toEqual({ index: 66, isNew: 1, score: 9 });
    expect(await run()).toEqual({ index: 66, isNew: 0, score: 9 });
    choice.want(0);
    expect(await run()).toEqual({ index: 0, isNew: 1, score: scores[0] });
    choice.want(0, 7);
    expect(await run(7)).toEqual({ index: 0, isNew: 0, score: scores[0] });
    choice.want(undefined, 66);
    expect(await run(66), "against itself").toEqual({ index: 66, isNew: 1, score: 9 });
    choice.want(undefined);
    device.gpu.queue.writeBuffer(buffer, (3 + 2 * 2) * 4, Float32Array.of(9.5));
    expect(await run()).toEqual({ index: 2, isNew: 1, score: 9.5 });
    const unknown = await makeChoice(device, scores, false);
    unknown.choice.want(69);
    expect(await unknown.run()).toMatchObject({ index: 69, isNew: 1 });
  }));

test.each([
  ["what is above 0, up to the largest, of a map", { isMap: true, sides: "above" }],
  ["what is on both sides of 0, up to the largest, of a map of a difference", { isMap: true, sides: "both" }],
  ["the size, up to what 99% of what is not 0 do not exceed, of other numbers", { isMap: false, sides: "size" }],
  ["both sides, likewise, of numbers that add up to a difference", { isMap: false, sides: "both" }],
] as const)("heat is %s, smoothed in time but for another class", (_, { isMap, sides }) =>
  withDevice(async (device) => {
    const shape = [1, 3, 9, 7];
    const values = noise(shape, 5).toFloat32();
    values[100] = -4;
    values[101] = 3;
    values[8] = Number.NaN;
    values[9] = -Infinity;
    const view = viewAsMaps(shape, denseStrides(shape));
    if (!view) throw new Error("no maps");
    const buffer = upload(device, values);
    const chosen = upload(device, Uint32Array.of(2, 0, 0));
    const map = new HeatMap(device, await HeatMap.pipelines(device), { buffer, dtype: "float32", view }, { isMap, sides }, chosen);
    const full = async () => new Float32Array(await download(device, map.extent))[3] as number;
    const expected = (from: Float32Array, top: number) => {
      const counted = (x: number) => (!Number.isFinite(x) ? 0 : sides === "above" ? Math.max(0, x) : sides === "both" ? x : Math.abs(x));
      const largest = Array.from({ length: 63 }, (_unused, i) =>
        [0, 63, 126].map((c) => counted(from[c + i] as number)).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
      );
      return largest.map((x) => (top > 0 ? Math.max(-1, Math.min(1, x / top)) : 0));
    };
    const run = async (elapsedMs: number | undefined) => {
      map.tick(elapsedMs);
      compute(device, map);
      return [...new Float32Array(await download(device, map.heat))];
    };
    const expectHeat = (heat: readonly number[], wanted: readonly number[]) =>
      heat.forEach((h, i) => void expect(h, `place ${i}`).toBeCloseTo(wanted[i] as number, 5));
    const heat = await run(undefined);
    const top = await full();
    if (isMap) expect(top).toBe(sides === "above" ? 3 : 4);
    const sizes = [...values].map(Math.abs).filter(Number.isFinite);
    if (!isMap) expect(sizes.filter((size) => size <= top * 1.001).length / sizes.length).toBeCloseTo(0.99, 1);
    if (!isMap) expect(top).toBeLessThan(3.1);
    const first = expected(values, top);
    expectHeat(heat, first);
    expect([...new Float32Array(await download(device, map.extent))].slice(0, 2)).toEqual([1, 1]);

    const next = noise(shape, 6).toFloat32();
    device.gpu.queue.writeBuffer(buffer, 0, next as Float32Array<ArrayBuffer>);
    const share = 1 - Math.exp(-75 / 150);
    const mixed = await run(75);
    const second = expected(next, await full());
    expectHeat(
      mixed,
      first.map((h, i) => h + share * ((second[i] as number) - h)),
    );
    device.gpu.queue.writeBuffer(chosen, 0, Uint32Array.of(3, 1, 0));
    expect(await run(75)).toEqual(await run(undefined));
    expectHeat(await run(75), second);

    device.gpu.queue.writeBuffer(buffer, 0, new Float32Array(values.length));
    expectHeat(
      await run(undefined),
      second.map(() => 0),
    );
    map.dispose();
  }),
);

test.each([
  ["between places for a map", { interpolates: true, hasBothSides: false, isAlone: false }],
  ["at the nearest place for a gradient", { interpolates: false, hasBothSides: false, isAlone: false }],
  ["from the middle of the colours on for both sides", { interpolates: true, hasBothSides: true, isAlone: false }],
  ["in its stead where it is alone", { interpolates: true, hasBothSides: false, isAlone: true }],
])("heat is laid over the picture %s", (_, { interpolates, hasBothSides, isAlone }) =>
  withDevice(async (device) => {
    const [columns, rows, width, height] = [3, 2, 50, 10];
    // A picture of its own lies to the left, and above.
    const [left, above] = [14, 6];
    const size: [number, number] = [left + width, above + height];
    const heat = [0, 1, 0.25, 0.5, hasBothSides ? -1 : 0, 0.1];
    const map = { heat: upload(device, Float32Array.from(heat)), columns, rows } as HeatMap;
    const overlay = new HeatOverlay(device, await HeatOverlay.pipeline(device, "rgba8unorm"), map, {
      ...{ x: left, y: above, width, height },
      interpolates,
      hasBothSides,
    });
    const { RENDER_ATTACHMENT, COPY_SRC } = GPUTextureUsage;
    const texture = device.gpu.createTexture({ size, format: "rgba8unorm", usage: RENDER_ATTACHMENT | COPY_SRC });
    const staging = device.createBuffer("pixels", 256 * size[1], GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    overlay.look({ colorMap: "gray", opacity: 0.5, isAlone });
    const encoder = device.gpu.createCommandEncoder();
    const view = texture.createView();
    const clearValue = [0, 0, 0.8, 1];
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: "clear", storeOp: "store", clearValue }] });
    overlay.draw(pass);
    pass.end();
    encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow: 256 }, size);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const pixels = new Uint8Array(staging.getMappedRange());
    const at = (x: number, y: number) =>
      heat[Math.min(rows - 1, Math.max(0, y)) * columns + Math.min(columns - 1, Math.max(0, x))] as number;
    const stops = colorStops(stopsOf("gray"));
    expect(stops).toHaveLength(2);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [px, py] = [((x + 0.5) / width) * columns, ((y + 0.5) / height) * rows];
        const [cx, cy] = [Math.floor(px - 0.5), Math.floor(py - 0.5)];
        const [sx, sy] = [px - 0.5 - cx, py - 0.5 - cy];
        const row = (j: number) => at(cx, j) * (1 - sx) + at(cx + 1, j) * sx;
        const h = interpolates ? row(cy) * (1 - sy) + row(cy + 1) * sy : at(Math.floor(px), Math.floor(py));
        const alpha = isAlone ? 1 : 0.5 * Math.min(1, 2 * Math.abs(h));
        // Of both sides the strongest colours are not those at the ends, which are nearly black.
        const grey = hasBothSides ? (1 + h * strongestOfBoth) / 2 : h;
        const [red, blue] = [grey * alpha, grey * alpha + 0.8 * (1 - alpha)];
        const pixel = (y + above) * 256 + (x + left) * 4;
        expect(Math.abs((pixels[pixel] as number) - 255 * red), `red at ${x}, ${y}`).toBeLessThan(1.6);
        expect(Math.abs((pixels[pixel + 2] as number) - 255 * blue), `blue at ${x}, ${y}`).toBeLessThan(1.6);
        expect(pixels[pixel + 3]).toBe(255);
      }
    for (const [x, y] of [
      [0, 0],
      [left - 1, above],
      [left, above - 1],
    ] as const)
      expect([...pixels.subarray(y * 256 + x * 4, y * 256 + x * 4 + 4)], `outside at ${x}, ${y}`).toEqual([0, 0, 204, 255]);
    overlay.dispose();
  }),
);
