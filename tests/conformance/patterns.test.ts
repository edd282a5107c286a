// Patterns: pictures found by gradient ascent raise what a network answers, the same for the same seed, one or many at once.
import { expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { basisAt, frequencies } from "../../src/engine/gradient/fourier.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const classifier = graphOf({
  inputs: { x: [1, 3, 8, 8] },
  constants: { w: noise([4, 3, 3, 3], 5), m: noise([256, 3], 9), shape: Tensor.int64([2], [1, 256]) },
  nodes: [
    op("Conv", "x w", "a", { pads: [1, 1, 1, 1] }),
    op("Relu", "a", "b"),
    op("Reshape", "b shape", "flat"),
    op("MatMul", "flat m", "scores"),
  ],
});

const floats = (tensor: Tensor) => [...tensor.toFloat32()];

test("the Fourier basis is orthonormal, and moves with the places it is looked at", () => {
  for (const extent of [1, 2, 7, 8]) {
    const basis = basisAt(
      extent,
      Array.from({ length: extent }, (_, i) => i),
    );
    for (let i = 0; i < extent; i++)
      for (let j = 0; j < extent; j++) {
        let product = 0;
        for (let place = 0; place < extent; place++)
          product += (basis[place * extent + i] as number) * (basis[place * extent + j] as number);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
      }
  }
  expect(frequencies(5)).toEqual([0, 1, 1, 2, 2]);
  // What is periodic comes again one period further on.
  expect([...basisAt(6, [8])].map((value) => value.toFixed(5))).toEqual([...basisAt(6, [2])].map((value) => value.toFixed(5)));
});

test.each(["chollet", "lucid"] as const)("%s raises every channel's answer, in colours of 0 to 1, the same for the same seed", (preset) =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const find = async (channels: readonly number[], seed = 1) => {
      const patterns = await model.patterns({ layer: "a", channels, preset, seed, size: 12 });
      patterns.step();
      const first = floats((await patterns.read()).answers);
      patterns.step(14);
      const last = await patterns.read();
      expect(patterns.done).toBe(15);
      expect(patterns.value().shape).toEqual([channels.length, 3, 12, 12]);
      patterns.dispose();
      return { first, answers: floats(last.answers), pictures: floats(last.pictures) };
    };
    const both = await find([2, 0]);
    both.answers.forEach((answer, i) => {
      expect(answer).toBeGreaterThan(both.first[i] as number);
    });
    expect(Math.min(...both.pictures)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...both.pictures)).toBeLessThanOrEqual(1);
    expect(both.pictures.slice(0, 432)).not.toEqual(both.pictures.slice(432));
    expect((await find([2, 0])).pictures).toEqual(both.pictures);
    expect((await find([2, 0], 2)).pictures).not.toEqual(both.pictures);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }),
);

test("turned pictures are read between pixels, and the gradient is the transpose", () =>
  withDevice(async (device) => {
    const shape = [1, 2, 5, 6];
    const turn = (name: string, from: string, attributes = {}) => ({
      ...op("Rotate", `${from} angle`, name, attributes),
      domain: "convcam",
    });
    const graph = graphOf({
      inputs: { x: shape, y: shape, angle: [] },
      nodes: [turn("rx", "x"), turn("ty", "y", { transposed: 1 })],
      outputs: ["rx", "ty"],
    });
    const model = await loadModel(device, { ...graph, opsets: new Map([...graph.opsets, ["convcam", 1]]) });
    const [x, y] = [noise(shape, 3), noise(shape, 4)];
    const inner = (a: Tensor, b: Tensor) => a.toFloat32().reduce((sum, value, i) => sum + value * (b.toFloat32()[i] as number), 0);
    for (const angle of [0.3, -2]) {
      const { rx, ty } = await model.predict({ x, y, angle: Float32Array.of(angle) });
      expect(inner(rx as Tensor, y)).toBeCloseTo(inner(x, ty as Tensor), 4);
    }
    expect(floats((await model.predict({ x, y, angle: Float32Array.of(0) }))["rx"] as Tensor)).toEqual(floats(x));
    const half = floats((await model.predict({ x, y, angle: Float32Array.of(Math.PI) }))["rx"] as Tensor);
    const planes = [0, 1].flatMap((plane) =>
      floats(x)
        .slice(30 * plane, 30 * plane + 30)
        .reverse(),
    );
    expect(Math.max(...half.map((value, i) => Math.abs(value - (planes[i] as number))))).toBeLessThan(1e-4);
    model.dispose();
  }));

test("a unit is the middle element, and a layer is raised as a whole", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    for (const objective of ["unit", "layer"] as const) {
      const patterns = await model.patterns({ layer: "a", channels: [1, 3], preset: "chollet", objective });
      patterns.step();
      const first = floats((await patterns.read()).answers);
      patterns.step(9);
      const { answers } = await patterns.read();
      floats(answers).forEach((answer, i) => {
        expect(answer, objective).toBeGreaterThan(first[i] as number);
      });
      patterns.dispose();
    }
    model.dispose();
  }));

test("they tell which value answers: of a ReLU, what goes into it", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    for (const [layer, value] of [
      ["b", "a"],
      ["a", "a"],
      [undefined, "scores"],
    ] as const) {
      const patterns = await model.patterns({ layer });
      expect(patterns.answering).toBe(value);
      patterns.dispose();
    }
    model.dispose();
  }));

test.each([
  ["conv_2", "answers of conv_2 are of the value before its activation, 'conv_2/preactivation'\nconv_2/preactivation channel 0: answers "],
  ["conv_2/preactivation", "conv_2/preactivation channel 0: answers "],
])("the command says which value the answers of %s are of", async (layer, says) => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((text: string) => void lines.push(text));
  const options = ["--channels", "0", "--preset", "chollet", "--steps", "1", "--out", "/dev/null"];
  expect(await main(["patterns", "models/mnist-trained.onnx", "--layer", layer, ...options])).toBe(0);
  log.mockRestore();
  expect(lines.join("\n").startsWith(says), lines.join("\n")).toBe(true);
});

test.each([
  [
    "a channel that a layer has not, by the layer's own name",
    { layer: "y", channels: [3] },
    [3, 8],
    "channel 3 of 'y': it has 3, so expected 0 to 2.",
  ],
  ["classes of a network that has none", {}, [3, 8], "the model gives no scores of classes: it answers with [1, 3, 8, 8]"],
  ["a layer without channels", { layer: "none" }, [3, 8], "'none' has no channels to look into."],
  [
    "more pictures than the file computes at once",
    { layer: "fixed", channels: [0, 1] },
    [3, 8],
    "channels: the file is made for a batch of 1",
  ],
  ["pictures without elements", { layer: "y" }, [3, 0], "input 'x' is [1, 3, 0, 8], a picture without elements"],
] as const)("refuses %s", (_, request, [channels, rows], message) =>
  withDevice(async (device) => {
    const constants = { zero: ints(0), one: ints(1), flat: ints(3, 1, -1) };
    const nodes = [
      op("Relu", "x", "y"),
      op("Slice", "x zero zero one", "none"),
      op("Reshape", "x flat", "turned"),
      op("Transpose", "turned", "fixed", { perm: [1, 0, 2] }),
    ];
    const model = await loadModel(
      device,
      graphOf({ inputs: { x: [1, channels, rows, 8] }, constants, nodes, outputs: ["y", "none", "fixed"] }),
    );
    await expect(model.patterns(request)).rejects.toThrow(message);
    model.dispose();
  }),
);

test("a picture for a class is one that the network itself gives that answer to", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    // The file fixes a batch of one in its Reshape: three pictures at once all the same.
    const patterns = await model.patterns({ channels: [0, 1, 2], gain: [2], shift: [-1], preset: "lucid", smoothness: 0.01 });
    patterns.step(40);
    const { pictures } = await patterns.read();
    for (const index of [0, 1, 2]) {
      const picture = pictures.toFloat32().subarray(index * 192, (index + 1) * 192);
      const scores = (await model.predict({ x: picture.map((color) => 2 * color - 1) }))["scores"] as Tensor;
      expect(floats(scores).indexOf(Math.max(...floats(scores)))).toBe(index);
    }
    await expect(model.patterns({ layer: "a", channels: [4] })).rejects.toThrow("channel 4 of 'a': it has 4, so expected 0 to 3.");
    await expect(model.patterns({ layer: "nothing" })).rejects.toThrow("nothing");
    await expect(model.patterns({ size: 9 })).rejects.toThrow();
    for (const steps of [0, -1, 1.5, Number.NaN, 1e9, "12"])
      await expect(model.patterns({ steps: steps as number })).rejects.toThrow(`steps: ${steps} is no whole number from 1 to 1000000.`);
    const many = await model.patterns({ layer: "a", steps: 1_000_000 });
    for (const count of [-1, 0.5, Number.NaN, 1e9])
      expect(() => many.step(count)).toThrow(`step: ${count} is no whole number from 0 to 1000000.`);
    many.step(0);
    expect(many.done).toBe(0);
    many.dispose();
    model.dispose();
  }));

test("they are found with the gates and the weights that the model has", () =>
  withDevice(async (device) => {
    let changes = 0;
    const model = await loadModel(device, classifier, { onChange: () => void changes++ });
    const find = async (request = {}) => {
      const patterns = await model.patterns({ channels: [1], ...request });
      patterns.step(5);
      const { pictures, answers } = await patterns.read();
      patterns.dispose();
      return { pictures: floats(pictures), answers: floats(answers) };
    };
    const own = await find();
    await model.gate("b", { channels: [0, 1], scale: 0 });
    expect(changes).toBe(1);
    const gated = await find();
    expect(gated.answers).not.toEqual(own.answers);
    // As of a network without those channels.
    const w = (classifier.initializers.get("w") as Tensor).toFloat32().map((value, i) => (i < 54 ? 0 : value));
    const without = await loadModel(device, classifier, { parameters: ["w"] });
    await without.setParameters({ w });
    const patterns = await without.patterns({ channels: [1] });
    patterns.step(5);
    const { answers } = await patterns.read();
    floats(answers).forEach((answer, i) => void expect(answer).toBeCloseTo(gated.answers[i] as number, 4));
    without.dispose();

    // Those that grow follow, too.
    const growing = await model.patterns({ channels: [1] });
    growing.step(2);
    await model.gate("b", { channels: [0, 1], scale: 1 });
    expect(changes).toBe(2);
    growing.step();
    const last = floats((await growing.read()).answers)[0] as number;
    await model.gate("b", { scale: 0 });
    growing.step();
    expect(floats((await growing.read()).answers)).toEqual([0]);
    expect(last).not.toBe(0);
    growing.dispose();
    // Where nothing leads anywhere, pictures stay noise.
    for (const preset of ["chollet", "lucid"]) {
      const still = await find({ preset });
      expect(
        still.pictures.every((part) => part >= 0 && part <= 1),
        preset,
      ).toBe(true);
      expect(still.answers).toEqual([0]);
    }
    await model.ungate();
    const again = await find();
    again.answers.forEach((answer, i) => void expect(answer).toBeCloseTo(own.answers[i] as number, 4));
    await model.reinitialize(4);
    expect(changes).toBe(5);
    expect((await find()).answers).not.toEqual(own.answers);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));
