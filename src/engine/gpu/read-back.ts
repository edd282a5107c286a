// Copies a buffer from the GPU to the CPU. Never used in a frame loop.
import { DeviceError } from "../errors.ts";
import type { Device } from "./device.ts";

/** The buffer's words from `offsetBytes`, as a copy. */
export async function readBack(device: Device, buffer: GPUBuffer, sizeBytes: number, offsetBytes = 0): Promise<ArrayBuffer> {
  const staging = device.createBuffer("read-back", sizeBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    const encoder = device.gpu.createCommandEncoder({ label: "read-back" });
    encoder.copyBufferToBuffer(buffer, offsetBytes, staging, 0, sizeBytes);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ, 0, sizeBytes).catch((error: Error) => {
      throw new DeviceError(
        `'${buffer.label}' could not be read: ${error.message || "the GPU was lost"}. Request another device and move the model to it.`,
      );
    });
    return staging.getMappedRange(0, sizeBytes).slice(0);
  } finally {
    device.destroyBuffer(staging);
  }
}
