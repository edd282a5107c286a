// A model's life on the GPU: the frame loop, observing, reading, errors, several at once, a lost device.
import { describe, expect, test } from "vitest";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import { DeviceError, ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import { inspectModel } from "../../src/engine/inspect.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { recorded } from "../support/recorded.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

/** A small kernel compiles fast. */
const same = { pads: [1, 1, 0, 0] };
const x = noise([1, 2, 6, 7]);

/** Conv → Relu → (Exp beside it) → Concat → global pool: borders, a slice, a fused node and a dense output. */
const tiny = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([2, 2, 2, 2], 2), b: noise([2], 3) },
  nodes: [
    op("Conv", "x w b", "conv", same),
    op("Relu", "conv", "relu"),
    op("Conv", "relu w", "next", same),
    op("Concat", "relu next", "both", { axis: 1 }),
    op("GlobalAveragePool", "both", "y"),
  ],
});

describe("the frame loop", () => {
  test("a thousand runs make nothing on the GPU but one encoder each, and leave the byte counter as it was", () =>
    withDevice(async (real) => {
      const { device, made } = recorded(real);
      const model = await loadModel(device, tiny, { observe: ["relu"] });
      model.run({ x });
      const first = await model.read("y");
      const bytes = device.allocatedBytes;
      made.length = 0;
      for (let i = 0; i < 1000; i++) model.run(i % 2 === 0 ? { x } : {});
      await device.gpu.queue.onSubmittedWorkDone();
      expect(new Set(made)).toEqual(new Set(["createCommandEncoder"]));
      expect(made.length).toBe(1000);
      expect(device.allocatedBytes).toBe(bytes);
      expect(await model.read("y")).toEqual(first);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("one submit is one pass of all dispatches, also inside a pass of the caller's", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny);
      model.run({ x });
      const expected = (await model.read("y")).toFloat32();
      model.write({ x: Tensor.filled("float32", x.shape, 0) });
      model.run();
      expect((await model.read("y")).toFloat32()).not.toEqual(expected);
      model.write({ x });
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      model.encode(pass);
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      expect((await model.read("y")).toFloat32()).toEqual(expected);
      model.dispose();
    }));
});

describe("reading", () => {
  test("a thousand predictions make nothing but one encoder each and leave the byte counter as it was when the model was loaded", () =>
    withDevice(async (real) => {
      const { device, made } = recorded(real);
      const model = await loadModel(device, tiny);
      const bytes = device.allocatedBytes;
      const first = await model.predict({ x });
      made.length = 0;
      for (let i = 0; i < 1000; i++)
        if (i % 10 === 0) expect(await model.predict({ x })).toEqual(first);
        else await model.predict();
      expect(new Set(made)).toEqual(new Set(["createCommandEncoder"]));
      expect(made.length).toBe(1000);
      expect(device.allocatedBytes).toBe(bytes);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("all outputs in one submit, constants and empty ones too", () =>
    withDevice(async (device) => {
      const graph = graphOf({
        inputs: { x: [1, 2] },
        constants: { none: ints(0) },
        nodes: [op("Shape", "x", "s"), op("Slice", "x none none", "empty"), op("Mul", "x x", "a"), op("Neg", "x", "b")],
        outputs: ["s", "empty", "a", "b"],
      });
      const model = await loadModel(device, graph);
      const results = await model.predict({ x: Float32Array.of(1, 2) });
      expect(Object.entries(results).map(([name, tensor]) => [name, tensor.shape, tensor.toNumbers()])).toEqual([
        ["s", [2], [1, 2]],
        ["empty", [0, 2], []],
        ["a", [1, 2], [1, 4]],
        ["b", [1, 2], [-1, -2]],
      ]);
      model.dispose();
    }));

  test("several reads at once, while the plan changes and while the model is disposed of", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny, { observe: ["conv", "relu"] });
      const { y } = await model.predict({ x });
      const reads = await Promise.all([model.predict(), model.predict(), model.read("relu"), model.read("y"), model.read("conv")]);
      expect([reads[0].y, reads[1].y, reads[3]]).toEqual([y, y, y]);
      expect(reads[2].toFloat32()).toEqual(reads[4].toFloat32().map((v) => Math.max(0, v)));
      const before = [model.read("y"), model.read("y"), model.read("conv")];
      await model.observe([]);
      expect(await Promise.all(before)).toEqual([y, y, reads[4]]);
      const last = [model.predict(), model.predict()];
      model.dispose();
      for (const { y: read } of await Promise.all(last)) expect(read).toEqual(y);
      expect(device.allocatedBytes).toBe(0);
    }));
});

describe("observing", () => {
  test("values inside a border, in a slice and before an activation are read as they are", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny, { observe: ["conv", "relu", "next", "both"] });
      model.run({ x });
      const [conv, relu, next, both] = [
        await model.read("conv"),
        await model.read("relu"),
        await model.read("next"),
        await model.read("both"),
      ];
      expectClose(
        relu,
        conv.toFloat32().map((v) => Math.max(0, v)),
        "relu",
      );
      expectClose(both, [...relu.toFloat32(), ...next.toFloat32()], "both");
      // `relu` lies in its place in `both`, with a border for the convolution that reads it.
      expect(model.value("relu").buffer === model.value("both").buffer).toBe(true);
      expect(model.value("relu")).toMatchObject({ offset: 9, strides: [4 * 56, 56, 8, 1] });
      expect(conv.shape).toEqual([1, 2, 6, 7]);
      model.dispose();
    }));

  test("a new plan keeps what the inputs hold, gives the same values and returns the old plan's bytes", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny);
      const bytes = device.allocatedBytes;
      model.run({ x });
      const expected = (await model.read("y")).toFloat32();
      await model.observe("all");
      expect(model.observed).toEqual(["conv", "relu", "next", "both", "y"]);
      model.run();
      expect((await model.read("x")).toFloat32()).toEqual(x.toFloat32());
      expectClose(await model.read("y"), expected, "y");
      expect((await model.read("conv")).toFloat32().some((v) => v < 0)).toBe(true);
      await model.observe([]);
      expect(device.allocatedBytes).toBe(bytes);
      model.run();
      expectClose(await model.read("y"), expected, "y again");
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("a new plan uploads no weights again, and every byte goes back in the end", () =>
    withDevice(async (real) => {
      const labels: string[] = [];
      const { device } = recorded(real, (name, descriptor) => {
        if (name === "createBuffer") labels.push((descriptor as GPUBufferDescriptor).label ?? "");
        return descriptor;
      });
      const model = await loadModel(device, tiny);
      const { y } = await model.predict({ x });
      // Both convolutions read `w`, packed in one way; the first also a bias.
      const isConstant = (label: string) => /: (weights|in the order of the file)/.test(label);
      expect(labels.filter(isConstant).length).toBe(2);
      labels.length = 0;
      await Promise.all([model.observe(["conv"]), model.observe("all"), model.observe(["relu"])]);
      expect(labels.filter(isConstant)).toEqual([]);
      expectClose((await model.predict({ x })).y, (y as Tensor).toFloat32(), "y");
      const observing = model.observe("all").catch((error: unknown) => error);
      model.dispose();
      await observing;
      expect(device.allocatedBytes).toBe(0);
    }));

  test("a layer's name stands for its first output", () =>
    withDevice(async (device) => {
      const layer = { ...op("Exp", "x", "exp_out"), name: "features.0" };
      const model = await loadModel(device, graphOf({ inputs: { x: [2] }, nodes: [layer, op("Neg", "exp_out", "y")] }), {
        observe: ["features.0"],
      });
      model.run({ x: Float32Array.of(0, 1) });
      expect(model.observed).toEqual(["exp_out"]);
      expectClose(await model.read("features.0"), [1, Math.E], "features.0");
      model.dispose();
    }));

  test("constants and empty values are read without the GPU", () =>
    withDevice(async (device) => {
      const graph = graphOf({
        inputs: { x: [1, 2] },
        constants: { none: ints(0), k: Tensor.from("float16", [1], [3]) },
        nodes: [op("Shape", "x", "s"), op("Slice", "x none none", "empty"), op("Mul", "x x", "y")],
        outputs: ["s", "empty", "y"],
      });
      const model = await loadModel(device, graph);
      model.run({ x: Float32Array.of(1, 2) });
      expect((await model.read("s")).toNumbers()).toEqual([1, 2]);
      expect((await model.read("empty")).shape).toEqual([0, 2]);
      expect((await model.read("k")).toNumbers()).toEqual([3]);
      expect((await model.read("y")).toNumbers()).toEqual([1, 4]);
      model.dispose();
    }));

  test("a model without nodes gives back its input", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graphOf({ inputs: { x: [2] }, nodes: [], outputs: ["x"] }));
      model.run({ x: Float32Array.of(1, 2) });
      expect((await model.read("x")).toNumbers()).toEqual([1, 2]);
      model.dispose();
    }));

  test("disposing while a new plan compiles leaves nothing behind", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny);
      const observing = model.observe("all").catch((error: unknown) => error);
      model.dispose();
      await observing;
      expect(device.allocatedBytes).toBe(0);
      expect(() => model.run()).toThrow(DeviceError);
    }));

  test("the last of several calls wins, and no plan is left behind", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny);
      await Promise.all([model.observe("all"), model.observe(["next"]), model.observe(["conv"])]);
      expect(model.observed).toEqual(["conv"]);
      model.run({ x });
      expect((await model.read("conv")).shape).toEqual([1, 2, 6, 7]);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));
});

describe("settling", () => {
  /** Two different blocks of 1×1, a stride, and Winograd: one pipeline at first. */
  const picture = noise([1, 3, 18, 18], 4);
  const mixed = graphOf({
    inputs: { x: picture.shape },
    constants: { first: noise([16, 3, 3, 3], 5), wide: noise([32, 16, 1, 1], 6), deep: noise([16, 32, 3, 3], 7) },
    nodes: [
      op("Conv", "x first", "a", { pads: [1, 1, 1, 1], strides: [2, 2] }),
      op("Relu", "a", "ra"),
      op("Conv", "ra wide", "b"),
      op("Conv", "b deep", "c", { pads: [1, 1, 1, 1] }),
      op("GlobalAveragePool", "c", "y"),
    ],
  });
  const shadersOf = ({ plan }: Model) => plan.steps.map(({ shader }) => shader.name);

  test("a model starts on few pipelines and changes to others after its first run: values stay where they are, to the bit", () =>
    withDevice(async (device) => {
      // A graphics card compiles soon enough to keep what it starts on.
      const hasDraft = device.target.profile === "software";
      const model = await loadModel(device, mixed, { observe: ["b"] });
      const draft = shadersOf(model);
      let isSettled = false;
      model.settled.then(() => {
        isSettled = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(isSettled).toBe(!hasDraft);
      const before = await model.predict({ x: picture });
      const { buffer } = model.value("b");
      await model.settled;
      const settled = shadersOf(model);
      expect(draft.filter((name) => name.includes("tap by tap")).length > 1).toBe(hasDraft);
      expect(settled.some((name) => name.includes("tap by tap"))).toBe(false);
      expect(model.value("b").buffer).toBe(buffer);
      expect(await model.read("y")).toEqual(before["y"]);
      const after = await model.predict({ x: picture });
      expect(after["y"]).toEqual(before["y"]);
      const bytes = device.allocatedBytes;
      await model.observe(["a"]);
      await model.observe(["b"]);
      expect(shadersOf(model)).toEqual(settled);
      expect(device.allocatedBytes).toBe(bytes);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("disposing of it or observing anew meanwhile leaves nothing behind", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, mixed);
      model.run({ x: picture });
      await device.gpu.queue.onSubmittedWorkDone();
      await model.observe(["a"]);
      await model.settled;
      model.run();
      expect((await model.read("a")).shape).toEqual([1, 16, 9, 9]);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
      for (const delayMs of [0, 1, 5, 20]) {
        const other = await loadModel(device, mixed);
        await other.predict({ x: picture });
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        other.dispose();
        expect(device.allocatedBytes).toBe(0);
        await other.settled;
        expect(device.allocatedBytes).toBe(0);
      }
    }));
});

test("buffers that hold values with different borders in turn give the same results run after run", () =>
  withDevice(async (device) => {
    const wide = { pads: [2, 2, 2, 2] };
    const graph = graphOf({
      inputs: { x: [1, 2, 12, 12] },
      constants: { w: noise([4, 2, 3, 3]), w1: noise([4, 4, 3, 3], 2), w2: noise([4, 4, 5, 5], 3), w3: noise([4, 4, 5, 5], 4) },
      nodes: [
        op("Conv", "x w", "a", { pads: [1, 1, 1, 1] }),
        op("Conv", "a w1", "b", { pads: [1, 1, 1, 1] }),
        op("MaxPool", "b", "p", { kernel_shape: [2, 2], strides: [2, 2] }),
        op("Conv", "p w2", "q", wide),
        op("Conv", "q w3", "r", wide),
        op("GlobalAveragePool", "r", "y"),
      ],
    });
    const input = noise([1, 2, 12, 12], 8);
    const model = await loadModel(device, graph);
    expect(model.plan.steps.filter(({ kernel }) => kernel === "zero-border").length).toBeGreaterThan(1);
    expect(model.memory.activationBytes).toBeLessThanOrEqual(1.15 * model.memory.peakLiveBytes);
    const first = await model.predict({ x: input });
    for (let i = 0; i < 3; i++) expect(await model.predict()).toEqual(first);
    // Where every value has memory of its own, no border is ever written.
    await model.observe("all");
    expect(model.plan.steps.filter(({ kernel }) => kernel === "zero-border")).toEqual([]);
    expectClose((await model.predict()).y, (first.y as Tensor).toFloat32(), "y");
    model.dispose();
  }));

describe("inputs with a border", () => {
  test("are written into it, again and again, and read back without it", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny);
      expect(model.value("x")).toMatchObject({ offset: 9, strides: [2 * 56, 56, 8, 1] });
      const other = noise(x.shape, 5);
      const results: Tensor[] = [];
      for (const input of [x, other, x]) {
        model.run({ x: input });
        expect(await model.read("x")).toEqual(input);
        results.push(await model.read("y"));
      }
      expect(results[2]).toEqual(results[0]);
      expect(results[1]).not.toEqual(results[0]);
      model.dispose();
    }));

  test("keep what they hold when the layout changes", () =>
    withDevice(async (device) => {
      // `v` takes the words of x as they are where it is observed: then x is dense, and its reader gets a bordered copy.
      const graph = graphOf({
        inputs: { x: x.shape },
        constants: { w: noise([2, 2, 2, 2], 2), flat: ints(1, -1) },
        nodes: [op("Reshape", "x flat", "v"), op("Conv", "x w", "y", same)],
        outputs: ["y"],
      });
      const model = await loadModel(device, graph);
      model.run({ x });
      const expected = await model.read("y");
      for (const [observed, offset] of [
        [["v"], 0],
        [[], 9],
      ] as const) {
        await model.observe(observed);
        expect(model.value("x").offset).toBe(offset);
        expect(await model.read("x")).toEqual(x);
        model.run();
        expect(await model.read("y")).toEqual(expected);
      }
      model.dispose();
    }));
});

describe("element types", () => {
  test("integers, booleans and halves go in and out in their own type", () =>
    withDevice(async (device) => {
      const base = graphOf({
        inputs: {},
        nodes: [op("Add", "i i", "twice"), op("Not", "b", "not"), op("Neg", "h", "minus")],
        outputs: ["twice", "not", "minus"],
      });
      const graph = {
        ...base,
        inputs: [
          { name: "i", dtype: "int64", shape: [2] },
          { name: "b", dtype: "bool", shape: [2] },
          { name: "h", dtype: "float16", shape: [2] },
        ] as const,
      };
      const model = await loadModel(device, graph);
      model.run({ i: ints(3, -4), b: Tensor.from("bool", [2], [1, 0]), h: Float32Array.of(0.5, 1 / 3) });
      expect(await model.read("twice")).toEqual(ints(6, -8));
      expect(await model.read("not")).toEqual(Tensor.from("bool", [2], [0, 1]));
      expect(await model.read("minus")).toEqual(Tensor.from("float16", [2], [-0.5, -1 / 3]));
      model.dispose();
    }));
});

describe("errors say what was found and what is accepted", () => {
  test("inputs and names", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, tiny);
      const refusals: readonly [() => unknown, string][] = [
        [() => model.run({ image: x }), "no input is called 'image'. The model has 'x'."],
        [() => model.run({ y: x }), "no input is called 'y'. The model has 'x'."],
        [() => model.run({ x: x.reshape([2, 1, 6, 7]) }), "input 'x': expected [1, 2, 6, 7], got [2, 1, 6, 7]."],
        [() => model.run({ x: new Float32Array(3) }), "input 'x': expected [1, 2, 6, 7], got 3 elements."],
        [() => model.run({ x: Tensor.filled("int32", x.shape, 1) }), "input 'x': expected float32, got int32."],
        [() => model.value("next"), `value 'next' is not observed, or is a constant. Observe it first: model.observe(["next"]).`],
        [() => model.value("con"), "no value or layer is called 'con'. Did you mean 'conv'?"],
        [() => model.valueName("zzz"), "no value or layer is called 'zzz'. There are 'x', "],
      ];
      for (const [refused, message] of refusals) {
        expect(refused).toThrow(ModelError);
        expect(refused).toThrow(message);
      }
      await expect(model.read("next")).rejects.toThrow("value 'next' is not observed");
      await expect(model.observe(["zzz"])).rejects.toThrow("no value or layer is called 'zzz'");
      model.run({ x });
      expect((await model.read("y")).shape).toEqual([1, 4, 1, 1]);
      model.dispose();
      expect(() => model.run()).toThrow("This model was disposed of. Load it again.");
      model.dispose();
    }));

  test("a model that cannot run is refused before anything is made, and can still be looked at", () =>
    withDevice(async (device) => {
      const graph = graphOf({ nodes: [op("StringNormalizer", "x", "a"), op("Relu", "x", "b", { slope: 1 }), op("Add", "a b", "y")] });
      const refusal = await loadModel(device, encodeModel(graph)).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(UnsupportedError);
      expect((refusal as UnsupportedError).reasons).toEqual([
        expect.stringContaining("StringNormalizer"),
        expect.stringContaining("'slope'"),
      ]);
      expect(device.allocatedBytes).toBe(0);
      const { summary, obstacles } = await inspectModel(graph);
      expect(obstacles.length).toBe(2);
      expect(summary.layers.map(({ operator, shape }) => [operator, shape])).toEqual([
        ["StringNormalizer", undefined],
        ["Relu", undefined],
        ["Add", undefined],
      ]);
    }));

  test.each(["createBuffer", "createBindGroup"])("%s that the GPU refuses", (call) =>
    withDevice(async (real) => {
      const { device } = recorded(real, (name, descriptor) =>
        name === call ? { ...(descriptor as object), usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE, entries: [] } : descriptor,
      );
      await expect(loadModel(device, tiny)).rejects.toThrow(DeviceError);
      expect(device.allocatedBytes).toBe(0);
    }),
  );

  test("a buffer larger than the GPU allows", () =>
    withDevice(async (device) => {
      const graph = graphOf({ inputs: { x: [1, 1 << 15, 1 << 15] }, nodes: [op("Relu", "x", "y")] });
      await expect(loadModel(device, graph)).rejects.toThrow(
        /^'y' \(kernel element-wise\): binds 4294967296 bytes of 'y', but this GPU allows/,
      );
      expect(device.allocatedBytes).toBe(0);
    }));
});

describe("several at once", () => {
  test("two models on one device share pipelines, not values", () =>
    withDevice(async (real) => {
      const { device, made } = recorded(real);
      const one = await loadModel(device, tiny);
      const pipelines = made.filter((name) => name === "createComputePipelineAsync").length;
      const two = await loadModel(device, tiny);
      expect(made.filter((name) => name === "createComputePipelineAsync").length).toBe(pipelines);
      one.run({ x });
      two.run({ x: noise(x.shape, 9) });
      const [first, second] = [(await one.read("y")).toFloat32(), (await two.read("y")).toFloat32()];
      expect(first).not.toEqual(second);
      two.dispose();
      one.run();
      expect((await one.read("y")).toFloat32()).toEqual(first);
      one.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("one model on each of two devices", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const [one, two] = await Promise.all([loadModel(left, tiny), loadModel(right, tiny)]);
        one.run({ x });
        two.run({ x });
        expect((await two.read("y")).toFloat32()).toEqual((await one.read("y")).toFloat32());
        one.dispose();
        expect(left.allocatedBytes).toBe(0);
        expect(right.allocatedBytes).toBeGreaterThan(0);
        two.run();
        expect((await two.read("y")).shape).toEqual([1, 4, 1, 1]);
        two.dispose();
      }),
    ));

  test("progress counts pipelines up to all of them", () =>
    withDevice(async (device) => {
      const seen: string[] = [];
      const model = await loadModel(device, tiny, { onProgress: ({ stage, done, total }) => seen.push(`${stage} ${done}/${total}`) });
      const total = new Set(model.plan.steps.map(({ shader, constants }) => shader.code + JSON.stringify(constants))).size;
      expect(seen).toEqual(Array.from({ length: total + 1 }, (_, done) => `compile ${done}/${total}`));
      model.dispose();
    }));
});

describe("a lost device", () => {
  test("the model moves to another one, with what it observed", () =>
    withDevice(async (replacement) => {
      const device = await requestNodeDevice();
      const model = await loadModel(device, tiny, { observe: ["conv"] });
      model.run({ x });
      const expected = (await model.read("conv")).toFloat32();
      device.gpu.destroy();
      expect((await device.lost).reason).toBe("destroyed");
      model.run({ x });
      await expect(model.read("conv")).rejects.toThrow(DeviceError);
      await model.moveTo(replacement);
      expect(model.device).toBe(replacement);
      expect(model.observed).toEqual(["conv"]);
      model.run({ x });
      expect((await model.read("conv")).toFloat32()).toEqual(expected);
      model.dispose();
      expect(replacement.allocatedBytes).toBe(0);
      device.dispose();
    }));

  test("moving away from a device that lives returns its bytes", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const model = await loadModel(left, tiny);
        await model.moveTo(right);
        expect(left.allocatedBytes).toBe(0);
        model.run({ x });
        expect((await model.read("y")).shape).toEqual([1, 4, 1, 1]);
        model.dispose();
        expect(right.allocatedBytes).toBe(0);
      }),
    ));

  test("a device that was disposed of takes its models with it, and disposing of them later does no harm", () =>
    withDevice(async () => {
      const device = await requestNodeDevice();
      const model = await loadModel(device, tiny);
      device.dispose();
      expect(device.allocatedBytes).toBe(0);
      model.dispose();
      await expect(loadModel(device, tiny)).rejects.toThrow(DeviceError);
    }));
});
