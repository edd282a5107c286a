// Gates: what they change, what they leave alone, and what switching costs while a model runs.
import { describe, expect, test } from "vitest";
import { DeviceError, ModelError } from "../../src/engine/errors.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { changeGates } from "../../src/ui/change-gates.ts";
import { graphOf, ints, noise, op, twoConvolutions } from "../support/graphs.ts";
import { recorded } from "../support/recorded.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const same = { pads: [1, 1, 1, 1] };
const x = noise([1, 2, 5, 6]);

const graph = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([3, 2, 3, 3], 2), b: noise([3], 3), v: noise([4, 3, 3, 3], 4) },
  nodes: twoConvolutions,
});

/** What the network gives where the value has these elements: the rest of it, run on them. */
function tail(value: "relu" | "conv") {
  const nodes = graph.nodes.slice(value === "conv" ? 1 : 2);
  return { ...graph, inputs: [{ name: value, dtype: "float32", shape: [1, 3, 5, 6] }] as const, nodes };
}

/** y = x · scale + shift of one channel, written out. */
function changed(tensor: Tensor, channel: number, scale: number, shift: number): Tensor {
  const [, channels = 1, ...places] = tensor.shape;
  const size = places.reduce((product, extent) => product * extent, 1);
  const values = tensor.toFloat32().map((v, i) => (Math.floor(i / size) % channels === channel ? v * scale + shift : v));
  return Tensor.float32(tensor.shape, values);
}

describe("a gate", () => {
  test.each(["conv", "relu"] as const)("changes channels of %s for all that follows", (value) =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { observe: [value] });
      const rest = await loadModel(device, tail(value));
      model.run({ x });
      const raw = await model.read(value);
      for (const [channel, scale, shift] of [
        [1, 0, 0],
        [1, 0.5, -0.25],
        [2, 3, 1],
      ] as const) {
        await model.ungate();
        await model.gate(value, { channel, scale, shift });
        const { y } = await model.predict();
        const expected = changed(raw, channel, scale, shift);
        expectClose(await model.read(value), expected.toFloat32(), value);
        expectClose(y, (await rest.predict({ [value]: expected }))["y"]?.toFloat32() ?? [], "y");
      }
      model.dispose();
      rest.dispose();
    }),
  );

  test("acts on all channels, on several with a number each, on inputs and on outputs", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { observe: ["relu"] });
      const { y } = await model.predict({ x });
      const raw = await model.read("relu");
      await model.gate("relu", { channels: [2, 0], scale: [2, 3], shift: [0, 1] });
      model.run();
      expectClose(await model.read("relu"), changed(changed(raw, 2, 2, 0), 0, 3, 1).toFloat32(), "relu");
      await model.ungate();
      await model.gate("y", { scale: -1 });
      expectClose(
        (await model.predict())["y"],
        (y as Tensor).toFloat32().map((v) => -v),
        "y",
      );
      await model.ungate("y");
      await model.gate("x", { scale: 0 });
      const blank = await model.predict();
      expect(await model.read("x")).toEqual(x);
      await model.ungate();
      expectClose(blank["y"], (await model.predict({ x: Tensor.filled("float32", x.shape, 0) }))["y"]?.toFloat32() ?? [], "y of zeros");
      expectClose((await model.predict({ x }))["y"], (y as Tensor).toFloat32(), "y without gates");
      model.dispose();
    }));

  test("acts where its mask says so, and leaves the rest as it is to the bit", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { observe: ["relu"] });
      model.run({ x });
      const raw = (await model.read("relu")).toFloat32();
      const mask = Float32Array.from({ length: 30 }, (_, i) => [0, 1, 0.5][i % 3] as number);
      await model.gate("relu", { channel: 1, scale: 0, shift: 7, mask });
      model.run();
      const got = (await model.read("relu")).toFloat32();
      for (const [i, value] of raw.entries()) {
        const share = Math.floor(i / 30) === 1 ? (mask[i % 30] as number) : 0;
        if (share === 0) expect(got[i]).toBe(value);
        else expect(got[i]).toBeCloseTo(value + share * (7 - value), 5);
      }
      await model.gate("relu", { mask: null });
      model.run();
      expect([...(await model.read("relu")).toFloat32()].slice(30, 60)).toEqual(new Array(30).fill(7));
      model.dispose();
    }));

  test("switches off what is infinite or not a number, and passes NaN on where it is told to", () =>
    withDevice(async (device) => {
      const values = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 4);
      const model = await loadModel(device, graphOf({ inputs: { x: [1, 4, 1, 1] }, nodes: [op("Neg", "x", "y")] }));
      await model.gate("y", { channels: [1, 2], scale: 0 });
      expect((await model.predict({ x: values }))["y"]?.toNumbers()).toEqual([-1, 0, 0, -4]);
      await model.gate("y", { channel: 3, scale: 0, shift: Number.NaN });
      expect((await model.predict())["y"]?.toNumbers()).toEqual([-1, 0, 0, Number.NaN]);
      model.dispose();
    }));

  test("finds the channels of a value that lies NHWC", () =>
    withDevice(async (device) => {
      const nhwc = graphOf({
        inputs: { x: [1, 5, 6, 2] },
        constants: { w: noise([3, 2, 3, 3], 2) },
        nodes: [
          op("Transpose", "x", "nchw", { perm: [0, 3, 1, 2] }),
          op("Conv", "nchw w", "conv", same),
          op("Transpose", "conv", "y", { perm: [0, 2, 3, 1] }),
        ],
      });
      const model = await loadModel(device, nhwc);
      const raw = (await model.predict({ x: noise([1, 5, 6, 2]) }))["y"]?.toFloat32() ?? new Float32Array();
      await model.gate("y", { channel: 2, scale: 0 });
      const got = (await model.predict())["y"]?.toFloat32() ?? new Float32Array();
      expect([...got]).toEqual([...raw].map((v, i) => (i % 3 === 2 ? 0 : v)));
      model.dispose();
    }));

  test("stays when what is observed changes and when the model moves to another device", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const model = await loadModel(left, graph);
        await model.gate("relu", { channel: 0, scale: 0, shift: 2 });
        await model.gate("conv", { channel: 1, scale: 0 });
        const { y } = await model.predict({ x });
        await model.observe(["relu"]);
        expectClose((await model.predict())["y"], (y as Tensor).toFloat32(), "y");
        await model.moveTo(right);
        expect(left.allocatedBytes).toBe(0);
        expectClose((await model.predict({ x }))["y"], (y as Tensor).toFloat32(), "y on another device");
        expect([...(await model.read("relu")).toFloat32()].slice(0, 30)).toEqual(new Array(30).fill(2));
        model.dispose();
        expect(right.allocatedBytes).toBe(0);
      }),
    ));
});

describe("gates that are set together", () => {
  const wanted = [
    { value: "relu", channel: 0, scale: 0, shift: 1 },
    { value: "conv", channel: 1, scale: 0, shift: -3 },
  ];

  test("replace all that there were, with one plan; of a list with one that is refused nothing is taken", () =>
    withDevice(async (device) => {
      let changes = 0;
      const model = await loadModel(device, graph, { observe: ["conv", "relu"], onChange: () => changes++ });
      await model.gate("relu", { channel: 2, scale: 5, mask: new Array(30).fill(0.5) });
      model.run({ x });
      const before = await model.read("relu");
      await expect(model.setGates([...wanted, { value: "relu", channel: 9 }])).rejects.toThrow("there is no channel 9");
      model.run();
      expect((await model.read("relu")).toFloat32()).toEqual(before.toFloat32());
      changes = 0;
      await model.setGates(wanted);
      expect(changes).toBe(1);
      model.run();
      const [conv, relu] = [await model.read("conv"), await model.read("relu")];
      expect([conv.toFloat32()[30], relu.toFloat32()[0]]).toEqual([-3, 1]);
      // Its gate is gone, and the mask with it.
      expect([...relu.toFloat32().slice(60)]).toEqual([...conv.toFloat32().slice(60)].map((v) => Math.max(v, 0)));
      await model.setGates([]);
      model.run();
      expect((await model.read("conv")).toFloat32()[30]).not.toBe(-3);
      model.dispose();
    }));
});

test("of the gates of a scene one that is refused is said, and the others are planned together", () =>
  withDevice(async (device) => {
    let plans = 0;
    const model = await loadModel(device, graph, { observe: ["conv", "relu"], onMove: () => plans++ });
    model.run({ x });
    await model.settled;
    const off = { channel: 0, scale: 0, shift: 5 };
    const wanted = ["conv", "nowhere", "relu", "y"].map((value) => ({ value, ...off }));
    expect(await changeGates(model, wanted)).toContain("nowhere");
    expect(plans).toBe(1);
    model.run();
    for (const value of ["conv", "relu", "y"]) expect((await model.read(value)).toFloat32()[0], value).toBe(5);
    model.dispose();
  }));

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

describe("where the plan of a gate fails", () => {
  /** A device that makes no buffers while it is broken. */
  const withBroken = (act: (model: Model, breakdown: { isBroken: boolean }) => Promise<void>) =>
    withDevice(async (real) => {
      const breakdown = { isBroken: false };
      const { device } = recorded(real, (name, descriptor) => {
        if (breakdown.isBroken && name === "createBuffer") throw new Error("broken");
        return descriptor;
      });
      const model = await loadModel(device, graph, { observe: ["conv", "relu"] });
      model.run({ x });
      await act(model, breakdown);
      model.dispose();
    });

  test("none of those that shared it comes into effect with a later one", () =>
    withBroken(async (model, breakdown) => {
      const before = await model.read("relu");
      breakdown.isBroken = true;
      const calls = [0, 1].map((channel) => model.gate("relu", { channel, scale: 0, shift: 7 }));
      expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      breakdown.isBroken = false;
      await model.gate("conv", { scale: 1, shift: 0, channel: 0 });
      await model.gate("y", { scale: 2 });
      model.run();
      expectClose(await model.read("relu"), before.toFloat32(), "relu");
    }));

  test("a call that came while it was under way fails as well", () =>
    withDevice(async (real) => {
      const model = await loadModel(real, graph, { observe: ["conv", "relu"] });
      model.run({ x });
      await model.settled;
      const compile = real.gpu.createComputePipelineAsync;
      const begun = deferred<void>();
      const failed = deferred<GPUComputePipeline>();
      real.gpu.createComputePipelineAsync = () => {
        begun.resolve();
        return failed.promise;
      };
      const first = model.gate("relu", { channel: 0, scale: 0 });
      await begun.promise;
      const second = model.gate("relu", { channel: 1, scale: 0 });
      failed.reject(new Error("broken"));
      expect((await Promise.allSettled([first, second])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      real.gpu.createComputePipelineAsync = compile;
      await model.gate("relu", { channel: 2, scale: 0, shift: 4 });
      model.run();
      const relu = (await model.read("relu")).toFloat32();
      expect([...relu.slice(60)]).toEqual(new Array(30).fill(4));
      for (const channel of [0, 1]) expect(relu.slice(30 * channel, 30 * channel + 30).some((v) => v !== 0)).toBe(true);
      model.dispose();
    }));

  test("a gate that was taken away before its plan was done does not come back", () =>
    withBroken(async (model, breakdown) => {
      const before = await model.read("relu");
      await Promise.all([model.gate("relu", { channel: 0, scale: 0, shift: 7 }), model.ungate("relu")]);
      breakdown.isBroken = true;
      await expect(model.gate("relu", { channel: 1, mask: new Array(30).fill(0.5), scale: 3 })).rejects.toThrow("broken");
      breakdown.isBroken = false;
      await model.gate("y", { scale: 2 });
      model.run();
      expectClose(await model.read("relu"), before.toFloat32(), "relu");
    }));

  test("a gate that was written meanwhile goes back to what it was", () =>
    withDevice(async (real) => {
      const model = await loadModel(real, graph, { observe: ["conv", "relu"] });
      await model.gate("relu", { channel: 0, scale: 0, shift: 7 });
      model.run({ x });
      await model.settled;
      const before = await model.read("relu");
      const compile = real.gpu.createComputePipelineAsync;
      const begun = deferred<void>();
      const failed = deferred<GPUComputePipeline>();
      real.gpu.createComputePipelineAsync = () => {
        begun.resolve();
        return failed.promise;
      };
      const planned = model.gate("conv", { channel: 0, scale: 0, mask: new Array(30).fill(0.5) });
      await begun.promise;
      const written = model.gate("relu", { channel: 1, scale: 0, shift: 4 });
      failed.reject(new Error("broken"));
      expect((await Promise.allSettled([planned, written])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      real.gpu.createComputePipelineAsync = compile;
      model.run();
      expect((await model.read("relu")).toFloat32()).toEqual(before.toFloat32());
      model.dispose();
    }));
});

describe("what a gate costs", () => {
  test("the first of a value plans once; ten thousand more make nothing on the GPU and leave the byte counter as it was", () =>
    withDevice(async (real) => {
      const { device, made } = recorded(real);
      const model = await loadModel(device, graph);
      await model.predict({ x });
      await model.settled;
      await model.gate("relu", { channel: 0, scale: 0 });
      await model.settled;
      const { plan } = model;
      const bytes = device.allocatedBytes;
      made.length = 0;
      for (let i = 0; i < 10_000; i++) await model.gate("relu", { channel: i % 3, scale: i % 2, shift: i });
      await model.ungate("relu");
      expect(made).toEqual([]);
      expect(device.allocatedBytes).toBe(bytes);
      expect(model.plan).toBe(plan);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("what was switched on again costs nothing from the next plan on", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph);
      const labels = () => model.plan.steps.map(({ node, kernel }) => `${node} ${kernel}`);
      const before = labels();
      await model.gate("relu", { scale: 0 });
      expect(labels()).toContain("relu/gate element-wise");
      await model.ungate();
      await model.observe([]);
      expect(labels()).toEqual(before);
      model.dispose();
    }));

  test("several first gates at once are all there when each call returns", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { observe: ["conv", "relu"] });
      model.run({ x });
      await Promise.all([
        model.gate("relu", { channel: 0, scale: 0, shift: 1 }).then(async () => {
          model.run();
          expect((await model.read("relu")).toFloat32()[0]).toBe(1);
        }),
        model.gate("conv", { channel: 1, scale: 0, shift: -3 }),
        model.observe(["conv", "relu", "next"]),
      ]);
      model.run();
      expect((await model.read("conv")).toFloat32()[30]).toBe(-3);
      expect((await model.read("relu")).toFloat32()[0]).toBe(1);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));
});

test("a gate is refused with what is accepted, and leaves the model as it was", () =>
  withDevice(async (device) => {
    const mixed = graphOf({
      inputs: { x: [1, 3, 2, 2] },
      constants: { shape: ints(1, -1) },
      nodes: [op("Relu", "x", "relu"), op("Shape", "x", "size"), op("ArgMax", "relu", "best"), op("Reshape", "relu shape", "y")],
      outputs: ["y", "size", "best"],
    });
    const model = await loadModel(device, mixed);
    const { plan } = model;
    const refusals: readonly [() => Promise<void>, string][] = [
      [() => model.gate("rel", { scale: 0 }), "no value or layer is called 'rel'. Did you mean 'relu'?"],
      [() => model.gate("relu", { channel: 3, scale: 0 }), "gate of 'relu': there is no channel 3. It has 3, from 0 to 2."],
      [() => model.gate("relu", { channels: [0, -1], scale: 0 }), "gate of 'relu': there is no channel -1. It has 3, from 0 to 2."],
      [() => model.gate("relu", { channel: 0, channels: [1] }), "gate of 'relu': give channel or channels, not both."],
      [() => model.gate("relu", { channels: [0, 1], scale: [1] }), "gate of 'relu': scale has 1 numbers for 2 channels."],
      [() => model.gate("relu", { mask: [1] }), "gate of 'relu': the mask has 1 numbers, expected 2 × 2 = 4."],
      // As an address may say it.
      [() => model.gate("relu", JSON.parse("null")), "gate of 'relu': expected what changes, such as { channel: 3, scale: 0 }, not null."],
      [() => model.gate("relu", JSON.parse('{"channels":5}')), "gate of 'relu': channels 5: expected a list of numbers, such as [0, 3]."],
      [() => model.gate("relu", JSON.parse('{"channel":"2"}')), "gate of 'relu': channel \"2\": expected a number, such as 3."],
      [() => model.gate("relu", JSON.parse('{"scale":"0"}')), "gate of 'relu': scale \"0\": expected a list of numbers"],
      [() => model.gate("relu", JSON.parse('{"mask":5}')), "gate of 'relu': mask 5: expected a list of numbers"],
      [() => model.gate("y", { mask: [1] }), "gate of 'y': it has no places besides its channels, so it takes no mask."],
      [() => model.gate("size", { scale: 0 }), "value 'size' is a constant: there is nothing to gate."],
      [() => model.gate("best", { scale: 0 }), "value 'best' is int64: only floating-point values can be gated."],
      [() => model.ungate("relu", { channel: 9 }), "gate of 'relu': there is no channel 9."],
    ];
    for (const [refused, message] of refusals) {
      const error = await refused().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ModelError);
      expect((error as Error).message).toContain(message);
    }
    expect(model.plan).toBe(plan);
    model.dispose();
    await expect(model.gate("relu", { scale: 0 })).rejects.toThrow(DeviceError);
    await expect(model.ungate("relu")).rejects.toThrow("This model was disposed of. Load it again.");
  }));
