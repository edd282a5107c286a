// Sums of products of whole numbers by each kernel that a convolution may take, against integers: kernels that transform weights are offered only where
// what they are off, of sums that are as large or as even as can be, is a small share of the result's step.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { eachKernel } from "../support/each-kernel.ts";
import { graphOf, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const [side, outputs] = [10, 8];

/** Whole numbers that look random, the same in every run. */
function numbers(count: number, of: (share: number, i: number) => number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.round(of(state / 2 ** 32, i));
  });
}

interface Sums {
  readonly x: readonly number[];
  readonly w: readonly number[];
}

const size = (channels: number) => channels * side * side;
const weightCount = (channels: number) => outputs * channels * 9;
const centred = (share: number) => 2 * share - 1;

const sums: Readonly<Record<string, (channels: number) => Sums>> = {
  ordinary: (channels) => ({
    x: numbers(size(channels), (share) => Math.max(0, 120 * centred(share)), 1),
    w: numbers(weightCount(channels), (share) => 60 * centred(share) ** 3, 2),
  }),
  extreme: (channels) => ({
    x: numbers(size(channels), (share) => (share < 0.5 ? 0 : 255), 3),
    w: numbers(weightCount(channels), (share) => (share < 0.5 ? -127 : 127), 4),
  }),
  "of one sign": (channels) => ({
    x: numbers(size(channels), (share) => 200 + 55 * share, 5),
    w: numbers(weightCount(channels), (share) => 100 + 27 * share, 6),
  }),
  // The second half of the channels takes away nearly all that the first half has.
  "nearly cancelling": (channels) => {
    const [x, w] = [
      numbers(size(channels) / 2, (share) => 120 + 135 * share, 7),
      numbers(weightCount(channels) / 2, (share) => 60 + 67 * share, 8),
    ];
    const less = numbers(x.length, (share) => (share < 0.01 ? 1 : 0), 9);
    const half = (channels / 2) * 9;
    const rows = Array.from({ length: outputs }, (_, row) => w.slice(row * half, (row + 1) * half));
    return {
      x: [...x, ...x.map((value, i) => value - (less[i] as number))],
      w: rows.flatMap((row) => [...row, ...row.map((value) => -value)]),
    };
  },
};

/** Sums of a convolution without borders, by output channels. */
function wholeSums({ x, w }: Sums, channels: number): number[] {
  const width = side - 2;
  return Array.from({ length: outputs * width * width }, (_, i) => {
    const [output, row, column] = [Math.floor(i / width ** 2), Math.floor(i / width) % width, i % width];
    let sum = 0;
    for (let c = 0; c < channels; c++)
      for (let k = 0; k < 9; k++)
        sum +=
          (w[(output * channels + c) * 9 + k] as number) *
          (x[c * side * side + (row + Math.floor(k / 3)) * side + column + (k % 3)] as number);
    return sum;
  });
}

const number = (value: number) => Tensor.from("float32", [], [value]);
const pair = (from: string, to: string, scale: string, zero: string) => [
  op("QuantizeLinear", `${from} ${scale} ${zero}`, `${to}_q`),
  op("DequantizeLinear", `${to}_q ${scale} ${zero}`, to),
];

test.each(
  Object.keys(sums).flatMap((kind) =>
    [64, 66, 256].flatMap((channels) => [1, 8, 500, 200_000].map((scale) => [kind, channels, scale] as const)),
  ),
)("sums that are %s, of %i channels, in steps of %i", (kind, channels, scale) =>
  withDevice(async (device) => {
    const { x, w } = (sums[kind] as (typeof sums)[string])(channels);
    const graph = graphOf({
      inputs: { x: [1, channels, side, side] },
      constants: {
        one: number(1),
        zero: Tensor.from("uint8", [], [0]),
        w: Tensor.from("int8", [outputs, channels, 3, 3], w),
        scale: number(scale),
        middle: Tensor.from("uint8", [], [128]),
      },
      nodes: [
        ...pair("x", "a", "one", "zero"),
        op("DequantizeLinear", "w one", "weights"),
        op("Conv", "a weights", "c"),
        ...pair("c", "y", "scale", "middle"),
      ],
    });
    const expected = wholeSums({ x, w }, channels).map((sum) => sum / scale);
    // Sums that may pass 2²⁴ are rounded by every kernel.
    const isExact = Math.max(...wholeSums({ x: x.map(() => 255), w: w.map(Math.abs) }, channels)) <= 2 ** 24;
    const kernels = new Set<string>();
    for (const { chooseKernel } of eachKernel("StepConvolution", kernels)) {
      const model = await loadModel(device, graph, { chooseKernel });
      const kernel = model.plan.steps.find(({ node }) => node === "y")?.kernel ?? "";
      const found = (await model.predict({ x: Float32Array.from(x) }))["y"]?.toFloat32() ?? new Float32Array();
      model.dispose();
      const off = expected.map((one, i) => Math.abs((found[i] as number) / scale - Math.min(127, Math.max(-128, one))));
      const isTransforming = kernel.startsWith("winograd");
      if (isExact || isTransforming) expect(Math.max(...off), kernel).toBeLessThanOrEqual(isTransforming ? 0.5 + 1 / 8 : 0.5);
    }
    // Neither never nor always.
    const transforming = [...kernels].filter((kernel) => kernel.startsWith("winograd"));
    if (scale <= 8) expect(transforming).toEqual([]);
    if (scale === 200_000) expect(transforming.sort()).toEqual(["winograd 2×2", "winograd 4×4"]);
  }),
);

test("sums of two values with one scale and other bounds are whole, too", () =>
  withDevice(async (device) => {
    const { x, w } = (sums["ordinary"] as (typeof sums)[string])(32);
    const signed = x.slice(0, size(16)).map((value) => value - 20);
    const graph = graphOf({
      inputs: { x: [1, 16, side, side] },
      constants: { one: number(1), zero: Tensor.from("int8", [], [0]), w: Tensor.from("int8", [outputs, 32, 3, 3], w) },
      nodes: [
        ...pair("x", "a", "one", "zero"),
        op("Relu", "x", "r"),
        ...pair("r", "b", "one", "zero"),
        op("Concat", "a b", "c", { axis: 1 }),
        op("DequantizeLinear", "w one", "weights"),
        op("Conv", "c weights", "y"),
      ],
    });
    const expected = wholeSums({ x: [...signed, ...signed.map((value) => Math.max(0, value))], w }, 32);
    const kernels = new Set<string>();
    for (const { chooseKernel } of eachKernel("StepConvolution", kernels)) {
      const model = await loadModel(device, graph, { chooseKernel });
      const found = (await model.predict({ x: Float32Array.from(signed) }))["y"]?.toFloat32() ?? [];
      model.dispose();
      expect(Array.from(found)).toEqual(expected);
    }
    expect([...kernels]).toContain("winograd 2×2");
  }));

interface Looked {
  readonly kind: string;
  readonly channels: number;
  /** Of the rounding that reads the sum; absent where nothing does. */
  readonly scale?: number;
  /** What lies between the two. */
  readonly between: "nothing" | "a sum";
}

/** The sum itself is an output, so that no rounding is part of its kernel. With each kernel that it has, beside those that transform weights. */
async function checkLooked(device: Device, { kind, channels, scale, between }: Looked, check: (found: Found) => void): Promise<string[]> {
  const { x, w } = (sums[kind] as (typeof sums)[string])(channels);
  const constants = {
    one: number(1),
    zero: Tensor.from("uint8", [], [0]),
    w: Tensor.from("int8", [outputs, channels, 3, 3], w),
    other: Tensor.from("float32", [], [1000]),
    scale: number(scale ?? 1),
    middle: Tensor.from("uint8", [], [128]),
  };
  const graph = graphOf({
    inputs: { x: [1, channels, side, side] },
    constants,
    nodes: [
      ...pair("x", "a", "one", "zero"),
      op("DequantizeLinear", "w one", "weights"),
      op("Conv", "a weights", "c"),
      ...(between === "a sum" ? [op("Add", "c other", "s"), op("Relu", "s", "r")] : []),
      ...(scale ? pair(between === "a sum" ? "r" : "c", "y", "scale", "middle") : []),
    ],
    outputs: [...(between === "nothing" ? ["c"] : []), ...(scale ? ["y"] : [])],
  });
  const expected = wholeSums({ x, w }, channels);
  const kernels = new Set<string>();
  for (const { chooseKernel } of eachKernel("StepConvolution", kernels)) {
    const model = await loadModel(device, graph, { chooseKernel });
    const { c, y } = await model.predict({ x: Float32Array.from(x) });
    const kernel = model.plan.steps.find(({ node }) => node === "c")?.kernel ?? "";
    model.dispose();
    check({ kernel, expected, c: c?.toFloat32() ?? new Float32Array(), y: y?.toFloat32() ?? new Float32Array() });
  }
  return [...kernels].filter((kernel) => kernel.startsWith("winograd")).sort();
}

interface Found {
  readonly kernel: string;
  readonly expected: readonly number[];
  readonly c: Float32Array;
  readonly y: Float32Array;
}

test.each([
  [1, ["winograd 2×2", "winograd 4×4"]],
  [2, ["winograd 2×2"]],
  [3, []],
  [256, []],
] as const)("extreme sums of %i channels that nothing rounds are whole by every kernel", (channels, transforming) =>
  withDevice(async (device) => {
    const found = await checkLooked(device, { kind: "extreme", channels, between: "nothing" }, ({ c, expected }) =>
      expect(Array.from(c)).toEqual(expected),
    );
    expect(found).toEqual(transforming);
  }),
);

test.each(
  Object.keys(sums).flatMap((kind) =>
    (["nothing", "a sum"] as const).flatMap((between) =>
      // Steps in which the largest sum of 48 channels may be off by so many eighths.
      [0.9, 1.1].map((eighths) => [kind, between, eighths] as const),
    ),
  ),
)("sums that are %s, with %s before their rounding, may be off by an eighth of its step (%f)", (kind, between, eighths) =>
  withDevice(async (device) => {
    const channels = 48;
    const { w } = (sums[kind] as (typeof sums)[string])(channels);
    const rows = Array.from({ length: outputs }, (_, row) => w.slice(row * channels * 9, (row + 1) * channels * 9));
    const most = 255 * Math.max(...rows.map((row) => row.reduce((sum, one) => sum + Math.abs(one), 0)));
    const scale = (most * 20) / 2 ** 24 / (eighths / 8);
    const offset = between === "a sum" ? 1000 : 0;
    const lowest = between === "a sum" ? 0 : -128;
    const found = await checkLooked(device, { kind, channels, scale, between }, ({ kernel, expected, c, y }) => {
      for (const [i, one] of c.entries()) expect(Math.abs(one - (expected[i] as number)), kernel).toBeLessThanOrEqual(scale / 8);
      const steps = expected.map((sum) => Math.min(127, Math.max(lowest, (sum + offset) / scale)));
      const off = steps.map((one, i) => Math.abs((y[i] as number) / scale - one));
      expect(Math.max(...off), kernel).toBeLessThanOrEqual(0.5 + (kernel.startsWith("winograd") ? 1 / 8 : 1e-4));
    });
    expect(found).toEqual(eighths < 1 ? ["winograd 2×2", "winograd 4×4"] : ["winograd 2×2"]);
  }),
);
