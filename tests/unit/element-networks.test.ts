// Formulas and receptive fields within whole networks, with their trained weights where the data is there.
import { expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import { receptiveField } from "../../src/engine/elements/index.ts";
import type { Index } from "../../src/engine/elements/region.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { randomSource } from "../../src/reference/differences.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { holdFormula } from "../elements/hold.ts";
import { everything } from "../support/catalog.ts";
import { readData } from "../support/data.ts";
import { noise } from "../support/graphs.ts";

/** By their folders, with the extents that a file leaves open. */
const files: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  "models/squeezenet1.1": {},
  "models/squeezenet-fp16": {},
  "models/mobilenetv2": {},
  "models/resnet20-cifar10": {},
  "models/tinyvgg": {},
  "models/mnist-8": {},
  "models/ultraface-320": {},
  // ConvTranspose of all forms, an encoder and a decoder, channels last, dilations, pools that count what lies beside the input, depth.
  "field/convtranspose-forms": {},
  "field/unet-negative-pad-dynamic": { image: [1, 3, 40, 40] },
  "field/tf2onnx-mediapipe": {},
  "field/deeplab-dilations": {},
  "field/avgpool-ceil-opset19": {},
  "field/conv3d-asymmetric": {},
};
const networks = Object.entries(files).flatMap(([path, inputShapes]) => {
  const file = readData(`${path}/model.onnx`);
  return file ? [{ path, inputShapes, file }] : [];
});

test.each(networks)(
  "$path: elements of every layer are what the loops compute",
  async ({ file, inputShapes }) => {
    const { graph, obstacles } = inferGraph(await importModel(file), everything, { inputShapes });
    expect(obstacles).toEqual([]);
    const inputs = graph.inputs.map(({ name, shape }, i): [string, NdArray] => [name, fromTensor(noise(shape, 21 + i))]);
    const values = new Map(inputs);
    await evaluateGraph(graph, values, {
      onNode: ({ outputs }, _, arrays) => outputs.forEach((name, i) => values.set(name, arrays[i] as NdArray)),
    });
    const random = randomSource(7);
    const somewhere = (shape: readonly number[]): Index => shape.map((extent) => Math.floor(((random() + 1) / 2) * extent));
    const kinds = new Set<string>();
    for (const { outputs } of graph.nodes) {
      const [name = ""] = outputs;
      const { shape } = values.get(name) as NdArray;
      const places = [shape.map(() => 0), shape.map((extent) => extent >> 1), shape.map((extent) => extent - 1), somewhere(shape)];
      // None of these networks has an operator without a formula: what is refused fails.
      for (const index of shape.includes(0) ? [] : places) for (const { kind } of holdFormula(graph, values, name, index)) kinds.add(kind);
    }
    expect([...kinds].some((kind) => kind === "convolution" || kind === "mean")).toBe(true);
  },
  120_000,
);

/** Published sizes, in pixels, of what one element sees: https://distill.pub/2019/computing-receptive-fields/ */
const published: readonly (readonly [network: string, layer: string, size: number])[] = [["vgg16_features", "block5_pool", 212]];

test.each(published)(
  "%s: an element of %s sees %i pixels of the picture in a row",
  (network, layer, size) => {
    const { graph } = inferGraph(buildGraph(network, { seed: 1 }), everything);
    const [input] = graph.inputs;
    const { shape } = graph.types.get(layer) ?? { shape: [] };
    const middle = shape.map((extent) => Math.floor(extent / 2));
    const field = receptiveField(graph, layer, { begin: middle, end: middle.map((i) => i + 1) }).get(input?.name ?? "");
    const extents = field?.end.map((end, axis) => end - (field.begin[axis] as number));
    expect([extents, field?.isExact]).toEqual([[1, 3, size, size], true]);
  },
  60_000,
);
