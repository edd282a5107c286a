// What the GPU refuses is heard: a call that would answer with numbers nobody computed rejects instead.
import { describe, expect, test, vi } from "vitest";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import { DeviceError } from "../../src/engine/errors.ts";
import { Device } from "../../src/engine/gpu/device.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { requestNullDevice } from "../support/half-device.ts";

const graph = graphOf({ inputs: { x: [1, 1, 4, 4] }, nodes: [op("Relu", "x", "y")] });
const x = Tensor.filled("float32", [1, 1, 4, 4], 2);

/** A loaded model on a device of its own, on which faults are no failures of the test. */
async function withModel(test: (model: Model, device: Device) => Promise<void>): Promise<void> {
  const device = await requestNodeDevice();
  device.gpu.addEventListener("uncapturederror", (event) => event.preventDefault());
  try {
    await test(await loadModel(device, graph), device);
  } finally {
    device.dispose();
  }
}

/** Encodes a dispatch of too many workgroups beside the model's own. */
function encodeFaulty(model: Model, pass: GPUComputePassEncoder): void {
  model.encode(pass);
  pass.dispatchWorkgroups(70_000);
}

/** Changes the next pass of the device before anything is encoded into it. */
function changeNextPass(device: Device, change: (pass: GPUComputePassEncoder) => void): void {
  const create = device.gpu.createCommandEncoder.bind(device.gpu);
  vi.spyOn(device.gpu, "createCommandEncoder").mockImplementationOnce((descriptor) => {
    const encoder = create(descriptor);
    const begin = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (options) => {
      const pass = begin(options);
      change(pass);
      return pass;
    };
    return encoder;
  });
}

/** Makes the next pass of the device hold one dispatch that the GPU refuses. */
function breakNextPass(device: Device): void {
  changeNextPass(device, (pass) => {
    const end = pass.end.bind(pass);
    pass.end = () => {
      pass.dispatchWorkgroups(70_000);
      end();
    };
  });
}

describe("a run that the GPU refuses", () => {
  test("predict rejects, and the next one answers", () =>
    withModel(async (model, device) => {
      breakNextPass(device);
      await expect(model.predict({ x })).rejects.toThrow(DeviceError);
      expect((await model.predict({ x }))["y"]?.toFloat32()).toEqual(x.toFloat32());
    }));

  test("run says nothing, the next read rejects, and a run after it can be read", () =>
    withModel(async (model, device) => {
      breakNextPass(device);
      model.run({ x });
      await expect(model.read("y")).rejects.toThrow(DeviceError);
      model.run({ x });
      expect((await model.read("y")).toFloat32()).toEqual(x.toFloat32());
    }));

  test("of a pass of the caller's, the next read rejects", () =>
    withModel(async (model, device) => {
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      encodeFaulty(model, pass);
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      await expect(model.read("y")).rejects.toThrow(/refused a command/);
    }));

  test("a destroyed buffer: predict rejects, each time", () =>
    withModel(async (model) => {
      model.value("y").buffer.destroy();
      for (let i = 0; i < 2; i++) await expect(model.predict({ x })).rejects.toThrow(DeviceError);
    }));

  test("a page that listens is told of it until it stops listening", () =>
    withModel(async (model, device) => {
      const heard: DeviceError[] = [];
      const stop = device.onFault((fault) => heard.push(fault));
      breakNextPass(device);
      model.run({ x });
      await device.gpu.queue.onSubmittedWorkDone();
      expect(heard[0]?.message).toMatch(/70000/);
      await expect(model.read("y")).rejects.toThrow(heard[0]?.message);
      const count = heard.length;
      stop();
      breakNextPass(device);
      model.run({ x });
      await expect(model.read("y")).rejects.toThrow(DeviceError);
      expect(heard).toHaveLength(count);
    }));

  test("another model on the device is not told of a run or a predict that was not its own", () =>
    withModel(async (model, device) => {
      const other = await loadModel(device, graph);
      other.run({ x });
      breakNextPass(device);
      model.run({ x });
      breakNextPass(device);
      await expect(model.predict({ x })).rejects.toThrow(DeviceError);
      other.value("y");
      expect((await other.read("y")).toFloat32()).toEqual(x.toFloat32());
    }));

  test("of unknown origin: every model on the device is told of it", () =>
    withModel(async (model, device) => {
      const other = await loadModel(device, graph);
      const buffer = device.createBuffer("gone", 4, GPUBufferUsage.COPY_DST);
      buffer.destroy();
      const encoder = device.gpu.createCommandEncoder();
      encoder.clearBuffer(buffer);
      device.gpu.queue.submit([encoder.finish()]);
      for (const one of [model, other]) await expect(one.read("y")).rejects.toThrow(/refused a command/);
      for (const one of [model, other]) {
        one.run({ x });
        expect((await one.read("y")).toFloat32()).toEqual(x.toFloat32());
      }
    }));

  test("an invalid binding: predict rejects, and says what was wrong", () =>
    withModel(async (model, device) => {
      changeNextPass(device, (pass) => {
        pass.setBindGroup = () => {};
      });
      await expect(model.predict({ x })).rejects.toThrow(/bind group/i);
      expect((await model.predict({ x }))["y"]?.toFloat32()).toEqual(x.toFloat32());
    }));

  test("a model that is loaded afterwards is not told of it", () =>
    withModel(async (model, device) => {
      breakNextPass(device);
      model.run({ x });
      await expect(model.read("y")).rejects.toThrow(DeviceError);
      const next = await loadModel(device, graph);
      expect((await next.predict({ x }))["y"]?.toFloat32()).toEqual(x.toFloat32());
    }));
});

test("a refinement that fails is reported, and the quick start goes on", async () => {
  const device = await requestNodeDevice();
  try {
    const heard: string[] = [];
    const target = { ...device.target, profile: "software" as const, sharingLanes: device.target.sharingLanes ?? 4 };
    const quick = new Device(device.gpu, device.info, target);
    quick.onFault((fault) => heard.push(fault.message));
    const conv = graphOf({
      inputs: { x: [1, 16, 8, 8] },
      constants: { w: noise([16, 16, 3, 3], 2) },
      nodes: [op("Conv", "x w", "y")],
    });
    const model = await loadModel(quick, conv);
    vi.spyOn(device.gpu, "createComputePipelineAsync").mockRejectedValue(new Error("out of luck"));
    const before = await model.predict({ x: noise([1, 16, 8, 8]) });
    await model.settled;
    expect(heard).toEqual([expect.stringMatching(/did not compile: out of luck/)]);
    expect(await model.predict({ x: noise([1, 16, 8, 8]) })).toEqual(before);
  } finally {
    vi.restoreAllMocks();
    device.dispose();
  }
});

test("memory that runs out while a model is loaded: the load rejects and says what to do, and no byte stays", async () => {
  // Dawn's null adapter has half a gigabyte.
  const device = await requestNullDevice();
  try {
    const shape = [1, 8, 2048, 2048];
    const large = graphOf({ inputs: { a: shape, b: shape, c: shape, d: shape, e: shape }, nodes: [op("Sum", "a b c d e", "y")] });
    await expect(loadModel(device, large)).rejects.toThrow(/the GPU is out of memory\. Close other pages/);
    expect(device.allocatedBytes).toBe(0);
    const small = await loadModel(device, graph);
    expect((await small.predict({ x }))["y"]?.shape).toEqual([1, 1, 4, 4]);
  } finally {
    device.dispose();
  }
});

test("memory that runs out for what is read: the read says what was refused, and of no loss", async () => {
  const device = await requestNullDevice();
  device.gpu.addEventListener("uncapturederror", (event) => event.preventDefault());
  try {
    const bytes = 200e6;
    const [large] = ["large", "other"].map((label) => device.createBuffer(label, bytes, GPUBufferUsage.COPY_SRC));
    await expect(readBack(device, large as GPUBuffer, bytes)).rejects.toThrow(/^Computing 'large': .*read-back/);
  } finally {
    device.dispose();
  }
});

describe("a load in vain", () => {
  test("rejects on a GPU that was lost", async () => {
    const device = await requestNodeDevice();
    device.gpu.destroy();
    await device.lost;
    await expect(loadModel(device, graph)).rejects.toThrow(DeviceError);
  });

  test("rejects where nobody wants it any more, and makes nothing", () =>
    withModel(async (_, device) => {
      const bytes = device.allocatedBytes;
      await expect(loadModel(device, graph, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
      expect(device.allocatedBytes).toBe(bytes);
    }));

  test("rejects with a precision that there is not", () =>
    withModel(async (_, device) => {
      await expect(loadModel(device, graph, { precision: "float99" as "float32" })).rejects.toThrow(
        "precision 'float99': expected float32 or float16.",
      );
    }));
});
