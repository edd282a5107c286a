// Takes values along from one program to another: a plan that comes after keeps what can be read.
import { forEachRun, spanOf } from "../gather.ts";
import { sameShape } from "../shapes.ts";
import type { Program } from "./program.ts";

/** Copies every value that both programs have from the first program's buffers to the second's. */
export function copyValues(gpu: GPUDevice, from: Program, to: Program): void {
  const encoder = gpu.createCommandEncoder({ label: "keep values" });
  for (const [name, fresh] of to.plan.values) {
    const old = from.plan.values.get(name);
    // A parameter is one buffer in both.
    if (!old || from.bufferOf(old) === to.bufferOf(fresh)) continue;
    const copy = (at: number, freshAt: number, length: number) =>
      encoder.copyBufferToBuffer(from.bufferOf(old), (old.offset + at) * 4, to.bufferOf(fresh), (fresh.offset + freshAt) * 4, length * 4);
    // The second plan may have another border, because it has other readers.
    if (sameShape(old.strides, fresh.strides)) copy(0, 0, spanOf(old.shape, old.strides));
    else forEachRun(old.shape, old.strides, fresh.strides, copy);
  }
  gpu.queue.submit([encoder.finish()]);
}
