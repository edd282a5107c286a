// Runs a GPU test on a device of its own: any validation error fails it, and what it made is destroyed.
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import type { Device } from "../../src/engine/gpu/device.ts";

/** There is no skipping: where no adapter exists, the test fails with what to install. */
export async function withDevice<T>(test: (device: Device) => Promise<T>): Promise<T> {
  const device = await requestNodeDevice();
  const uncaptured: string[] = [];
  device.gpu.addEventListener("uncapturederror", (event) => uncaptured.push(event.error.message));
  device.gpu.pushErrorScope("validation");
  try {
    const result = await test(device);
    const error = await device.gpu.popErrorScope();
    if (error) throw new Error(`WebGPU validation: ${error.message}`);
    if (uncaptured.length > 0) throw new Error(`WebGPU: ${uncaptured.join("\n")}`);
    return result;
  } finally {
    device.dispose();
  }
}
