// Which layers the page offers patterns for: what a layer ends in, and whether it begins with a convolution.
import { expect, test } from "vitest";
import { channelsProblem, layersOf } from "../../src/ui/page/pattern-layers.ts";

const layer = (value: string, operator: string, shape: readonly number[], more = {}) => ({
  value,
  operator,
  shape,
  isView: false,
  isInsideLayer: false,
  ...more,
});

test("a layer is the last value of its chain, and has maps", () => {
  const found = layersOf([
    layer("x", "Input", [1, 3, 8, 8]),
    layer("c", "Conv", [1, 16, 8, 8], { isInsideLayer: true }),
    layer("n", "BatchNormalization", [1, 16, 8, 8], { isInsideLayer: true }),
    layer("r", "Relu", [1, 16, 8, 8]),
    layer("p", "MaxPool", [1, 16, 4, 4]),
    layer("t", "Conv", [1, 4, 4, 5], { axes: "nhwc" }),
    layer("v", "Reshape", [1, 16, 2, 8], { isView: true }),
    layer("s", "MatMul", [1, 10]),
  ]);
  expect(found).toEqual([
    { value: "r", channelCount: 16, isOfConvolution: true },
    { value: "p", channelCount: 16, isOfConvolution: false },
    { value: "t", channelCount: 5, isOfConvolution: true },
  ]);
});

test.each([
  ["nothing, for the first", "", 4, undefined],
  ["channels that there are", "0-2,3", 4, undefined],
  ["channels of who knows how many", "900", undefined, undefined],
  ["a word", "all", 4, "Numbers and ranges, such as 0-15 or 3,7,9."],
  ["a channel beyond the last", "0-9", 4, "There is no channel 4: this layer has 4, counted from 0."],
])("%s is taken, or the message says what is wrong", (_, text, count, problem) => expect(channelsProblem(text, count)).toBe(problem));
