// Calls that plan or change a model while others do, or fail half-way: each takes effect, in the order of the calls, and nothing leaks.
import { describe, expect, test, vi } from "vitest";
import { type Derived, DerivedExecution } from "../../src/engine/derived.ts";
import type { TypedGraph } from "../../src/engine/graph/graph.ts";
import { loadNetwork } from "../../src/engine/load-network.ts";
import { loadModel } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const same = { pads: [1, 1, 1, 1] };
const x = noise([1, 2, 5, 6]);

function graphWith(seed: number) {
  return graphOf({
    inputs: { x: x.shape },
    constants: { w: noise([3, 2, 3, 3], seed), v: noise([4, 3, 3, 3], seed + 1) },
    nodes: [op("Conv", "x w", "conv", same), op("Relu", "conv", "relu"), op("Conv", "relu v", "y", same)],
  });
}

const graph = graphWith(2);

function fileOf(seed: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeModel(graphWith(seed)));
}

/** The graph with a state that counts runs. */
function withCounter(typed: TypedGraph): Derived {
  const one = Tensor.filled("float32", [1], 1);
  const nodes = [...typed.nodes, op("Add", "count one", "next")];
  return {
    graph: {
      ...typed,
      nodes,
      initializers: new Map([...typed.initializers, ["one", one]]),
      parameters: new Map([["count", one]]),
      updates: new Map([["count", "next"]]),
    },
    results: new Map([["y", "y"]]),
    operands: {},
  };
}

/** A file that takes its time. */
class SlowFile extends Blob {
  readonly #arrival: Promise<unknown>;

  constructor(bytes: Uint8Array<ArrayBuffer>, arrival: Promise<unknown>) {
    super([bytes]);
    this.#arrival = arrival;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    await this.#arrival;
    return super.arrayBuffer();
  }
}

describe("calls at once", () => {
  test("observing and the first gate of a value", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph);
      // From now on the part of the program for gates is there, so the gate overtakes what is observed.
      await model.ungate("conv");
      await Promise.all([model.observe(["relu"]), model.gate("conv", { scale: 0, shift: 2 })]);
      expect(model.observed).toEqual(["relu"]);
      model.run({ x });
      expect(new Set((await model.read("relu")).toFloat32())).toEqual(new Set([2]));
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("observing and moving to another device", () =>
    withDevice((left) =>
      withDevice(async (right) => {
        const model = await loadModel(left, graph);
        const before = await model.predict({ x });
        const observing = model.observe(["relu"]);
        await model.moveTo(right);
        await observing;
        expect(model.observed).toEqual(["relu"]);
        expect(await model.predict({ x })).toEqual(before);
        expect((await model.read("relu")).shape).toEqual([1, 3, 5, 6]);
        expect(left.allocatedBytes).toBe(0);
        model.dispose();
        expect(right.allocatedBytes).toBe(0);
      }),
    ));

  test("one that is overtaken returns when the later plan runs", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph);
      const first = model.observe(["relu"]);
      const second = model.observe(["conv", "relu"]);
      await first;
      expect(model.observed).toEqual(["conv", "relu"]);
      await second;
      model.dispose();
    }));

  test("one that is refused does not hide that another is under way", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const execution = await network.execute();
      const observing = execution.observe(["relu"]);
      await expect(execution.observe(["nonsense"])).rejects.toThrow("no value or layer is called 'nonsense'");
      await execution.planned();
      expect(execution.observed).toEqual(["relu"]);
      await observing;
      network.dispose();
    }));

  test("an execution that is disposed of while it plans leaves nothing", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const execution = await network.execute();
      const observing = execution.observe("all");
      execution.dispose();
      await observing;
      expect(device.allocatedBytes).toBe(0);
      network.dispose();
    }));

  test("an execution that is disposed of does not keep the network from planning anew", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const [kept, disposed] = [await network.execute(), await network.execute()];
      const expected = await kept.predict({ x });
      const deriving = network.derive(network.graph);
      disposed.dispose();
      await deriving;
      expect(await kept.predict({ x })).toEqual(expected);
      network.dispose();
      expect(device.allocatedBytes).toBe(0);
    }));

  test("what is disposed of while it is planned anew leaves no states behind", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      const counting = await DerivedExecution.make(network, withCounter);
      const { createBuffer } = device;
      // While the new plan's first buffer is made, before those of states are asked for.
      const making = vi.spyOn(device, "createBuffer").mockImplementationOnce((...buffer) => {
        queueMicrotask(() => counting.dispose());
        return createBuffer.apply(device, buffer);
      });
      await network.derive(network.graph);
      expect(making).toHaveBeenCalled();
      expect(device.allocatedBytes).toBe(0);
      network.dispose();
    }));

  test("results are those of the plan in use while another is made, whatever they are called there", () =>
    withDevice(async (device) => {
      const network = await loadNetwork(device, graph);
      let planCount = 0;
      const negated = await DerivedExecution.make(network, (typed) => {
        const name = `negated ${++planCount}`;
        const nodes = [...typed.nodes, op("Neg", "y", "other")].map((node) => ({
          ...node,
          outputs: node.outputs.map((output) => (output === "other" ? name : output)),
        }));
        return { graph: { ...typed, nodes, outputs: [name] }, results: new Map([["negated", name]]), operands: {} };
      });
      const first = negated.value("negated").buffer;
      const { createBuffer } = device;
      const making = vi.spyOn(device, "createBuffer").mockImplementation((...buffer) => {
        if (negated.value("negated").buffer !== first) throw new Error("The new plan is in use before it is made.");
        return createBuffer.apply(device, buffer);
      });
      await network.derive(network.graph);
      expect(making).toHaveBeenCalled();
      expect(planCount).toBe(2);
      expect(negated.value("negated").buffer).not.toBe(first);
      making.mockRestore();
      network.dispose();
    }));

  test("values are told to have moved before any other code runs, those of an explanation too", () =>
    withDevice(async (device) => {
      const buffers: (() => GPUBuffer)[] = [];
      let known: readonly GPUBuffer[] = [];
      const seen: number[] = [];
      const onMove = () => {
        // How many of the buffers are others by now.
        seen.push(buffers.filter((buffer, i) => buffer() !== known[i]).length);
      };
      const model = await loadModel(device, graph, { onMove });
      const explanation = await model.explain({ method: "gradient", of: "y" });
      buffers.push(
        () => model.value("y").buffer,
        () => explanation.value().buffer,
      );
      known = buffers.map((buffer) => buffer());
      expect(seen).toEqual([]);
      await model.reinitialize(1);
      expect(seen).toEqual([1, 2]);
      await model.reinitialize(2);
      explanation.setTarget(Tensor.filled("float32", model.outputs[0]?.shape ?? [], 1));
      expect(seen).toHaveLength(2);
      model.dispose();
    }));

  test("parameters end as the last call says, whichever file comes first", () =>
    withDevice(async (device) => {
      const model = await loadModel(device, graph, { parameters: true });
      const last = await loadModel(device, graphWith(30));
      let arrive: (value?: unknown) => void = () => {};
      const arrival = new Promise((resolve) => {
        arrive = resolve;
      });
      const slow = model.setParameters(new SlowFile(fileOf(20), arrival));
      await model.setParameters(new Blob([fileOf(30)]));
      const expected = await last.predict({ x });
      expect(await model.predict({ x })).toEqual(expected);
      arrive();
      await slow;
      expect(await model.predict({ x })).toEqual(expected);
      model.dispose();
      last.dispose();
    }));
});

test("a gate that cannot be planned leaves those before it, in the next plan as well", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, graph, { observe: ["relu"] });
    await model.gate("relu", { channel: 0, scale: 0, shift: 7 });
    vi.spyOn(device.gpu, "createComputePipelineAsync").mockRejectedValue(new Error("out of luck"));
    await expect(model.gate("relu", { scale: 0, mask: new Float32Array(30).fill(1) })).rejects.toThrow("out of luck");
    vi.restoreAllMocks();
    const ofChannels = async () => {
      model.run({ x });
      const values = (await model.read("relu")).toFloat32();
      return [values.subarray(0, 30).every((value) => value === 7), values.subarray(30).every((value) => value === 0)];
    };
    expect(await ofChannels()).toEqual([true, false]);
    await model.observe(["relu", "conv"]);
    expect(await ofChannels()).toEqual([true, false]);
    await expect(model.ungate("relu", { channels: [0, 9] })).rejects.toThrow("there is no channel 9");
    expect(await ofChannels()).toEqual([true, false]);
    await model.ungate();
    expect(await ofChannels()).toEqual([false, false]);
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("outputs that are read in several parts are those of one run, whatever runs meanwhile", () =>
  withDevice(async (device) => {
    const two = graphOf({ inputs: { x: [64] }, nodes: [op("Relu", "x", "a"), op("Neg", "x", "b")], outputs: ["a", "b"] });
    const model = await loadModel(device, two);
    // Either output fits into a buffer, both do not.
    const limits = { ...limitsOf(device.gpu), maxBufferSize: 300 };
    vi.spyOn(device.gpu, "limits", "get").mockReturnValue(limits);
    try {
      const [ones, twos] = [1, 2].map((value) => Tensor.float32([64], new Float32Array(64).fill(value))) as [Tensor, Tensor];
      const answer = model.predict({ x: ones });
      model.run({ x: twos });
      const { a, b } = await answer;
      expect([a?.toFloat32()[0], b?.toFloat32()[0]]).toEqual([1, -1]);
    } finally {
      vi.restoreAllMocks();
    }
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

/** The limits as plain numbers: WebGPU's object keeps them behind its prototype. */
function limitsOf({ limits }: GPUDevice): GPUSupportedLimits {
  const names = Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(limits))) as (keyof GPUSupportedLimits)[];
  return Object.fromEntries(names.map((name) => [name, limits[name]])) as unknown as GPUSupportedLimits;
}

test("parameters are taken from a list of files, as a model is", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, graph, { parameters: true });
    const other = await loadModel(device, graphWith(20));
    const unrelated = new File(["weights of another kind"], "other.bin");
    await model.setParameters([new File([fileOf(20)], "model.onnx"), unrelated]);
    expect(await model.predict({ x })).toEqual(await other.predict({ x }));
    model.dispose();
    other.dispose();
  }));

test("a parameter that runs update is read as it is, and as what was set when it was set again", () =>
  withDevice(async (device) => {
    const network = await loadNetwork(device, {
      ...graphOf({
        inputs: { x: [4] },
        parameters: { w: noise([4], 5) },
        nodes: [op("Mul", "x w", "y"), op("Add", "w x", "next")],
        outputs: ["y", "w"],
      }),
    });
    const derive = (typed: TypedGraph) => ({ ...typed, updates: new Map([["w", "next"]]) });
    const execution = await network.execute({ derivation: { derive } });
    const step = noise([4], 6);
    const file = noise([4], 5).toFloat32();
    expect((await execution.read("w")).toFloat32()).toEqual(file);
    const after = file.map((value, i) => value + (step.toFloat32()[i] as number));
    expect((await execution.predict({ x: step }))["w"]?.toFloat32()).toEqual(after);
    expect((await execution.read("w")).toFloat32()).toEqual(after);
    network.writeParameters(new Map([["w", noise([4], 7)]]));
    expect((await execution.read("w")).toFloat32()).toEqual(noise([4], 7).toFloat32());
    network.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test.each([{ parameters: true }, { observe: "all" }] as const)("a model that fails to load leaves nothing on the device: %o", (options) =>
  withDevice(async (device) => {
    vi.spyOn(device.gpu, "createComputePipelineAsync").mockRejectedValue(new Error("out of luck"));
    try {
      await expect(loadModel(device, graph, options)).rejects.toThrow("out of luck");
      expect(device.allocatedBytes).toBe(0);
    } finally {
      vi.restoreAllMocks();
    }
  }),
);

test("the first gate and the first parameters may be asked for while a gradient is compiled", () =>
  withDevice(async (device) => {
    const expected = await loadModel(device, fileOf(7));
    await expected.gate("relu", { channel: 1, scale: 0 });
    const wanted = await (await expected.gradient({ of: "y" })).predict({ x });
    const model = await loadModel(device, graph);
    const compile = device.pipeline.bind(device);
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
    const spy = vi.spyOn(device, "pipeline").mockImplementation((...shader) => held.then(() => compile(...shader)));
    const gradient = model.gradient({ of: "y" });
    await vi.waitFor(() => expect(spy).toHaveBeenCalled());
    spy.mockImplementation(compile);
    // The model itself is ready to change to parameters before its gate is asked for; the gradient is not.
    const changes = [model.setParameters(fileOf(7))];
    await pause();
    changes.push(model.gate("relu", { channel: 1, scale: 0 }));
    await pause();
    release();
    await Promise.all(changes);
    const { x: dx } = await (await gradient).predict({ x });
    expect([...(dx as Tensor).toFloat32()]).toEqual([...(wanted.x as Tensor).toFloat32()]);
    model.dispose();
    expected.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));
