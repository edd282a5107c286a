// Chooses on the GPU which class is explained: a given one, or that of the largest score in each frame. Nothing is read back for it.
// The engine could follow the top class itself, but by scores that the explanation computes: where two classes are nearly equal, rounding could
// explain another one than the element names.
import type { GpuValue } from "../../engine/execution.ts";
import type { Device } from "../../engine/gpu/device.ts";
import shader from "../../shaders/choose-class.wgsl";
import { encodeParams } from "../../shaders/shader.ts";
import { bind } from "../bind.ts";

/** Where scores of classes lie, in elements. */
export interface ScoresPlace {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly stride: number;
}

export class ClassChoice {
  /** As choose-class.wgsl writes it: the index, whether it is new, and the scores of the class and of that which it is compared with. */
  readonly chosen: GPUBuffer;
  readonly #device: Device;
  readonly #pipeline: GPUComputePipeline;
  readonly #params: GPUBuffer;
  readonly #noScores: GPUBuffer | undefined;
  readonly #group: GPUBindGroup;
  readonly #places: Readonly<Record<"count" | "scoreOffset" | "scoreStride" | "seedOffset" | "seedStride", number>>;

  static pipeline(device: Device): Promise<GPUComputePipeline> {
    return device.pipeline(shader);
  }

  /**
   * @param pipeline of {@link ClassChoice.pipeline}
   * @param seed what is written, of the scores' shape
   * @param scores undefined where they are not known: then {@link want} must name a class
   */
  constructor(device: Device, pipeline: GPUComputePipeline, seed: GpuValue, scores: ScoresPlace | undefined) {
    const { STORAGE, COPY_SRC, COPY_DST, UNIFORM } = GPUBufferUsage;
    const axis = seed.shape.length > 1 ? 1 : 0;
    this.#device = device;
    this.#pipeline = pipeline;
    this.#places = {
      count: seed.shape[axis] ?? 1,
      scoreOffset: scores?.offset ?? 0,
      scoreStride: scores?.stride ?? 0,
      seedOffset: seed.offset,
      seedStride: seed.strides[axis] ?? 1,
    };
    this.#noScores = scores ? undefined : device.createBuffer("no scores", 4, STORAGE);
    this.#params = device.createBuffer("choose-class params", shader.params?.sizeBytes ?? 0, UNIFORM | COPY_DST);
    this.chosen = device.createBuffer("chosen class", 16, STORAGE | COPY_SRC | COPY_DST);
    // No class: whichever is chosen first is new.
    device.gpu.queue.writeBuffer(this.chosen, 0, Uint32Array.of(0xffffffff));
    this.#group = device.gpu.createBindGroup({
      label: "choose-class",
      layout: pipeline.getBindGroupLayout(0),
      entries: bind(shader, {
        params: this.#params,
        scores: scores?.buffer ?? (this.#noScores as GPUBuffer),
        seed: seed.buffer,
        chosen: this.chosen,
      }),
    });
  }

  /**
   * @param index of a class; undefined for the one of the largest score
   * @param against another class, whose score is taken off
   */
  want(index: number | undefined, against?: number): void {
    const { count } = this.#places;
    const params = encodeParams(shader, { ...this.#places, wanted: index ?? count, against: against ?? count });
    this.#device.gpu.queue.writeBuffer(this.#params, 0, params);
  }

  encode(pass: GPUComputePassEncoder): void {
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(1);
  }

  dispose(): void {
    for (const buffer of [this.chosen, this.#params, this.#noScores]) if (buffer) this.#device.destroyBuffer(buffer);
  }
}
