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
      const labels = parts.map(({ buffer }) => `'${buffer.label}'`).join(", ");
      await submitAndMap(this.#device, labels, encoder, this.#buffer, end);
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
 * Submits what fills a staging buffer, and maps it.
 *
 * @param what is read, for errors
 * @throws DeviceError if the GPU refuses a command, or is lost meanwhile
 */
export async function submitAndMap(device: Device, what: string, encoder: GPUCommandEncoder, staging: GPUBuffer, sizeBytes?: number) {
  // Chromium looks for finished work when commands arrive and else every 2 ms: with a few empty command lists the results of a short run arrive sooner.
  const timers = [1, 2, 3].map((ms) => setTimeout(() => device.gpu.queue.submit([]), ms));
  try {
    // If the GPU refuses a command the buffer keeps its old contents. Without this check they would be taken for the result. What was refused is
    // told first, because it is often why the buffer cannot be mapped.
    await device.checked(`Computing ${what}`, () => {
      device.gpu.queue.submit([encoder.finish()]);
      const mapped = staging.mapAsync(GPUMapMode.READ, 0, sizeBytes);
      mapped.catch(() => {});
      return mapped;
    });
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    // Browsers reject in words of their own, before the loss is known.
    await settled(device, 10_000);
    throw new DeviceError(
      `${what} could not be read: ${device.isLost ? "the GPU was lost. Request another device." : (error as Error).message}`,
    );
  } finally {
    timers.forEach(clearTimeout);
  }
}

/** Resolves when the device is lost, else after a while. */
export function settled({ lost }: Device, mostMs?: number): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, mostMs);
    void lost.then(() => resolve(clearTimeout(timer)));
  });
}
