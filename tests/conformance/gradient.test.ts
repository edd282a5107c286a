// Gradients on the GPU against PyTorch's autograd in float64, operator by operator and over whole networks.
import { expect, test } from "vitest";
import { UnsupportedError } from "../../src/engine/errors.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { type GradientCase, gradientCases } from "../gradient/cases.ts";
import { withDevice } from "../support/with-device.ts";

/** Cases whose operator has no rule yet: they must be refused by name, and nothing else may be. */
const refused = ["conv-transpose-3d", "global-lp-pool", "lp-normalization", "lp-pool"];

/** What is wrong with the gradient of a case; `undefined` if nothing is. */
async function problemOf(device: Device, one: GradientCase): Promise<string | undefined> {
  let model: Model | undefined;
  try {
    model = await loadModel(device, one.file, { inputValues: one.weights });
    const gradient = await model.gradient({ of: one.output, withRespectTo: [one.input], seed: one.seed });
    const { [one.input]: dx } = await gradient.predict({ [one.input]: one.x });
    return compare(dx?.toFloat32() ?? new Float32Array(), one.gradient);
  } catch (error) {
    return error instanceof UnsupportedError ? `refused: ${error.message}` : String(error);
  } finally {
    model?.dispose();
  }
}

/** As decision 5 has it for operators: within 1e-5 of the largest and 1e-3 of the element. */
function compare(actual: Float32Array, expected: Float32Array): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const at = expected.findIndex((value, i) => !(Math.abs((actual[i] as number) - value) <= 1e-5 * largest + 1e-3 * Math.abs(value)));
  return at < 0 ? undefined : `element ${at} is ${actual[at]}, expected ${expected[at]}`;
}

test(
  "every operator's gradient is PyTorch's, or is refused by name",
  () =>
    withDevice(async (device) => {
      const wrong: string[] = [];
      for (const one of gradientCases()) {
        const problem = await problemOf(device, one);
        const isRefused = problem?.startsWith("refused") ?? false;
        if (refused.includes(one.name) ? !isRefused : problem !== undefined) wrong.push(`${one.name}: ${problem}`);
      }
      expect(wrong).toEqual([]);
    }),
  300_000,
);
