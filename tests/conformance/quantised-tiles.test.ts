// Sums of products of whole numbers by each kernel that a convolution may take, against integers: kernels that transform weights are offered only where
// what they are off, of sums that are as large or as even as can be, is a small share of the result's step.
import { expect, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
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

const tiles = ["winograd 2×2", "winograd 4×4"];

interface Way {
  /** What lies between the sums `c` and the value that is rounded. */
  readonly nodes: readonly Node[];
  readonly rounded: string;
  readonly of: (sum: number, other: number) => number;
  readonly outputs: readonly string[];
}

const direct: Way = { nodes: [], rounded: "c", of: (sum) => sum, outputs: ["y"] };
const ways: Readonly<Record<string, Way>> = {
  "in the convolution's kernel": direct,
  "behind sums that are looked at": { ...direct, outputs: ["c", "y"] },
  "behind an activation and a pool": {
    ...direct,
    nodes: [op("Relu", "c", "r"), op("MaxPool", "r", "d", { kernel_shape: [1, 1] })],
    rounded: "d",
    of: (sum) => Math.max(0, sum),
  },
  "behind another sum": { ...direct, nodes: [op("Add", "c z", "d")], rounded: "d", of: (sum, other) => sum + other },
};

// Of 64 extreme channels 20 units in the last place of the largest sum are an eighth of 178 units, 12 of 107: steps for both kinds of tiles, one, and none.
// Behind another sum, which may be off as well, steps are twice as large.
test.each(Object.keys(ways))("rounded %s, sums by tiles are off by an eighth of a step at most, or not offered", (name) =>
  withDevice(async (device) => {
    const { nodes, rounded, of, outputs: results } = ways[name] as Way;
    const channels = 64;
    const { x, w } = (sums["extreme"] as (typeof sums)[string])(channels);
    const exact = wholeSums({ x, w }, channels);
    const other = numbers(exact.length, (share) => 1000 * share, 10);
    const isSum = nodes.some(({ operator }) => operator === "Add");
    for (const [step, offered] of [
      [200, tiles],
      [150, tiles.slice(0, 1)],
      [100, []],
    ] as const) {
      const scale = isSum ? 2 * step : step;
      const graph = graphOf({
        inputs: { x: [1, channels, side, side], z: [1, outputs, side - 2, side - 2] },
        constants: {
          one: number(1),
          zero: Tensor.from("uint8", [], [0]),
          w: Tensor.from("int8", [outputs, channels, 3, 3], w),
          scale: number(scale),
          middle: Tensor.from("int16", [], [0]),
        },
        nodes: [
          ...pair("x", "a", "one", "zero"),
          op("DequantizeLinear", "w one", "weights"),
          op("Conv", "a weights", "c"),
          ...nodes,
          ...pair(rounded, "y", "scale", "middle"),
        ],
        outputs: results,
      });
      const expected = exact.map((sum, i) => of(sum, other[i] as number) / scale);
      const kernels = new Set<string>();
      for (const { chooseKernel } of eachKernel("StepConvolution", kernels)) {
        const model = await loadModel(device, graph, { chooseKernel });
        const found = (await model.predict({ x: Float32Array.from(x), z: Float32Array.from(other) }))["y"]?.toFloat32() ?? [];
        model.dispose();
        const off = expected.map((one, i) => Math.abs((found[i] as number) / scale - Math.min(32_767, Math.max(-32_768, one))));
        expect(Math.max(...off)).toBeLessThanOrEqual(0.5 + 1 / 8);
      }
      const found = tiles.filter((kernel) => kernels.has(kernel));
      expect(found, `steps of ${scale}`).toEqual(offered);
    }
  }),
);

const manyOf: (typeof sums)[string] = (channels) => ({ x: Array(size(channels)).fill(255), w: Array(weightCount(channels)).fill(-127) });

// 20 units in the last place of the largest sum of one channel of ±127 and uint8 are 0.35 of a unit, 12 of two channels 0.42; of three 0.63.
const offeredTo = new Map<number, readonly string[]>([
  [1, tiles],
  [2, tiles.slice(0, 1)],
  [3, []],
  [48, []],
]);
const largest = { ...sums, "as large as can be": manyOf };

test.each(
  Object.entries(largest).flatMap(([kind, make]) =>
    [...offeredTo.keys()]
      .filter((channels) => kind !== "nearly cancelling" || channels % 2 === 0)
      .map((channels) => [kind, channels, make] as const),
  ),
)("sums that are %s, of %i channels, are whole where they are looked at, and so are steps behind them", (kind, channels, make) =>
  withDevice(async (device) => {
    const { x, w } = make(channels);
    const graph = graphOf({
      inputs: { x: [1, channels, side, side] },
      constants: {
        one: number(1),
        zero: Tensor.from("uint8", [], [0]),
        w: Tensor.from("int8", [outputs, channels, 3, 3], w),
        middle: Tensor.from("uint8", [], [128]),
      },
      nodes: [
        ...pair("x", "a", "one", "zero"),
        op("DequantizeLinear", "w one", "weights"),
        op("Conv", "a weights", "c"),
        ...pair("c", "y", "one", "middle"),
      ],
      outputs: ["c", "y"],
    });
    const expected = wholeSums({ x, w }, channels);
    const kernels = new Set<string>();
    for (const { chooseKernel } of eachKernel("StepConvolution", kernels)) {
      const model = await loadModel(device, graph, { chooseKernel });
      const { c, y } = await model.predict({ x: Float32Array.from(x) });
      model.dispose();
      expect(Array.from(c?.toFloat32() ?? [])).toEqual(expected);
      expect(Array.from(y?.toFloat32() ?? [])).toEqual(expected.map((sum) => Math.min(127, Math.max(-128, sum))));
    }
    // Smaller weights than ±127 allow more channels.
    const found = tiles.filter((kernel) => kernels.has(kernel));
    if (kind === "extreme" || kind === "as large as can be") expect(found).toEqual(offeredTo.get(channels));
  }),
);
