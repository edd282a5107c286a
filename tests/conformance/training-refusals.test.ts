// What a trainer refuses: targets, rates and options that would be learned from in silence, each with a sentence.
import { expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { Targets, Trainer, TrainingBatch, TrainingOptions } from "../../src/engine/trainer.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const graph = graphOf({
  inputs: { x: ["N", 6] },
  constants: { w: noise([6, 3], 1), v: noise([3, 3], 2) },
  nodes: [op("MatMul", "x w", "hidden"), op("Relu", "hidden", "relu"), op("MatMul", "relu v", "y")],
});
const inputs = noise([4, 6], 3);
const right = Int32Array.of(0, 1, 2, 0);

function withTrainer(options: TrainingOptions, use: (trainer: Trainer, model: Model) => unknown): Promise<void> {
  return withDevice(async (device) => {
    const model = await loadModel(device, graph, { parameters: true });
    const trainer = await createTrainer(model, { batch: 4, ...options });
    await use(trainer, model);
    trainer.dispose();
    model.dispose();
  });
}

/** What only some trainings load must refuse the same. */
const both: readonly TrainingOptions[] = [{}, { clipNorm: 1 }];

test.each<[string, unknown, string]>([
  ["of fractions", Float32Array.of(0, 1.5, 1, 2), "targets: 1.5 is no class; expected 0 to 2."],
  ["that are no numbers", Tensor.float32([4], Float32Array.of(0, 1, Number.NaN, 2)), "targets: NaN is no class"],
  ["in a list", [0, 1, 2, 0], "targets: got 0,1,2,0, expected a Tensor or a typed array."],
  ["by a name that there is not", { other: right }, "targets: there is no loss of 'other'; expected an object with 'y'."],
  ["by one name too many", { y: right, other: right }, "targets: there is no loss of 'other'; expected an object with 'y'."],
])("targets %s are refused, whatever the options", (_, targets, message) =>
  withDevice(async (device) => {
    const model = await loadModel(device, graph, { parameters: true });
    for (const options of both) {
      const trainer = await createTrainer(model, { batch: 4, ...options });
      expect(() => trainer.step({ inputs, targets: targets as Targets })).toThrow(message);
      expect(trainer.steps).toBe(0);
      trainer.step({ inputs, targets: { y: right } });
      trainer.step({ inputs, targets: Float32Array.from(right) });
      trainer.dispose();
    }
    model.dispose();
  }),
);

test("no step is taken while a checkpoint is restored, and one of a model that is gone names it", () =>
  withTrainer({}, async (trainer, model) => {
    const batch = { inputs, targets: right };
    trainer.step(batch);
    const restoring = trainer.restore(await trainer.checkpoint());
    expect(() => trainer.step(batch)).toThrow("restore is under way. Await it first.");
    await restoring;
    trainer.step(batch);
    expect(trainer.steps).toBe(2);
    await expect(trainer.restore(new Uint8Array(3))).rejects.toThrow();
    trainer.step(batch);
    model.dispose();
    await expect(trainer.checkpoint()).rejects.toThrow("This model was disposed of. Load it again.");
  }));

test("a step of nothing is refused with a sentence", () =>
  withTrainer({}, (trainer) => {
    for (const batch of [undefined, null, {}])
      expect(() => trainer.step(batch as unknown as TrainingBatch)).toThrow("targets: got undefined, expected a Tensor or a typed array.");
  }));

test("options that are none, of a training and of a step in pieces, are refused with sentences", () =>
  withTrainer({}, async (trainer, model) => {
    await expect(createTrainer(model, null as never)).rejects.toThrow("training: got null, expected options such as");
    const batch = { inputs, targets: right };
    for (const [options, message] of [
      [null, "stepInPieces: got null, expected options such as { milliseconds: 16 }."],
      [{ milliseconds: 0 }, "stepInPieces: milliseconds 0; expected a number above 0."],
      [{ milliseconds: Number.NaN }, "stepInPieces: milliseconds NaN; expected"],
      [{ milliseconds: "16" }, "stepInPieces: milliseconds 16; expected a number above 0."],
      [{ between: 1 }, "stepInPieces: between 1; expected a function."],
    ] as const)
      await expect(trainer.stepInPieces(batch, options as never)).rejects.toThrow(message);
    expect(trainer.steps).toBe(0);
    await trainer.stepInPieces(batch);
    expect(trainer.steps).toBe(1);
  }));

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "0.1" as unknown as number])("a rate of %s is refused where it is set", (rate) =>
  withTrainer({}, (trainer) => {
    const before = trainer.rate;
    expect(() => {
      trainer.rate = rate;
    }).toThrow(`rate: got ${rate}, expected a number of 0 or more.`);
    expect(trainer.rate).toBe(before);
  }),
);

test("inputs that are written later are refused, and what they reject with is nobody's", () =>
  withTrainer({}, async (trainer) => {
    const write = async (): Promise<void> => {
      throw new Error("later");
    };
    expect(() => trainer.step({ inputs: { write }, targets: right })).toThrow("inputs: write returned a promise");
    await expect(trainer.stepInPieces({ inputs: { write }, targets: right })).rejects.toThrow("inputs: write returned a promise");
    expect(trainer.steps).toBe(0);
    await trainer.stepInPieces({ inputs, targets: right });
    expect(trainer.steps).toBe(1);
  }));

test.each<[string, TrainingOptions, string]>([
  ["frozen names in a list", { frozen: ["w"] as never }, "frozen: got w, expected a function"],
  ["a seed below 0", { seed: -1 }, "seed: -1 is no whole number"],
  ["a seed with a fraction", { seed: 1.5 }, "seed: 1.5 is no whole number"],
])("%s are no options of a training", (_, options, message) =>
  withDevice(async (device) => {
    const model = await loadModel(device, graph, { parameters: true });
    for (const others of both) await expect(createTrainer(model, { ...others, ...options })).rejects.toThrow(message);
    model.dispose();
  }),
);

test("a model of two inputs, and scores without classes, are no training either", () =>
  withDevice(async (device) => {
    const two = graphOf({
      inputs: { x: ["N", 6], z: ["N", 6] },
      constants: { w: noise([6, 3], 1) },
      nodes: [op("Add", "x z", "sum"), op("MatMul", "sum w", "y")],
    });
    const flat = graphOf({ inputs: { x: ["N", 6] }, constants: { w: noise([6], 1) }, nodes: [op("MatMul", "x w", "y")] });
    for (const [wrong, message] of [
      [two, "training takes a model with one input; this one has 2."],
      [flat, "cross-entropy takes [batch, classes, …]"],
    ] as const) {
      const model = await loadModel(device, wrong, { parameters: true });
      await expect(createTrainer(model, { batch: 4 })).rejects.toThrow(message);
      model.dispose();
    }
  }));

test("one score has no cross-entropy, and of several outputs what is to be learned must be named then", () =>
  withDevice(async (device) => {
    const nodes = [op("MatMul", "x w", "steering"), op("MatMul", "x v", "throttle")];
    const constants = { w: noise([6, 1], 1), v: noise([6, 2], 2) };
    const both = graphOf({ inputs: { x: ["N", 6] }, constants, nodes, outputs: ["steering", "throttle"] });
    const model = await loadModel(device, both, { parameters: true });
    for (const options of [{}, { optimizer: "adam" }, { clipNorm: 1 }] as const) {
      await expect(createTrainer(model, { batch: 4, ...options })).rejects.toThrow(
        "one score 'steering' has no cross-entropy. Give another `loss`, such as binary-cross-entropy or mean-squared-error, and name what is to become right as `of`: the model answers with 'steering', 'throttle'.",
      );
      await expect(createTrainer(model, { batch: 4, of: ["throttle", "steering"], ...options })).rejects.toThrow(
        /the scores are \[1, 1\], and one score 'steering' has no cross-entropy\. Give another `loss`, such as binary-cross-entropy or mean-squared-error\.$/,
      );
    }
    const trainer = await createTrainer(model, { batch: 4, of: "throttle" });
    trainer.step({ inputs, targets: Int32Array.of(0, 1, 1, 0) });
    expect(await trainer.readLoss()).toBeGreaterThan(0);
    trainer.dispose();
    model.dispose();
  }));

test("a gradient of what does not learn is refused with the names of what does", () =>
  withTrainer({}, async (trainer) => {
    await expect(trainer.keepGradients(["conv_1.weight"])).rejects.toThrow(
      "'conv_1.weight' does not learn, so it has no gradient. There are 'w', 'v'.",
    );
  }));

test("the same number of other names changes which gradients are kept", () =>
  withTrainer({}, async (trainer) => {
    await trainer.keepGradients(["w", "v"]);
    expect(trainer.gradient("v").shape).toEqual([3, 3]);
    await trainer.keepGradients(["w", "w"]);
    expect(() => trainer.gradient("v")).toThrow();
    expect(trainer.gradient("w").shape).toEqual([6, 3]);
  }));

test("where keeping other gradients fails, those from before are kept", () =>
  withTrainer({}, async (trainer) => {
    await trainer.keepGradients(["w"]);
    const { device } = trainer.running;
    const { createBuffer } = device;
    device.createBuffer = () => {
      throw new Error("out of memory");
    };
    await expect(trainer.keepGradients(["v"])).rejects.toThrow("out of memory");
    device.createBuffer = createBuffer;
    expect(trainer.gradient("w").shape).toEqual([6, 3]);
    await trainer.keepGradients(["v"]);
    expect(trainer.gradient("v").shape).toEqual([3, 3]);
  }));

test("a trainer that was disposed of says so, whatever it is asked for", () =>
  withTrainer({}, async (trainer) => {
    trainer.dispose();
    const refusal = "This trainer was disposed of.";
    expect(() => trainer.step({ inputs, targets: right })).toThrow("This was disposed of.");
    await expect(trainer.checkpoint()).rejects.toThrow(refusal);
    await expect(trainer.keepGradients(["w"])).rejects.toThrow(refusal);
    await expect(trainer.restore(new Uint8Array(0))).rejects.toThrow(refusal);
  }));

test("a rate that float32 does not hold is refused", () =>
  withTrainer({}, (trainer) => {
    expect(() => {
      trainer.rate = 1e39;
    }).toThrow("rate: got 1e+39, expected a number of 0 or more.");
  }));
