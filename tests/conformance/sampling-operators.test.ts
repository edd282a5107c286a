// Grids, regions, deformed windows and windows laid back: held to the float64 reference.
import { expect, test } from "vitest";
import { Tensor } from "../../src/engine/tensor.ts";
import { noise } from "../support/graphs.ts";
import { differencesOf, type OperatorCase } from "../support/operator-case.ts";
import { withDevice } from "../support/with-device.ts";

const ints = (...values: number[]) => Tensor.int64([values.length], values);
const scaled = (tensor: Tensor, by: number) =>
  Tensor.float32(
    tensor.shape,
    tensor.toFloat32().map((x) => x * by),
  );
/** Corners of regions: inside, over an edge, beside the map, and far larger than it. */
const regions = Tensor.from("float32", [4, 4], [1, 2, 7.5, 6, -3, -2, 4, 9, 30, 30, 40, 33, -90, -90, 90, 90]);
const pictures = ints(0, 1, 1, 0);

const cases: readonly OperatorCase[] = [
  ...["nearest", "linear", "cubic"].flatMap((mode) =>
    ["zeros", "border", "reflection"].flatMap((padding_mode) =>
      [0, 1].map((align_corners) => ({
        operator: "GridSample",
        why: "far beyond the edges",
        attributes: { mode, padding_mode, align_corners },
        inputs: [noise([2, 3, 5, 7]), scaled(noise([2, 6, 9, 2], 3), 3)],
      })),
    ),
  ),
  ...["nearest", "linear"].map((mode) => ({
    operator: "GridSample",
    why: "three axes",
    attributes: { mode, padding_mode: "border" },
    inputs: [noise([1, 2, 3, 4, 5]), scaled(noise([1, 2, 6, 7, 3], 3), 1.5)],
  })),
  {
    operator: "GridSample",
    why: "as it was called",
    opset: 16,
    attributes: { mode: "bilinear" },
    inputs: [noise([1, 2, 4, 4]), noise([1, 3, 3, 2], 2)],
  },
  {
    operator: "GridSample",
    why: "one element",
    attributes: { align_corners: 1, padding_mode: "reflection" },
    inputs: [noise([1, 2, 1, 1]), noise([1, 3, 3, 2], 2)],
  },
  ...[0, 1].flatMap((align_corners) => [
    { operator: "AffineGrid", why: "a plane", attributes: { align_corners }, inputs: [noise([2, 2, 3]), ints(2, 3, 5, 4)], known: [1] },
    { operator: "AffineGrid", why: "a space", attributes: { align_corners }, inputs: [noise([1, 3, 4]), ints(1, 1, 2, 1, 3)], known: [1] },
  ]),
  ...["avg", "max"].flatMap((mode) =>
    [0, 2].map((sampling_ratio) => ({
      operator: "RoiAlign",
      why: "regions over edges",
      attributes: { mode, sampling_ratio, output_height: 3, output_width: 2, spatial_scale: 0.75 },
      inputs: [noise([2, 3, 8, 9]), regions, pictures],
    })),
  ),
  {
    operator: "RoiAlign",
    why: "counted from corners",
    opset: 10,
    attributes: { output_height: 2, output_width: 2 },
    inputs: [noise([2, 3, 8, 9]), regions, pictures],
  },
  {
    operator: "DeformConv",
    why: "groups, a bias, a mask, strides",
    attributes: { group: 2, offset_group: 2, pads: [1, 0, 1, 2], strides: [2, 1], dilations: [1, 2] },
    inputs: [noise([2, 4, 7, 6]), noise([6, 2, 3, 2], 2), scaled(noise([2, 24, 4, 6], 3), 3), noise([6], 4), noise([2, 12, 4, 6], 5)],
  },
  {
    operator: "DeformConv",
    why: "known weights",
    inputs: [noise([1, 2, 5, 5]), noise([3, 2, 2, 2], 2), noise([1, 8, 4, 4], 3)],
    known: [1],
  },
  {
    operator: "MaxUnpool",
    why: "windows beside each other",
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    inputs: [noise([1, 1, 2, 2]), Tensor.int64([1, 1, 2, 2], [5, 7, 8, 15])],
  },
  {
    operator: "MaxUnpool",
    why: "a shape that is said",
    attributes: { kernel_shape: [2], strides: [2] },
    inputs: [noise([1, 2, 2]), Tensor.int64([1, 2, 2], [0, 3, 6, 9]), ints(1, 2, 5)],
    known: [2],
  },
  {
    operator: "Col2Im",
    why: "windows that overlap, and a rest",
    attributes: { strides: [2, 1], dilations: [1, 2], pads: [1, 0, 0, 1] },
    inputs: [noise([2, 12, 9], 2), ints(6, 4), ints(2, 2)],
    known: [1, 2],
  },
  { operator: "Col2Im", why: "one axis", inputs: [noise([1, 6, 5], 2), ints(7), ints(3)], known: [1, 2] },
];

test.each([...new Set(cases.map(({ operator }) => operator))])("%s computes what the reference does", (operator) =>
  withDevice(async (device) => {
    for (const one of cases.filter((other) => other.operator === operator))
      expect(await differencesOf(device, one), `${one.why} ${JSON.stringify(one.attributes ?? {})}`).toEqual([]);
  }),
);
