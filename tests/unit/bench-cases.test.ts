// The bench's cases: names, shapes, batches, and that Convcam accepts every one of them.
import { describe, expect, test } from "vitest";
import { peerPackages } from "../../bench/peers.ts";
import packageFile from "../../package.json" with { type: "json" };
import { buildTask, namedCases, networkNames, taskOf } from "../../src/bench/cases.ts";
import { gradientReference } from "../../src/bench/gradient-reference.ts";
import { layerNames } from "../../src/bench/layers.ts";
import { trainingReference } from "../../src/bench/training-reference.ts";
import { inspectModel } from "../../src/engine/inspect.ts";
import { importModel } from "../../src/engine/onnx/import.ts";

describe("names", () => {
  test("a name, several, all, and a batch size", () => {
    expect(namedCases("network", ["mnist", "resnet18@4"])).toEqual([
      { kind: "network", name: "mnist" },
      { kind: "network", name: "resnet18@4" },
    ]);
    // As `convcam build` calls them.
    expect(namedCases("network", ["tiny-vgg", "inception-resnet-v2@2"]).map(({ name }) => name)).toEqual([
      "tinyvgg",
      "inception_resnet_v2@2",
    ]);
    expect(namedCases("network", ["all"]).map(({ name }) => name)).toEqual(networkNames);
    expect(namedCases("layer", ["all@16"])[0]?.name).toBe(`${layerNames[0]}@16`);
  });

  const wrong: readonly (readonly [given: string, problem: RegExp])[] = [
    ["resnet19", /no network 'resnet19'\. Known: tinyvgg, /],
    ["mnist@0", /batch size after @/],
    ["mnist@", /batch size after @/],
  ];
  test.each(wrong)("%s is refused", (given, problem) => {
    expect(() => namedCases("network", [given])).toThrow(problem);
  });
});

test.each(layerNames.flatMap((name) => [name, `${name}@4`]))("layer %s is a valid model that Convcam accepts", async (name) => {
  const { bytes, inputs } = buildTask({ kind: "layer", name });
  const graph = await importModel(bytes);
  expect((await inspectModel(graph)).obstacles).toEqual([]);
  for (const { name: input, shape } of graph.inputs) expect(inputs[input]?.data).toHaveLength(shape.map(Number).reduce((a, b) => a * b, 1));
});

test("a batch changes a network's input and nothing else", async () => {
  const { bytes } = buildTask({ kind: "network", name: "tinyvgg@4" });
  const graph = await importModel(bytes);
  expect(graph.inputs[0]?.shape).toEqual([4, 3, 64, 64]);
  const { summary, obstacles } = await inspectModel(graph);
  expect(obstacles).toEqual([]);
  expect(summary.layers.at(-1)?.shape).toEqual([4, 10]);
});

test("SqueezeNet's pools lose a ceil_mode that changes nothing", async () => {
  const { graph } = buildTask({ kind: "network", name: "squeezenet1_1" });
  expect(graph.nodes.filter(({ operator }) => operator === "MaxPool").map(({ attributes }) => attributes.get("ceil_mode"))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect((await inspectModel(graph)).summary.layers.at(-1)?.shape).toEqual([1, 1000]);
});

test("a gradient is a network or a layer; what it must be comes from loops in double precision", async () => {
  const names = ["gemm_2048_1000", "squeezenet1_1@2"];
  const cases = namedCases("gradient", names);
  expect(cases.map(({ name }) => name)).toEqual(names.map((name) => `${name} gradient`));
  expect(namedCases("gradient", ["all"]).length).toBeGreaterThan(5);
  const [layer, network] = cases.map(buildTask);
  expect([layer?.gradient, network?.gradient, Object.values(network?.inputs ?? {})[0]?.shape[0]]).toEqual([{}, { class: 7 }, 2]);
  const weights = layer?.graph.initializers.get("w")?.toFloat32() ?? new Float32Array();
  const [gradient] = layer ? await gradientReference(layer) : [];
  expect(gradient?.length).toBe(2048);
  // Σ y by x: the sum of a column.
  const column = Array.from({ length: 1000 }, (_, row) => weights[row * 2048 + 5] as number).reduce((a, b) => a + b, 0);
  expect(gradient?.[5]).toBeCloseTo(column, 5);
});

test("training is steps of a network on 32 examples, or the gradient of a convolution's weights", async () => {
  expect(namedCases("training", ["all", "mnist_convnet@8", "depthwise3x3_14_384"]).map(({ name }) => name)).toEqual([
    "mnist_convnet@32 training",
    "conv3x3_56_64 training",
    "mnist_convnet@8 training",
    "depthwise3x3_14_384 training",
  ]);
  expect(() => namedCases("training", ["softmax_1000"])).toThrow("no training 'softmax_1000'");
  const steps = buildTask({ kind: "training", name: "mnist_convnet@8 training" });
  expect(steps.inputs["input"]?.shape).toEqual([8, 1, 28, 28]);
  expect([...(steps.training?.labels ?? [])]).toEqual([0, 7, 4, 1, 8, 5, 2, 9]);
  const [losses = new Float32Array()] = await trainingReference(steps);
  expect(losses.length).toBe(3);
  // The same examples again: it learns them.
  expect(losses[1]).toBeLessThan(losses[0] as number);
  expect(losses[2]).toBeLessThan(losses[1] as number);
  const weights = buildTask({ kind: "training", name: "conv1x1_14_256_1024 training" });
  expect([weights.gradient, weights.training]).toEqual([{ weight: "w" }, undefined]);
}, 60_000);

describe("a visitor's own model", () => {
  const base = { name: "own", opsets: new Map([["", 17]]), metadata: new Map(), outputs: ["y"], initializers: new Map() };
  const nodes = [{ name: "relu", operator: "Relu", domain: "", inputs: ["x"], outputs: ["y"], attributes: new Map() }];
  const graphOf = (shape: readonly (number | string)[]) => ({ ...base, nodes, inputs: [{ name: "x", dtype: "float32" as const, shape }] });

  test("a symbolic batch becomes 1", () => expect(taskOf(graphOf(["N", 3, 2, 2])).inputs["x"]?.shape).toEqual([1, 3, 2, 2]));
  test("symbolic rows need a shape", () => {
    expect(() => taskOf(graphOf([1, 3, "h", "w"]))).toThrow(/symbolic shape \[1, 3, h, w\]/);
    expect(taskOf(graphOf([1, 3, "h", "w"]), undefined, { x: [1, 3, 4, 5] }).inputs["x"]?.data).toHaveLength(60);
  });
});

test("the public mirror serves the versions that are installed here", () => {
  const installed: Readonly<Record<string, string>> = packageFile.devDependencies;
  for (const { package: name, version } of Object.values(peerPackages)) expect(installed[name]).toBe(version);
});
