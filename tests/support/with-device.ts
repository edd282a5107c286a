// Runs a GPU test on a device whose pipelines the tests before it compiled: any error that the GPU reports fails it, and what it made is destroyed.
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import { Device } from "../../src/engine/gpu/device.ts";

/** A GPU device that outlives its tests, with what they compiled: most of a test's time goes into pipelines. */
interface Lasting {
  readonly device: Device;
  readonly modules: Map<string, GPUShaderModule>;
  readonly pipelines: Map<string, Promise<GPUComputePipeline>>;
}

/** The key of the idle devices on `globalThis`: the files of a process do not share modules, but they share these. */
const idleDevices = Symbol.for("convcam.test-devices");

function idle(): Lasting[] {
  const root = globalThis as typeof globalThis & { [idleDevices]?: Lasting[] };
  root[idleDevices] ??= [];
  return root[idleDevices];
}

/**
 * Gives `test` a Device of its own, with a byte counter and listeners of its own, on a GPU device that it shares with the tests before it.
 * After a failure the next test gets a new one. There is no skipping: where no adapter exists, the test fails with what to install.
 */
export async function withDevice<T>(test: (device: Device) => Promise<T>): Promise<T> {
  const lasting = idle().pop() ?? { device: await requestNodeDevice(), modules: new Map(), pipelines: new Map() };
  const { gpu } = lasting.device;
  const uncaptured: string[] = [];
  const listener = ({ error }: GPUUncapturedErrorEvent) => void uncaptured.push(error.message);
  gpu.addEventListener("uncapturederror", listener);
  gpu.pushErrorScope("validation");
  const lent = lend(lasting);
  const device = new Device(lent.gpu, lasting.device.info, lasting.device.target);
  let isSound = false;
  try {
    const result = await test(device);
    const error = await gpu.popErrorScope();
    if (error) throw new Error(`WebGPU validation: ${error.message}`);
    if (uncaptured.length > 0) throw new Error(`WebGPU: ${uncaptured.join("\n")}`);
    isSound = true;
    return result;
  } finally {
    gpu.removeEventListener("uncapturederror", listener);
    const isAlive = lent.end();
    device.dispose();
    if (isSound && isAlive) idle().push(lasting);
    else lasting.device.dispose();
  }
}

/**
 * The GPU device, but with shaders that are compiled once for all tests, and with listeners that go when `end` is called.
 * `end` says whether the device lives: a test may have destroyed it, and afterwards nothing can.
 */
function lend({ device, modules, pipelines }: Lasting): { readonly gpu: GPUDevice; readonly end: () => boolean } {
  const real = device.gpu;
  let isLent = true;
  let isAlive = true;
  const codes = new Map<GPUShaderModule, string>();
  const listeners: Parameters<GPUDevice["addEventListener"]>[] = [];
  const own: Partial<GPUDevice> = {
    createShaderModule(descriptor) {
      const { code } = descriptor;
      const module = modules.get(code) ?? real.createShaderModule(descriptor);
      modules.set(code, module);
      codes.set(module, code);
      return module;
    },
    createComputePipelineAsync(descriptor) {
      const code = codes.get(descriptor.compute.module);
      if (code === undefined || descriptor.layout !== "auto") return real.createComputePipelineAsync(descriptor);
      const { entryPoint, constants } = descriptor.compute;
      const key = JSON.stringify([descriptor.label, entryPoint, constants, code]);
      const known = pipelines.get(key) ?? real.createComputePipelineAsync(descriptor);
      pipelines.set(key, known);
      known.catch(() => pipelines.delete(key));
      return known;
    },
    addEventListener(...options: Parameters<GPUDevice["addEventListener"]>) {
      listeners.push(options);
      real.addEventListener(...options);
    },
    destroy() {
      if (!isLent) return;
      isAlive = false;
      real.destroy();
    },
  };
  const gpu = new Proxy(own as GPUDevice, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name) as unknown;
      const value = Reflect.get(real, name, real) as unknown;
      return typeof value === "function" ? value.bind(real) : value;
    },
    has: (target, name) => name in target || name in real,
  });
  const end = () => {
    for (const [type, listener] of listeners) real.removeEventListener(type, listener);
    isLent = false;
    return isAlive;
  };
  return { gpu, end };
}
