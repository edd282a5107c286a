// Whether what the GPU computed in 32 or 16 bits is what a formula comes to in 64: how large the numbers are that rounding is relative to. Pure.
import type { Step } from "../../engine/elements/index.ts";
import type { Precision } from "../../engine/precision.ts";
import { largestSize as largest } from "./largest-size.ts";

/** How far the two may be from each other, as a part of the size of what was added up. Weights of 16 bits are each off by up to 2⁻¹¹ of themselves. */
const tolerances: Readonly<Record<Precision, number>> = { float32: 1e-4, float16: 2 ** -9 };
/** What is smaller is as good as 0. */
const least = 1e-6;

/**
 * @param element what the GPU computed of the last step's output
 * @param precision of the network's weights there
 */
export function agree(steps: readonly Step[], element: number, precision: Precision = "float32"): boolean {
  const formula = steps.at(-1)?.result ?? Number.NaN;
  // Also where 32 bits hold no number that is so large.
  if (Object.is(formula, element) || Object.is(Math.fround(formula), element)) return true;
  return Math.abs(formula - element) <= tolerances[precision] * Math.max(sizeOf(steps), least);
}

/**
 * The size of the numbers that the last step's rounding is relative to. Where products cancel, as those of an edge filter do on a flat place,
 * it is far above the result; what then follows scales it as it scales numbers.
 */
export function sizeOf(steps: readonly Step[]): number {
  let size = 0;
  let before: Step | undefined;
  for (const step of steps) {
    size = largest([step.result, sizeAfter(step, size, before?.output)]);
    before = step;
  }
  return size;
}

/**
 * @param size of the step before
 * @param input what the step before computed
 */
function sizeAfter(step: Step, size: number, input: string | undefined): number {
  switch (step.kind) {
    case "convolution":
      return largest([norm(step.channels.flatMap(({ products }) => [...products])), step.bias ?? 0]);
    case "dense":
      return largest([step.alpha * norm(step.products), step.beta * (step.addend ?? 0)]);
    case "mean":
      return norm(step.elements.numbers) / step.count;
    case "reduction":
      return norm(step.elements.numbers);
    case "interpolation":
      return norm(step.elements.numbers.map((number, i) => number * (step.weights[i] as number)));
    case "affine":
      return affineSize(step, size);
    case "normalization":
      return affineSize(step, largest([size, ...step.elements.numbers]));
    case "softmax":
      // Powers are as wrong as their exponents are.
      return step.form === "logarithm" ? largest(step.elements.numbers) : step.result * (1 + largest(step.elements.numbers));
    case "gate":
      return largest([size, size * step.scale, step.x, step.x * step.scale, step.shift]);
    case "arithmetic":
      return arithmeticSize(step, size, input);
    case "response":
      return size * slope(step.result, step.x);
    case "function":
      return size * (steep.has(step.operator) ? slope(step.result, step.x) : 1);
    default:
      return size;
  }
}

/** Of (x − mean) · scale / √(variance + epsilon) + bias. */
function affineSize(
  { x, mean, scale, variance, epsilon, bias }: Extract<Step, { kind: "affine" | "normalization" }>,
  size: number,
): number {
  return largest([(largest([x, mean, size]) * scale) / Math.sqrt(variance + epsilon), bias]);
}

function arithmeticSize(
  { operands, sign, result }: Extract<Step, { kind: "arithmetic" }>,
  size: number,
  input: string | undefined,
): number {
  if (sign === "+" || sign === "−") return largest([size, ...operands.map(({ x }) => x)]);
  const own = operands.find(({ value }) => value === input);
  if (!own) return 0;
  const factors = sign === "×" ? operands.filter((operand) => operand !== own).map(({ x }) => x) : [slope(result, own.x)];
  return size * Math.abs(factors.reduce((product, factor) => product * factor, 1));
}

/** What makes more of an error than it was; other functions, the activations, are hardly steeper than 1. */
const steep: ReadonlySet<string> = new Set("Exp Log Sqrt Reciprocal Pow LeakyRelu PRelu".split(" "));

/** How many times an error of x is one of the result, about: exactly where the result is a multiple of x. */
function slope(result: number, x: number): number {
  return x === 0 ? 1 : Math.abs(result / x);
}

/** What terms of such sizes come to where they do not cancel. */
function norm(numbers: Iterable<number>): number {
  let sum = 0;
  for (const number of numbers) if (Number.isFinite(number)) sum += number * number;
  return Math.sqrt(sum);
}
