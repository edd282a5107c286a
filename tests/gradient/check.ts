// Holds gradients on the GPU to PyTorch's autograd in float64.
import { UnsupportedError } from "../../src/engine/errors.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { ModelGradient } from "../../src/engine/gradients.ts";
import { loadNetwork } from "../../src/engine/load-network.ts";
import type { Network } from "../../src/engine/network.ts";
import { type GradientCase, gradientCases } from "./cases.ts";

/** Cases whose operator has no rule yet: they must be refused by name, and nothing else may be. */
export const refused = ["lp-normalization"];

/** What is wrong with the gradient of a case; `undefined` if nothing is. */
async function problemOf(device: Device, one: GradientCase): Promise<string | undefined> {
  let network: Network | undefined;
  try {
    network = await loadNetwork(device, one.file, { inputValues: one.weights });
    const gradient = await ModelGradient.make(network, { of: one.output, withRespectTo: [one.input], seed: one.seed });
    const { [one.input]: dx } = await gradient.predict({ [one.input]: one.x });
    return compare(one.name, dx?.toFloat32() ?? new Float32Array(), one.gradient);
  } catch (error) {
    return error instanceof UnsupportedError ? `refused: ${error.message}` : String(error);
  } finally {
    network?.dispose();
  }
}

function compare(name: string, actual: Float32Array, expected: Float32Array): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  return name.startsWith("net-") ? compareNetworks(actual, expected) : compareElements(actual, expected);
}

/**
 * A ReLU whose input is within rounding of 0 may pass a gradient on or not, so that a few elements of a deep network may differ:
 * relative L2 of at most 1e-4, and of at most 0.1 % of the elements more than 1e-4 of the largest.
 */
function compareNetworks(actual: Float32Array, expected: Float32Array): string | undefined {
  const norm = (values: Float32Array) => Math.hypot(...values);
  const distance = norm(actual.map((value, i) => value - (expected[i] as number))) / norm(expected);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const beyond = actual.filter((value, i) => !(Math.abs(value - (expected[i] as number)) <= 1e-4 * largest)).length;
  if (distance <= 1e-4 && beyond <= expected.length / 1000) return undefined;
  return `relative L2 ${distance.toExponential(1)}, ${beyond} of ${expected.length} elements beyond 1e-4 of the largest`;
}

/** As decision 5 has it for operators: within 1e-5 of the largest and 1e-3 of the element. */
function compareElements(actual: Float32Array, expected: Float32Array): string | undefined {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const at = expected.findIndex((value, i) => !(Math.abs((actual[i] as number) - value) <= 1e-5 * largest + 1e-3 * Math.abs(value)));
  return at < 0 ? undefined : `element ${at} is ${actual[at]}, expected ${expected[at]}`;
}

/** What is wrong with the gradients of these cases. */
export async function problemsOf(device: Device, wants: (name: string) => boolean): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const one of gradientCases().filter(({ name }) => wants(name))) {
    const problem = await problemOf(device, one);
    const isRefused = problem?.startsWith("refused") ?? false;
    if (refused.includes(one.name) ? !isRefused : problem !== undefined) wrong.push(`${one.name}: ${problem}`);
  }
  return wrong;
}
