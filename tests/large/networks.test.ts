// Every network that we build, on the engine and on ONNX Runtime: intermediate layers and outputs agree,
// and are the same to the bit when the model has settled. `npm run test:large`.
import { expect, test } from "vitest";
import { buildGraph, networks } from "../../models/index.ts";
import { loadModel } from "../../src/engine/model.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { exampleInputs, runReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

/** Besides the layer that the registry names and the outputs: one from deep inside. */
const deep: Readonly<Record<string, string>> = {
  mnist: "conv_2",
  driver: "throttle_conv_4",
  shapes: "conv_3",
  "tiny-vgg": "conv_2_2",
  "dogs-versus-cats": "bn5",
  "dual-backbone": "b_block4_add",
  vgg16: "block5_conv3",
  vgg16_features: "block5_conv3",
  xception: "add_11",
  "inception-resnet-v2": "block17_20_ac",
  resnet18: "layer4.1",
  resnet50: "layer4.2",
  mobilenetv2: "features.18.2",
  squeezenet1_1: "features.12",
};

test.each(Object.keys(networks))("%s", async (name) => {
  const graph = buildGraph(name, { seed: 1 });
  const layers = [networks[name]?.layer ?? "", deep[name] ?? ""];
  const inputs = exampleInputs(graph);
  const expected = await runReference(graph, inputs, [...layers, ...graph.outputs]);
  await withDevice(async (device) => {
    const model = await loadModel(device, graph, { observe: layers });
    model.run(inputs);
    const first = new Map<string, Float32Array>();
    for (const [value, tensor] of expected) {
      const found = await model.read(value);
      expect(found.shape, value).toEqual(tensor.shape);
      expect(largestError(found, tensor), value).toBeLessThan(1e-3);
      first.set(value, found.toFloat32());
    }
    await model.settled;
    model.run(inputs);
    for (const [value, words] of first) {
      const settled = (await model.read(value)).toFloat32();
      expect(Buffer.compare(bytesOf(settled), bytesOf(words)), `${value} after settling`).toBe(0);
    }
    model.dispose();
  });
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);

/** Largest |a − b| / (|b| + 1% of the largest |b|): relative, but a small sum of large terms may lose digits. */
function largestError(found: Tensor, expected: Tensor): number {
  const a = found.toFloat32();
  const b = expected.toFloat32();
  const floor = 0.01 * b.reduce((most, v) => Math.max(most, Math.abs(v)), 0) + Number.MIN_VALUE;
  return a.reduce((most, v, i) => {
    const reference = b[i] as number;
    const error = Math.abs(v - reference) / (Math.abs(reference) + floor);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error);
  }, 0);
}
