// The manifest and what is stored beside it: complete, unchanged, small, and as accurate as it says.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { countParameters } from "../../models/builder.ts";
import { digit, rasterizeStrokes } from "../../models/digit.ts";
import { withHalves } from "../../models/halves.ts";
import { buildGraph, networks } from "../../models/index.ts";
import { isStored, manifest } from "../../models/manifest.ts";
import { readImage } from "../../src/cli/image.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { readTestDigits } from "../support/mnist.ts";
import { runReference } from "../support/onnxruntime.ts";

const folder = new URL("../../models/", import.meta.url);
const read = (path: string) => new Uint8Array(readFileSync(new URL(path, folder)));
const stored = manifest.filter(isStored);

test("every network is listed once, by its own name", () => {
  const names = manifest.map((entry) => entry.name);
  expect(new Set(names).size).toBe(names.length);
  expect(manifest.flatMap((entry) => (isStored(entry) ? [] : [entry.builder])).sort()).toEqual(Object.keys(networks).sort());
});

test.each(manifest.map((entry) => [entry.name, entry] as const))("%s is what the manifest says", (_name, entry) => {
  const name = isStored(entry) ? entry.network : entry.builder;
  const graph = buildGraph(name, { seed: 1 });
  const [channels] = entry.input.shape.slice(1);
  expect(graph.inputs).toEqual([{ name: entry.input.name, dtype: "float32", shape: entry.input.shape }]);
  expect([entry.input.mean.length, entry.input.std.length]).toEqual([channels, channels]);
  expect([entry.layer, entry.parameterCount]).toEqual([networks[name]?.layer, countParameters(graph)]);
  if (entry.labels === null) return;
  const labels = readFileSync(new URL(entry.labels, folder), "utf8").trimEnd().split("\n");
  const output = graph.types.get(graph.outputs[0] ?? "");
  expect(labels).toHaveLength(output?.shape[1] ?? 0);
});

test("stored files have the size and SHA-256 that the manifest says, at most 6 MB in all", () => {
  for (const entry of stored) {
    const bytes = read(entry.file);
    expect(bytes.length, entry.name).toBe(entry.bytes);
    expect(createHash("sha256").update(bytes).digest("hex"), entry.name).toBe(entry.sha256);
  }
  const total = stored.reduce((sum, entry) => sum + statSync(new URL(entry.file, folder)).size, 0);
  expect(total).toBeLessThan(6e6);
});

test("stored files are the builder's network with its weights in float16", async () => {
  for (const entry of stored) {
    const built = buildGraph(entry.network, { seed: 1 });
    const graph = await importModel(read(entry.file));
    expect(graph.nodes.filter((n) => n.operator !== "Cast").map((n) => [n.name, n.operator, n.inputs])).toEqual(
      built.nodes.map((n) => [n.name, n.operator, n.inputs]),
    );
    expect([...graph.initializers].map(([name, t]) => [name, t.dtype, t.shape])).toEqual(
      [...built.initializers].map(([name, t]) => [`${name}/float16`, "float16", t.shape]),
    );
  }
});

test("the run began with the weights of seed 1", async () => {
  const blank = await importModel(read("mnist-blank.onnx"));
  for (const [name, tensor] of buildGraph("mnist", { seed: 1 }).initializers) {
    const expected = Tensor.from("float16", tensor.shape, tensor.toFloat32());
    expect(Buffer.compare(blank.initializers.get(`${name}/float16`)?.bytes ?? new Uint8Array(), expected.bytes), name).toBe(0);
  }
});

test("a blank network in 16 bits is as it is stored, and ONNX Runtime runs it", async () => {
  const graph = await importModel(encodeModel(withHalves(buildGraph("mnist", { seed: 1 }))));
  const blank = await importModel(read("mnist-blank.onnx"));
  expect([...graph.initializers].map(([name, { bytes }]) => [name, Buffer.from(bytes)])).toEqual(
    [...blank.initializers].map(([name, { bytes }]) => [name, Buffer.from(bytes)]),
  );
  const picture = Tensor.float32([1, 1, 28, 28], rasterizeStrokes(digit.strokes, 28));
  const [scores, expected] = await Promise.all(
    [graph, blank].map(async (one) => (await runReference(one, { input_layer: picture })).get("output_layer")?.toNumbers()),
  );
  expect(scores).toEqual(expected);
});

test("the trained network reads the page's digit, wherever on the pad it is drawn", async () => {
  const graph = await importModel(read("mnist-trained.onnx"));
  for (const [dy, dx] of [
    [0, 0],
    [-0.08, 0.06],
    [0.08, -0.06],
  ] as const) {
    const strokes = digit.strokes.map((stroke) => stroke.map(([y, x]) => [y + dy, x + dx] as const));
    const image = Tensor.float32([1, 1, 28, 28], rasterizeStrokes(strokes, 28));
    const probabilities = (await runReference(graph, { input_layer: image })).get("output_layer")?.toNumbers() ?? [];
    expect(probabilities[digit.label], `shifted by ${dy}, ${dx}`).toBeGreaterThan(0.9);
  }
});

test("digit.png is the page's digit", async () => {
  const expected = Array.from(rasterizeStrokes(digit.strokes, 28), (ink) => Math.round(ink * 255));
  const path = fileURLToPath(new URL("digit.png", folder));
  expect((await readImage(path, { name: "x", dtype: "uint8", shape: [1, 1, 28, 28] }, {})).toNumbers()).toEqual(expected);
});

const digits = readTestDigits();

// The data of others is not in the repository; without it, nothing can be measured here.
describe.runIf(digits)("on MNIST's test set", () => {
  const readers = stored.filter(({ network }) => network === "mnist");

  test.each(readers.map((entry) => [entry.name, entry] as const))("%s is as accurate as the manifest says", async (_name, entry) => {
    if (!digits) return;
    const graph = await importModel(read(entry.file));
    // Batches of any size: the file's own is 1.
    const batched = { ...graph, inputs: graph.inputs.map((input) => ({ ...input, shape: ["n", ...input.shape.slice(1)] })) };
    let rightCount = 0;
    const step = 500;
    for (let start = 0; start < digits.count; start += step) {
      const images = digits.images.slice(start * 784, (start + step) * 784);
      const results = await runReference(batched, { input_layer: Tensor.float32([step, 1, 28, 28], images) });
      const scores = results.get("output_layer")?.toFloat32() ?? new Float32Array();
      for (let i = 0; i < step; i++) {
        const row = scores.subarray(i * 10, i * 10 + 10);
        if (row.indexOf(Math.max(...row)) === digits.labels[start + i]) rightCount++;
      }
    }
    // Summing in another order may tip a digit or two.
    expect(Math.abs(rightCount / digits.count - entry.testAccuracy)).toBeLessThanOrEqual(3e-4);
  });

  test("the trained network reads at least 98.5% of the digits right", () => {
    expect(stored.find((entry) => entry.name === "mnist-trained")?.testAccuracy).toBeGreaterThanOrEqual(0.985);
  });
});
