// ONNX's backend tests through the same runner as `convcam conformance`. Where the data folder is absent, and also where it is
// there, small cases of our own are written to disk and run, so that the runner and the engine are tested everywhere.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Case, findCases } from "../../src/cli/conformance/cases.ts";
import { defaultTolerance } from "../../src/cli/conformance/compare.ts";
import { judge, listed } from "../../src/cli/conformance/listed.ts";
import { type CaseResult, type RunOptions, runCase } from "../../src/cli/conformance/run-case.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { encodeModel, encodeTensor } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { withDevice } from "../support/with-device.ts";

const data = process.env["CONVCAM_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** Convolutions, pools and what surrounds them in a CNN; the whole folder takes minutes and is for the command. */
const quick =
  /^test_(basic_conv|conv_with|averagepool_2d|maxpool_2d|globalaverage|globalmax|batchnorm|relu|leakyrelu|clip_ex|sigmoid_ex|hardswish|softmax_axis|gemm|matmul_|add_bcast|concat_2d|concat_3d|slice|split_equal|pad|reshape|transpose_all|resize_up|resize_down|lrn|reduce_mean_default)/;

async function runAll(folder: string, filter: RegExp, options: Partial<RunOptions>): Promise<CaseResult[]> {
  return withDevice(async (device) => {
    const results: CaseResult[] = [];
    for (const oneCase of findCases(folder).filter(({ name }) => filter.test(name))) results.push(...(await run(device, oneCase, options)));
    return results;
  });
}

const run = (device: Device, oneCase: Case, options: Partial<RunOptions> = {}) =>
  runCase(device, oneCase, { tolerance: defaultTolerance, forceKernels: false, precision: "float32", ...options });

const failures = (results: readonly CaseResult[]) =>
  results.filter(({ status }) => status === "fail").map(({ name, reason }) => `${name}: ${reason}`);

/** Those that have listed cases. */
const suites = ["onnx/pytorch-converted", "onnx/simple", "onnx/more", "onnx/node", "onnx/training", "field"];

/** A case of one node, as files: the references are worked out by hand or by plain loops below. */
interface OwnCase {
  readonly node: Partial<Node> & Pick<Node, "operator">;
  readonly inputs: readonly Tensor[];
  /** Inputs from this index on are kept as initializers. */
  readonly fedInputs?: number;
  readonly output: Tensor;
}

const ramp = (shape: readonly number[], scale = 1): Tensor => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return Tensor.float32(
    shape,
    Float32Array.from({ length: size }, (_, i) => (((i * 7) % 11) - 5) * scale),
  );
};

/** y[m, p, q] = Σ x[c, p + i, q + j] · w[m, c, i, j] without padding. */
function convolve(x: Tensor, w: Tensor): Tensor {
  const [, channels = 0, height = 0, width = 0] = x.shape;
  const [maps = 0, , kernelHeight = 0, kernelWidth = 0] = w.shape;
  const [rows, columns] = [height - kernelHeight + 1, width - kernelWidth + 1];
  const [xs, ws] = [x.toFloat32(), w.toFloat32()];
  const out = new Float32Array(maps * rows * columns);
  for (let m = 0; m < maps; m++)
    for (let p = 0; p < rows; p++)
      for (let q = 0; q < columns; q++) {
        let sum = 0;
        for (let c = 0; c < channels; c++)
          for (let i = 0; i < kernelHeight; i++)
            for (let j = 0; j < kernelWidth; j++)
              sum += (xs[(c * height + p + i) * width + q + j] ?? 0) * (ws[((m * channels + c) * kernelHeight + i) * kernelWidth + j] ?? 0);
        out[(m * rows + p) * columns + q] = sum;
      }
  return Tensor.float32([1, maps, rows, columns], out);
}

const image = ramp([1, 3, 7, 9]);
const kernel = ramp([5, 3, 3, 2], 0.25);
const own: Readonly<Record<string, OwnCase>> = {
  own_relu: {
    node: { operator: "Relu" },
    inputs: [ramp([2, 3])],
    output: Tensor.float32(
      [2, 3],
      ramp([2, 3])
        .toFloat32()
        .map((v) => Math.max(0, v)),
    ),
  },
  own_conv: { node: { operator: "Conv" }, inputs: [image, kernel], fedInputs: 1, output: convolve(image, kernel) },
  own_conv_fed_weights: { node: { operator: "Conv" }, inputs: [image, kernel], output: convolve(image, kernel) },
  own_max_pool: {
    node: {
      operator: "MaxPool",
      attributes: new Map([
        ["kernel_shape", [2, 2]],
        ["strides", [2, 2]],
      ]),
    },
    inputs: [Tensor.from("float32", [1, 1, 2, 4], [1, 5, -3, -4, 2, 0, -1, -9])],
    output: Tensor.from("float32", [1, 1, 1, 2], [5, -1]),
  },
  own_reshape_fed_shape: {
    node: { operator: "Reshape" },
    inputs: [ramp([2, 6]), Tensor.int64([2], [3, -1])],
    output: ramp([2, 6]).reshape([3, 4]),
  },
  own_wrong: { node: { operator: "Relu" }, inputs: [ramp([2])], output: Tensor.from("float32", [2], [1, 1]) },
  own_unknown: { node: { operator: "Frobnicate" }, inputs: [ramp([2])], output: ramp([2]) },
};

function writeCase(folder: string, { node, inputs, fedInputs = inputs.length, output }: OwnCase, outputs = ["y"]): void {
  const name = (i: number) => `x${i}`;
  const fed = inputs.slice(0, fedInputs);
  const graph: Graph = {
    name: "case",
    opsets: new Map([["", 17]]),
    metadata: new Map(),
    inputs: fed.map(({ dtype, shape }, i) => ({ name: name(i), dtype, shape })),
    outputs,
    initializers: new Map(inputs.slice(fedInputs).map((tensor, i) => [name(fedInputs + i), tensor])),
    nodes: [{ name: "node", domain: "", inputs: inputs.map((_, i) => name(i)), outputs: ["y"], attributes: new Map(), ...node }],
  };
  const sets = join(folder, "test_data_set_0");
  mkdirSync(sets, { recursive: true });
  const { dtype, shape } = output;
  writeFileSync(join(folder, "model.onnx"), encodeModel({ ...graph, types: new Map([["y", { dtype, shape }]]) }));
  for (const [i, tensor] of fed.entries()) writeFileSync(join(sets, `input_${i}.pb`), encodeTensor(tensor));
  writeFileSync(join(sets, "output_0.pb"), encodeTensor(output));
}

test.each(["float32", "float16"] as const)(
  "cases of our own in %s: what passes passes, what is wrong fails, what is unknown is unsupported",
  async (precision) => {
    const root = mkdtempSync(join(tmpdir(), "convcam-own-"));
    try {
      for (const [name, ownCase] of Object.entries(own)) writeCase(join(root, name), ownCase);
      const results = await runAll(root, /./, { precision, forceKernels: true });
      const statusOf = (name: string) => results.filter((result) => result.name.split(" ")[0] === name).map(({ status }) => status);
      expect(new Set(statusOf("own_wrong"))).toEqual(new Set(["fail"]));
      expect(statusOf("own_unknown")).toEqual(["unsupported"]);
      expect(results.find(({ name }) => name === "own_unknown")?.reason).toContain("Frobnicate");
      const others = results.filter(({ name }) => !/own_(wrong|unknown)/.test(name));
      expect(others.filter(({ status }) => status !== "pass").map(({ name, reason }) => `${name}: ${reason}`)).toEqual([]);
      expect(others.length).toBeGreaterThanOrEqual(5);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);

test("a case fails without expected outputs, or with fewer than its model has; a file that is refused needs none", async () => {
  const root = mkdtempSync(join(tmpdir(), "convcam-own-"));
  try {
    const relu: OwnCase = { node: { operator: "Relu" }, inputs: [ramp([4])], output: Tensor.from("float32", [4], [0, 2, 0, 5]) };
    const split: OwnCase = { ...relu, node: { operator: "Split", outputs: ["y", "z"] }, output: Tensor.from("float32", [2], [-5, 2]) };
    writeCase(join(root, "none"), relu);
    writeCase(join(root, "some"), split, ["y", "z"]);
    writeCase(join(root, "unknown"), own["own_unknown"] as OwnCase);
    writeCase(join(root, "invalid"), { ...relu, inputs: [] });
    for (const name of ["none", "unknown", "invalid"]) rmSync(join(root, name, "test_data_set_0/output_0.pb"));
    const results = await runAll(root, /./, {});
    expect(results.map(({ name, status, reason }) => [name, status, reason])).toEqual([
      ["invalid", "unsupported", expect.stringContaining("input 0")],
      ["none", "fail", "there is no expected output (output_0.pb)"],
      ["some", "fail", "the model has 2 outputs, but only 1 of them are expected"],
      ["unknown", "unsupported", expect.stringContaining("Frobnicate")],
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("weights that a case feeds become constants and parameters; a wrong case fails all three ways", async () => {
  const root = mkdtempSync(join(tmpdir(), "convcam-own-"));
  try {
    const fed = own["own_conv_fed_weights"] as OwnCase;
    writeCase(join(root, "fed"), fed);
    writeCase(join(root, "held"), own["own_conv"] as OwnCase);
    writeCase(join(root, "wrong"), { ...fed, output: ramp(fed.output.shape) });
    const results = await runAll(root, /./, { weightsAsParameters: true });
    expect(results.map(({ name, status }) => [name, status])).toEqual([
      ["fed", "pass"],
      ["fed [constants]", "pass"],
      ["fed [parameters]", "pass"],
      ["held", "pass"],
      ["held [parameters]", "pass"],
      ["wrong", "fail"],
      ["wrong [constants]", "fail"],
      ["wrong [parameters]", "fail"],
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

// A machine without the data runs the cases above; there is nothing here that could be skipped silently on one that has it.
if (existsSync(join(data, "onnx/node")))
  test("the operators of a CNN agree with ONNX's own cases, with every kernel that accepts them", async () => {
    const results = await runAll(join(data, "onnx/node"), quick, { forceKernels: true });
    expect(failures(results)).toEqual([]);
    expect(results.filter(({ status }) => status === "pass").length).toBeGreaterThan(100);
  }, 240_000);

// The last of these computes a factor out of constants in a file of float16, where folding rounds once more than the GPU does.
if (existsSync(join(data, "onnx/node")))
  test("ONNX's own cases give the same with their weights as parameters", async () => {
    const withWeights =
      /^test_(basic_conv|conv_with|convtranspose|gemm|matmul_|batchnorm|prelu|layer_normalization_4d|attention_4d_gqa_with_past_and_present_fp16_expanded)/;
    const results = await runAll(join(data, "onnx/node"), withWeights, { weightsAsParameters: true });
    expect(failures(results)).toEqual([]);
    expect(results.filter(({ name, status }) => name.endsWith("[parameters]") && status === "pass").length).toBeGreaterThan(40);
  }, 240_000);

// What is not listed and refused, the command finds in all cases; here it is looked for where refusals are likely.
if (existsSync(join(data, "onnx/node")))
  test("every listed case is there and refused, and no other of its suite's small ones is", async () => {
    const ids = new Set(listed.flatMap(({ cases }) => cases));
    const all = suites.flatMap((suite) => findCases(join(data, suite)));
    expect([...ids].filter((id) => !all.some((one) => one.id === id))).toEqual([]);
    const likely = /^simple\/|^pytorch-converted\/test_(Linear|PReLU|Softsign)|training_mode|tfidf|scan|uint8/;
    const judgements = await withDevice(async (device) => {
      const list: ReturnType<typeof judge>[] = [];
      for (const one of all.filter(({ id }) => ids.has(id) || likely.test(id))) list.push(judge(one.id, await run(device, one)));
      return list;
    });
    expect(judgements.flatMap(({ objection }) => objection ?? [])).toEqual([]);
    expect(failures(judgements.flatMap(({ results }) => results))).toEqual([]);
    expect(judgements.filter(({ results }) => results[0]?.listed).length).toBe(ids.size);
  }, 120_000);
