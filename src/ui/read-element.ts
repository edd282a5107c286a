// Reads one element of a value from the GPU.
import type { Device } from "../engine/gpu/device.ts";
import { gpuTypeOf } from "../engine/tensor.ts";
import type { MapPoint } from "./mosaic/maps.ts";
import { checkPoint } from "./mosaic/points.ts";
import type { MapSource } from "./statistics/channel-statistics.ts";

/** @throws ModelError where the value has no such place */
export async function readElement(device: Device, value: string, { buffer, dtype, view }: MapSource, point: MapPoint): Promise<number> {
  checkPoint(value, view, point);
  const { channel, y, x } = point;
  const element = view.offset + channel * view.channelStride + y * view.rowStride + x * view.columnStride;
  const staging = device.createBuffer("probe", 4, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    const encoder = device.gpu.createCommandEncoder({ label: "probe" });
    encoder.copyBufferToBuffer(buffer, element * 4, staging, 0, 4);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const word = new DataView(staging.getMappedRange());
    const type = gpuTypeOf(dtype);
    return type === "i32" ? word.getInt32(0, true) : type === "u32" ? word.getUint32(0, true) : word.getFloat32(0, true);
  } finally {
    device.destroyBuffer(staging);
  }
}
