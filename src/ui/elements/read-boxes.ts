// Reads parts of values from the GPU, all of the same frame.
import type { Box } from "../../engine/elements/index.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { submitAndMap } from "../../engine/gpu/read-back.ts";
import type { GpuValue } from "../../engine/model.ts";
import { denseStrides, sizeOf } from "../../engine/shapes.ts";
import { numbersOf } from "../gpu-numbers.ts";

export interface BoxRead {
  readonly value: GpuValue;
  readonly box: Box;
}

/** Neighbours in a buffer, in words. */
interface Run {
  readonly from: number;
  readonly length: number;
}

/** @returns the elements of each box, row by row */
export async function readBoxes(device: Device, reads: readonly BoxRead[]): Promise<Float64Array[]> {
  const counts = reads.map(({ box }) => sizeOf(extentsOf(box)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => new Float64Array());
  const staging = device.createBuffer("elements", total * 4, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    const encoder = device.gpu.createCommandEncoder({ label: "elements" });
    let to = 0;
    for (const { value, box } of reads)
      for (const { from, length } of runsOf(value, box)) {
        encoder.copyBufferToBuffer(value.buffer, from * 4, staging, to * 4, length * 4);
        to += length;
      }
    await submitAndMap(device, "elements", encoder, staging);
    const words = new Uint32Array(staging.getMappedRange());
    let start = 0;
    return reads.map(({ value }, i) => {
      const count = counts[i] as number;
      const elements = Float64Array.from(numbersOf(words.subarray(start, start + count), value.dtype));
      start += count;
      return elements;
    });
  } finally {
    device.destroyBuffer(staging);
  }
}

function extentsOf({ begin, end }: Box): number[] {
  return end.map((last, axis) => last - (begin[axis] as number));
}

/** Where the elements of a box lie, row by row. Along the last axis they are neighbours, or each lies alone. */
function runsOf({ offset, strides }: GpuValue, box: Box): Run[] {
  const extents = extentsOf(box);
  const rank = extents.length;
  const isRow = rank > 0 && strides[rank - 1] === 1;
  const outer = isRow ? extents.slice(0, -1) : extents;
  const places = denseStrides(outer);
  const start = box.begin.reduce((sum, first, axis) => sum + first * (strides[axis] as number), offset);
  return Array.from({ length: sizeOf(outer) }, (_, i) => {
    const from = outer.reduce(
      (sum, extent, axis) => sum + (Math.floor(i / (places[axis] as number)) % extent) * (strides[axis] as number),
      start,
    );
    return { from, length: isRow ? (extents[rank - 1] as number) : 1 };
  });
}
