// Arrays from files in the inputs of a viewer's networks, and in the copy that an explanation has of them.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import { denseStrides, sameShape } from "../../src/engine/shapes.ts";
import { prepareArray } from "../../src/ui/arrays/feed.ts";
import type { Explainer } from "../../src/ui/explain/explainer.ts";
import { Viewer } from "../../src/ui/viewer.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

// No canvas is drawn on: only the renderer asks for the format.
beforeAll(() => void vi.stubGlobal("navigator", { gpu: { getPreferredCanvasFormat: () => "rgba8unorm" } }));
afterAll(() => void vi.unstubAllGlobals());

/** The convolution wants a border of zeros around its input. */
const graph = graphOf({
  inputs: { x: [1, 2, 4, 5] },
  constants: { f: noise([3, 2, 3, 3]) },
  nodes: [op("Conv", "x f", "y", { pads: [1, 1, 1, 1] })],
});
const numbers = Float32Array.from({ length: 40 }, (_, i) => i - 17);
const arrayOf = (shape: number[]) => {
  const data = new Uint8Array(numbers.buffer.slice(0));
  return { width: 1, height: 1, name: "array.npy", dtype: "float32", shape, data } as const;
};

test("an array is written where the networks' inputs and an explanation's lie, whatever border they have", () =>
  withDevice(async (device) => {
    const options = { graph, compared: graph, observe: ["x"], inputShapes: {}, precision: "float32", classScores: undefined } as const;
    const viewer = await Viewer.create(device, options, () => {});
    try {
      const { shape, strides } = viewer.model.value("x");
      expect(sameShape(strides, denseStrides(shape))).toBe(false);
      // The second network stands for the explanation, which has an input of its own.
      const explainer = { input: (name: string) => viewer.compared?.value(name) } as unknown as Explainer;
      prepareArray({ device, model: viewer.model, compared: undefined }, arrayOf([2, 4, 5])).feed(explainer);
      expect((await viewer.compared?.read("x"))?.toNumbers()).toEqual([...numbers]);
      const { y: expected } = await viewer.model.predict({ x: numbers });
      await viewer.frame({ image: prepareArray(viewer, arrayOf([1, 2, 4, 5])) });
      for (const model of [viewer.model, viewer.compared]) expect(await model?.read("y")).toEqual(expected);
      expect(() => prepareArray(viewer, arrayOf([40]))).toThrow(ModelError);
    } finally {
      viewer.dispose();
    }
  }));

test("a second network whose input is called otherwise loads where the first one's has a shape", () =>
  withDevice(async (device) => {
    const called = (name: string) => graphOf({ inputs: { [name]: ["N", 2, 4, 5] }, nodes: [op("Relu", name, "y")] });
    const inputShapes = { x: [1, 2, 4, 5] };
    const [first, compared] = [called("x"), called("image")];
    const options = { graph: first, compared, observe: ["x"], inputShapes, precision: "float32", classScores: undefined } as const;
    const viewer = await Viewer.create(device, options, () => {});
    try {
      expect(viewer.compared?.inputs.map(({ name }) => name)).toEqual(["image"]);
    } finally {
      viewer.dispose();
    }
  }));
