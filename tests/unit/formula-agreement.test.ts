// When an element that the GPU computed is said to be what its formula comes to: also where products cancel, and not where one is missing.
import { describe, expect, it, test } from "vitest";
import { formulaOf, type Step } from "../../src/engine/elements/index.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { randomSource } from "../../src/reference/differences.ts";
import { agree } from "../../src/ui/instrument/agreement.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, op } from "../support/graphs.ts";

const vector = (...numbers: readonly number[]) => Tensor.float32([numbers.length], Float32Array.from(numbers));

/** The formula of the last value's first element, for an input of one channel, 5 × 5. */
function stepsOf(nodes: readonly Node[], constants: Readonly<Record<string, Tensor>>, x: Float32Array): readonly Step[] {
  const { graph } = inferGraph(graphOf({ inputs: { x: [1, 1, 5, 5] }, constants, nodes }), everything);
  const [value = ""] = graph.outputs;
  return formulaOf(graph, value, [0, 0, 0, 0]).evaluate(new Map([["x", x]]));
}

/** Σ numbers · kernel in 32 bits, one after the other. */
const sumOf = (numbers: Float32Array, kernel: Float32Array) =>
  numbers.reduce((sum, number, i) => Math.fround(sum + Math.fround(number * (kernel[i] as number))), 0);

const conv = op("Conv", "x k", "c");

describe("weights of 16 bits", () => {
  const random = randomSource(3);
  const places = Array.from({ length: 300 }, () => {
    const kernel = Float32Array.from({ length: 25 }, () => random() - 0.5);
    const x = Float32Array.from({ length: 25 }, () => random());
    const found = sumOf(x, Tensor.from("float16", [25], kernel).toFloat32());
    return { found, kernel, x, steps: stepsOf([conv], { k: Tensor.float32([1, 1, 5, 5], kernel) }, x) };
  });

  it("agree with the formula of the file's weights, which most do not at 32 bits", () => {
    expect(places.filter(({ steps, found }) => !agree(steps, found, "float16"))).toEqual([]);
    expect(places.filter(({ steps, found }) => !agree(steps, found)).length).toBeGreaterThan(100);
  });

  it("do not agree with a sum that lacks a product of 5 % of the largest", () => {
    const wrong = places.filter(({ kernel, x, steps, found }) => {
      const most = x.reduce((largest, number, i) => Math.max(largest, Math.abs(number * (kernel[i] as number))), 0);
      return agree(steps, found + most / 20, "float16");
    });
    expect(wrong).toEqual([]);
  });
});

describe("an edge filter on nearly flat places of a picture, 0 … 255", () => {
  const random = randomSource(1);
  const places = Array.from({ length: 300 }, () => {
    const weights = Float32Array.from({ length: 25 }, () => random() - 0.5);
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / 25;
    const kernel = weights.map((weight) => weight - mean);
    const gray = 180 + 60 * random();
    const x = Float32Array.from({ length: 25 }, () => Math.round(gray + (random() < 0.1 ? 1 : 0)));
    return { kernel, x, steps: stepsOf([conv], { k: Tensor.float32([1, 1, 5, 5], kernel) }, x) };
  });

  it("agrees with its sum in 32 bits", () => {
    expect(places.filter(({ kernel, x, steps }) => !agree(steps, sumOf(x, kernel)))).toEqual([]);
  });

  it("does not agree with a sum that lacks a product of 1 % of the largest", () => {
    const wrong = places.filter(({ kernel, x, steps }) => {
      const most = x.reduce((largest, number, i) => Math.max(largest, Math.abs(number * (kernel[i] as number))), 0);
      return agree(steps, sumOf(x, kernel) + most / 100);
    });
    expect(wrong).toEqual([]);
  });
});

const alternating = Float32Array.from({ length: 25 }, (_, i) => (i % 2 ? 200.1 : -200.1) * (i === 24 ? 0 : 1));
const flat = Float32Array.from({ length: 25 }, () => 200);
const edge = Float32Array.from({ length: 25 }, (_, i) => (i % 2 ? 0.1 : -0.1) * (i === 24 ? 0 : 1));
const k = Tensor.float32([1, 1, 5, 5], edge);
const normalization = (scale: number, variance: number) => ({ s: vector(scale), b: vector(0), m: vector(0), v: vector(variance) });
const normalize = op("BatchNormalization", "c s b m v", "y", { epsilon: 0 });
const thousand = Tensor.float32([], Float32Array.of(1000));

test.each<
  [why: string, nodes: readonly Node[], constants: Readonly<Record<string, Tensor>>, x: Float32Array, off: number, isSame: boolean]
>([
  ["a mean of numbers that cancel", [op("GlobalAveragePool", "x", "y")], {}, alternating, 1e-5, true],
  ["a mean that is wrong", [op("GlobalAveragePool", "x", "y")], {}, alternating, 1, false],
  ["what a normalization makes of cancelling products", [conv, normalize], { k, ...normalization(1000, 1) }, flat, 0.01, true],
  ["what it makes small", [conv, normalize], { k, ...normalization(1e-3, 1) }, flat, 1e-3, false],
  ["what a scale makes of them", [conv, op("Mul", "c t", "y")], { k, t: thousand }, flat, 0.01, true],
  ["a sum of two large numbers", [conv, op("Add", "c t", "y")], { k, t: thousand }, flat, 0.01, true],
  ["a sigmoid of nearly nothing", [conv, op("Sigmoid", "c", "y")], { k }, flat, 0.1, false],
  ["a leaky ReLU", [conv, op("LeakyRelu", "c", "y", { alpha: 0.01 })], { k }, flat, 0.1, false],
])("%s", (_, nodes, constants, x, off, isSame) => {
  const steps = stepsOf(nodes, constants, x);
  const formula = (steps.at(-1) as Step).result;
  expect(agree(steps, formula)).toBe(true);
  expect(agree(steps, formula + off)).toBe(isSame);
});

test("what is too large for 32 bits is infinite there", () => {
  const steps = stepsOf(
    [conv],
    {
      k: Tensor.float32(
        [1, 1, 5, 5],
        edge.map(() => 3e38),
      ),
    },
    flat,
  );
  expect(agree(steps, Number.POSITIVE_INFINITY)).toBe(true);
  expect(agree(steps, 1)).toBe(false);
  expect(agree(steps, Number.NaN)).toBe(false);
});
