// Copies a buffer from the GPU to the CPU. Never used in a frame loop.
import type { Device } from "./device.ts";

/** The buffer's words from `offsetBytes`, as a copy. */
export async function readBack(device: Device, buffer: GPUBuffer, sizeBytes: number, offsetBytes = 0): Promise<ArrayBuffer> {
  const staging = device.createBuffer("read-back", sizeBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    const encoder = device.gpu.createCommandEncoder({ label: "read-back" });
    encoder.copyBufferToBuffer(buffer, offsetBytes, staging, 0, sizeBytes);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ, 0, sizeBytes);
    return staging.getMappedRange(0, sizeBytes).slice(0);
  } finally {
    device.destroyBuffer(staging);
  }
}
