// Copies one buffer to the CPU, once.
import type { Device } from "./device.ts";
import { Staging } from "./read-back.ts";

/** A buffer's words from `offsetBytes`, as a copy. */
export async function readBack(device: Device, buffer: GPUBuffer, sizeBytes: number, offsetBytes = 0): Promise<ArrayBuffer> {
  const staging = new Staging(device, sizeBytes);
  try {
    const encoder = device.gpu.createCommandEncoder({ label: "read-back" });
    return await staging.read(
      encoder,
      [{ buffer, offsetBytes, sizeBytes }],
      ([words]) => (words as Uint32Array<ArrayBuffer>).slice().buffer,
    );
  } finally {
    staging.dispose();
  }
}
