// Parameters: constants of a model that change while it runs, from tensors, another file or a seed.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import { DeviceError, ModelError } from "../../src/engine/errors.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { recorded } from "../support/recorded.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const same = { pads: [1, 1, 1, 1] };
const x = noise([1, 3, 8, 8]);

/** Convolutions of several kinds, a normalisation, a dense layer, and constants that operators must know at load. */
function networkOf(seed: number) {
  return graphOf({
    inputs: { x: x.shape },
    constants: {
      w: noise([8, 3, 3, 3], seed),
      b: noise([8], seed + 1),
      scale: noise([8], seed + 2),
      shift: noise([8], seed + 3),
      mean: noise([8], seed + 4),
      variance: Tensor.float32(
        [8],
        noise([8], seed + 5)
          .toFloat32()
          .map((v) => v * v + 0.5),
      ),
      deep: noise([8, 1, 3, 3], seed + 6),
      wide: noise([4, 8, 1, 1], seed + 7),
      none: Tensor.float32([0], new Float32Array(0)),
      scales: Tensor.from("float32", [4], [1, 1, 2, 2]),
      low: Tensor.from("float32", [], [0]),
      high: Tensor.from("float32", [], [6]),
      flat: ints(1, -1),
      dense: noise([1024, 5], seed + 8),
      bias: noise([5], seed + 9),
    },
    nodes: [
      op("Conv", "x w b", "conv", same),
      op("BatchNormalization", "conv scale shift mean variance", "norm"),
      op("Relu", "norm", "relu"),
      op("Conv", "relu deep", "depth", { ...same, group: 8 }),
      op("Conv", "depth wide", "point"),
      op("Clip", "point low high", "clip"),
      op("Resize", "clip none scales", "large", { mode: "nearest" }),
      op("Reshape", "large flat", "flattened"),
      op("Gemm", "flattened dense bias", "y"),
    ],
  });
}

const names = ["w", "b", "scale", "shift", "mean", "variance", "deep", "wide", "dense", "bias"];
const first = networkOf(10);
const second = networkOf(90);

async function outputOf(model: { predict(inputs: { x: Tensor }): Promise<Record<string, Tensor>> }): Promise<Float32Array> {
  return (await model.predict({ x }))["y"]?.toFloat32() ?? new Float32Array();
}

describe("parameters", () => {
  test("are the floats that no operator must know at load, with the layer that they belong to", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, first, { parameters: true });
      expect(model.parameters.map(({ name }) => name)).toEqual(names);
      expect(model.parameters.find(({ name }) => name === "deep")).toEqual({
        name: "deep",
        dtype: "float32",
        shape: [8, 1, 3, 3],
        layer: "depth",
      });
      const plain = await loadModel(device, first);
      expect(plain.parameters).toEqual([]);
      expectClose(Tensor.float32([5], await outputOf(model)), await outputOf(plain), "y");
      model.dispose();
      plain.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test.each([true, false])("change by name and by file in the next run, and come back; told at load: %s", (isKnown) =>
    withDevice(async (device) => {
      const model = await loadModel(device, first, { parameters: isKnown });
      const [one, other] = [await loadModel(device, first), await loadModel(device, second)];
      const [before, after] = [await outputOf(one), await outputOf(other)];
      await model.setParameters(encodeModel(second));
      expectClose(Tensor.float32([5], await outputOf(model)), after, "y of the second file");
      expect(await model.read("w")).toEqual(second.initializers.get("w"));
      await model.restore();
      expectClose(Tensor.float32([5], await outputOf(model)), before, "y of the first file again");
      await model.setParameters({ bias: new Float32Array(5).fill(100) });
      const biases = first.initializers.get("bias")?.toFloat32() ?? [];
      expectClose(
        Tensor.float32([5], await outputOf(model)),
        before.map((v, i) => v + 100 - (biases[i] ?? 0)),
        "y with another bias",
      );
      for (const each of [model, one, other]) each.dispose();
      expect(device.allocatedBytes).toBe(0);
    }),
  );

  test("are matched by their place where an exporter named them anew, and behind Constant nodes", () =>
    withDevice(async (device) => {
      const renamed = (name: string) => (["w", "dense"].includes(name) ? `onnx::${name}_7` : name);
      const constants = [...second.initializers].map(([name, tensor]) => [renamed(name), tensor] as const);
      const isBehindNode = ([name]: readonly [string, Tensor]) => name === "b";
      const graph = {
        ...second,
        initializers: new Map(constants.filter((entry) => !isBehindNode(entry))),
        nodes: second.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed) })),
      };
      const model = await loadModel(device, first, { parameters: ["w", "dense", "b"] });
      await expect(model.setParameters(graph)).rejects.toThrow("it has no 'b' ([8])");
      await model.restore();
      await model.setParameters({ ...graph, initializers: new Map(constants) }).catch((error: Error) => {
        // What was not made a parameter cannot change with the file.
        expect(error.message).toContain("its 'scale' differs, which is no parameter");
      });
      const all = await loadModel(device, first, { parameters: true });
      await all.setParameters({ ...graph, initializers: new Map(constants) });
      const other = await loadModel(device, second);
      expectClose(Tensor.float32([5], await outputOf(all)), await outputOf(other), "y");
      const value = first.initializers.get("w") as Tensor;
      const behindNode = {
        ...first,
        initializers: new Map([...first.initializers].filter(([name]) => name !== "w")),
        nodes: [{ ...op("Constant", "", "w", { value }), name: "constant" }, ...first.nodes],
      };
      const hidden = await loadModel(device, behindNode, { parameters: ["w"] });
      await hidden.setParameters({ w: second.initializers.get("w") as Tensor });
      await all.restore();
      await all.setParameters({ w: second.initializers.get("w") as Tensor });
      expectClose(Tensor.float32([5], await outputOf(hidden)), await outputOf(all), "y of a weight behind a node");
      for (const each of [model, all, other, hidden]) each.dispose();
    }));

  test("are refused whole where anything is missing, too much or of another shape", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, first, { parameters: true });
      const before = await outputOf(model);
      const without = { ...second, initializers: new Map([...second.initializers].filter(([name]) => name !== "wide")) };
      const shaped = { ...second, initializers: new Map([...second.initializers, ["w", noise([8, 3, 5, 5])] as const]) };
      const more = {
        ...second,
        initializers: new Map([...second.initializers, ["more", noise([3])] as const]),
        nodes: [...second.nodes, op("Add", "y more", "z")],
      };
      const bounds = { ...second, initializers: new Map([...second.initializers, ["high", Tensor.from("float32", [], [1])] as const]) };
      const refusals: readonly [Parameters<typeof model.setParameters>[0], string][] = [
        [{ w: second.initializers.get("w") as Tensor, wid: noise([1]) }, "there is no parameter 'wid' (did you mean 'wide'?)"],
        [{ b: noise([9]) }, "'b' is [9], expected [8]"],
        [{ b: new Float32Array(3) }, "'b' has 3 elements, expected 8 ([8])"],
        [{ b: Tensor.from("int32", [8], new Array(8).fill(1)) }, "'b' is int32, expected float32"],
        [{ flat: ints(1) as never }, "there is no parameter 'flat'"],
        [without, "it has no 'wide' ([4, 8, 1, 1])"],
        [shaped, "'w' is [8, 3, 5, 5], expected [8, 3, 3, 3]"],
        [more, "it has 'more' ([3]) besides"],
        [bounds, "its 'high' differs, which is no parameter"],
        [
          new File([encodeModel(more) as Uint8Array<ArrayBuffer>], "other.onnx"),
          "'other.onnx': these parameters are not the model's: it has 'more'",
        ],
      ];
      for (const [from, message] of refusals) {
        const error = await model.setParameters(from).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(ModelError);
        expect((error as Error).message).toContain(message);
        expect(await outputOf(model)).toEqual(before);
      }
      await expect(loadModel(device, first, { parameters: ["wid"] })).rejects.toThrow("Did you mean 'wide'?");
      await expect(loadModel(device, first, { parameters: ["w", "scales"] })).rejects.toThrow(
        "'scales' cannot be a parameter: Resize 'large'",
      );
      await expect(model.reinitialize(Number.NaN)).rejects.toThrow("the seed is NaN");
      model.dispose();
      await expect(model.setParameters({ b: noise([8]) })).rejects.toThrow(DeviceError);
      await expect(model.restore()).rejects.toThrow("This model was disposed of. Load it again.");
    }));

  test("stay what they were set to when the plan changes and when the model moves", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const model = await loadModel(left, first, { parameters: true });
        await model.setParameters(second);
        const expected = await outputOf(model);
        await model.observe(["relu"]);
        expectClose(Tensor.float32([5], await outputOf(model)), expected, "y");
        await model.gate("relu", { channel: 0, scale: 0 });
        await model.ungate();
        expectClose(Tensor.float32([5], await outputOf(model)), expected, "y with a gate that changes nothing");
        await model.moveTo(right);
        expect(left.allocatedBytes).toBe(0);
        expectClose(Tensor.float32([5], await outputOf(model)), expected, "y on another device");
        model.dispose();
        expect(right.allocatedBytes).toBe(0);
      }),
    ));
});

describe("reinitialize", () => {
  test("is the same for the same seed, and normal with the variance of He", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, first, { parameters: true });
      await model.reinitialize(7);
      const blank = await outputOf(model);
      const read = async (name: string) => (await model.read(name)).toFloat32();
      for (const name of ["b", "shift", "mean", "bias"]) expect(await read(name)).toEqual((await read(name)).map(() => 0));
      for (const name of ["scale", "variance"]) expect(await read(name)).toEqual((await read(name)).map(() => 1));
      const dense = await read("dense");
      const [mean, square] = [dense.reduce((a, v) => a + v, 0), dense.reduce((a, v) => a + v * v, 0)].map((sum) => sum / dense.length);
      expect(Math.abs(mean as number)).toBeLessThan(0.003);
      expect((square as number) / (2 / 1024)).toBeGreaterThan(0.94);
      expect((square as number) / (2 / 1024)).toBeLessThan(1.06);
      await model.reinitialize(8);
      expect(await outputOf(model)).not.toEqual(blank);
      await model.reinitialize(7);
      expect(await outputOf(model)).toEqual(blank);
      model.dispose();
    }));
});

describe("what swapping costs", () => {
  test("a thousand swaps make nothing on the GPU and leave the byte counter as it was", () =>
    withDevice(async (real) => {
      const { device, made } = recorded(real);
      const model = await loadModel(device, first, { parameters: true });
      await model.predict({ x });
      await model.settled;
      await model.predict();
      const { plan } = model;
      const bytes = device.allocatedBytes;
      const results = new Map<Tensor | undefined, Float32Array>();
      made.length = 0;
      for (let i = 0; i < 1000; i++) {
        await model.setParameters(i % 2 === 0 ? second : first);
        if (i % 100 > 1) continue;
        model.run();
        const w = i % 2 === 0 ? second.initializers.get("w") : first.initializers.get("w");
        const y = (await model.read("y")).toFloat32();
        expect(y).toEqual(results.get(w) ?? y);
        results.set(w, y);
      }
      expect(results.size).toBe(2);
      expect(new Set(made)).toEqual(new Set(["createCommandEncoder"]));
      expect(device.allocatedBytes).toBe(bytes);
      expect(model.plan).toBe(plan);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test(
    "all parameters of SqueezeNet change without a GPU object, and give the bits of a model loaded with them",
    () =>
      withDevice(async (real) => {
        const { device, made } = recorded(real);
        const small = (graph: Graph): Graph => ({ ...graph, inputs: graph.inputs.map((input) => ({ ...input, shape: [1, 3, 64, 64] })) });
        const [graph, other] = [small(buildGraph("squeezenet1_1", { seed: 1 })), small(buildGraph("squeezenet1_1", { seed: 2 }))];
        const model = await loadModel(device, graph, { parameters: true });
        const picture = noise([1, 3, 64, 64]);
        const [input = ""] = model.inputs.map(({ name }) => name);
        await model.predict({ [input]: picture });
        await model.settled;
        const fresh = await loadModel(device, other);
        const expected = await fresh.predict({ [input]: picture });
        made.length = 0;
        await model.setParameters(other);
        expect(made).toEqual([]);
        const got = await model.predict();
        for (const { name } of model.outputs) expectClose(got[name], expected[name]?.toFloat32() ?? [], name);
        model.dispose();
        fresh.dispose();
        expect(device.allocatedBytes).toBe(0);
      }),
    240_000,
  );
});

test("the checkpoints of a trained network take each other's place", () =>
  withDevice(async (device) => {
    const [early, trained] = await Promise.all(["early", "trained"].map((name) => readFile(`models/mnist-${name}.onnx`)));
    const model = await loadModel(device, early as Buffer, { parameters: true });
    const reference = await loadModel(device, trained as Buffer);
    const digit = noise([1, 1, 28, 28]);
    const expected = await reference.predict({ input_layer: digit });
    await model.predict({ input_layer: digit });
    await model.setParameters(trained as Buffer);
    expectClose((await model.predict())["output_layer"], expected["output_layer"]?.toFloat32() ?? [], "classes");
    model.dispose();
    reference.dispose();
  }));
