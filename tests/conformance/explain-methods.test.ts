// Explanations that take several runs, follow the top class or are of several layers hold to their axioms.
import { expect, test } from "vitest";
import type { ExplanationRequest } from "../../src/engine/explanation.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const x = noise([1, 2, 8, 8], 3);
const other = Tensor.float32(
  x.shape,
  x.toFloat32().map((value) => -value),
);

/** Has another top class for the negative of a picture. */
const linear = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([3, 2, 8, 8], 5), shape: Tensor.int64([2], [1, 3]) },
  nodes: [op("Conv", "x w", "c"), op("Reshape", "c shape", "scores")],
});

const classifier = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([4, 2, 3, 3], 5), v: noise([6, 4, 3, 3], 7), m: noise([6, 3], 9), shape: Tensor.int64([2], [1, 6]) },
  nodes: [
    op("Conv", "x w", "a", { pads: [1, 1, 1, 1] }),
    op("Relu", "a", "b"),
    op("Conv", "b v", "c", { pads: [1, 1, 1, 1] }),
    op("Relu", "c", "last"),
    op("GlobalAveragePool", "last", "pooled"),
    op("Reshape", "pooled shape", "flat"),
    op("MatMul", "flat m", "scores"),
  ],
});

const floats = (tensor: Tensor | undefined) => [...(tensor as Tensor).toFloat32()];
const largest = (values: readonly number[]) => values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

test("SmoothGrad without noise is the gradient; with noise it is the same for the same seed only", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const of = { class: 1 };
    const one = async (request: object) => {
      const explanation = await model.explain({ method: "smoothgrad", of, samples: 4, ...request });
      const result = floats(await explanation.predict({ x }));
      explanation.dispose();
      return result;
    };
    const gradient = await one({ method: "gradient" });
    expectClose(Tensor.float32(x.shape, Float32Array.from(await one({ sigma: 0 }))), gradient, "without noise");
    const noisy = await one({ sigma: 0.5 });
    expect(noisy).not.toEqual(gradient);
    expect(await one({ sigma: 0.5 })).toEqual(noisy);
    expect(await one({ sigma: 0.5, seed: 9 })).not.toEqual(noisy);
    await expect(model.explain({ method: "smoothgrad", of, samples: 0 })).rejects.toThrow("samples: 0 is no whole number from 1 to 10000.");
    await expect(model.explain({ method: "smoothgrad", of, sigma: -1 })).rejects.toThrow("sigma: -1 is no number from 0 up.");
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("Integrated Gradients add up to what the picture's score is above the baseline's, the better the more steps", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const score = async (input: Tensor) => floats((await model.predict({ x: input }))["scores"])[2] as number;
    const expected = (await score(x)) - (await score(Tensor.filled("float32", x.shape, 0.5)));
    const errorOf = async (samples: number) => {
      const explanation = await model.explain({ method: "integrated-gradients", of: { class: 2 }, samples, baseline: 0.5 });
      const total = sum(floats(await explanation.predict({ x })));
      const completeness = await explanation.completeness();
      expect(completeness.expected).toBeCloseTo(expected, 4);
      expect(completeness.attributed).toBeCloseTo(total, 4);
      explanation.dispose();
      return Math.abs(total - expected);
    };
    expect(await errorOf(64)).toBeLessThan(0.02 * Math.abs(expected));
    expect(await errorOf(64)).toBeLessThan(await errorOf(1));
    model.dispose();
  }));

test("a patch as large as the picture falls to the baseline's score; a small one is felt where it lies", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const score = async (input: Tensor) => floats((await model.predict({ x: input }))["scores"])[0] as number;
    const whole = await score(x);
    const all = await model.explain({ method: "occlusion", of: { class: 0 }, patch: 8 });
    const heat = await all.predict({ x });
    expect(heat.shape).toEqual([1, 1, 8, 8]);
    expectClose(heat, new Array<number>(64).fill(whole - (await score(Tensor.filled("float32", x.shape, 0)))), "all covered");
    // Both are there at once: what they call alike is not the same.
    const small = await model.explain({ method: "occlusion", of: { class: 0 }, patch: 3, batch: 1 });
    expect(small.progress.total).toBe(10);
    const covered = Tensor.float32(
      x.shape,
      x.toFloat32().map((value, i) => (Math.floor(i / 8) % 8 >= 6 && i % 8 >= 3 && i % 8 < 6 ? 0 : value)),
    );
    const drop = whole - (await score(covered));
    const steps: string[] = [];
    const { x: map } = await small.predictAll({ x }, (done, total) => steps.push(`${done}/${total}`));
    expect(steps).toHaveLength(10);
    expect(steps.at(-1)).toBe("10/10");
    for (const place of [6 * 8 + 3, 7 * 8 + 5]) expect(floats(map)[place]).toBeCloseTo(drop, 4);
    for (const [batch, runs] of [
      [undefined, 1],
      [4, 3],
    ] as const) {
      const several = await model.explain({ method: "occlusion", of: { class: 0 }, patch: 3, batch });
      expect(several.progress.total).toBe(runs);
      expectClose(await several.predict({ x }), floats(map), `${batch} at once`);
    }
    model.dispose();
  }));

test("live, each run is one of several, and after all of them the result is that of one call", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    for (const method of ["smoothgrad", "occlusion"] as const) {
      const request = { method, of: { class: "top" }, samples: 3, patch: 4, batch: 2 } as const;
      const whole = await model.explain(request);
      const expected = floats(await whole.predict({ x: other }));
      const live = await model.explain({ ...request, live: true });
      for (let i = 1; i < live.progress.total; i++) live.run({ x: other });
      expect(floats(await live.predict({ x: other })), method).toEqual(expected);
      whole.dispose();
      live.dispose();
    }
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("the top class is chosen on the GPU, picture by picture, where one run is enough and where it takes several", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, linear);
    const tops: number[] = [];
    for (const method of ["layer-cam", "integrated-gradients"] as const) {
      const options = { method, layer: "x", samples: 2 };
      const top = await model.explain({ ...options, of: { class: "top" } });
      const named = await model.explain({ ...options, of: { class: 0 } });
      for (const input of [x, other]) {
        const index = largest(floats((await model.predict({ x: input }))["scores"]));
        tops.push(index);
        named.setClass(index);
        expect(floats(await top.predict({ x: input })), method).toEqual(floats(await named.predict({ x: input })));
      }
      top.setClass(1);
      named.setClass(1);
      expect(floats(await top.predict({ x })), method).toEqual(floats(await named.predict({ x })));
      top.dispose();
      named.dispose();
    }
    expect(new Set(tops).size, "the pictures have different classes").toBeGreaterThan(1);
    model.dispose();
  }));

test("why one class and not another is the difference of their gradients", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const explanation = await model.explain({ method: "gradient", of: { class: 2, against: 0 } });
    const both = await explanation.predict({ x });
    explanation.setTarget({ class: 2 });
    const one = floats(await explanation.predict({ x }));
    explanation.setTarget({ class: 0 });
    const less = floats(await explanation.predict({ x }));
    expectClose(
      both,
      one.map((value, i) => value - (less[i] as number)),
      "difference",
    );
    model.dispose();
  }));

test.each(["grad-cam", "hires-cam", "xgrad-cam", "ablation-cam"] as const)(
  "a signed %s is what speaks for a class rather than another, less what speaks for the other rather than it",
  (method) =>
    withDevice(async (device) => {
      const model = await loadModel(device, classifier);
      const mapOf = async (index: number, against: number, signed: boolean) => {
        const explanation = await model.explain({ method, of: { class: index, against }, signed });
        const map = await explanation.predict({ x });
        explanation.dispose();
        return map;
      };
      const [one, other] = [floats(await mapOf(2, 0, false)), floats(await mapOf(0, 2, false))];
      const both = await mapOf(2, 0, true);
      // The share of a score that is gone does not depend on the score's sign.
      const sign = method === "ablation-cam" ? 1 : -1;
      if (sign < 0) expect(Math.min(...floats(both))).toBeLessThan(0);
      if (sign < 0)
        expectClose(
          both,
          one.map((value, i) => value - (other[i] as number)),
          method,
        );
      else
        expectClose(
          await mapOf(2, 0, false),
          floats(both).map((value) => Math.max(0, value)),
          method,
        );
      model.dispose();
    }),
);

test("all layers at once are what each is alone, and any value can be explained", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const all = await model.explain({ method: "grad-cam", of: { class: 1 }, layers: "all" });
    expect(all.layers).toEqual(["b", "last"]);
    const maps = await all.predictAll({ x });
    for (const layer of all.layers) {
      const alone = await model.explain({ method: "grad-cam", of: { class: 1 }, layer });
      expectClose(maps[layer] as Tensor, floats(await alone.predict({ x })), layer);
      expect(all.value(layer).shape).toEqual([1, 1, 8, 8]);
      alone.dispose();
    }
    // The receptive field of one element of a convolution behind another is 5 × 5.
    const element = new Float32Array(6 * 64);
    element[64 + 3 * 8 + 3] = 1;
    const field = await model.explain({ method: "gradient", of: "c", weights: Tensor.float32([1, 6, 8, 8], element) });
    const seen = floats(await field.predict({ x })).flatMap((value, i) => (value === 0 ? [] : [Math.floor(i / 8) % 8, i % 8]));
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([1, 5]);
    await expect(model.explain({ method: "cam", of: { class: 0 }, layer: "b" })).rejects.toThrow("CAM is of a layer whose mean");
    await expect(model.explain({ method: "occlusion", of: { class: 0 }, layers: ["x", "b"] })).rejects.toThrow("occlusion is of one value");
    await expect(model.explain({ method: "grad-cam", of: { class: 0 }, layers: [] })).rejects.toThrow("layers is empty");
    model.dispose();
  }));

test("gates count in explanations, those set before and after, masks too", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const gradient = await model.gradient({ of: "scores", withRespectTo: ["x"] });
    const heat = await model.explain({ method: "layer-cam", of: { class: 1 }, layer: "last" });
    const gradientOf = async () => floats((await gradient.predict({ x }))["x"]);
    const plain = await gradientOf();
    const map = floats(await heat.predict({ x }));
    // Half the picture counts in full, the rest not at all: what the gradient by the picture is there.
    const mask = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : 0));
    await model.gate("last", { channels: [0, 1, 3, 4, 5], scale: 0 });
    const alone = await gradientOf();
    expect(alone).not.toEqual(plain);
    expect(floats(await heat.predict({ x }))).not.toEqual(map);
    const later = await model.gradient({ of: "scores", withRespectTo: ["x"] });
    expect(floats((await later.predict({ x }))["x"])).toEqual(alone);
    await model.gate("x", { scale: 3, mask });
    const masked = await gradientOf();
    await model.ungate("last");
    const tripled = Tensor.float32(
      x.shape,
      x.toFloat32().map((value, i) => (i % 8 < 4 ? 3 : 1) * value),
    );
    await model.ungate();
    expect(await gradientOf()).toEqual(plain);
    await model.gate("last", { channels: [0, 1, 3, 4, 5], scale: 0 });
    const ofTripled = floats((await gradient.predict({ x: tripled }))["x"]);
    expectClose(
      Tensor.float32(x.shape, Float32Array.from(masked)),
      ofTripled.map((value, i) => (i % 8 < 4 ? 3 : 1) * value),
      "masked",
    );
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("a channel's importance is what its gate does to the score; guided backpropagation hands nothing below 0 through an activation", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const score = async () => floats((await model.predict({ x }))["scores"])[1] as number;
    const whole = await score();
    const explanation = await model.explain({ method: "importance", of: { class: 1 } });
    const importance = floats(await explanation.predict({ x }));
    expect(importance).toHaveLength(6);
    // Behind the last layer the network is linear, so that the gradient by a gate is what closing it takes away.
    for (const channel of [0, 3]) {
      await model.gate("last", { channel, scale: 0 });
      expect(importance[channel]).toBeCloseTo(whole - (await score()), 4);
      await model.ungate("last");
    }
    // Past the layer, and through a Reshape that fixes a batch of one.
    const ablation = await model.explain({ method: "ablation", of: { class: 1 }, batch: 4 });
    expectClose(await ablation.predict({ x }), importance, "ablation");
    const early = await model.explain({ method: "ablation", of: { class: 1 }, layer: "b", batch: 3 });
    const drops = floats(await early.predict({ x }));
    expect(drops).toHaveLength(4);
    for (const channel of [1, 3]) {
      await model.gate("b", { channel, scale: 0 });
      expect(drops[channel]).toBeCloseTo(whole - (await score()), 4);
      await model.ungate("b");
    }
    const guided = await model.explain({ method: "guided-backpropagation", of: { class: 1 }, layer: "a" });
    const hidden = floats(await guided.predict({ x }));
    expect(Math.min(...hidden)).toBe(0);
    expect(Math.max(...hidden)).toBeGreaterThan(0);
    model.dispose();
  }));

test("what has no classes is refused where a class is asked for", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, linear);
    const explanation = await model.explain({ method: "gradient", of: "scores" });
    expect(() => explanation.setClass("top")).toThrow("the top class: 'scores' was named, not a class");
    const gradient = await model.gradient({ of: "scores" });
    expect(() => gradient.setSeed({ class: "top" })).toThrow("so none is chosen. Give the index of a score, or weights.");
    const same = { method: "gradient", of: { class: 1, against: 1 } } as const;
    await expect(model.explain(same)).rejects.toThrow("class 1 against itself: the difference is always 0. Name another class.");
    model.dispose();
    const one = graphOf({ inputs: { x: [1, 4] }, nodes: [op("ReduceSum", "x", "y", { keepdims: 0 })] });
    const single = await loadModel(device, one);
    await expect(single.explain({ method: "gradient", of: { class: 0 } })).rejects.toThrow("one number, not of classes");
    single.dispose();
  }));

test("predictions that wait between their runs do not meet: each is that of its own picture", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const explanation = await model.explain({ method: "integrated-gradients", of: { class: 1 }, samples: 3 });
    const each = [];
    for (const picture of [x, other]) each.push(floats(await explanation.predict({ x: picture })));
    const sums = await explanation.completeness();
    const waiting = () => {};
    const together = await Promise.all([
      explanation.predictAll({ x }, waiting),
      explanation.predictAll({ x: other }, waiting),
      explanation.completeness(),
      explanation.predict({ x }),
    ]);
    expect([floats(together[0].x), floats(together[1].x), floats(together[3])]).toEqual([...each, each[0]]);
    expect(together[2]).toEqual(sums);
    explanation.dispose();
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("what a request cannot be is said, before anything is planned", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const of = { class: 1 };
    const asks = (request: object) => expect(model.explain(request as ExplanationRequest), JSON.stringify(request)).rejects;
    await asks({ method: "gradient" }).toThrow("of: got undefined, expected a class such as { class: 3 }");
    await asks({ method: "gradient", of: null }).toThrow("of: got null");
    await asks({ method: "gradient", of: "b", weights: new Float32Array(4) }).toThrow(
      "the seed is no Tensor; expected float32 [1, 4, 8, 8].",
    );
    await asks({ method: "grad-cam", of, layers: "b" }).toThrow("layers: b is no list of names");
    for (const batch of [0, -1, 1.5, Number.NaN])
      for (const method of ["ablation", "occlusion"]) await asks({ method, of, batch }).toThrow(`batch: ${batch} is no whole number`);
    await asks({ method: "smoothgrad", of, sigma: Number.POSITIVE_INFINITY }).toThrow("sigma: Infinity is no number from 0 up.");
    await asks({ method: "smoothgrad", of, seed: Number.NaN }).toThrow("seed: NaN is no whole number.");
    await asks({ method: "integrated-gradients", of, baseline: [1, 2, 3] }).toThrow("baseline: 1,2,3 is no finite number.");
    await asks({ method: "occlusion", of, baseline: Number.NaN }).toThrow("baseline: NaN is no finite number.");
    await expect(model.gradient({ of, withRespectTo: "x" as never })).rejects.toThrow("withRespectTo: x is no list of names.");
    await expect(model.patterns({ channels: "0" as never })).rejects.toThrow("channels: 0 is no list of numbers.");
    await expect(model.patterns({ smoothness: Number.NaN })).rejects.toThrow("smoothness: NaN is no finite number.");
    await expect(model.patterns({ gain: ["a"] as never })).rejects.toThrow("gain and shift: a is no finite number.");
    const gradient = await model.gradient({ of });
    expect(() => gradient.setSeed("b" as never)).toThrow("got b, expected a class");
    gradient.dispose();
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("after a move to another device, patterns and means begin anew; what was disposed of says so", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier);
    const request = { method: "smoothgrad", of: { class: "top" }, samples: 2, live: true } as const;
    const explanation = await model.explain(request);
    const patterns = await model.patterns({ layer: "a", channels: [1], preset: "lucid" });
    const round = async () => {
      for (let run = 0; run < 2; run++) explanation.run({ x });
      patterns.step(2);
      return [floats(await explanation.predict({ x })), floats((await patterns.read()).pictures)];
    };
    const first = await round();
    await model.moveTo(device);
    expect(await round()).toEqual(first);
    expect([patterns.done, explanation.progress]).toEqual([2, { done: 3, total: 3 }]);
    explanation.dispose();
    await expect(explanation.predict({ x })).rejects.toThrow("This was disposed of. Ask the model for another.");
    model.dispose();
    await expect(explanation.predict({ x })).rejects.toThrow("This model was disposed of. Load it again.");
    expect(device.allocatedBytes).toBe(0);
  }));
