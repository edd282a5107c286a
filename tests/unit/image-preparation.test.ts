// From pixels to a network's input: colours, crop and axes.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { denseStrides } from "../../src/engine/shapes.ts";
import type { DataType } from "../../src/engine/tensor.ts";
import { checkPreparation } from "../../src/ui/check-preparation.ts";
import { findPictureInput, imageView } from "../../src/ui/image-view.ts";
import { canPrepareNegative, colorMatrix, colorsOfInput, preparationFor, sourceRectangle, storageOf } from "../../src/ui/preparation.ts";

/** Applies one row of the matrix to a pixel of 0…255. */
function apply(rows: readonly number[], k: number, [r, g, b]: readonly [number, number, number]): number {
  const [wr = 0, wg = 0, wb = 0, bias = 0] = rows.slice(4 * k, 4 * k + 4);
  return (wr * r + wg * g + wb * b) / 255 + bias;
}

describe("colorMatrix", () => {
  it("is (pixel · scale − mean) / std per channel", () => {
    const rows = colorMatrix({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }, 3);
    expect(apply(rows, 0, [10, 20, 30])).toBeCloseTo((10 / 255 - 0.485) / 0.229);
    expect(apply(rows, 2, [10, 20, 30])).toBeCloseTo((30 / 255 - 0.406) / 0.225);
  });

  it("swaps channels for BGR and keeps 0…255 with scale 1", () => {
    const rows = colorMatrix({ channels: "bgr", scale: 1, mean: [103.939, 116.779, 123.68] }, 3);
    expect(apply(rows, 0, [10, 20, 30])).toBeCloseTo(30 - 103.939);
    expect(apply(rows, 2, [10, 20, 30])).toBeCloseTo(10 - 123.68);
  });

  it("weighs gray for a network of one channel", () => {
    expect(apply(colorMatrix({}, 1), 0, [255, 255, 255])).toBeCloseTo(1);
    expect(apply(colorMatrix({}, 1), 0, [255, 0, 0])).toBeCloseTo(0.299);
  });

  it("takes pictures for opaque, whatever data sets say of colours", () => {
    const opacity = (preparation: Parameters<typeof colorMatrix>[0]) => apply(colorMatrix(preparation, 4), 3, [10, 20, 30]);
    expect(opacity({})).toBeCloseTo(1);
    expect(opacity({ channels: "bgr", scale: 1 })).toBeCloseTo(255);
    expect(opacity({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] })).toBeCloseTo(1);
    expect(opacity({ mean: 0.5, std: 0.5 })).toBeCloseTo(1);
    expect(opacity({ mean: [0, 0, 0, 0.5], std: [1, 1, 1, 0.25] })).toBeCloseTo(2);
  });

  it("gives whole numbers for inputs of whole numbers, unless somebody says otherwise", () => {
    const pixel = (preparation: Parameters<typeof colorMatrix>[0], dtype: "uint8" | "int8") =>
      apply(colorMatrix(preparationFor(preparation, dtype), 3), 0, [200, 0, 0]);
    expect(pixel({}, "uint8")).toBeCloseTo(200);
    expect(pixel({}, "int8")).toBeCloseTo(72);
    expect(pixel({ scale: 0.5, mean: 10 }, "int8")).toBeCloseTo(90);
    expect(storageOf("uint8")).toEqual({ isWhole: true, least: 0, most: 255 });
    expect(storageOf("float16").isWhole).toBe(false);
  });

  it("knows whether results can be negative", () => {
    expect(canPrepareNegative({}, 3)).toBe(false);
    expect(canPrepareNegative({ mean: 0.5 }, 3)).toBe(true);
  });
});

describe("sourceRectangle", () => {
  const target = { width: 10, height: 10 };
  const cases = [
    { why: "cover crops the longer side", source: { width: 40, height: 20 }, fit: "cover", expected: { origin: [10, 0], step: [2, 2] } },
    {
      why: "contain reaches beyond the shorter side",
      source: { width: 40, height: 20 },
      fit: "contain",
      expected: { origin: [0, -10], step: [4, 4] },
    },
    { why: "stretch takes everything", source: { width: 40, height: 20 }, fit: "stretch", expected: { origin: [0, 0], step: [4, 2] } },
  ] as const;
  it.each(cases)("$why", ({ source, fit, expected }) => {
    expect(sourceRectangle(source, target, fit)).toEqual(expected);
  });
});

describe("checkPreparation", () => {
  const refused = [
    { preparation: { mean: [1, 2, 3, 4, 5] }, channels: 1, message: "mean: 5 numbers, but the input has 1 channel. Give one number." },
    { preparation: { std: [1, 2] }, channels: 3, message: "std: 2 numbers, but the input has 3 channels. Give one number, or 3." },
    { preparation: { std: [1, 0, 1] }, channels: 3, message: "std: 0 divides by zero. Give numbers other than 0." },
    { preparation: { std: 0 }, channels: 1, message: "std: 0 divides by zero." },
    { preparation: { scale: 0 }, channels: 1, message: "scale: 0 makes every pixel the same." },
  ];
  it.each(refused)("$message", ({ preparation, channels, message }) => {
    expect(() => checkPreparation(preparation, channels)).toThrow(message);
    expect(() => checkPreparation(preparation, channels, "--")).toThrow(`--${message}`);
  });

  it("takes one number, one per channel, and those of the colours beside opacity", () => {
    checkPreparation({ mean: 0.5, std: [2] }, 3);
    checkPreparation({ mean: [1, 2, 3], std: [1, 2, 3] }, 3);
    checkPreparation({ mean: [1, 2, 3] }, 4);
    checkPreparation({}, 1);
  });
});

describe("imageView", () => {
  const taken = [
    { shape: [1, 3, 4, 5], expected: { channels: 3, height: 4, width: 5, channelStride: 20, columnStride: 1, batch: 1 } },
    { shape: [1, 40, 50, 3], expected: { channels: 3, height: 40, width: 50, channelStride: 1, rowStride: 150, columnStride: 3 } },
    { shape: [1, 4, 5, 3], expected: { channels: 4, height: 5, width: 3 }, why: "channels first where both could be" },
    { shape: [1, 4, 5, 3], axes: "nhwc", expected: { channels: 3, height: 4, width: 5 }, why: "the network tells" },
    { shape: [1, 4, 5, 3], axes: "n__c", expected: { channels: 3, height: 4, width: 5 }, why: "the network tells a part" },
    { shape: [1, 28, 28], expected: { channels: 1, height: 28, width: 28 } },
    { shape: [3, 16, 16], expected: { channels: 3, height: 16, batch: 1 }, why: "no batch" },
    { shape: [16, 16, 3], expected: { channels: 3, height: 16, channelStride: 1 }, why: "no batch, channels last" },
    { shape: [4, 28, 28], axes: "nhw", expected: { channels: 1, batch: 4, batchStride: 784 }, why: "gray without an axis for it" },
    { shape: [4, 3, 16, 16], expected: { channels: 3, batch: 4, batchStride: 768 }, why: "a fixed batch" },
    { shape: [1, 4, 16, 16], expected: { channels: 4 }, why: "opacity" },
    { shape: [1, 784], expected: { channels: 1, height: 28, width: 28, rowStride: 28, columnStride: 1 }, why: "flat digits" },
    { shape: [2, 3072], expected: { channels: 3, height: 32, channelStride: 1024, batch: 2, batchStride: 3072 }, why: "flat colours" },
    { shape: [784], expected: { channels: 1, height: 28, batch: 1 } },
    { shape: [28, 30], expected: { channels: 1, height: 28, width: 30 } },
  ];
  it.each(taken)("takes a picture: $shape $axes $why", ({ shape, axes, expected }) => {
    expect(imageView(shape, denseStrides(shape), axes)).toMatchObject(expected);
  });

  const refused = [
    { shape: [1, 128] },
    { shape: [1, 100], why: "random numbers" },
    { shape: [1, 5, 8, 8], why: "five channels" },
    { shape: [1, 3, 8, 8], axes: "nhwc", why: "eight channels" },
    { shape: [1, 1, 4500], why: "sound" },
    { shape: [1, 80, 3000], axes: "ncw", why: "a spectrum whose bands are channels" },
    { shape: [1, 3, 4, 5, 6], why: "a volume" },
    { shape: [1, 2], why: "the size of a picture" },
    { shape: [] },
  ];
  it.each(refused)("takes none: $shape $axes $why", ({ shape, axes }) => {
    expect(imageView(shape, denseStrides(shape), axes)).toBeUndefined();
  });

  it("finds the first input that takes one, whatever its numbers", () => {
    const input = (name: string, dtype: DataType, ...shape: number[]) => ({ name, dtype, shape, strides: denseStrides(shape) });
    const inputs = [input("size", "float32", 1, 2), input("mask", "bool", 1, 1, 8, 8), input("image", "uint8", 1, 8, 8, 3)];
    expect(findPictureInput(inputs)).toMatchObject({ input: { name: "image" }, view: { channels: 3, height: 8 } });
    expect(findPictureInput(inputs.slice(0, 2))).toBeUndefined();
  });
});

describe("image-to-tensor.wgsl and its external twin", () => {
  it("differ only in the kind of texture", () => {
    const read = (name: string) =>
      readFileSync(new URL(`../../src/shaders/${name}.wgsl`, import.meta.url), "utf8").replace(/^\/\/ The twin.*\n/m, "");
    const plain = read("image-to-tensor");
    expect(plain.replace("texture_2d<f32>", "texture_external").replace(", 0).rgb", ").rgb")).toBe(read("image-to-tensor-external"));
  });
});

describe("colorsOfInput", () => {
  const view = { channels: 3, height: 2, width: 2, batch: 1, batchStride: 12, channelStride: 4, rowStride: 2, columnStride: 1 };
  const cases = [
    { why: "nothing said", preparation: {} },
    { why: "ImageNet's", preparation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
    { why: "Caffe's", preparation: { mean: [104, 117, 123], scale: 1, channels: "bgr" } },
    { why: "one number for all", preparation: { mean: 0.5, std: 0.5 } },
  ] as const;
  it.each(cases)("undoes colorMatrix: $why", ({ preparation }) => {
    const pixel = [200, 100, 50] as const;
    const rows = colorMatrix(preparation, 3);
    const tensor = [0, 1, 2].map((k) => apply(rows, k, pixel));
    const { red, green, blue, gain, shift } = colorsOfInput(preparation, view);
    [red, green, blue].forEach((at, k) => {
      const color = (tensor[at / 4] as number) * (gain[k] as number) + (shift[k] as number);
      expect(color * 255).toBeCloseTo(pixel[k] as number, 3);
    });
  });

  it("shows one channel as gray", () => {
    expect(colorsOfInput({}, { ...view, channels: 1 })).toEqual({ red: 0, green: 0, blue: 0, gain: [1, 1, 1], shift: [0, 0, 0] });
  });
});
