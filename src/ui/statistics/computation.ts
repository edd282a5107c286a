// What is computed to answer a question: steps with buffers of their own, which are read back and then gone, whatever fails.
import type { Device } from "../../engine/gpu/device.ts";
import { type BufferPart, Staging } from "../../engine/gpu/read-back.ts";

interface Disposable {
  dispose(): void;
}

export class Computation {
  readonly #device: Device;
  readonly #label: string;
  readonly #kept: Disposable[] = [];

  /** Does work with a computation, which is disposed of when the work is done or has failed. */
  static async with<T>(device: Device, label: string, work: (computation: Computation) => Promise<T>): Promise<T> {
    const computation = new Computation(device, label);
    try {
      return await work(computation);
    } finally {
      for (const one of computation.#kept) one.dispose();
    }
  }

  private constructor(device: Device, label: string) {
    this.#device = device;
    this.#label = label;
  }

  /** A zeroed buffer that steps write and {@link compute} reads. */
  buffer(sizeBytes: number): GPUBuffer {
    const buffer = this.#device.createBuffer(this.#label, sizeBytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    this.keep({ dispose: () => this.#device.destroyBuffer(buffer) });
    return buffer;
  }

  /** @returns the same, which goes with the computation */
  keep<T extends Disposable>(one: T): T {
    this.#kept.push(one);
    return one;
  }

  /**
   * One submit and one wait.
   *
   * @returns a copy of the words of each part
   * @throws DeviceError if the GPU refuses a command, or is lost meanwhile
   */
  compute(encode: (pass: GPUComputePassEncoder) => void, parts: readonly BufferPart[]): Promise<readonly Uint32Array[]> {
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const staging = this.keep(new Staging(this.#device, sizeBytes));
    const encoder = this.#device.gpu.createCommandEncoder({ label: this.#label });
    const pass = encoder.beginComputePass({ label: this.#label });
    encode(pass);
    pass.end();
    return staging.read(encoder, parts, (words) => words.map((some) => some.slice()));
  }
}
