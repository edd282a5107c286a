// WebGPU in Node: Dawn on a real GPU where there is one, else on the SwiftShader that ships inside Chromium.
import { tmpdir } from "node:os";
import { create, globals } from "webgpu";
import { DeviceError } from "../engine/errors.ts";
import { type Device, requestDevice } from "../engine/gpu/device.ts";
import { easeWaiting } from "./dawn-events.ts";
import { ensureVulkanLoader, findSwiftShader, useSwiftShader } from "./swiftshader.ts";
import { hasVulkanDriver } from "./vulkan-drivers.ts";

/** The key of the entry points on `globalThis`, so that all devices of a process share one. */
const instances = Symbol.for("convcam.dawn");

type Root = typeof globalThis & { [instances]?: GPU[] };

/**
 * A device on the machine's GPU, or on software where there is none.
 *
 * @throws DeviceError where there is neither, saying what to install
 */
export async function requestNodeDevice(): Promise<Device> {
  return requestDevice({ gpu: await requestGpu() });
}

async function requestGpu(): Promise<GPU> {
  const root = globalThis as Root;
  root[instances] ??= [];
  const known = root[instances].at(-1);
  if (known) return known;
  Object.assign(globalThis, globals);
  const attempt = async (): Promise<GPU | undefined> => {
    const gpu = create([]);
    if (!(await gpu.requestAdapter())) return undefined;
    root[instances]?.push(gpu);
    easeWaiting(globalThis);
    return gpu;
  };
  // Mesa's drivers complain aloud where a session has no such folder, and need none to compute.
  if (process.platform === "linux") process.env["XDG_RUNTIME_DIR"] ??= tmpdir();
  const software = findSwiftShader();
  if (software) ensureVulkanLoader(software);
  // Asking in vain is harmless, but Dawn complains aloud.
  let gpu = software && !hasVulkanDriver() ? undefined : await attempt();
  if (!gpu && software) {
    useSwiftShader(software);
    gpu = await attempt();
  }
  if (gpu) return gpu;
  throw new DeviceError(
    "Node found no GPU to run WebGPU on, nor Chromium's SwiftShader, which does it in software. Install Chromium (apt-get install chromium, or npx playwright install chromium), or set CONVCAM_CHROMIUM to its executable.",
  );
}
