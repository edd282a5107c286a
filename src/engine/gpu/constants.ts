// Buffers of constants that the programs of one model share: a new plan uploads only what no plan before it did.
import type { Device } from "./device.ts";

export class ConstantBuffers {
  readonly #device: Device;
  readonly #known = new Map<string | object, { readonly buffer: GPUBuffer; userCount: number }>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** The buffer under this key, made by `make` where there is none. It lives until it was released as often as taken. */
  take(key: string | object, make: () => GPUBuffer): GPUBuffer {
    const known = this.#known.get(key) ?? { buffer: make(), userCount: 0 };
    known.userCount++;
    this.#known.set(key, known);
    return known.buffer;
  }

  release(key: string | object): void {
    const known = this.#known.get(key);
    if (!known || --known.userCount > 0) return;
    this.#known.delete(key);
    this.#device.destroyBuffer(known.buffer);
  }
}
