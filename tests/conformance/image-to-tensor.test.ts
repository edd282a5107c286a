// Pictures into input buffers on the GPU, against resampling in plain loops.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readImage, writePng } from "../../src/cli/image.ts";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import { denseStrides, sizeOf } from "../../src/engine/shapes.ts";
import type { DataType } from "../../src/engine/tensor.ts";
import { ImageInput } from "../../src/ui/image-input.ts";
import { imageView } from "../../src/ui/image-view.ts";
import type { RawImage } from "../../src/ui/picture-size.ts";
import type { Preparation } from "../../src/ui/preparation.ts";

let device: Device;
beforeAll(async () => {
  device = await requestNodeDevice();
});
afterAll(() => device.dispose());

/** A picture whose every channel is another pattern. */
function pattern(width: number, height: number): RawImage {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) data.set([(i * 37) % 256, (i * 91 + 13) % 256, (i * i) % 256, 255], i * 4);
  return { width, height, data };
}

interface Place {
  readonly offset: number;
  readonly strides: readonly number[];
  readonly words: number;
  readonly dtype?: DataType;
}

/** All words of the input's buffer. */
async function prepare(
  image: RawImage,
  shape: readonly number[],
  preparation: Preparation,
  { offset, strides, words, dtype = "float32" }: Place = { offset: 0, strides: denseStrides(shape), words: sizeOf(shape) },
): Promise<number[]> {
  device.gpu.pushErrorScope("validation");
  const view = imageView(shape, strides);
  if (!view) throw new Error("no picture");
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer("input", words * 4, usage);
  const input = await ImageInput.create(device, [{ buffer, offset, dtype, view, preparation }]);
  input.upload(image);
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  input.encode(pass);
  pass.end();
  device.gpu.queue.submit([encoder.finish()]);
  const bytes = await readBack(device, buffer, words * 4);
  const result = [...(dtype === "float32" ? new Float32Array(bytes) : new Int32Array(bytes))];
  input.dispose();
  device.destroyBuffer(buffer);
  expect((await device.gpu.popErrorScope())?.message).toBeUndefined();
  return result;
}

/** Mean of a channel over the rectangle [left, right) × [top, bottom), whose sides may cut through pixels. */
function boxMean({ width, height, data }: RawImage, channel: number, left: number, right: number, top: number, bottom: number): number {
  let sum = 0;
  for (let y = Math.floor(top); y < bottom; y++)
    for (let x = Math.floor(left); x < right; x++) {
      const covered = (Math.min(x + 1, right) - Math.max(x, left)) * (Math.min(y + 1, bottom) - Math.max(y, top));
      const [inY, inX] = [Math.min(height - 1, Math.max(0, y)), Math.min(width - 1, Math.max(0, x))];
      sum += covered * (data[(inY * width + inX) * 4 + channel] as number);
    }
  return sum / ((right - left) * (bottom - top));
}

function bilinear({ width, height, data }: RawImage, channel: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const at = (dy: number, dx: number) => {
    const [inY, inX] = [Math.min(height - 1, Math.max(0, top + dy)), Math.min(width - 1, Math.max(0, left + dx))];
    return data[(inY * width + inX) * 4 + channel] as number;
  };
  const [fx, fy] = [x - 0.5 - left, y - 0.5 - top];
  return (1 - fy) * ((1 - fx) * at(0, 0) + fx * at(0, 1)) + fy * ((1 - fx) * at(1, 0) + fx * at(1, 1));
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  const worst = Math.max(...actual.map((x, i) => Math.abs(x - (expected[i] as number))));
  expect(actual.length).toBe(expected.length);
  expect(worst).toBeLessThan(2e-5);
}

describe("image-to-tensor", () => {
  it("takes the mean over the covered area, rgb, normalised", async () => {
    const image = pattern(17, 11);
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ];
    const actual = await prepare(image, [1, 3, 4, 5], { mean, std, fit: "stretch" });
    const expected = [0, 1, 2].flatMap((k) =>
      Array.from({ length: 20 }, (_, i) => {
        const [y, x] = [Math.floor(i / 5), i % 5];
        const level = boxMean(image, k, (x * 17) / 5, ((x + 1) * 17) / 5, (y * 11) / 4, ((y + 1) * 11) / 4);
        return (level / 255 - (mean[k] as number)) / (std[k] as number);
      }),
    );
    expectClose(actual, expected);
  });

  it("samples bilinearly, magnified", async () => {
    const image = pattern(3, 4);
    const actual = await prepare(image, [1, 3, 9, 8], { fit: "stretch", resize: "bilinear" });
    const expected = [0, 1, 2].flatMap((k) =>
      Array.from({ length: 72 }, (_, i) => bilinear(image, k, ((i % 8) + 0.5) * (3 / 8), (Math.floor(i / 8) + 0.5) * (4 / 9)) / 255),
    );
    expectClose(actual, expected);
  });

  it("crops to cover: the middle of a wide picture", async () => {
    const image = pattern(8, 4);
    const actual = await prepare(image, [1, 3, 4, 4], {});
    const expected = [0, 1, 2].flatMap((k) =>
      Array.from({ length: 16 }, (_, i) => (image.data[(Math.floor(i / 4) * 8 + 2 + (i % 4)) * 4 + k] as number) / 255),
    );
    expectClose(actual, expected);
  });

  it("puts black bars beside what it contains", async () => {
    const image = { width: 4, height: 2, data: new Uint8Array(32).fill(255) };
    const actual = await prepare(image, [1, 1, 4, 4], { fit: "contain" });
    expectClose(actual, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it("writes BGR in 0…255 less a mean", async () => {
    const image = pattern(2, 2);
    const mean = [103.939, 116.779, 123.68];
    const actual = await prepare(image, [1, 3, 2, 2], { channels: "bgr", scale: 1, mean });
    const expected = [2, 1, 0].flatMap((k, i) => [0, 1, 2, 3].map((pixel) => (image.data[pixel * 4 + k] as number) - (mean[i] as number)));
    actual.forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i] as number, 3);
    });
  });

  it("writes into an input with a border, which stays zero", async () => {
    const image = pattern(8, 8);
    const inside = await prepare(image, [1, 3, 4, 5], {});
    // One row above, one column left, two right.
    const padded = await prepare(image, [1, 3, 4, 5], {}, { offset: 9, strides: [120, 40, 8, 1], words: 120 });
    const expected = Array.from({ length: 120 }, (_, i) => {
      const [k, y, x] = [Math.floor(i / 40), Math.floor((i % 40) / 8) - 1, (i % 8) - 1];
      return y >= 0 && x >= 0 && x < 5 ? (inside[(k * 4 + y) * 5 + x] as number) : 0;
    });
    expect(padded).toEqual(expected);
  });

  it("writes gray by BT.601 weights, and channels last where the input has them there", async () => {
    const image = pattern(2, 2);
    const level = (pixel: number, k: number) => (image.data[pixel * 4 + k] as number) / 255;
    const gray = [0, 1, 2, 3].map((pixel) => 0.299 * level(pixel, 0) + 0.587 * level(pixel, 1) + 0.114 * level(pixel, 2));
    expectClose(await prepare(image, [1, 1, 2, 2], {}), gray);
    const large = pattern(8, 8);
    const last = Array.from({ length: 192 }, (_, i) => (large.data[Math.floor(i / 3) * 4 + (i % 3)] as number) / 255);
    expectClose(await prepare(large, [1, 8, 8, 3], {}), last);
  });

  it("stores whole numbers of 0…255 where the input takes them, and of −128…127 for int8", async () => {
    const image = pattern(3, 2);
    const shape = [1, 3, 2, 3];
    const place = { offset: 0, strides: denseStrides(shape), words: 18 };
    const pixels = [0, 1, 2].flatMap((k) => Array.from({ length: 6 }, (_, i) => image.data[i * 4 + k] as number));
    expect(await prepare(image, shape, {}, { ...place, dtype: "uint8" })).toEqual(pixels);
    expect(await prepare(image, shape, {}, { ...place, dtype: "int8" })).toEqual(pixels.map((pixel) => pixel - 128));
    expect(await prepare(image, shape, {}, { ...place, dtype: "int64" })).toEqual(pixels);
    // What a preparation makes too large or too small is kept at the ends.
    const stretched = await prepare(image, shape, { scale: 4, mean: 300 }, { ...place, dtype: "uint8" });
    expect(stretched).toEqual(pixels.map((pixel) => Math.min(255, Math.max(0, pixel * 4 - 300))));
  });

  for (const fit of ["cover", "contain", "stretch"] as const)
    it.each(["area", "bilinear"] as const)(`reads with ${fit} and %s what the command reads`, async (resize) => {
      const folder = mkdtempSync(join(tmpdir(), "convcam-picture-"));
      const shape = [1, 3, 12, 20];
      for (const image of [pattern(61, 29), pattern(7, 9)]) {
        const path = join(folder, "picture.png");
        await writePng(path, new Uint8Array(image.data), image.width, image.height);
        const expected = await readImage(path, { name: "x", dtype: "float32", shape }, { fit, resize });
        expectClose(await prepare(image, shape, { fit, resize }), expected.toNumbers());
      }
      rmSync(folder, { recursive: true });
    });

  it("gives every picture of a fixed batch, opacity, and a vector of side² elements", async () => {
    const image = pattern(20, 20);
    const [one, batch] = [await prepare(image, [1, 3, 20, 20], {}), await prepare(image, [2, 3, 20, 20], {})];
    expect(batch).toEqual([...one, ...one]);
    const opaque = new Array<number>(400).fill(1);
    expectClose(await prepare(image, [4, 20, 20], {}), [...one, ...opaque]);
    expectClose(await prepare(image, [1, 1200], {}), one);
    expectClose(await prepare(image, [400], {}), await prepare(image, [1, 1, 20, 20], {}));
  });
});
