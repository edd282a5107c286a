// One dispatch of a shader that runs again and again: its uniforms, its bind group and its workgroups.
import type { Device } from "../engine/gpu/device.ts";
import { foldWorkgroups } from "../engine/ops/dispatch.ts";
import { encodeParams, type ParamValues, type Shader } from "../shaders/shader.ts";
import { bind } from "./bind.ts";

export interface StepOptions {
  readonly shader: Shader;
  readonly pipeline: GPUComputePipeline;
  readonly params: ParamValues;
  /** What the shader binds besides its `params`, by name. */
  readonly buffers: Readonly<Record<string, GPUBuffer>>;
  readonly workgroups: number;
}

export class ComputeStep {
  readonly #device: Device;
  readonly #params: GPUBuffer;
  readonly #pipeline: GPUComputePipeline;
  readonly #group: GPUBindGroup;
  readonly #workgroups: readonly [number, number, number];

  /** @param label of what it is for, before the shader's name */
  constructor(device: Device, label: string, { shader, pipeline, params, buffers, workgroups }: StepOptions) {
    this.#device = device;
    this.#pipeline = pipeline;
    this.#workgroups = foldWorkgroups(workgroups);
    const name = `${label} ${shader.name}`;
    const content = encodeParams(shader, params);
    this.#params = device.createBuffer(`${name} params`, content.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    device.gpu.queue.writeBuffer(this.#params, 0, content);
    const entries = bind(shader, { params: this.#params, ...buffers });
    this.#group = device.gpu.createBindGroup({ label: name, layout: pipeline.getBindGroupLayout(0), entries });
  }

  encode(pass: GPUComputePassEncoder): void {
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(...this.#workgroups);
  }

  dispose(): void {
    this.#device.destroyBuffer(this.#params);
  }
}
