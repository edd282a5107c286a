// How near a dispatch comes to what the device does at best.
import type { Ceilings, LayerTime } from "./report.ts";

/** The least time the dispatch could take, arithmetic and memory each at their ceiling, as a part of the time it took. */
export function roofShare({ macs, bytes, gpuMs }: Pick<LayerTime, "macs" | "bytes" | "gpuMs">, ceilings: Ceilings): number {
  const leastSeconds = Math.max((2 * macs) / ceilings.flops, bytes / ceilings.bytesPerSecond);
  return (leastSeconds * 1000) / gpuMs;
}
