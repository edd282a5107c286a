// `convcam gradcheck`: what it says of right gradients, of wrong ones, and of those that there are none of.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkNetwork, checkNodes, isOff, type NetworkCheck } from "../../src/cli/gradcheck/check-network.ts";
import type { NodeCheck } from "../../src/cli/gradcheck/check-node.ts";
import { main } from "../../src/cli/main.ts";
import type { Rule } from "../../src/engine/gradient/rule.ts";
import { rules } from "../../src/engine/gradient/rules/index.ts";
import { loadNetwork } from "../../src/engine/load-network.ts";
import { encodeNpy } from "../../src/engine/npy.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

/** The rule of ReLU, put back after each test. */
const { Relu: rightRule } = rules;
const setRule = (rule: Rule | undefined) => Object.assign(rules, { Relu: rule });

let folder = "";
let printed = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convcam-"));
  printed = "";
  vi.spyOn(console, "log").mockImplementation((text: unknown) => {
    printed += `${String(text)}\n`;
  });
});

afterEach(async () => {
  setRule(rightRule);
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

interface Report {
  readonly layers: readonly NodeCheck[];
  readonly network?: NetworkCheck;
}

async function gradcheck(...options: readonly string[]): Promise<Report & { readonly status: number }> {
  const json = join(folder, "report.json");
  const status = await main(["gradcheck", "models/mnist-trained.onnx", "models/digit.png", "--json", json, ...options]);
  process.exitCode = 0;
  return { ...(JSON.parse(await readFile(json, "utf8")) as Report), status };
}

test("a trained network's gradients are right, layer by layer and as a whole", { timeout: 60_000 }, async () => {
  const { layers, network, status } = await gradcheck();
  expect(status).toBe(0);
  expect(layers.map(({ operator }) => operator)).toEqual(
    "Conv Relu MaxPool Conv Relu MaxPool Dropout Flatten Gemm Relu Dropout Gemm".split(" "),
  );
  expect(layers.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  // Where a digit's background is flat, the pool's windows tie.
  expect(layers[2]?.leftOut).toBeGreaterThan(1000);
  expect(network?.isSmooth).toBe(true);
  expect(network?.error).toBeLessThan(1e-4);
  expect(Math.abs(network?.difference ?? 0)).toBeGreaterThan(1e-3);
  expect(printed).toContain("12 ok, 0 off, 0 without a rule, 0 without a gradient");
});

test("a wrong rule is found, and the layers named by --layer alone are checked", { timeout: 60_000 }, async () => {
  // A ReLU that hands every gradient on, as if it were none.
  setRule(({ dy }) => [dy]);
  const { layers, network, status } = await gradcheck("--layer", "conv_2", "--layer", "dense_1/preactivation");
  expect(status).toBe(1);
  expect(layers.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["conv_2", "off"],
    ["dense_1/preactivation", "ok"],
  ]);
  expect(network).toBeUndefined();
  expect(printed).toContain("1 ok, 1 off");
});

test("several outputs, one input twice, steps without a slope, and operators without a rule", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [2, 6] },
      constants: { two: Tensor.from("float32", [], [2]) },
      nodes: [
        op("Split", "x", "a b", { axis: 1, num_outputs: 2 }),
        op("Mul", "a a", "square"),
        op("Floor", "b", "step"),
        op("Greater", "a b", "isGreater"),
        op("Where", "isGreater square step", "chosen"),
        op("Mod", "chosen two", "y", { fmod: 1 }),
      ],
    });
    const network = await loadNetwork(device, graph);
    const task = { network, inputs: { x: noise([2, 6], 9) }, seed: 1 };
    const checks = await checkNodes(task, []);
    expect(checks.map(({ operator, verdict }) => [operator, verdict])).toEqual([
      ["Split", "ok"],
      ["Mul", "ok"],
      ["Floor", "no gradient"],
      ["Where", "ok"],
      ["Mod", "no rule"],
    ]);
    expect(checks[0]?.comparisons.length).toBe(4);
    expect(checks.at(-1)?.reason).toContain("Mod 'y': there is no rule");
    await expect(checkNetwork(task)).rejects.toThrow("Mod 'y': there is no rule");
    await expect(checkNodes(task, ["isGreater"])).rejects.toThrow("'isGreater' has no gradient to check");
    await expect(checkNodes(task, ["absent"])).rejects.toThrow("no value or layer is called 'absent'");
    network.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("all outputs of floats are checked, by the inputs that they depend on; what is infinite and stays so does not matter", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [2, 3], unused: [2], other: [2, 3] },
      parameters: { weights: noise([3], 5) },
      constants: { low: Tensor.from("float32", [], [Number.NEGATIVE_INFINITY]), zero: Tensor.from("float32", [], [0]), axes: ints(1) },
      nodes: [
        op("Greater", "x zero", "isAbove"),
        op("Where", "isAbove x low", "masked"),
        op("ReduceMax", "masked axes", "most", { keepdims: 0 }),
        op("Sign", "weights", "signs"),
        op("Mul", "other signs", "signed"),
        op("Exp", "signed", "power"),
        op("Abs", "unused", "size"),
      ],
      outputs: ["most", "isAbove", "power"],
    });
    // The first row is masked as a whole.
    const x = Tensor.float32([2, 3], new Float32Array([-1, -2, -3, 1, -2, 2]));
    const network = await loadNetwork(device, graph);
    const task = { network, inputs: { x, unused: noise([2], 1), other: noise([2, 3], 4) }, seed: 1 };
    const checks = await checkNodes(task, []);
    expect(checks.map(({ operator, verdict }) => [operator, verdict])).toEqual([
      ["Where", "ok"],
      ["ReduceMax", "ok"],
      ["Mul", "ok"],
      ["Exp", "ok"],
    ]);
    const whole = await checkNetwork(task);
    expect([whole.of, whole.isSmooth, whole.isTooSmall]).toEqual(["most", true, false]);
    expect(whole.error).toBeLessThan(1e-5);
    network.dispose();
  }));

test("a gradient that float64 cannot tell from rounding is not called wrong, and a wrong one is", () =>
  withDevice(async (device) => {
    const constants = { tiny: Tensor.from("float32", [], [1e-14]), one: Tensor.from("float32", [], [1]) };
    const nodes = [op("Mul", "x tiny", "small"), op("Add", "small one", "y")];
    const network = await loadNetwork(device, graphOf({ inputs: { x: [4] }, constants, nodes }));
    const check = await checkNetwork({ network, inputs: { x: noise([4], 3) }, seed: 1 });
    expect(check.isTooSmall).toBe(true);
    expect(isOff(check)).toBe(false);
    expect(isOff({ ...check, isTooSmall: false, error: 0.9 })).toBe(true);
    expect(isOff({ ...check, isTooSmall: false, error: Number.NaN })).toBe(true);
    network.dispose();
  }));

test("values of 16 bits are rounded as they are in the network, and judged by what that allows", () =>
  withDevice(async (device) => {
    const nodes = [op("Cast", "x", "half", { to: 10 }), op("Sigmoid", "half", "s"), op("Cast", "s", "y", { to: 1 })];
    const network = await loadNetwork(device, graphOf({ inputs: { x: [4, 5] }, nodes }));
    const checks = await checkNodes({ network, inputs: { x: noise([4, 5], 3) }, seed: 2 }, []);
    expect(checks.map(({ operator, verdict }) => [operator, verdict])).toEqual([
      ["Cast", "ok"],
      ["Sigmoid", "ok"],
      ["Cast", "ok"],
    ]);
    expect(checks[1]?.tolerance).toBeGreaterThan(checks[0]?.tolerance ?? Number.NaN);
    network.dispose();
  }));

test("an array of doubles is taken for an input of floats, and one of another shape is refused", async () => {
  const say = vi.spyOn(console, "error").mockImplementation(() => {});
  const array = join(folder, "x.npy");
  const fed = ["gradcheck", "models/mnist-trained.onnx", "--input-npy", array, "--layer", "conv_1"];
  await writeFile(array, encodeNpy(Tensor.from("float64", [1, 1, 28, 28], noise([1, 1, 28, 28]).toFloat32())));
  expect(await main(fed)).toBe(0);
  expect(printed).toContain("1 ok, 0 off");
  await writeFile(array, encodeNpy(noise([1, 1, 28, 27])));
  expect(await main(fed)).toBe(1);
  expect(String(say.mock.calls)).toContain("[1, 1, 28, 27]");
});
