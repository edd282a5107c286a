// Devices with shader-f16, which SwiftShader has not: one that checks everything and computes nothing, and one that computes.
import { existsSync } from "node:fs";
import { create, globals } from "webgpu";
import { type Device, requestDevice } from "../../src/engine/gpu/device.ts";

/**
 * Dawn's null adapter compiles and validates like any other, and has every feature; its kernels do not run.
 *
 * @param limits its own, which are high, or those that WebGPU guarantees
 */
export async function requestNullDevice(limits: "own" | "guaranteed" = "own"): Promise<Device> {
  Object.assign(globalThis, globals);
  const gpu = create(["backend=null"]);
  if (limits === "own") return requestDevice({ gpu });
  const requestAdapter = async () => {
    const adapter = (await gpu.requestAdapter()) as GPUAdapter;
    const { features, limits, info } = adapter;
    return {
      features,
      limits,
      info,
      requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice({ ...descriptor, requiredLimits: {} }),
    };
  };
  return requestDevice({ gpu: { requestAdapter } as unknown as GPU });
}

/** Mesa's llvmpipe, version 23.1 or later: Debian and Ubuntu have it in mesa-vulkan-drivers. */
const drivers = ["lvp_icd.json", "lvp_icd.x86_64.json", "lvp_icd.aarch64.json"].map((file) => `/usr/share/vulkan/icd.d/${file}`);

/** A device that computes with halves: the machine's own, or llvmpipe where that is installed. */
export async function requestHalfDevice(): Promise<Device | undefined> {
  Object.assign(globalThis, globals);
  const before = process.env["VK_ICD_FILENAMES"];
  try {
    for (const driver of [before, ...drivers.filter((path) => existsSync(path))]) {
      if (driver !== undefined) process.env["VK_ICD_FILENAMES"] = driver;
      const gpu = create([]);
      const adapter = await gpu.requestAdapter();
      if (!adapter?.features.has("shader-f16")) continue;
      return await requestDevice({ gpu });
    }
    return undefined;
  } finally {
    if (before === undefined) delete process.env["VK_ICD_FILENAMES"];
    else process.env["VK_ICD_FILENAMES"] = before;
  }
}
