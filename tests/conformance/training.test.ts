// Steps of training on the GPU, against the same steps by plain loops in double precision.
import { describe, expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { Derived } from "../../src/engine/derived.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { type OptimizerOptions, ratesAt } from "../../src/engine/gradient/training/optimizers.ts";
import { planOf } from "../../src/engine/gradient/training/options.ts";
import { type LossName, lossResult, ratesOperand, targetsOperandOf, trainingOf } from "../../src/engine/gradient/training/training.ts";
import { usualRates } from "../../src/engine/gradient/training/usual-rates.ts";
import type { Graph, TypedGraph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { withParameters } from "../../src/engine/passes/parameters.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { TrainingOptions } from "../../src/engine/trainer.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { labelsInMetadata } from "../../src/ui/hints/labels.ts";
import { everything } from "../support/catalog.ts";
import { filled, graphOf, noise, op, scaledNoise } from "../support/graphs.ts";
import { runReference } from "../support/onnxruntime.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const pads = [1, 1, 1, 1];

/** Convolution, pool, two dense layers, softmax. */
const plain = graphOf({
  inputs: { x: ["N", 1, 8, 8] },
  constants: {
    w1: scaledNoise([8, 1, 3, 3], 1, 0.5),
    b1: scaledNoise([8], 2, 0.1),
    w2: scaledNoise([12, 8, 3, 3], 3, 0.2),
    b2: scaledNoise([12], 4, 0.1),
    d1: scaledNoise([10, 48], 5, 0.2),
    c1: scaledNoise([10], 6, 0.1),
    d2: scaledNoise([10, 4], 7, 0.4),
    c2: scaledNoise([4], 8, 0.1),
  },
  nodes: [
    op("Conv", "x w1 b1", "conv1"),
    op("Relu", "conv1", "relu1"),
    op("Conv", "relu1 w2 b2", "conv2"),
    op("Relu", "conv2", "relu2"),
    op("MaxPool", "relu2", "pool", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Flatten", "pool", "flat"),
    op("Gemm", "flat d1 c1", "dense1", { transB: 1 }),
    op("Relu", "dense1", "relu3"),
    op("Gemm", "relu3 d2 c2", "dense2"),
    op("Softmax", "dense2", "y"),
  ],
});

/** Normalizations over the batch, a depthwise convolution with steps, and a residual connection. */
const residual = graphOf({
  inputs: { x: ["N", 3, 9, 9] },
  constants: {
    w1: scaledNoise([8, 3, 3, 3], 1, 0.3),
    s1: filled([8], () => 1),
    h1: scaledNoise([8], 2, 0.1),
    m1: scaledNoise([8], 3, 0.1),
    v1: filled([8], (i) => 1 + i / 10),
    w2: scaledNoise([8, 1, 3, 3], 4, 0.5),
    s2: filled([8], (i) => 1 - i / 20),
    h2: scaledNoise([8], 5, 0.1),
    m2: scaledNoise([8], 6, 0.1),
    v2: filled([8], () => 1),
    w3: scaledNoise([8, 8, 1, 1], 7, 0.4),
    d: scaledNoise([8, 5], 8, 0.5),
    c: scaledNoise([5], 9, 0.1),
  },
  nodes: [
    op("Conv", "x w1", "conv1", { pads, strides: [2, 2] }),
    op("BatchNormalization", "conv1 s1 h1 m1 v1", "norm1"),
    op("Relu", "norm1", "relu1"),
    op("Conv", "relu1 w2", "conv2", { pads, group: 8 }),
    op("BatchNormalization", "conv2 s2 h2 m2 v2", "norm2", { momentum: 0.8, epsilon: 0.001 }),
    op("Clip", "norm2 low high", "relu2"),
    op("Conv", "relu2 w3", "conv3"),
    op("Add", "conv3 relu1", "sum"),
    op("GlobalAveragePool", "sum", "mean"),
    op("Flatten", "mean", "flat"),
    op("Gemm", "flat d c", "y"),
  ],
});
const bounded: Graph = {
  ...residual,
  initializers: new Map([...residual.initializers, ["low", Tensor.from("float32", [], [0])], ["high", Tensor.from("float32", [], [6])]]),
};

interface Case {
  readonly graph: Graph;
  readonly classes: number;
  readonly options: TrainingOptions & { readonly optimizer: OptimizerOptions };
}

const sgd: OptimizerOptions = { name: "sgd", rate: 0.05, momentum: 0.9 };

const cases: Readonly<Record<string, Case>> = {
  "a plain network by SGD with momentum": { graph: plain, classes: 4, options: { optimizer: sgd, batch: 6 } },
  "without momentum, with decay and shortened gradients": {
    graph: plain,
    classes: 4,
    options: { optimizer: { name: "sgd", rate: 0.1, momentum: 0, weightDecay: 0.01 }, batch: 5, clipNorm: 0.3 },
  },
  "Nesterov's": { graph: plain, classes: 4, options: { optimizer: { ...sgd, nesterov: true }, batch: 6 } },
  "normalizations, depthwise and residual parts by SGD": { graph: bounded, classes: 5, options: { optimizer: sgd, batch: 6 } },
  "the same by Adam": { graph: bounded, classes: 5, options: { optimizer: { name: "adam", rate: 0.01 }, batch: 4 } },
  AdamW: { graph: plain, classes: 4, options: { optimizer: { name: "adamw", rate: 0.01, weightDecay: 0.1 }, batch: 4 } },
  Adagrad: { graph: plain, classes: 4, options: { optimizer: { name: "adagrad", rate: 0.02 }, batch: 4 } },
  "mean squared error": {
    graph: bounded,
    classes: 5,
    options: { loss: "mean-squared-error", optimizer: sgd, batch: 4 },
  },
  "binary cross-entropy, some frozen": {
    graph: bounded,
    classes: 5,
    options: { loss: "binary-cross-entropy", optimizer: sgd, batch: 4, frozen: (name) => ["w1", "s1", "h1"].includes(name) },
  },
};

const steps = 6;

/** The examples of a step. */
function examples({ graph, classes, options: { batch = 32, loss = "cross-entropy" } }: Case, step: number) {
  const shape = (graph.inputs[0]?.shape ?? []).slice(1) as number[];
  const inputs = noise([batch, ...shape], 100 + step);
  const labels = Tensor.from(
    "int32",
    [batch],
    Int32Array.from({ length: batch }, (_, i) => (i * 7 + step * 3) % classes),
  );
  const targets = loss === "cross-entropy" ? labels : filled([batch, classes], (i) => (i * 5 + step) % 2);
  return { inputs, targets };
}

/** The losses, and the parameters afterwards, by loops in double precision. */
async function byLoops({ graph: file, options }: Case) {
  const { optimizer } = options;
  const infer = (one: Graph): TypedGraph => {
    const inference = inferGraph(one, everything);
    expect(inference.obstacles).toEqual([]);
    return inference.graph;
  };
  const { graph } = withParameters(file, inferGraph(file, everything), true);
  const plan = planOf(graph, options, (name) => name);
  const [{ value } = { value: "" }] = plan.losses;
  const made: Derived = trainingOf(graph, plan, infer);
  const { operands } = made;
  const updates = made.graph.updates ?? new Map<string, string>();
  const outputs = [made.results.get(lossResult) as string, ...updates.values()];
  const state = new Map<string, NdArray>(Array.from(made.graph.parameters ?? [], ([name, tensor]) => [name, fromTensor(tensor)]));
  const losses: number[] = [];
  return { losses, state, run: () => run() };
  async function run(): Promise<void> {
    for (let step = 1; step <= steps; step++) {
      const { inputs, targets } = examples({ graph: file, classes: file === plain ? 4 : 5, options }, step);
      const rates = Tensor.float32([8], ratesAt(optimizer, optimizer.rate ?? usualRates[optimizer.name], step));
      const given = new Map([
        ["x", fromTensor(inputs)],
        [operands[targetsOperandOf(value)]?.name as string, fromTensor(targets)],
        [operands[ratesOperand]?.name as string, fromTensor(rates)],
        [operands["seed"]?.name as string, fromTensor(Tensor.from("float32", [], [1]))],
      ]);
      const results = await evaluateGraph({ ...made.graph, parameters: undefined, outputs } as Graph, new Map([...given, ...state]));
      losses.push(results.get(outputs[0] as string)?.data[0] as number);
      for (const [name, next] of updates) state.set(name, results.get(next) as NdArray);
    }
  }
}

describe.each(Object.entries(cases))("%s", (_, one) => {
  test("losses and parameters are those of the loops", { timeout: 120_000 }, () =>
    withDevice(async (device) => {
      const expected = await byLoops(one);
      await expected.run();
      const model = await loadModel(device, one.graph);
      const trainer = await createTrainer(model, one.options);
      const losses: number[] = [];
      for (let step = 1; step <= steps; step++) {
        trainer.step(examples(one, step));
        losses.push(await trainer.readLoss());
      }
      losses.forEach((loss, i) => {
        expect(Math.abs(loss - (expected.losses[i] as number)), `loss ${i}`).toBeLessThan(
          1e-4 * Math.abs(expected.losses[i] as number) + 1e-6,
        );
      });
      for (const { name } of model.parameters) {
        const now = (await model.read(name)).toFloat32();
        const wanted = expected.state.get(name)?.data ?? [];
        const scale = Math.max(...Array.from(wanted, Math.abs), 1e-3);
        now.forEach((value, i) => {
          expect(Math.abs(value - (wanted[i] as number)), `${name}[${i}]`).toBeLessThan(1e-4 * scale);
        });
      }
      trainer.dispose();
      model.dispose();
    }),
  );
});

/** A network with Dropouts, and what trains it. */
const dropping = graphOf({
  inputs: { x: ["N", 1, 6, 6] },
  constants: { w: scaledNoise([4, 1, 3, 3], 1, 0.5), d: scaledNoise([64, 3], 2, 0.2), ratio: Tensor.from("float32", [], [0.25]) },
  nodes: [
    op("Conv", "x w", "conv"),
    op("Relu", "conv", "relu"),
    op("Dropout", "relu ratio", "dropped"),
    op("Flatten", "dropped", "flat"),
    op("MatMul", "flat d", "y"),
  ],
});
const dropped: Case = { graph: dropping, classes: 3, options: { optimizer: { name: "adam", rate: 0.01 }, batch: 4, seed: 5 } };

/** The parameters after some steps. */
async function learned(device: Device, one: Case, count: number): Promise<Uint8Array> {
  const model = await loadModel(device, one.graph);
  const trainer = await createTrainer(model, one.options);
  for (let step = 1; step <= count; step++) trainer.step(examples(one, step));
  const tensors = await Promise.all(model.parameters.map(({ name }) => model.read(name)));
  trainer.dispose();
  model.dispose();
  return Buffer.concat(tensors.map(({ bytes }) => bytes));
}

test.each([
  ["NaN", [Number.NaN, 0, 1], Number.NaN],
  ["minus infinity elsewhere", [2, Number.NEGATIVE_INFINITY, 1], Math.log(1 + Math.exp(-1))],
  ["minus infinity at the class", [Number.NEGATIVE_INFINITY, 0, 1], Number.POSITIVE_INFINITY],
  ["large ones", [1000, -1000, 999], Math.log(1 + Math.exp(-1))],
])("the loss of scores with %s is what the formula says", (_, scores, expected) =>
  withDevice(async (device) => {
    const label = Tensor.from("int32", [1], [0]);
    const graph = graphOf({ inputs: { x: [1, 3] }, constants: { label }, nodes: [op("SoftmaxCrossEntropyLoss", "x label", "y")] });
    const model = await loadModel(device, graph);
    const { y } = await model.predict({ x: Float32Array.from(scores) });
    const [loss = 0] = y?.toFloat32() ?? [];
    if (Number.isFinite(expected)) expect(loss).toBeCloseTo(expected, 4);
    else expect(loss).toBe(expected);
    model.dispose();
  }),
);

describe("a training", () => {
  test("gives the same bits for the same seed, and others for another", { timeout: 120_000 }, () =>
    withDevice(async (device) => {
      const first = await learned(device, dropped, 10);
      expect(await learned(device, dropped, 10)).toEqual(first);
      expect(await learned(device, { ...dropped, options: { ...dropped.options, seed: 6 } }, 10)).not.toEqual(first);
    }),
  );

  test("takes no more bytes with each step, and gives all back", { timeout: 120_000 }, () =>
    withDevice(async (device) => {
      const before = device.allocatedBytes;
      const model = await loadModel(device, dropping, { parameters: true });
      const loaded = device.allocatedBytes;
      const trainer = await createTrainer(model, dropped.options);
      trainer.step(examples(dropped, 1));
      await trainer.finished();
      const planned = device.allocatedBytes;
      for (let step = 2; step <= 1000; step++) trainer.step(examples(dropped, step % 4));
      await trainer.finished();
      expect(device.allocatedBytes).toBe(planned);
      expect(Number.isFinite(await trainer.readLoss())).toBe(true);
      trainer.dispose();
      expect(device.allocatedBytes).toBe(loaded);
      model.dispose();
      expect(device.allocatedBytes).toBe(before);
    }),
  );

  test("shows in the model's next run, and in its file as ONNX Runtime computes it", { timeout: 120_000 }, () =>
    withDevice(async (device) => {
      const one = cases["normalizations, depthwise and residual parts by SGD"] as Case;
      const model = await loadModel(device, one.graph);
      const x = noise([1, 3, 9, 9], 55);
      const { y: blank } = await model.predict({ x });
      const trainer = await createTrainer(model, one.options);
      for (let step = 1; step <= 4; step++) trainer.step(examples(one, step));
      const { y } = await model.predict({ x });
      expect(y?.toFloat32()).not.toEqual(blank?.toFloat32());
      const file = await importModel(await model.toOnnx());
      expect(file.inputs).toEqual(one.graph.inputs);
      expect([...file.initializers.keys()].sort()).toEqual([...one.graph.initializers.keys()].sort());
      const reference = (await runReference(file, { x })).get("y") as Tensor;
      expectClose(y as Tensor, reference.toFloat32(), "the file");
      trainer.dispose();
      model.dispose();
      await expect(model.toOnnx()).rejects.toThrow("disposed of");
    }),
  );

  test("has the names of its classes in its file, where they are given", () =>
    withDevice(async (device) => {
      const graph = graphOf({ inputs: { x: ["N", 2] }, constants: { w: noise([2, 3], 1) }, nodes: [op("MatMul", "x w", "y")] });
      const model = await loadModel(device, { ...graph, metadata: new Map([["author", "me"]]) }, { parameters: true });
      const classes = ["apple", 'a "pear"', "2"];
      const { metadata } = await importModel(await model.toOnnx({ classes }));
      expect(labelsInMetadata(metadata)).toEqual(classes);
      expect(metadata.get("author")).toBe("me");
      for (const none of [{}, undefined, { classes: [] }])
        expect((await importModel(await model.toOnnx(none))).metadata.has("names")).toBe(false);
      for (const wrong of ["apple", [1, 2]])
        await expect(model.toOnnx({ classes: wrong as never })).rejects.toThrow(`classes: got ${wrong}, expected a list of names.`);
      model.dispose();
    }));

  test("leaves the types of a file's weights as they are", { timeout: 60_000 }, () =>
    withDevice(async (device) => {
      const w = Tensor.from("float16", [2, 3], [1, 2, 3, 4, 5, 6]);
      const graph = graphOf({
        inputs: { x: ["N", 2] },
        constants: { w },
        nodes: [op("Cast", "w", "v", { to: 1 }), op("MatMul", "x v", "y")],
      });
      const model = await loadModel(device, { ...graph, metadata: new Map([["seed", "1"]]) }, { parameters: true });
      await model.setParameters({ w: Float32Array.of(7, 8, 9, 10, 11, 12) });
      const trainer = await createTrainer(model, { batch: 2, optimizer: { name: "sgd", rate: 0 } });
      for (const _ of [0, 1]) {
        const file = await importModel(await model.toOnnx());
        expect(file.initializers.get("w")?.dtype).toBe("float16");
        // A page takes a file with a seed for a blank network.
        expect(file.metadata.has("seed")).toBe(trainer.steps === 0);
        expect(file.initializers.get("w")?.toNumbers()).toEqual([7, 8, 9, 10, 11, 12]);
        trainer.step({ inputs: new Float32Array(4), targets: Int32Array.of(0, 2) });
      }
      trainer.dispose();
      model.dispose();
    }),
  );

  test.each<[string, TrainingOptions, string]>([
    ["another loss", { loss: "hinge" as LossName }, "expected one of cross-entropy"],
    ["another optimiser", { optimizer: "lion" as OptimizerOptions["name"] }, "expected one of sgd"],
    ["no examples", { batch: 0 }, "batch"],
    ["a value that there is not", { of: "nothing" }, "nothing"],
    ["all parameters frozen", { frozen: () => true }, "nothing to train"],
    ["no losses", { of: [] }, "the list is empty"],
    ["the same twice", { of: ["dense2", { of: "dense2", loss: "mean-squared-error" }] }, "'dense2' is named twice"],
    ["a weight of 0", { of: [{ of: "dense2", weight: 0 }] }, "weight 0"],
    ["another schedule", { schedule: { name: "linear" as "step" } }, "expected one of constant, step, cosine"],
    ["a schedule without an end", { schedule: { name: "cosine" } }, "give the number of all steps"],
    ["an option that there is not", { rate: 0.1 } as TrainingOptions, "training: there is no 'rate'"],
    ["parts that are not alike", { batch: 6, accumulate: 4 }, "cannot be computed in 4 parts"],
  ])("is refused with %s", async (_, options, message) =>
    withDevice(async (device) => {
      const model = await loadModel(device, plain);
      await expect(createTrainer(model, options)).rejects.toThrow(message);
      model.dispose();
    }),
  );

  test.each<[string, TrainingOptions, string]>([
    ["an optimiser's option that there is not", { optimizer: { name: "adam", lr: 1 } as OptimizerOptions }, "there is no 'lr'"],
    ["a momentum of 1", { optimizer: { name: "sgd", momentum: 1 } }, "less than 1"],
    ["a rate below 0", { optimizer: { name: "sgd", rate: -1 } }, "rate -1"],
    ["one beta", { optimizer: { name: "adam", betas: [0.9] as never } }, "betas 0.9; expected two numbers"],
    ["a decay that is no number", { optimizer: { name: "sgd", weightDecay: Number.NaN } }, "weightDecay NaN"],
  ])("is refused with %s", async (_, options, message) =>
    withDevice(async (device) => {
      const model = await loadModel(device, plain);
      await expect(createTrainer(model, options)).rejects.toThrow(message);
      model.dispose();
    }),
  );

  test("leaves alone what prepares the input, and begins before a last Sigmoid", { timeout: 60_000 }, () =>
    withDevice(async (device) => {
      const graph = graphOf({
        inputs: { x: ["N", 2, 4, 4] },
        constants: { mean: scaledNoise([1, 2, 1, 1], 1, 1), w: scaledNoise([3, 2, 4, 4], 2, 0.2) },
        nodes: [op("Sub", "x mean", "centred"), op("Conv", "centred w", "conv"), op("Flatten", "conv", "flat"), op("Sigmoid", "flat", "y")],
      });
      const model = await loadModel(device, graph);
      const trainer = await createTrainer(model, { loss: "binary-cross-entropy", batch: 2 });
      expect(trainer.parameters).toEqual(["w"]);
      await expect(trainer.readLoss()).rejects.toThrow("no step was taken");
      trainer.step({ inputs: noise([2, 2, 4, 4], 3), targets: filled([2, 3], () => 1) });
      const scores = (await trainer.readScores()).toFloat32();
      const expected = scores.reduce((sum, score) => sum + Math.log1p(Math.exp(-score)), 0) / scores.length;
      expect(await trainer.readLoss()).toBeCloseTo(expected, 5);
      expect((await model.read("mean")).toFloat32()).toEqual(graph.initializers.get("mean")?.toFloat32());
      trainer.dispose();
      model.dispose();
    }),
  );

  test("tells whoever shows the model, once for all steps of a task", { timeout: 60_000 }, () =>
    withDevice(async (device) => {
      let changes = 0;
      const model = await loadModel(device, dropping, { parameters: true, onChange: () => changes++ });
      const trainer = await createTrainer(model, dropped.options);
      changes = 0;
      for (let step = 1; step <= 3; step++) trainer.step(examples(dropped, step));
      await trainer.finished();
      expect(changes).toBe(1);
      trainer.dispose();
      model.dispose();
    }),
  );

  test("drops the same elements forward and backward, about as many as it should, and others in the next step", { timeout: 60_000 }, () =>
    withDevice(async (device) => {
      const count = 20_000;
      const node = { ...op("RandomMask", "x rates", "y", { ratio: 0.3, seed: 9 }), domain: "convcam" };
      const graph = graphOf({ inputs: { x: [count], rates: [8] }, nodes: [node] });
      const model = await loadModel(device, graph);
      const gradient = await model.gradient({ of: "y", withRespectTo: ["x"] });
      const x = filled([count], () => 1);
      const at = async (step: number) => {
        const rates = Float32Array.of(0, 0, 0, step, 0, 0, 0, 0);
        const [{ y }, { x: dx }] = await Promise.all([model.predict({ x, rates }), gradient.predict({ x, rates })]);
        expect(dx?.toFloat32()).toEqual(y?.toFloat32());
        return y?.toFloat32() ?? new Float32Array(0);
      };
      const first = await at(1);
      expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
      const kept = first.filter((value) => value !== 0).length;
      // Four standard deviations.
      expect(Math.abs(kept - 0.7 * count)).toBeLessThan(4 * Math.sqrt(0.3 * 0.7 * count));
      expect(await at(1)).toEqual(first);
      expect(await at(2)).not.toEqual(first);
      model.dispose();
    }),
  );

  test("refuses a batch of another size", { timeout: 60_000 }, () =>
    withDevice(async (device) => {
      const model = await loadModel(device, dropping);
      const trainer = await createTrainer(model, dropped.options);
      const batch = examples(dropped, 1);
      expect(() => trainer.step({ ...batch, inputs: new Float32Array(7) })).toThrow("inputs: 7 elements, expected 144 ([4, 1, 6, 6])");
      expect(() => trainer.step({ ...batch, targets: new Int32Array(3) })).toThrow("targets: 3 elements, expected 4");
      expect(() => trainer.step({ ...batch, targets: Int32Array.of(0, 1, 3, 2) })).toThrow("3 is no class; expected 0 to 2");
      expect(() => trainer.step({ ...batch, inputs: noise([1, 144]) })).toThrow("inputs: [1, 144]");
      expect(() => trainer.step({ inputs: batch.inputs } as typeof batch)).toThrow("targets: got undefined");
      trainer.dispose();
      model.dispose();
    }),
  );
});
