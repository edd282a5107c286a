// The gradient cases are what they claim: their files compute the y that PyTorch computed, with the weights that this side computes.
import { expect, test } from "vitest";
import { importModel } from "../../src/engine/onnx/import.ts";
import { gradientCases } from "../gradient/cases.ts";
import { runReference } from "../support/onnxruntime.ts";

const cases = gradientCases();

/** Files that ONNX Runtime does not run, and why. */
const notRun: Readonly<Record<string, string>> = { "lrn-even": "its LRN takes odd sizes only" };

test("there are cases", () => {
  expect(cases.length).toBeGreaterThan(300);
});

test.each(cases)("$name: ONNX Runtime computes the same y", async ({ name, file, input, output, x, seed, gradient, y, weights }) => {
  expect(gradient.every(Number.isFinite)).toBe(true);
  expect(seed.toFloat32().some((value) => value !== 0)).toBe(true);
  const graph = await importModel(file);
  expect(graph.inputs.map((entry) => entry.name)).toEqual([input, ...Object.keys(weights)]);
  expect(graph.outputs).toEqual([output]);
  if (name in notRun) return;
  const result = (await runReference(graph, { ...weights, [input]: x })).get(output);
  expect(result?.shape).toEqual(seed.shape);
  const found = result?.toFloat32() ?? new Float32Array();
  const largest = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = y.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? Number.NaN))), 0);
  expect(worst).toBeLessThanOrEqual(1e-3 * largest);
});
