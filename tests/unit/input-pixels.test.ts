// A network's input as a picture again: the preparation undone, for planes and interleaved colours.
import { expect, test } from "vitest";
import { denseStrides } from "../../src/engine/shapes.ts";
import { type ImageView, imageView } from "../../src/ui/image-view.ts";
import { picturePixels } from "../../src/ui/input-pixels.ts";
import type { Preparation } from "../../src/ui/preparation.ts";

const [mean, std] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
] as const;
const colors = [10, 20, 30, 200, 100, 0, 255, 0, 128, 1, 2, 3];

const viewOf = (shape: number[]) => imageView(shape, denseStrides(shape)) as ImageView;

/** 2 × 2 pixels, in planes or interleaved, as a preparation makes them; by plain arithmetic. */
function prepared(isInterleaved: boolean, prepare: (value: number, channel: number) => number): number[] {
  const result = new Array<number>(12);
  for (let pixel = 0; pixel < 4; pixel++)
    for (let channel = 0; channel < 3; channel++)
      result[isInterleaved ? 3 * pixel + channel : 4 * channel + pixel] = prepare(colors[3 * pixel + channel] as number, channel);
  return result;
}

const rgb = (pixels: ArrayLike<number>) => Array.from(pixels).filter((_, i) => i % 4 !== 3);

test.each([
  [
    "ImageNet's mean and deviation",
    { mean: [...mean], std: [...std] },
    (v: number, c: number) => (v / 255 - (mean[c] ?? 0)) / (std[c] ?? 1),
  ],
  ["0 … 255", { scale: 1 }, (v: number) => v],
  ["−1 … 1", { scale: 1, mean: 127.5, std: 127.5 }, (v: number) => (v - 127.5) / 127.5],
] as readonly [string, Preparation, (value: number, channel: number) => number][])("%s is undone", (_, preparation, prepare) => {
  expect(rgb(picturePixels(prepared(false, prepare), viewOf([1, 3, 2, 2]), preparation, "float32"))).toEqual(colors);
  expect(rgb(picturePixels(prepared(true, prepare), viewOf([1, 2, 2, 3]), preparation, "float32"))).toEqual(colors);
});

test("blue first is shown as it was, gray in all three colours, and what lies beyond is cut", () => {
  const swapped = prepared(false, (v) => v / 255);
  const [first, second, third] = [swapped.slice(0, 4), swapped.slice(4, 8), swapped.slice(8)] as [number[], number[], number[]];
  expect(rgb(picturePixels([...third, ...second, ...first], viewOf([1, 3, 2, 2]), { channels: "bgr" }, "float32"))).toEqual(colors);
  expect(Array.from(picturePixels([0, 0.2, 2, -1], viewOf([1, 1, 2, 2]), {}, "float32"))).toEqual(
    [0, 51, 255, 0].flatMap((gray) => [gray, gray, gray, 255]),
  );
});

test("whole numbers are the pixels", () =>
  expect(
    rgb(
      picturePixels(
        prepared(true, (v) => v),
        viewOf([1, 2, 2, 3]),
        {},
        "uint8",
      ),
    ),
  ).toEqual(colors));
