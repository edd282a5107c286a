// Reads one element of a value from the GPU.
import type { Device } from "../engine/gpu/device.ts";
import { readBack } from "../engine/gpu/read-buffer.ts";
import { numbersOf } from "./gpu-numbers.ts";
import type { MapPoint } from "./mosaic/maps.ts";
import { checkPoint } from "./mosaic/points.ts";
import type { MapSource } from "./statistics/channel-statistics.ts";

/** @throws ModelError where the value has no such place */
export async function readElement(device: Device, value: string, { buffer, dtype, view }: MapSource, point: MapPoint): Promise<number> {
  checkPoint(value, view, point);
  const { channel, y, x } = point;
  const element = view.offset + channel * view.channelStride + y * view.rowStride + x * view.columnStride;
  const [number = Number.NaN] = numbersOf(new Uint32Array(await readBack(device, buffer, 4, element * 4)), dtype);
  return number;
}
