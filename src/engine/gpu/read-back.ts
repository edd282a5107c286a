// Copies parts of GPU buffers to the CPU: one submit and one wait, however many parts. Never used in a frame loop.
import { DeviceError } from "../errors.ts";
import type { Device } from "./device.ts";

/** Part of a buffer, in bytes that are multiples of 4. */
export interface BufferPart {
  readonly buffer: GPUBuffer;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A staging buffer: one that the CPU can map. It is kept for reads that happen again and again. */
export class Staging {
  readonly sizeBytes: number;
  readonly #device: Device;
  readonly #buffer: GPUBuffer;
  #isBusy = false;
  #isDisposed = false;

  constructor(device: Device, sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.#device = device;
    this.#buffer = device.createBuffer("read-back", sizeBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  }

  /** Whether a read is under way; there can be one at a time. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * Adds the copies to `encoder`, submits it and waits.
   *
   * @param decode gets the words of each part; they are gone when it returns
   * @throws DeviceError if the GPU refuses a command, or is lost meanwhile
   */
  async read<T>(encoder: GPUCommandEncoder, parts: readonly BufferPart[], decode: (words: readonly Uint32Array[]) => T): Promise<T> {
    let end = 0;
    const ranges = parts.map(({ buffer, offsetBytes, sizeBytes }) => {
      const start = end;
      end += sizeBytes;
      encoder.copyBufferToBuffer(buffer, offsetBytes, this.#buffer, start, sizeBytes);
      return [start / 4, end / 4] as const;
    });
    this.#isBusy = true;
    try {
      const { queue } = this.#device.gpu;
      const labels = parts.map(({ buffer }) => `'${buffer.label}'`).join(", ");
      // If the GPU refuses a command the buffer keeps its old contents. Without this check they would be taken for the result.
      const submitted = this.#device.checked(`Computing ${labels}`, () => queue.submit([encoder.finish()]));
      const mapped = pollForCompletion(queue, this.#buffer.mapAsync(GPUMapMode.READ, 0, end)).catch((cause) => {
        // The browser's own words come before the loss.
        throw new DeviceError(`${labels} could not be read: the GPU was lost. Request another device.`, { cause });
      });
      submitted.catch(() => {});
      await mapped;
      await submitted;
      const words = new Uint32Array(this.#buffer.getMappedRange(0, end));
      return decode(ranges.map((range) => words.subarray(...range)));
    } finally {
      this.#isBusy = false;
      this.#buffer.unmap();
      if (this.#isDisposed) this.dispose();
    }
  }

  /** Returns the bytes; after the read that is under way, if there is one. */
  dispose(): void {
    this.#isDisposed = true;
    if (!this.#isBusy) this.#device.destroyBuffer(this.#buffer);
  }
}

/**
 * Submits a few empty command lists while a read is awaited. Chromium looks for finished work when commands arrive and else every 2 ms, so the
 * results of a short run arrive sooner.
 */
function pollForCompletion<T>(queue: GPUQueue, mapped: Promise<T>): Promise<T> {
  let count = 3;
  const timer = setInterval(() => {
    queue.submit([]);
    if (--count === 0) clearInterval(timer);
  }, 1);
  return mapped.finally(() => clearInterval(timer));
}
