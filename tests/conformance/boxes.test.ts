// What small detection networks have found, read from the GPU as the page reads it, beside what ONNX Runtime answers for the same picture.
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import type { Graph, TypedGraph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { answerBoxes, hasBoxes } from "../../src/ui/boxes/answer.ts";
import { decodeBoxes } from "../../src/ui/boxes/decode.ts";
import { recogniseDetector } from "../../src/ui/boxes/recognise.ts";
import type { FoundBoxes } from "../../src/ui/boxes/request.ts";
import { lists, places, selected } from "../support/detection-networks.ts";
import { noise } from "../support/graphs.ts";
import { smallNetworks } from "../support/small-networks.ts";
import { withDevice } from "../support/with-device.ts";

const picture = { width: 64, height: 64 };
const threshold = 0.4;

/** What ONNX Runtime answers, by the rules that tests/unit/boxes.test.ts holds. */
async function expectedBoxes(graph: Graph, { types }: TypedGraph, input: ReturnType<typeof noise>) {
  const session = await ort.InferenceSession.create(encodeModel(graph), { logSeverityLevel: 3 });
  const results = await session.run({ x: new ort.Tensor("float32", input.toFloat32(), [...input.shape]) });
  const outputs = graph.outputs.map((name) => {
    const { dims, type, data } = results[name] as ort.Tensor;
    return { name, shape: dims, dtype: type as "float32" | "int64", numbers: Array.from(data as ArrayLike<number | bigint>, Number) };
  });
  const detector = recogniseDetector({ outputs, picture, metadata: graph.metadata, nodes: graph.nodes, types });
  if (!detector) throw new Error("not recognised");
  return decodeBoxes(detector, { values: new Map(outputs.map((one) => [one.name, one])), picture, threshold });
}

test.each<[form: string, graph: Graph]>([
  ["lists", lists],
  ["boxes, scores and what is kept", selected],
  ["a row for each place", places],
])("%s: the boxes are those of ONNX Runtime, for one picture and for the next", async (_, graph) => {
  await withDevice(async (device) => {
    const model = await loadModel(device, graph);
    const shown = { model, axes: new Map() };
    expect(await hasBoxes(shown, graph)).toBe(true);
    for (const seed of [3, 4]) {
      const input = noise([1, 3, 64, 64], seed);
      model.run({ x: input });
      const found = (await answerBoxes(shown, graph, { kind: "boxes", threshold, preparation: {} })) as FoundBoxes;
      const expected = (await expectedBoxes(graph, model.graph, input)) as FoundBoxes["boxes"];
      expect(expected.length).toBeGreaterThan(0);
      expect(found.boxes.map((one) => one.class)).toEqual(expected.map((one) => one.class));
      for (const [i, box] of expected.entries())
        for (const [key, value] of Object.entries(box)) expect(found.boxes[i]?.[key as keyof typeof box]).toBeCloseTo(value, 4);
      expect(found.pixels?.length).toBe(4 * 64 * 64);
    }
    model.dispose();
  });
});

test("which outputs are boxes is found out once for a network, not for each answer", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, selected);
    let looks = 0;
    const file: Graph = {
      ...selected,
      get nodes() {
        looks++;
        return selected.nodes;
      },
    };
    const shown = { model, axes: new Map() };
    expect(await hasBoxes(shown, file)).toBe(true);
    for (const seed of [3, 4]) {
      model.run({ x: noise([1, 3, 64, 64], seed) });
      expect(await answerBoxes(shown, file, { kind: "boxes" })).toHaveProperty("boxes");
    }
    expect(looks).toBe(1);
    model.dispose();
  }));

test("a network of classes has none", async () => {
  await withDevice(async (device) => {
    const { graph } = smallNetworks["a depthwise network"];
    const model = await loadModel(device, graph);
    const shown = { model, axes: new Map() };
    expect(await hasBoxes(shown, graph)).toBe(false);
    expect(await answerBoxes(shown, graph, { kind: "boxes" })).toMatchObject({ reason: expect.stringContaining("cannot be told") });
    model.dispose();
  });
});
