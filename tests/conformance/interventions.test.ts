// Changing a model in ways that nobody planned for: calls that cross each other, arrays that are used again, files that are broken.
import { describe, expect, test } from "vitest";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import { DeviceError } from "../../src/engine/errors.ts";
import { loadModel } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op, twoConvolutions } from "../support/graphs.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const same = { pads: [1, 1, 1, 1] };
const x = noise([1, 2, 5, 6]);

function networkOf(seed: number) {
  return graphOf({
    inputs: { x: x.shape },
    constants: { w: noise([3, 2, 3, 3], seed), b: noise([3], seed + 1), v: noise([3, 3, 3, 3], seed + 2) },
    nodes: twoConvolutions,
  });
}

const graph = networkOf(2);
const other = networkOf(50);

async function outputOf(model: { predict(inputs: { x: Tensor }): Promise<Record<string, Tensor>> }, input = x): Promise<Float32Array> {
  return (await model.predict({ x: input }))["y"]?.toFloat32() ?? new Float32Array();
}

describe("calls that cross", () => {
  test("what is observed while a gate is asked for is observed, and gated", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph);
      await model.gate("conv", { scale: 2 });
      const observing = model.observe(["relu"]);
      const gating = model.gate("relu", { channel: 0, scale: 0, shift: 5 });
      await Promise.all([observing, gating]);
      expect(model.observed).toEqual(["relu"]);
      model.run({ x });
      expect((await model.read("relu")).toFloat32()[0]).toBe(5);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("what is observed while a model moves is observed there", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const model = await loadModel(left, graph, { parameters: true });
        const observing = model.observe(["relu"]);
        const moving = model.moveTo(right);
        expect(() => model.run({ x })).toThrow("is on no device now");
        await Promise.all([observing, moving]);
        expect(model.observed).toEqual(["relu"]);
        expect(left.allocatedBytes).toBe(0);
        model.run({ x });
        await model.read("relu");
        model.dispose();
        expect(right.allocatedBytes).toBe(0);
      }),
    ));

  test.each(["observe", "gate", "setParameters", "predict", "read", "moveTo"] as const)(
    "disposing while %s is under way returns every byte",
    (call) =>
      withDevice((left) =>
        withDevice(async (right) => {
          for (const parameters of [true, false])
            for (const waitMs of [0, 1, 5]) {
              const model = await loadModel(left, graph, { parameters });
              const calls = {
                observe: () => model.observe("all"),
                gate: () => model.gate("relu", { channel: 0, scale: 0 }),
                setParameters: () => model.setParameters(encodeModel(other)),
                predict: () => model.predict({ x }),
                read: () => model.read("y"),
                moveTo: () => model.moveTo(right),
              };
              const done = calls[call]().catch(() => {});
              await new Promise((resolve) => setTimeout(resolve, waitMs));
              model.dispose();
              await done;
              await new Promise((resolve) => setTimeout(resolve, 50));
              expect([left.allocatedBytes, right.allocatedBytes]).toEqual([0, 0]);
            }
        }),
      ),
  );

  test("changes of parameters take effect in the order of the calls", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { parameters: true });
      const before = await outputOf(model);
      const slow = new Blob([encodeModel(other).slice()]);
      await Promise.all([model.setParameters(slow), model.setParameters({ b: new Float32Array(3) }), model.restore()]);
      expect(await outputOf(model)).toEqual(before);
      // One that fails holds up nobody.
      await Promise.allSettled([model.setParameters(new Blob(["no model"])), model.setParameters(slow)]);
      expect(await model.read("w")).toEqual(other.initializers.get("w"));
      model.dispose();
    }));

  test("a model that does not come to be leaves nothing on the GPU", () =>
    withDevice(async (device) => {
      await expect(loadModel(device, graph, { parameters: true, observe: ["nope"] })).rejects.toThrow("nope");
      await expect(loadModel(device, graph, { parameters: ["nope"] })).rejects.toThrow("nope");
      const pipeline = device.pipeline.bind(device);
      let left = 1;
      device.pipeline = (...args) => (left-- > 0 ? pipeline(...args) : Promise.reject(new Error("no pipeline")));
      await expect(loadModel(device, graph, { parameters: true })).rejects.toThrow("no pipeline");
      expect(device.allocatedBytes).toBe(0);
    }));
});

describe("arrays of the caller's", () => {
  test("may be changed after they were given, and what was read may be changed as well", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const model = await loadModel(left, graph, { parameters: true });
        const before = await outputOf(model);
        const read = (await model.read("b")).toFloat32();
        read.fill(9);
        expect((await model.read("b")).toFloat32()).not.toEqual(read);
        await model.setParameters({ b: read });
        const after = await outputOf(model);
        read.fill(-5);
        await model.moveTo(right);
        expectClose(Tensor.float32([3], await outputOf(model)), after, "y after moving");
        await model.restore();
        expectClose(Tensor.float32([3], await outputOf(model)), before, "y restored");
        model.dispose();
      }),
    ));

  test("may be of any kind of number", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { parameters: true });
      const whole = [1, 2, 3];
      for (const given of [whole, Int32Array.from(whole), Float64Array.from(whole), Uint8Array.from(whole)]) {
        await model.setParameters({ b: new Float32Array(3) });
        await model.setParameters({ b: given as unknown as Float32Array });
        expect((await model.read("b")).toNumbers()).toEqual(whole);
      }
      const ones = Int32Array.from({ length: 60 }, () => 1);
      const expected = await outputOf(model, Tensor.float32(x.shape, new Float32Array(60).fill(1)));
      expect((await model.predict({ x: ones as unknown as Float32Array }))["y"]?.toFloat32()).toEqual(expected);
      for (const wrong of [undefined, null, 3, "text", {}])
        await expect(model.setParameters({ w: noise([3, 2, 3, 3], 77), b: wrong as never })).rejects.toThrow("'b'");
      for (const wrong of [undefined, null, 3]) await expect(model.setParameters(wrong as never)).rejects.toThrow("expected");
      expect((await model.read("b")).toNumbers()).toEqual(whole);
      model.dispose();
    }));

  test("are written all or none", () =>
    withDevice(async (device) => {
      const two = graphOf({ inputs: { a: [1, 2], b: [1, 2] }, nodes: [op("Add", "a b", "y")] });
      const model = await loadModel(device, two);
      await model.predict({ a: Float32Array.of(1, 2), b: Float32Array.of(3, 4) });
      expect(() => model.run({ a: Float32Array.of(7, 7), b: Float32Array.of(1) })).toThrow("input 'b'");
      expect(() => model.run({ a: Float32Array.of(7, 7), c: Float32Array.of(1) })).toThrow("no input is called 'c'");
      expect((await model.predict())["y"]?.toNumbers()).toEqual([4, 6]);
      model.dispose();
    }));
});

describe("another checkpoint", () => {
  test("whose names were dealt anew goes by its places", () =>
    withDevice(async (device) => {
      const pair = (seed: number, [first, second]: readonly [string, string]) =>
        graphOf({
          inputs: { x: [1, 4] },
          constants: { [first]: noise([4, 4], seed), [second]: noise([4, 4], seed + 1) },
          nodes: [op("MatMul", `x ${first}`, "h"), op("Relu", "h", "r"), op("MatMul", `r ${second}`, "y")],
        });
      const model = await loadModel(device, pair(1, ["onnx::7", "onnx::9"]), { parameters: true });
      const renamed = pair(5, ["onnx::9", "onnx::7"]);
      const reference = await loadModel(device, renamed);
      const row = { x: noise([1, 4], 9) };
      await model.setParameters(renamed);
      expectClose((await model.predict(row))["y"], (await reference.predict(row))["y"]?.toFloat32() ?? [], "y");
      model.dispose();
      reference.dispose();
    }));

  test("goes by names where its branches are in another order", () =>
    withDevice(async (device) => {
      const branches = (seed: number, isSwapped: boolean) => {
        const nodes = [op("MatMul", "x w", "a"), op("MatMul", "x v", "b")];
        return graphOf({
          inputs: { x: [1, 4] },
          constants: { w: noise([4, 4], seed), v: noise([4, 4], seed + 1) },
          nodes: [...(isSwapped ? nodes.reverse() : nodes), op("Concat", "a b", "y", { axis: 1 })],
        });
      };
      const model = await loadModel(device, branches(1, false), { parameters: true });
      const reference = await loadModel(device, branches(5, true));
      const row = { x: noise([1, 4], 9) };
      await model.setParameters(branches(5, true));
      expectClose((await model.predict(row))["y"], (await reference.predict(row))["y"]?.toFloat32() ?? [], "y");
      model.dispose();
      reference.dispose();
    }));

  test("may have its weights behind Constant nodes, under other names", () =>
    withDevice(async (device) => {
      const rename = (name: string) => (other.initializers.has(name) ? `hidden.${name}` : name);
      const hidden = {
        ...other,
        initializers: new Map(),
        nodes: [
          ...Array.from(other.initializers, ([name, value]) => op("Constant", "", rename(name), { value })),
          ...other.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
        ],
      };
      const reference = await loadModel(device, other);
      const model = await loadModel(device, graph, { parameters: true });
      await model.setParameters(encodeModel(hidden));
      expectClose(Tensor.float32([3], await outputOf(model)), await outputOf(reference), "y");
      const behind = await loadModel(device, hidden, { parameters: true });
      await behind.setParameters(encodeModel(graph));
      await model.restore();
      expectClose(Tensor.float32([3], await outputOf(behind)), await outputOf(model), "y behind nodes");
      for (const each of [reference, model, behind]) each.dispose();
    }));

  test("that breaks off anywhere changes nothing", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { parameters: true });
      const before = await outputOf(model);
      const bytes = encodeModel(other);
      for (let length = 0; length < bytes.length; length += 37) {
        const error = await model.setParameters(bytes.slice(0, length)).catch((reason: unknown) => reason);
        expect((error as Error | undefined)?.name, `${length} of ${bytes.length} bytes`).toBe("ModelError");
      }
      expect(await outputOf(model)).toEqual(before);
      await model.setParameters([new Blob([bytes.slice()])]);
      expect(await outputOf(model)).not.toEqual(before);
      model.dispose();
    }));
});

test("weights that a refused command was to prepare are prepared by the next", async () => {
  const device = await requestNodeDevice();
  device.gpu.addEventListener("uncapturederror", (event) => event.preventDefault());
  const model = await loadModel(device, graph, { parameters: true });
  const fresh = await loadModel(device, other);
  const expected = await outputOf(fresh);
  await outputOf(model);
  await model.settled;
  await model.setParameters(other);
  const bad = device.gpu.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST });
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  model.encode(pass);
  pass.end();
  encoder.copyBufferToBuffer(bad, 0, bad, 8, 16);
  device.gpu.queue.submit([encoder.finish()]);
  await expect(model.read("y")).rejects.toThrow(DeviceError);
  expectClose(Tensor.float32([3], await outputOf(model)), expected, "y");
  await model.restore();
  model.value("y").buffer.destroy();
  await expect(outputOf(model)).rejects.toThrow(DeviceError);
  await model.setParameters(other);
  await model.observe(["relu"]);
  // What the values held could not be kept, which is said once.
  await expect(outputOf(model)).rejects.toThrow(DeviceError);
  expectClose(Tensor.float32([3], await outputOf(model)), expected, "y in new buffers");
  model.dispose();
  fresh.dispose();
  expect(device.allocatedBytes).toBe(0);
  device.dispose();
});

test("any number is a seed of its own", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, graph, { parameters: true });
    const seen = new Set<string>();
    const seeds = [0, 1, 0.25, 0.5, 0.75, 1.5, -1, 2 ** 32, 2 ** 40 + 1, 1e300];
    for (const seed of seeds) {
      await model.reinitialize(seed);
      seen.add(String((await model.read("w")).toNumbers()));
    }
    expect(seen.size).toBe(seeds.length);
    model.dispose();
  }));

describe("gates in odd places", () => {
  test("of a single number, a row, a value without batch that lies channels last, and beside names that look like theirs", () =>
    withDevice(async (device) => {
      const odd = graphOf({
        inputs: { x: [2, 3, 2], "row/gate scale": [3] },
        nodes: [
          op("ReduceSum", "x", "single", { keepdims: 0 }),
          op("Mul", "x single", "scaled"),
          op("ReduceMean", "scaled axes", "row", { keepdims: 0 }),
          op("Add", "row row/gate_scale", "y"),
        ].map((node) => ({ ...node, inputs: node.inputs.map((input) => input.replace("gate_scale", "gate scale")) })),
        constants: { axes: Tensor.int64([2], [0, 2]) },
        outputs: ["y", "single"],
      });
      const model = await loadModel(device, odd, { observe: "all" });
      const input = noise([2, 3, 2], 4);
      const inputs = { x: input, "row/gate scale": Float32Array.of(1, 2, 3) };
      const plain = await model.predict(inputs);
      const row = (await model.read("row")).toNumbers();
      await model.gate("single", { scale: 0, shift: 3 });
      expect((await model.predict())["single"]?.toNumbers()).toEqual([3]);
      await model.ungate();
      await model.gate("row", { channel: 1, scale: 0 });
      const gated = await model.predict(inputs);
      expectClose(gated["y"], [(row[0] ?? 0) + 1, 2, (row[2] ?? 0) + 3], "y");
      await model.ungate();
      expectClose((await model.predict())["y"], plain["y"]?.toFloat32() ?? [], "y again");
      model.dispose();
    }));

  test("of values without batch that lie channels last take a mask of rows and columns", () =>
    withDevice(async (device) => {
      const hwc = graphOf({
        inputs: { x: [4, 5, 2] },
        constants: { w: noise([3, 2, 3, 3], 2), axes: Tensor.int64([1], [0]) },
        nodes: [
          op("Transpose", "x", "chw", { perm: [2, 0, 1] }),
          op("Unsqueeze", "chw axes", "nchw"),
          op("Conv", "nchw w", "conv", same),
          op("Squeeze", "conv axes", "flat"),
          op("Transpose", "flat", "y", { perm: [1, 2, 0] }),
        ],
      });
      const model = await loadModel(device, hwc);
      const raw = (await model.predict({ x: noise([4, 5, 2]) }))["y"]?.toFloat32() ?? new Float32Array();
      const mask = Float32Array.from({ length: 20 }, (_, i) => i % 2);
      await model.gate("y", { channel: 1, scale: 0, mask });
      const got = (await model.predict())["y"]?.toFloat32() ?? new Float32Array();
      expect([...got]).toEqual([...raw].map((v, i) => (i % 3 === 1 && Math.floor(i / 3) % 2 === 1 ? 0 : v)));
      model.dispose();
    }));

  test("hundreds at once plan few times", () =>
    withDevice(async (device) => {
      const nodes = Array.from({ length: 300 }, (_, i) => op("Neg", i === 0 ? "x" : `n${i}`, `n${i + 1}`));
      const model = await loadModel(device, graphOf({ inputs: { x: [1, 2] }, nodes }));
      await Promise.all(nodes.map(({ outputs }) => model.gate(outputs[0] ?? "", { channel: 1, scale: -1 })));
      expect((await model.predict({ x: Float32Array.of(1, 1) }))["n300"]?.toNumbers()).toEqual([1, 1]);
      await model.ungate("n7");
      expect((await model.predict())["n300"]?.toNumbers()).toEqual([1, -1]);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));
});
