// Batches of a data set's pictures. Where these fit they lie on the GPU as bytes, each from the first time that it is asked for, and batches are made there.
import { type Changes, changedExamples } from "../data-sets/augment.ts";
import { channelRules, type Pictures } from "../data-sets/data-set.ts";
import type { GpuValue } from "../engine/execution.ts";
import { Device } from "../engine/gpu/device.ts";
import type { BatchSource } from "../engine/trainer.ts";
import shader from "../shaders/batch-of-pictures.wgsl";
import { encodeParams } from "../shaders/shader.ts";

export interface Batches<Targets> {
  batch(indices: readonly number[]): { readonly inputs: BatchSource | Float32Array; readonly targets: Targets };
  dispose(): void;
}

export interface BatchesOptions {
  /** How many pictures there are; undefined where they have no end, and are prepared on the CPU. */
  readonly length: number | undefined;
  /** What is done to the next picture. */
  readonly next?: (() => Changes) | undefined;
  /** Of pictures that are kept on the GPU. A set that takes more is prepared on the CPU, batch by batch. */
  readonly mostBytes?: number;
}

/** The same numbers either way, within rounding. */
export async function batchesOf<Targets>(
  device: Device,
  pictures: Pictures<Targets>,
  { length, next, mostBytes = 2 ** 28 }: BatchesOptions,
): Promise<Batches<Targets>> {
  const kept = length === undefined ? undefined : await PicturesOnGpu.make(device, pictures, length, mostBytes);
  if (!kept) return { batch: changedExamples(pictures, next), dispose() {} };
  return {
    batch: (indices) => ({ inputs: kept.source(indices, next && indices.map(next)), targets: pictures.targets(indices) }),
    dispose: () => kept.dispose(),
  };
}

/** Places between pixels are told in whole numbers, which end here. */
const mostPixelsOfSide = 2048;
const exampleWords = 21;
const unchanged: Changes = { light: 1 };

/** A network, and a second one beside it, each learn from batches in a buffer of their own. */
const mostBound = 2;

interface Bound {
  readonly target: GPUBuffer;
  readonly examples: GPUBuffer;
  readonly layout: string;
  readonly params: GPUBuffer;
  readonly group: GPUBindGroup;
}

class PicturesOnGpu {
  readonly #device: Device;
  readonly #pictures: Pictures<unknown>;
  readonly #pipeline: GPUComputePipeline;
  readonly #buffer: GPUBuffer;
  /** Bytes of one picture, whole words. */
  readonly #pictureBytes: number;
  /** Where each picture lies, or −1: one behind the other in the order in which they were first asked for. */
  readonly #slots: Int32Array;
  #slotCount = 0;
  #examples: GPUBuffer | undefined;
  /** What is bound, and for what: of as many as learn from the same, the last first. */
  readonly #bound: Bound[] = [];

  /** @returns undefined where they do not fit */
  static async make(device: Device, pictures: Pictures<unknown>, length: number, mostBytes: number): Promise<PicturesOnGpu | undefined> {
    const { channels, height, width } = pictures.picture;
    const bytes = length * pictureBytesOf(pictures);
    const { maxStorageBufferBindingSize, maxBufferSize } = device.gpu.limits;
    if (
      channels > 4 ||
      Math.max(height, width) > mostPixelsOfSide ||
      bytes > Math.min(mostBytes, maxStorageBufferBindingSize, maxBufferSize)
    )
      return undefined;
    const pipeline = await device.pipeline(shader);
    const make = () => device.createBuffer("pictures to learn from", bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    const buffer = await device.checked("Making room for pictures", make).catch(() => undefined);
    return buffer && new PicturesOnGpu(device, pictures, length, pipeline, buffer);
  }

  private constructor(device: Device, pictures: Pictures<unknown>, length: number, pipeline: GPUComputePipeline, buffer: GPUBuffer) {
    this.#device = device;
    this.#pictures = pictures;
    this.#pipeline = pipeline;
    this.#buffer = buffer;
    this.#pictureBytes = pictureBytesOf(pictures);
    this.#slots = new Int32Array(length).fill(-1);
  }

  /** @param changes what is done to each */
  source(indices: readonly number[], changes?: readonly Changes[]): BatchSource {
    return {
      write: (target, first, count) => {
        const end = first + count;
        this.#write(target, indices.slice(first, end), changes?.slice(first, end));
      },
    };
  }

  #write(target: GpuValue, indices: readonly number[], changes: readonly Changes[] | undefined): void {
    const { gpu } = this.#device;
    this.#upload(indices);
    const sizeBytes = 4 * exampleWords * indices.length;
    const examples = this.#examplesOf(sizeBytes);
    gpu.queue.writeBuffer(
      examples,
      0,
      encodeExamples(
        Array.from(indices, (index) => this.#slots[index] as number),
        changes,
      ),
    );
    const group = this.#groupOf(target, examples);
    const encoder = gpu.createCommandEncoder({ label: "batch" });
    const pass = encoder.beginComputePass({ label: "batch" });
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, group);
    const { height, width } = this.#pictures.picture;
    pass.dispatchWorkgroups(Math.ceil((height * width) / 64), indices.length);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
  }

  /** Those of them that were never asked for, in one piece. */
  #upload(indices: readonly number[]): void {
    const fresh = [...new Set(indices)].filter((index) => (this.#slots[index] as number) < 0);
    if (fresh.length === 0) return;
    const { channels, height, width } = this.#pictures.picture;
    const [size, stride] = [channels * height * width, this.#pictureBytes];
    const bytes = new Uint8Array(fresh.length * stride);
    const first = this.#slotCount;
    for (const [i, index] of fresh.entries()) {
      this.#pictures.draw(index, bytes.subarray(i * stride, i * stride + size));
      this.#slots[index] = this.#slotCount++;
    }
    this.#device.gpu.queue.writeBuffer(this.#buffer, first * stride, bytes);
  }

  #examplesOf(sizeBytes: number): GPUBuffer {
    if (this.#examples && this.#examples.size >= sizeBytes) return this.#examples;
    if (this.#examples) this.#device.destroyBuffer(this.#examples);
    this.#examples = this.#device.createBuffer("batch examples", sizeBytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    return this.#examples;
  }

  /** The target lies elsewhere, or otherwise, where it was planned anew. */
  #groupOf({ buffer: target, offset, strides }: GpuValue, examples: GPUBuffer): GPUBindGroup {
    const layout = [offset, ...strides].join();
    const known = this.#bound.find((one) => one.target === target && one.examples === examples && one.layout === layout);
    if (known) return known.group;
    const { channels, height, width } = this.#pictures.picture;
    const [exampleStride = 0, channelStride = 0, rowStride = 0, columnStride = 0] = strides;
    const rules = channelRules(this.#pictures);
    const params = this.#device.createBuffer(
      "batch params",
      shader.params?.sizeBytes ?? 0,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    const values = encodeParams(shader, {
      ...{ width, height, channels, pictureWords: this.#pictureBytes / 4 },
      ...{ offset, exampleStride, channelStride, rowStride, columnStride },
      origins: rules.map(({ from }) => from),
      scales: rules.map(({ scale }) => scale),
      shifts: rules.map(({ shift }) => shift),
    });
    this.#device.gpu.queue.writeBuffer(params, 0, values);
    const buffers: Readonly<Record<string, GPUBuffer>> = { params, pictures: this.#buffer, examples, tensor: target };
    const group = this.#device.gpu.createBindGroup({
      label: "batch",
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: Object.entries(shader.bindings).map(([name, { binding }]) => ({
        binding,
        resource: { buffer: buffers[name] as GPUBuffer },
      })),
    });
    this.#bound.unshift({ target, examples, layout, params, group });
    for (const old of this.#bound.splice(mostBound)) this.#device.destroyBuffer(old.params);
    return group;
  }

  dispose(): void {
    const params = this.#bound.splice(0).map((one) => one.params);
    for (const buffer of [this.#buffer, ...params, this.#examples]) if (buffer) this.#device.destroyBuffer(buffer);
  }
}

function pictureBytesOf({ picture: { channels, height, width } }: Pictures<unknown>): number {
  return Device.bufferSize(channels * height * width);
}

/** What the shader calls `Example`. */
function encodeExamples(slots: readonly number[], changes: readonly Changes[] | undefined): ArrayBuffer {
  const words = new Int32Array(exampleWords * slots.length);
  const floats = new Float32Array(words.buffer);
  const none = [0, 0, 0] as const;
  for (const [i, slot] of slots.entries()) {
    const { move, light, noise, cut } = changes?.[i] ?? unchanged;
    const at = exampleWords * i;
    words.set([slot, move ? 1 : 0, ...inSteps(move?.x ?? none), ...inSteps(move?.y ?? none)], at);
    floats.set([light, noise?.deviation ?? 0], at + 14);
    words.set([noise?.key ?? 0, cut?.top ?? 0, cut?.bottom ?? 0, cut?.left ?? 0, cut?.right ?? 0], at + 16);
  }
  return words.buffer;
}

/** In 2⁻¹⁴ pixels, and what is left in 2⁻²⁸. */
function inSteps(factors: readonly number[]): readonly number[] {
  const fine = 2 ** 14;
  const steps = factors.map((factor) => Math.round(factor * fine ** 2));
  const coarse = steps.map((step) => Math.floor(step / fine));
  return [...coarse, ...steps.map((step, i) => step - (coarse[i] as number) * fine)];
}
