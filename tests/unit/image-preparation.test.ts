// From pixels to a network's input: colours, crop and axes.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { denseStrides } from "../../src/engine/shapes.ts";
import { canPrepareNegative, colorMatrix, imageView, sourceRectangle } from "../../src/ui/preparation.ts";

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

describe("imageView", () => {
  it("reads NCHW, NHWC and CHW, and refuses the rest", () => {
    const view = (shape: number[]) => imageView(shape, denseStrides(shape));
    expect(view([1, 3, 4, 5])).toMatchObject({ channels: 3, height: 4, width: 5, channelStride: 20, columnStride: 1 });
    expect(view([1, 4, 5, 3])).toMatchObject({ channels: 4, height: 5, width: 3 });
    expect(view([1, 40, 50, 3])).toMatchObject({ channels: 3, height: 40, width: 50, channelStride: 1, rowStride: 150, columnStride: 3 });
    expect(view([1, 28, 28])).toMatchObject({ channels: 1, height: 28 });
    expect(view([1, 128])).toBeUndefined();
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
