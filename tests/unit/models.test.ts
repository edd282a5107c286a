// The networks: their size, their names, their weights from a seed, and that ONNX Runtime reads them.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type BuiltGraph, countParameters } from "../../models/builder.ts";
import { buildGraph, buildModel, networks } from "../../models/index.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { exampleInputs, runReference } from "../support/onnxruntime.ts";

const names = Object.keys(networks);
const small = ["mnist", "driver", "shapes", "tiny-vgg", "dogs-versus-cats", "dual-backbone", "squeezenet1_1", "mobilenetv2", "resnet18"];

/** What their authors or frameworks publish. Keras counts moving statistics, PyTorch does not. */
const published: readonly (readonly [name: string, count: number, countsStatistics: boolean])[] = [
  ["vgg16", 138_357_544, true],
  ["vgg16_features", 14_714_688, true],
  ["xception", 22_910_480, true],
  ["inception-resnet-v2", 55_873_736, true],
  ["resnet18", 11_689_512, false],
  ["resnet50", 25_557_032, false],
  ["mobilenetv2", 3_504_872, false],
  ["squeezenet1_1", 1_235_496, false],
];

/** What the tests ask of a network; its weights, up to half a gigabyte, are let go. */
interface Outline {
  readonly parameterCount: number;
  readonly statisticsCount: number;
  readonly types: BuiltGraph["types"];
}

const outlines = new Map<string, Outline>();

function outlineOf(name: string): Outline {
  const known = outlines.get(name);
  if (known) return known;
  const graph = buildGraph(name, { seed: 1 });
  const outline = { parameterCount: countParameters(graph), statisticsCount: countStatistics(graph), types: graph.types };
  outlines.set(name, outline);
  return outline;
}

test.each(published)("%s has the published %i parameters", (name, count, countsStatistics) => {
  const { parameterCount, statisticsCount } = outlineOf(name);
  expect(parameterCount - (countsStatistics ? 0 : statisticsCount)).toBe(count);
});

test.each(names)("%s has the parameters and the layer that the registry says", (name) => {
  const { parameterCount, types } = outlineOf(name);
  expect(parameterCount).toBe(networks[name]?.parameterCount);
  expect([...types.keys()]).toContain(networks[name]?.layer);
});

const layers: readonly (readonly [network: string, layer: string, shape: readonly number[]])[] = [
  ["mnist", "conv_1", [1, 32, 26, 26]],
  ["mnist", "pool_1", [1, 32, 13, 13]],
  ["mnist", "conv_2", [1, 64, 11, 11]],
  ["mnist", "flate_1", [1, 1600]],
  ["mnist", "dense_1", [1, 128]],
  ["mnist", "output_layer", [1, 10]],
  ["tiny-vgg", "relu_1_1", [1, 10, 62, 62]],
  ["tiny-vgg", "conv_1_2", [1, 10, 60, 60]],
  ["tiny-vgg", "max_pool_2", [1, 10, 13, 13]],
  ["tiny-vgg", "output", [1, 10]],
  ["dogs-versus-cats", "conv5", [1, 256, 7, 7]],
  ["dogs-versus-cats", "fc1", [1, 64]],
  ["dual-backbone", "a_block3_add", [1, 128, 16, 16]],
  ["dual-backbone", "b_block3_add", [1, 128, 16, 16]],
  ["driver", "steering_conv_2", [1, 24, 14, 14]],
  ["driver", "throttle_conv_4", [1, 32, 4, 4]],
  ["shapes", "pool_3", [1, 32, 4, 4]],
  ["vgg16", "block1_conv1", [1, 64, 224, 224]],
  ["vgg16", "block5_pool", [1, 512, 7, 7]],
  ["vgg16", "fc2", [1, 4096]],
  ["xception", "block1_conv2_act", [1, 64, 147, 147]],
  ["xception", "add", [1, 128, 74, 74]],
  ["xception", "block5_sepconv3_bn", [1, 728, 19, 19]],
  ["xception", "add_11", [1, 1024, 10, 10]],
  ["xception", "block14_sepconv2_act", [1, 2048, 10, 10]],
  ["inception-resnet-v2", "mixed_5b", [1, 320, 35, 35]],
  ["inception-resnet-v2", "block35_10_ac", [1, 320, 35, 35]],
  ["inception-resnet-v2", "mixed_6a", [1, 1088, 17, 17]],
  ["inception-resnet-v2", "mixed_7a", [1, 2080, 8, 8]],
  ["inception-resnet-v2", "conv_7b_ac", [1, 1536, 8, 8]],
  ["resnet50", "layer4.2", [1, 2048, 7, 7]],
  ["mobilenetv2", "features.18.2", [1, 1280, 7, 7]],
  ["squeezenet1_1", "features.12", [1, 512, 13, 13]],
];

test("layers bear the names and shapes of their sources", () => {
  const found = layers.map(([network, layer]) => [network, layer, outlineOf(network).types.get(layer)?.shape]);
  expect(found).toEqual(layers);
});

test("a seed decides every weight, another seed gives others", () => {
  for (const name of ["mnist", "dual-backbone"]) {
    const hashes = [7, 7, 8].map((seed) => createHash("sha256").update(buildModel(name, { seed })).digest("hex"));
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  }
});

test("weights have He's variance, no mean, and differ between tensors", () => {
  const { initializers } = buildGraph("resnet18", { seed: 1 });
  const weights = (name: string) => initializers.get(name)?.toFloat32() ?? new Float32Array();
  const [a, b] = [weights("layer3.0.conv1.weight"), weights("layer3.1.conv1.weight")];
  const fanIn = 128 * 9;
  expect(Math.abs(mean(a))).toBeLessThan(1e-3);
  expect(mean(a.map((w) => w * w)) * fanIn).toBeCloseTo(2, 1);
  expect(Math.abs(mean(a.map((w, i) => w * (b[i] ?? 0))) * fanIn)).toBeLessThan(0.02);
});

test.each(small)("ONNX Runtime runs %s, and every value has the shape that the builder says", async (name) => {
  const graph = buildGraph(name, { seed: 1 });
  const values = graph.nodes.filter((n) => n.operator !== "Constant").map((n) => n.name);
  const results = await runReference(graph, exampleInputs(graph), values);
  for (const [value, tensor] of results) {
    expect(tensor.shape, value).toEqual(graph.types.get(value)?.shape);
    expect(tensor.toFloat32().every(Number.isFinite), value).toBe(true);
  }
});

test.each(["mnist", "dual-backbone"])("%s survives writing and reading", async (name) => {
  const graph = buildGraph(name, { seed: 1 });
  const read = await importModel(buildModel(name, { seed: 1 }));
  expect(countParameters(read)).toBe(countParameters(graph));
  expect(read.nodes.map((n) => [n.name, n.operator, n.inputs])).toEqual(graph.nodes.map((n) => [n.name, n.operator, n.inputs]));
});

test("an unknown network is refused with the names of those known", () => {
  expect(() => buildGraph("toString", { seed: 1 })).toThrow(/'toString'.*vgg16/);
});

function countStatistics(graph: Graph): number {
  return [...graph.initializers].reduce((sum, [name, t]) => sum + (/\.running_(mean|var)$/.test(name) ? t.size : 0), 0);
}

function mean(values: Float32Array): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
