// Times compute passes: by the GPU's own clock where it has one, else by waiting for them.
import type { Device } from "./device.ts";
import { readBack } from "./read-buffer.ts";

export interface Clock {
  /** Milliseconds of the dispatches that `encode` adds to a pass. */
  time(encode: (pass: GPUComputePassEncoder) => void): Promise<number>;
  dispose(): void;
}

export function createClock(device: Device): Clock {
  return device.gpu.features.has("timestamp-query") ? new PassClock(device) : new WallClock(device);
}

/** Timestamps at the beginning and end of one compute pass. Browsers round them to 0.1 ms. */
export class PassClock implements Clock {
  readonly #device: Device;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;

  constructor(device: Device) {
    this.#device = device;
    this.#queries = device.gpu.createQuerySet({ label: "clock", type: "timestamp", count: 2 });
    this.#resolved = device.createBuffer("clock", 16, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
  }

  async time(encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const encoder = this.#device.gpu.createCommandEncoder({ label: "clock" });
    const timestampWrites = { querySet: this.#queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass({ label: "clock", timestampWrites });
    encode(pass);
    pass.end();
    encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
    this.#device.gpu.queue.submit([encoder.finish()]);
    const [begin = 0n, end = 0n] = new BigUint64Array(await readBack(this.#device, this.#resolved, 16));
    return Number(end - begin) / 1e6;
  }

  dispose(): void {
    this.#queries.destroy();
    this.#device.destroyBuffer(this.#resolved);
  }
}

/** From submit until the work is done, which includes what submitting costs. */
class WallClock implements Clock {
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  async time(encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const { queue } = this.#device.gpu;
    const encoder = this.#device.gpu.createCommandEncoder({ label: "clock" });
    const pass = encoder.beginComputePass({ label: "clock" });
    encode(pass);
    pass.end();
    const commands = encoder.finish();
    await queue.onSubmittedWorkDone();
    const started = performance.now();
    queue.submit([commands]);
    await queue.onSubmittedWorkDone();
    return performance.now() - started;
  }

  dispose(): void {}
}
