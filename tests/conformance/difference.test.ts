// The signed difference of two values on the GPU against plain loops: element by element, its statistics, its pixels, and that of a blank twin.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import type { Shape } from "../../src/engine/shapes.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { MosaicRenderer, type MosaicSource } from "../../src/ui/mosaic/renderer.ts";
import { answer } from "../../src/ui/session/answers.ts";
import { Viewer } from "../../src/ui/viewer.ts";
import { prepareCompared } from "../../src/ui/views/compared-view.ts";
import { Difference } from "../../src/ui/views/difference.ts";
import type { ViewContext } from "../../src/ui/views/view.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

// No canvas is drawn on: only the renderer asks for the format.
beforeAll(() => void vi.stubGlobal("navigator", { gpu: { getPreferredCanvasFormat: () => "rgba8unorm" } }));
afterAll(() => void vi.unstubAllGlobals());

const shape = [1, 3, 5, 7];
const elements = 105;
const { NaN: none, POSITIVE_INFINITY: large } = Number;

/** Dense, or with a border of 99 around each map. */
function upload(device: Device, words: Float32Array | Int32Array | Uint32Array, border = 0): MosaicSource {
  const [, c = 1, h = 1, w = 1] = shape;
  const [rows, columns] = [h + 2 * border, w + 2 * border];
  const laid = new (words.constructor as Float32ArrayConstructor)(c * rows * columns).fill(99);
  const at = (i: number) =>
    Math.floor(i / (h * w)) * rows * columns + (Math.floor((i % (h * w)) / w) + border) * columns + (i % w) + border;
  for (const [i, word] of words.entries()) laid[at(i)] = word;
  const buffer = device.createBuffer("value", laid.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  device.gpu.queue.writeBuffer(buffer, 0, laid);
  const view = viewAsMaps(shape, [laid.length, rows * columns, columns, 1], border * columns + border);
  if (!view) throw new Error("no maps");
  return { buffer, dtype: words instanceof Int32Array ? "int32" : words instanceof Uint32Array ? "uint32" : "float32", view };
}

function encode(device: Device, work: (pass: GPUComputePassEncoder) => void): void {
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  work(pass);
  pass.end();
  device.gpu.queue.submit([encoder.finish()]);
}

const wave = (speed: number) => Float32Array.from({ length: elements }, (_, i) => Math.sin(i * speed) * (1 + (i % 4)));
const broken = (words: Float32Array, from: number) => words.map((x, i) => [x, none, large, -large, x, large, x][(i + from) % 7] as number);

test.each<[string, Float32Array | Int32Array | Uint32Array, Float32Array | Int32Array | Uint32Array]>([
  ["floats", wave(1.7), wave(0.9)],
  ["what is not finite", broken(wave(1.7), 0), broken(wave(0.9), 2)],
  ["the same infinities", broken(wave(1.7), 0), broken(wave(0.9), 0)],
  ["whole numbers", Int32Array.from(wave(2), (x) => x * 1000), Int32Array.from(wave(3), (x) => x * 1000)],
  ["whole numbers without a sign", Uint32Array.from(wave(2), (x) => 5000 + x * 1000), Uint32Array.from(wave(3), (x) => 5000 + x * 1000)],
])("second minus first of %s, though they lie otherwise", (_, a, b) =>
  withDevice(async (device) => {
    const [first, second] = [upload(device, a, 1), upload(device, b)];
    const difference = await Difference.create(device, "value", first, second);
    encode(device, (pass) => difference.encode(pass));
    const found = new Float32Array(await readBack(device, difference.source.buffer, elements * 4));
    expect([...found]).toEqual(Array.from(a, (x, i) => Math.fround((b[i] as number) - x)));
    difference.dispose();
  }),
);

test("values of other extents or types have none, and say so", () =>
  withDevice(async (device) => {
    const first = upload(device, wave(1));
    const other = { ...first, view: { ...first.view, channels: 2 } };
    await expect(Difference.create(device, "conv", first, other)).rejects.toThrow(
      /'conv' is 3 × 5 × 7 in the first and 2 × 5 × 7 in the second/,
    );
    const whole = { ...first, dtype: "int32" as const };
    await expect(Difference.create(device, "conv", first, whole)).rejects.toThrow(/float32 in the first and int32 in the second/);
  }));

test.each([
  ["layer", [0, 0]],
  [{ low: 0, high: 2 }, [2, 2]],
] as const)("is drawn around 0 in diverging colours, range %s", (normalization, [low]) =>
  withDevice(async (device) => {
    const [a, b] = [wave(1.7), wave(0.9)];
    const [first, second] = [upload(device, a), upload(device, b, 1)];
    const renderer = new MosaicRenderer(device, "rgba8unorm");
    const context: ViewContext = {
      ...{ renderer, preparation: {}, imageView: undefined, canBeNegative: () => false },
      appearance: { normalization, colorMap: "viridis", pair: "magenta-green", gap: 0 },
      source: async () => first,
      comparedSource: async () => second,
    };
    const drawn = await prepareCompared(context, { id: "v", kind: "mosaic", value: "v", shows: "difference", width: 21 }, second);
    const { width, height, columns, tileWidth, tileHeight } = drawn.layout;
    const texture = device.gpu.createTexture({
      size: [width, height],
      format: "rgba8unorm",
      usage: renderer.targetUsage | GPUTextureUsage.COPY_SRC,
    });
    encode(device, (pass) => {
      for (const one of drawn.statistics) one.encode(pass);
      drawn.finishRanges(pass);
      drawn.encodePixels(pass, texture.createView());
    });
    const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
    const staging = device.createBuffer("pixels", bytesPerRow * height, GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC);
    const encoder = device.gpu.createCommandEncoder();
    encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, [width, height]);
    device.gpu.queue.submit([encoder.finish()]);
    const pixels = new Uint8Array(await readBack(device, staging, bytesPerRow * height));
    const differences = Array.from(a, (x, i) => (b[i] as number) - x);
    const extent = low || Math.max(...differences.map(Math.abs));
    const ranges = new Float32Array(await readBack(device, drawn.ranges?.[0] as GPUBuffer, 16)).subarray(2);
    expect(Math.abs((ranges[1] as number) - extent)).toBeLessThan(1e-5);
    expect(ranges[0]).toBe(-(ranges[1] as number));
    for (const [i, difference] of differences.entries()) {
      const [channel, y, x] = [Math.floor(i / 35), Math.floor((i % 35) / 7), i % 7];
      const left = (channel % columns) * tileWidth + Math.floor((x * tileWidth) / 7);
      const top = Math.floor(channel / columns) * tileHeight + Math.floor((y * tileHeight) / 5);
      const [red = 0, , blue = 0] = pixels.subarray(top * bytesPerRow + left * 4, top * bytesPerRow + left * 4 + 4);
      // Blue below 0, red above it, the same white at 0.
      if (difference > extent * 0.1) expect(red, `${difference}`).toBeGreaterThan(blue);
      if (difference < -extent * 0.1) expect(blue, `${difference}`).toBeGreaterThan(red);
    }
    drawn.dispose();
    renderer.dispose();
    texture.destroy();
  }),
);

const weights: Shape = [4, 2, 3, 3];
const graph = graphOf({
  inputs: { x: [1, 2, 6, 6] },
  constants: { w: noise(weights), v: noise(weights, 2) },
  nodes: [op("Conv", "x w", "a_conv"), op("Relu", "a_conv", "a_relu"), op("Conv", "x v", "b_conv"), op("Relu", "b_conv", "b_relu")],
  outputs: ["a_relu", "b_relu"],
});

/** What plain loops say of the difference of two values. */
function describe(first: ArrayLike<number>, second: ArrayLike<number>, channels: number) {
  const all = Array.from(first, (x, i) => (second[i] as number) - x);
  const area = all.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    const some = all.slice(channel * area, (channel + 1) * area);
    const mean = some.reduce((sum, x) => sum + x, 0) / area;
    const deviation = Math.sqrt(some.reduce((sum, x) => sum + (x - mean) ** 2, 0) / area);
    return { low: Math.min(...some), high: Math.max(...some), mean, deviation, zeroShare: some.filter((x) => x === 0).length / area };
  });
}

test.each([
  ["a blank twin", { compared: graph, seed: 3 }, { value: "a_conv" }],
  ["branches of one network", {}, { value: "a_relu", compare: "b_relu" }],
] as const)("%s: statistics, histogram and elements of the difference", (_, options, query) =>
  withDevice(async (device) => {
    const given = { graph, observe: [], inputShapes: {}, precision: "float32", classScores: undefined, ...options } as const;
    const viewer = await Viewer.create(device, given, () => {});
    try {
      const views = [{ id: "v", kind: "mosaic", ...query, shows: "difference", width: 64 }] as const;
      const appearance = { normalization: "layer", colorMap: "auto", pair: "magenta-green", gap: 1 } as const;
      await viewer.show({ views, appearance, preparation: {} });
      const { model, compared = model } = viewer;
      for (const one of new Set([model, compared])) one.write({ x: wave(0.7).slice(0, 72) });
      await viewer.frame({});
      const compare = "compare" in query ? query.compare : query.value;
      const [first, second] = [(await model.read(query.value)).toFloat32(), (await compared.read(compare)).toFloat32()];
      expect(first).not.toEqual(second);
      const known = { viewer, inspected: undefined };
      const statistics = await answer(known, { kind: "statistics", ...query, shows: "difference" });
      for (const [channel, expected] of describe(first, second, 4).entries())
        for (const [name, number] of Object.entries(expected))
          expect(Math.abs((statistics[channel] as never)[name] - number), `${name} of ${channel}`).toBeLessThan(1e-5);
      const { bytes } = await answer(known, { kind: "value", ...query, shows: "difference" });
      expect([...new Float32Array(bytes.slice().buffer)]).toEqual(Array.from(first, (x, i) => Math.fround((second[i] as number) - x)));
      const histogram = await answer(known, { kind: "histogram", ...query, shows: "second" });
      expect([histogram.low, histogram.high]).toEqual([Math.min(...second), Math.max(...second)]);
    } finally {
      viewer.dispose();
    }
  }),
);

test("with nothing to compare with a question is refused", () =>
  withDevice(async (device) => {
    const viewer = await Viewer.create(
      device,
      { graph, observe: ["a_conv"], inputShapes: {}, precision: "float32", classScores: undefined },
      () => {},
    );
    const asked = answer({ viewer, inspected: undefined }, { kind: "statistics", value: "a_conv", shows: "difference" });
    await expect(asked).rejects.toThrow("There is nothing that 'a_conv' is compared with.");
    viewer.dispose();
  }));
