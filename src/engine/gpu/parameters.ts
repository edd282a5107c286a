// The parameters of one network on one device. All programs of the network read, and some write, the same buffers.
import { DeviceError } from "../errors.ts";
import type { PlanBuffer } from "../plan/plan.ts";
import type { Device } from "./device.ts";

type Words = Float32Array | Int32Array | Uint32Array;

interface Parameter {
  readonly buffer: GPUBuffer;
  /** Counts changes. Steps that prepared from an earlier version must run again. */
  version: number;
  /** Whether a run has written it since the CPU did. */
  isComputed: boolean;
}

/** Constants cannot be read before WebGPU's globals are there, as in Node. */
export function storageUsage(): number {
  return GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
}

export class ParameterBuffers {
  readonly #device: Device;
  readonly #parameters = new Map<string, Parameter>();
  /** Written before any program bound the parameter. */
  readonly #waiting = new Map<string, Words>();
  #version = 0;
  #isDisposed = false;

  constructor(device: Device) {
    this.#device = device;
  }

  /** Changes whenever any parameter does. */
  get version(): number {
    return this.#version;
  }

  /** Of one parameter; 0 for one that no program binds. */
  versionOf(name: string): number {
    return this.#parameters.get(name)?.version ?? 0;
  }

  /**
   * The buffer of a parameter, made with its contents at the first call.
   *
   * @throws DeviceError after {@link dispose}: nobody would destroy the buffer
   */
  take(name: string, { label, sizeBytes, initial }: Pick<PlanBuffer, "label" | "sizeBytes" | "initial">): GPUBuffer {
    const known = this.#parameters.get(name);
    if (known) return known.buffer;
    if (this.#isDisposed) throw new DeviceError("This model was disposed of, or moved to another device.");
    const buffer = this.#device.createBuffer(label, sizeBytes, storageUsage());
    this.#parameters.set(name, { buffer, version: ++this.#version, isComputed: false });
    this.#fill(buffer, this.#waiting.get(name) ?? initial);
    this.#waiting.delete(name);
    return buffer;
  }

  /**
   * Changes a parameter: the next run of every program sees it. Nothing is made on the GPU.
   *
   * @param words its elements, row-major, as many as it has
   */
  write(name: string, words: Words): void {
    const known = this.#parameters.get(name);
    if (!known) {
      this.#waiting.set(name, words);
      return;
    }
    this.#fill(known.buffer, words);
    known.version = ++this.#version;
    known.isComputed = false;
  }

  /** Counts parameters that a run writes on the GPU as changed. */
  markChanged(names: readonly string[]): void {
    for (const name of names) {
      const known = this.#parameters.get(name);
      if (!known) continue;
      known.version = ++this.#version;
      known.isComputed = true;
    }
  }

  /** Returns the bytes of a parameter that no program binds any more. */
  forget(name: string): void {
    const known = this.#parameters.get(name);
    if (known) this.#device.destroyBuffer(known.buffer);
    this.#parameters.delete(name);
    this.#waiting.delete(name);
  }

  /** Where a parameter lies; `undefined` for one that no program binds. */
  bufferOf(name: string): GPUBuffer | undefined {
    return this.#parameters.get(name)?.buffer;
  }

  /** Whether only the GPU knows what a parameter holds. */
  isComputed(name: string): boolean {
    return this.#parameters.get(name)?.isComputed ?? false;
  }

  #fill(buffer: GPUBuffer, words: Words | undefined): void {
    if (words) this.#device.gpu.queue.writeBuffer(buffer, 0, words as Float32Array<ArrayBuffer>);
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { buffer } of this.#parameters.values()) this.#device.destroyBuffer(buffer);
    this.#parameters.clear();
    this.#waiting.clear();
  }
}
