// The buffers of one program: its values, and what it shares with other programs of the network.
import type { PlanBuffer } from "../plan/plan.ts";
import { ConstantBuffers } from "./constants.ts";
import { Device } from "./device.ts";
import { ParameterBuffers, storageUsage } from "./parameters.ts";
import type { Staging } from "./read-back.ts";

/** What the programs of one network share. A program makes its own where they are absent. */
export interface SharedBuffers {
  readonly constants?: ConstantBuffers | undefined;
  readonly parameters?: ParameterBuffers | undefined;
}

/** What a program holds on the GPU. */
export class Memory {
  /** As the plan lists them. */
  readonly buffers: GPUBuffer[] = [];
  /** For reading all outputs back. */
  staging: Staging | undefined;
  isReleased = false;
  readonly #device: Device;
  readonly #constants: ConstantBuffers;
  readonly #parameters: ParameterBuffers;
  /** Whether the parameters are disposed of with this. */
  readonly #ownsParameters: boolean;
  readonly #keys: (string | object)[] = [];
  readonly #own: GPUBuffer[] = [];
  readonly #values: GPUBuffer[] = [];
  /** Buffers of values of the memory before this one, which this one takes over. */
  #inherited: readonly GPUBuffer[] | undefined;
  #contents = new Float32Array(0);

  constructor(device: Device, { constants, parameters }: SharedBuffers) {
    this.#device = device;
    this.#constants = constants ?? new ConstantBuffers(device);
    this.#parameters = parameters ?? new ParameterBuffers(device);
    this.#ownsParameters = !parameters;
  }

  get parameters(): ParameterBuffers {
    return this.#parameters;
  }

  /** Memory for other pipelines and weights, with the same buffers for values. */
  successor(): Memory {
    const next = new Memory(this.#device, { constants: this.#constants, parameters: this.#parameters });
    next.staging = this.staging;
    next.#inherited = this.#values;
    return next;
  }

  add(planned: PlanBuffer): void {
    this.buffers.push(this.#bufferFor(planned));
  }

  #bufferFor(planned: PlanBuffer): GPUBuffer {
    const { key, role, parameter } = planned;
    if (parameter !== undefined) return this.#parameters.take(parameter, planned);
    if (key !== undefined) {
      this.#keys.push(key);
      return this.#constants.take(key, () => this.#make(planned));
    }
    // Weights and packed inputs differ from plan to plan; a successor takes over all other buffers.
    const isForKernels = role === "weights" || role === "packed";
    const buffer = (isForKernels ? undefined : this.#inheritedBuffer(planned)) ?? this.#make(planned);
    (isForKernels ? this.#own : this.#values).push(buffer);
    return buffer;
  }

  /** The buffer in which the program before has the same values: the plans list them in the same order. */
  #inheritedBuffer({ label, sizeBytes }: PlanBuffer): GPUBuffer | undefined {
    if (!this.#inherited) return undefined;
    const buffer = this.#inherited[this.#values.length];
    if (buffer?.size !== Device.bufferSize(sizeBytes))
      throw new Error(
        `refine: '${label}' takes ${sizeBytes} bytes, but the program to be refined has ${buffer?.size ?? "no buffer"} there.`,
      );
    return buffer;
  }

  #make({ label, sizeBytes, initial, fill }: PlanBuffer): GPUBuffer {
    const buffer = this.#device.createBuffer(label, sizeBytes, storageUsage());
    const words = fill ? this.#filled(sizeBytes / 4, fill) : initial;
    if (words) this.#device.gpu.queue.writeBuffer(buffer, 0, words as Float32Array<ArrayBuffer>);
    return buffer;
  }

  /** Contents in an array that is used for one buffer after another: to allocate and collect fresh arrays took as long as filling them. */
  #filled(length: number, fill: (zeros: Float32Array) => void): Float32Array {
    if (this.#contents.length < length) this.#contents = new Float32Array(length);
    const words = this.#contents.subarray(0, length).fill(0);
    fill(words);
    return words;
  }

  /** All constants are on the GPU. */
  clearContents(): void {
    this.#contents = new Float32Array(0);
  }

  addParams(bytes: Uint8Array<ArrayBuffer>): GPUBuffer {
    const buffer = this.#device.createBuffer("params", bytes.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    this.#own.push(buffer);
    this.#device.gpu.queue.writeBuffer(buffer, 0, bytes);
    return buffer;
  }

  dispose(): void {
    this.staging?.dispose();
    for (const buffer of this.#values) this.#device.destroyBuffer(buffer);
    if (this.#ownsParameters) this.#parameters.dispose();
    this.release();
  }

  /** All but what a successor takes over. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    for (const buffer of this.#own) this.#device.destroyBuffer(buffer);
    for (const key of this.#keys) this.#constants.release(key);
  }
}
