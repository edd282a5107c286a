// A Plan made real: buffers, pipelines and bind groups created once, then only dispatches per frame.
import { encodeParams } from "../../shaders/shader.ts";
import { copyWords, gatherWords, isDense, spanOf } from "../gather.ts";
import { type PlacedValue, type Plan, type PlanBuffer, type Step, withoutContents } from "../plan/plan.ts";
import { denseStrides } from "../shapes.ts";
import { fromGpuWords, type Tensor } from "../tensor.ts";
import type { Device } from "./device.ts";
import { Memory, type SharedBuffers } from "./memory.ts";
import type { ParameterBuffers } from "./parameters.ts";
import { Staging } from "./read-back.ts";

export interface ProgramOptions extends SharedBuffers {
  /** Called as pipelines finish compiling. */
  readonly onCompile?: (done: number, total: number) => void;
  /** Values that are often read together: the staging buffer for them is made once. */
  readonly outputs?: readonly string[];
}

interface EncodedSteps {
  readonly prepare: readonly EncodedStep[];
  readonly run: readonly EncodedStep[];
}

interface EncodedStep {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

export class Program {
  readonly #device: Device;
  #plan: Plan;
  #memory: Memory;
  #steps: EncodedSteps;
  /** Version of each parameter when what depends on it was prepared last. */
  #prepared = new Map<string, number>();
  /** Of all parameters at that time. */
  #preparedVersion = -1;
  /** The device's count of refusals at that time. */
  #refusalCount = 0;
  /** The memory that {@link refine} is filling. */
  #next: Memory | undefined;
  /** Words of values with a border as they lie on the GPU, zeros around the elements. */
  readonly #borderedInputs = new Map<PlacedValue, Uint32Array<ArrayBuffer>>();

  private constructor(device: Device, plan: Plan, memory: Memory, steps: EncodedSteps) {
    this.#device = device;
    this.#plan = withoutContents(plan);
    this.#memory = memory;
    this.#steps = steps;
  }

  /** Without the buffers' initial contents. */
  get plan(): Plan {
    return this.#plan;
  }

  /**
   * Compiles the plan's pipelines, all at once, and meanwhile makes and fills its buffers, a few at a time: packing
   * weights takes the CPU a while, and the page must stay responsive.
   */
  static async create(device: Device, plan: Plan, options: ProgramOptions = {}): Promise<Program> {
    const memory = new Memory(device, options);
    try {
      const readBytes = bytesOf((options.outputs ?? []).flatMap((name) => plan.values.get(name) ?? []));
      return new Program(device, plan, memory, await build(device, plan, memory, options.onCompile, readBytes));
    } catch (error) {
      memory.dispose();
      throw error;
    }
  }

  /**
   * Compiles other pipelines and packs other weights for the same kernels, then changes to them. Values stay in their buffers, so callers that
   * hold one may go on. The program runs as before until then. If it is disposed of meanwhile, nothing happens.
   *
   * @param plan of a graph and target that differ from this program's in `Target.quickStartBlock` only
   */
  async refine(plan: Plan): Promise<void> {
    const memory = this.#memory.successor();
    this.#next = memory;
    try {
      const steps = await build(this.#device, plan, memory);
      if (memory.isReleased) return;
      this.#next = undefined;
      this.#memory.release();
      this.#memory = memory;
      this.#steps = steps;
      this.#plan = withoutContents(plan);
      this.#prepared.clear();
      this.#preparedVersion = -1;
    } catch (error) {
      memory.release();
      throw error;
    }
  }

  /**
   * Appends every dispatch to a compute pass, first those that prepare what changed parameters ask for; allocates nothing.
   *
   * @param first where a run is submitted in pieces: its steps from this one on, as far as `end`
   */
  encode(pass: GPUComputePassEncoder, first = 0, end = this.#steps.run.length): void {
    if (first === 0) this.#encodePrepare(pass);
    encodeAll(pass, this.#steps.run, first, end);
    if (end === this.#steps.run.length) this.#memory.parameters.markChanged(this.#plan.updates);
  }

  /** Appends the dispatches of one step only, for timing. */
  encodeStep(pass: GPUComputePassEncoder, index: number): void {
    encodeAll(pass, this.#steps.run, index, index + 1);
  }

  #encodePrepare(pass: GPUComputePassEncoder): void {
    const { parameters } = this.#memory;
    const { refusalCount } = this.#device.faults;
    // A refused command may have been the one that prepared.
    if (this.#refusalCount !== refusalCount) this.#preparedVersion = -1;
    this.#refusalCount = refusalCount;
    if (this.#preparedVersion === parameters.version) return;
    const isStale = (name: string) => this.#prepared.get(name) !== parameters.versionOf(name);
    const { prepare } = this.#plan;
    encodeAll(
      pass,
      this.#steps.prepare.filter((_, i) => this.#preparedVersion < 0 || prepare[i]?.parameters.some(isStale)),
    );
    for (const name of new Set(prepare.flatMap((step) => step.parameters))) this.#prepared.set(name, parameters.versionOf(name));
    this.#preparedVersion = parameters.version;
  }

  /** The parameters that it reads: those it was given, or its own. */
  get parameters(): ParameterBuffers {
    return this.#memory.parameters;
  }

  bufferOf(value: Pick<PlacedValue, "buffer">): GPUBuffer {
    return this.#memory.buffers[value.buffer] as GPUBuffer;
  }

  /**
   * Overwrites an input.
   *
   * @param words its elements, row-major without gaps
   */
  write(value: PlacedValue, words: Float32Array | Int32Array | Uint32Array): void {
    const placed = isDense(value.shape, value.strides) ? words : this.#withBorder(value, words);
    this.#device.gpu.queue.writeBuffer(this.bufferOf(value), value.offset * 4, placed as Float32Array<ArrayBuffer>);
  }

  #withBorder(value: PlacedValue, words: Float32Array | Int32Array | Uint32Array): Uint32Array<ArrayBuffer> {
    const { shape, strides } = value;
    const spread = this.#borderedInputs.get(value) ?? new Uint32Array(spanOf(shape, strides));
    this.#borderedInputs.set(value, spread);
    copyWords(new Uint32Array(words.buffer, words.byteOffset, words.length), denseStrides(shape), spread, strides, shape);
    return spread;
  }

  /**
   * Copies values to the CPU, dense and in their own types, in one submit after what `encoder` holds.
   *
   * @throws DeviceError if the GPU is lost meanwhile
   */
  async read(values: readonly PlacedValue[], encoder: GPUCommandEncoder): Promise<Tensor[]> {
    if (values.length > 1 && bytesOf(values) > this.#device.gpu.limits.maxBufferSize) return this.#readApart(values, encoder);
    const parts = values.map((value) => ({
      buffer: this.bufferOf(value),
      offsetBytes: value.offset * 4,
      sizeBytes: spanOf(value.shape, value.strides) * 4,
    }));
    const readBytes = bytesOf(values);
    const { staging: own } = this.#memory;
    const kept = own && !own.isBusy && readBytes <= own.sizeBytes ? own : undefined;
    const staging = kept ?? new Staging(this.#device, readBytes);
    try {
      return await staging.read(encoder, parts, (words) =>
        values.map(({ dtype, shape, strides }, i) =>
          fromGpuWords(dtype, shape, gatherWords(words[i] as Uint32Array, shape, strides).buffer),
        ),
      );
    } finally {
      if (!kept) staging.dispose();
    }
  }

  /** More than one buffer holds, in halves. Both are submitted now: a run that comes meanwhile must not change the second one. */
  async #readApart(values: readonly PlacedValue[], encoder: GPUCommandEncoder): Promise<Tensor[]> {
    const half = Math.ceil(values.length / 2);
    const first = this.read(values.slice(0, half), encoder);
    const second = this.read(values.slice(half), this.#device.gpu.createCommandEncoder({ label: "read-back" }));
    return (await Promise.all([first, second])).flat();
  }

  dispose(): void {
    this.#next?.release();
    this.#memory.dispose();
  }
}

/** Fills the memory and makes all dispatches. */
async function build(
  device: Device,
  plan: Plan,
  memory: Memory,
  onCompile?: ProgramOptions["onCompile"],
  readBytes = 0,
): Promise<EncodedSteps> {
  const steps = [...plan.prepare, ...plan.steps];
  const compiling = compileAll(device, steps, onCompile);
  // A failure meanwhile must not leave it unhandled.
  compiling.catch(() => {});
  const { bytes, offsets } = encodeAllParams(steps, device.gpu.limits.minUniformBufferOffsetAlignment);
  const params = await device.checked("Making the model's buffers", () => {
    if (readBytes > 0 && readBytes <= device.gpu.limits.maxBufferSize) memory.staging = new Staging(device, readBytes);
    return memory.addParams(bytes);
  });
  for (let next = 0; next < plan.buffers.length && !memory.isReleased; )
    await device.checked("Making the model's buffers", () => {
      const until = performance.now() + batchMs;
      do memory.add(plan.buffers[next++] as PlanBuffer);
      while (next < plan.buffers.length && performance.now() < until);
    });
  memory.clearContents();
  const pipelines = await compiling;
  if (memory.isReleased) return { prepare: [], run: [] };
  const encoded = await device.checked("Binding the model's buffers", () =>
    steps.map((step, i) => bindStep(device, step, pipelines[i] as GPUComputePipeline, memory.buffers, params, offsets[i] as number)),
  );
  return { prepare: encoded.slice(0, plan.prepare.length), run: encoded.slice(plan.prepare.length) };
}

function encodeAll(pass: GPUComputePassEncoder, steps: readonly EncodedStep[], first = 0, end = steps.length): void {
  let current: GPUComputePipeline | undefined;
  for (let i = first; i < end; i++) {
    const { pipeline, bindGroup, workgroups } = steps[i] as EncodedStep;
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
  }
}

/** How long buffers are made and filled without a pause for other work on the thread. */
const batchMs = 20;

async function compileAll(device: Device, steps: readonly Step[], onCompile: ProgramOptions["onCompile"]): Promise<GPUComputePipeline[]> {
  const pipelines = steps.map((step) => device.pipeline(step.shader, step.constants));
  const distinct = [...new Set(pipelines)];
  let done = 0;
  onCompile?.(0, distinct.length);
  await Promise.all(distinct.map((pipeline) => pipeline.then(() => onCompile?.(++done, distinct.length))));
  return Promise.all(pipelines);
}

/** Bytes of these values, with the gaps between their elements. */
function bytesOf(values: readonly PlacedValue[]): number {
  return values.reduce((sum, { shape, strides }) => sum + spanOf(shape, strides) * 4, 0);
}

/** All Params structs in one buffer, each at an offset a uniform binding may have. */
function encodeAllParams(steps: readonly Step[], alignment: number): { bytes: Uint8Array<ArrayBuffer>; offsets: number[] } {
  const blocks = steps.map((step) => encodeParams(step.shader, step.params));
  const offsets: number[] = [];
  let end = 0;
  for (const block of blocks) {
    offsets.push(end);
    end += Math.ceil(block.byteLength / alignment) * alignment;
  }
  const bytes = new Uint8Array(end);
  blocks.forEach((block, i) => bytes.set(new Uint8Array(block), offsets[i]));
  return { bytes, offsets };
}

function bindStep(
  device: Device,
  step: Step,
  pipeline: GPUComputePipeline,
  buffers: readonly GPUBuffer[],
  params: GPUBuffer,
  paramsOffset: number,
): EncodedStep {
  const entries: GPUBindGroupEntry[] = [];
  for (const [name, { binding, kind }] of Object.entries(step.shader.bindings)) {
    if (kind === "uniform") {
      entries.push({ binding, resource: { buffer: params, offset: paramsOffset, size: step.shader.params?.sizeBytes ?? 16 } });
      continue;
    }
    const index = step.bindings[name];
    if (index === undefined) throw new Error(`${step.shader.name}: binding '${name}' of step '${step.node}' was not given`);
    const { offsetBytes: offset = 0, sizeBytes: size } = step.ranges?.[name] ?? {};
    entries.push({ binding, resource: { buffer: buffers[index] as GPUBuffer, offset, ...(size !== undefined && { size }) } });
  }
  const label = `${step.node} (${step.kernel})`;
  const bindGroup = device.gpu.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries });
  return { label, pipeline, bindGroup, workgroups: step.workgroups };
}
