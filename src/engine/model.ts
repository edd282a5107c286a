// The facade: load a model, run it, look at any value, let it go.
import { DeviceError, ModelError, UnsupportedError } from "./errors.ts";
import { forEachRun, spanOf } from "./gather.ts";
import { ConstantBuffers } from "./gpu/constants.ts";
import type { Device } from "./gpu/device.ts";
import { Program } from "./gpu/program.ts";
import { loadAxes } from "./graph/axes.ts";
import type { Graph, Node, TypedGraph, ValueType } from "./graph/graph.ts";
import type { Layout } from "./layout.ts";
import { loadCatalog } from "./ops/catalog.ts";
import { commonDraft } from "./ops/convolution/direct.ts";
import type { Operation, Target } from "./ops/operator.ts";
import { optimizeGraph, prepareGraph } from "./passes/index.ts";
import { type Inference, type InferOptions, inferGraph } from "./passes/infer.ts";
import type { HalfStorage } from "./plan/halves.ts";
import type { MemoryReport, PlacedValue, Plan } from "./plan/plan.ts";
import { planGraph } from "./plan/planner.ts";
import type { Precision } from "./precision.ts";
import { type Axes, sameShape, sizeOf } from "./shapes.ts";
import { type ModelSource, type ReadOptions, readModel } from "./source.ts";
import { type ModelSummary, summarize } from "./summary.ts";
import { gpuTypeOf, Tensor, toGpuWords } from "./tensor.ts";
import type { TuneOptions, Tuning, TuningReport } from "./tune/tuning.ts";

export interface LoadOptions extends ReadOptions, InferOptions {
  /** Values (or layers, by name) to keep readable after a run; "all" for every one. */
  readonly observe?: readonly string[] | "all" | undefined;
  /** Picks the kernel of a node by name, for tests and tuning. */
  readonly chooseKernel?: ((node: Node, names: readonly string[]) => string | undefined) | undefined;
  /**
   * Takes the kernels that were fastest on this adapter before, and measures those of layers not known yet in idle time,
   * between frames: see {@link Model.tuned}.
   */
  readonly tune?: boolean | TuneOptions | undefined;
  /**
   * "float16" stores weights in 16 bits, and where the device has `shader-f16` also the values that nobody can read after a run. Kernels
   * compute in 32 bits all the same, and inputs, outputs and observed values stay float32. What is beyond ±65504 between layers overflows.
   */
  readonly precision?: Precision | undefined;
}

export interface NamedType extends ValueType {
  readonly name: string;
}

/**
 * A value where it lies on the GPU. Offset and strides count 32-bit words.
 *
 * Any value, an input too, may have gaps between its rows and planes: a border of zeros that its readers count on, or its
 * neighbours in a Concat. Whoever writes into an input's buffer, in place of {@link Model.write}, goes through offset and
 * strides and leaves alone what lies between.
 */
export interface GpuValue extends ValueType, Layout {
  readonly buffer: GPUBuffer;
}

export interface Inspection {
  readonly summary: ModelSummary;
  /** Why the model cannot run; empty if it can. */
  readonly obstacles: readonly string[];
  /** What the axes of its values are, inputs too: those that may lie otherwise than NCHW. */
  readonly axes: ReadonlyMap<string, Axes>;
}

/** What a graph is made of and what keeps it from running, without a GPU. */
export async function inspectModel(graph: Graph, options: InferOptions = {}): Promise<Inspection> {
  const inference = inferGraph(graph, await loadCatalog(graph, {}), options);
  const axes = await loadAxes(inference.graph);
  return { summary: summarize(graph, inference, axes), obstacles: inference.obstacles, axes };
}

/**
 * Reads, checks, plans and compiles a model.
 *
 * @throws ModelError if the file is wrong, UnsupportedError with all reasons if it cannot run, DeviceError if the GPU fails
 */
export async function loadModel(device: Device, source: ModelSource | Graph, options: LoadOptions = {}): Promise<Model> {
  const tuning = beginTuning(device, options);
  if (typeof source === "string" || source instanceof URL) void prepareKernels(device);
  const isComplete = options.chooseKernel !== undefined;
  const parts = loadCatalog(undefined, { target: device.target, isComplete });
  const [file] = await Promise.all([isGraph(source) ? source : readModel(source, options), parts]);
  const inference = await prepareGraph(file, device.target, { ...options, isComplete });
  if (inference.obstacles.length > 0) throw new UnsupportedError(inference.obstacles);
  const halfStorage = options.precision === "float16" ? (await import("./plan/halves.ts")).halfStorage : undefined;
  const model = new Model(device, file, inference, options, await tuning, halfStorage);
  await model.observe(options.observe ?? []);
  return model;
}

/** Compiles what any network takes, where compiling takes long, while the network is on its way. It never rejects. */
export async function prepareKernels(device: Device): Promise<void> {
  if (device.target.subgroupSize) await device.pipeline(commonDraft(device.target)).catch(() => {});
}

/** A model runs without tuning as well: what keeps that part of the program from loading is no error. */
async function beginTuning(device: Device, { tune, ...options }: LoadOptions): Promise<Tuning | undefined> {
  if (!tune) return undefined;
  try {
    const { Tuning } = await import("./tune/tuning.ts");
    return await Tuning.begin(device, tune === true ? {} : tune, options);
  } catch {
    return undefined;
  }
}

type HalfStorageMaker = (hasF16: boolean) => HalfStorage;

function isGraph(source: ModelSource | Graph): source is Graph {
  return typeof source === "object" && "nodes" in source;
}

const disposed = "This model was disposed of. Load it again.";

export class Model {
  #device: Device;
  readonly #file: Graph;
  readonly #inference: Inference;
  readonly #options: LoadOptions;
  readonly #tuning: Tuning | undefined;
  readonly #halfStorage: HalfStorageMaker | undefined;
  #tuned: Promise<TuningReport> | undefined;
  #program: Program | undefined;
  #constants: ConstantBuffers;
  /** Whether plans ask for pipelines that compile soon: until the others are compiled. */
  #isDraft: boolean;
  #reportRun: () => void = () => {};
  readonly #firstRun = new Promise<void>((resolve) => {
    this.#reportRun = resolve;
  });
  #settled: Promise<void> = Promise.resolve();
  #observed: readonly string[] = [];
  #isDisposed = false;
  /** Number of the latest call that asked for a plan: what an earlier one compiled is thrown away. */
  #request = 0;
  /** The latest call that asked for a plan. */
  #planning: Promise<void> = Promise.resolve();

  /** Use {@link loadModel}. */
  constructor(device: Device, file: Graph, inference: Inference, options: LoadOptions, tuning?: Tuning, halfStorage?: HalfStorageMaker) {
    this.#device = device;
    this.#constants = new ConstantBuffers(device);
    this.#file = file;
    this.#inference = inference;
    this.#options = options;
    this.#tuning = tuning;
    this.#halfStorage = halfStorage;
    // Whoever chooses kernels wants them as they are.
    this.#isDraft = device.target.subgroupSize !== undefined && !options.chooseKernel;
  }

  get device(): Device {
    return this.#device;
  }

  /** The file's graph with types, before any fusion. */
  get graph(): TypedGraph {
    return this.#inference.graph;
  }

  get inputs(): readonly NamedType[] {
    return this.graph.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  }

  get outputs(): readonly NamedType[] {
    return this.graph.outputs.map((name) => ({ name, ...(this.graph.types.get(name) as ValueType) }));
  }

  /** Names of the values kept readable, besides inputs and outputs. */
  get observed(): readonly string[] {
    return this.#observed;
  }

  /**
   * Settles when tuning is over and the model runs on the fastest kernels found; it never rejects. Disposing of the model
   * ends it early. Absent without the option `tune`.
   */
  get tuned(): Promise<TuningReport> | undefined {
    return this.#tuned;
  }

  /**
   * Settles when the model runs on the pipelines that it will keep. Where compiling takes long, as on a GPU made of software, a model
   * starts on few pipelines and compiles faster ones after its first run; buffers and values stay where they are. It never rejects.
   */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** The dispatches of one run. */
  get plan(): Plan {
    return this.#live.plan;
  }

  get memory(): MemoryReport {
    return this.plan.memory;
  }

  get #live(): Program {
    if (!this.#program) throw new DeviceError(disposed);
    return this.#program;
  }

  summary(): ModelSummary {
    return summarize(this.#file, this.#inference);
  }

  /**
   * Keeps these values (or layers' first outputs) readable after a run, and plans anew. Inputs and what was readable before
   * keep what they hold; other values need another run.
   */
  observe(names: readonly string[] | "all"): Promise<void> {
    this.#planning = this.#plan(names, (done, total) => this.#options.onProgress?.({ stage: "compile", done, total }));
    return this.#planning;
  }

  /** Plans with what tuning found. Callers who are observing get what they asked for first. */
  async #replan(): Promise<void> {
    let latest: Promise<void> | undefined;
    while (latest !== this.#planning) {
      latest = this.#planning;
      await latest.catch(() => {});
    }
    this.#planning = this.#plan(this.#observed);
    return this.#planning;
  }

  async #plan(names: readonly string[] | "all", onCompile?: (done: number, total: number) => void): Promise<void> {
    if (this.#isDisposed) throw new DeviceError(disposed);
    const observed =
      names === "all" ? this.graph.nodes.flatMap((node) => node.outputs.filter((o) => o)) : names.map((name) => this.valueName(name));
    const optimized = optimizeGraph(this.graph, this.#inference.catalog, { keep: new Set(observed) });
    const { graph, operations } = optimized;
    const chooseKernel = this.#tuning?.chooser(graph) ?? this.#options.chooseKernel;
    const halves = this.#halfStorage?.(this.#device.gpu.features.has("shader-f16"));
    const planFor = (target: Target) => planGraph(graph, operations, { keep: observed, target, chooseKernel, halves });
    const isDraft = this.#isDraft;
    const plan = planFor({ ...this.#device.target, draftBlock: isDraft ? draftBlockFor(operations.values()) : undefined });
    const request = ++this.#request;
    const program = await Program.create(this.#device, plan, {
      ...(onCompile && { onCompile }),
      outputs: graph.outputs,
      constants: this.#constants,
    });
    if (request !== this.#request) {
      program.dispose();
      return;
    }
    if (this.#program) {
      this.#copyValues(this.#program, program);
      this.#program.dispose();
    }
    this.#program = program;
    this.#observed = observed;
    if (isDraft) this.#settled = this.#settle(program, () => planFor(this.#device.target));
    this.#tuned ??= this.#tuning && this.#tune(this.#tuning, optimized, halves);
  }

  async #tune(tuning: Tuning, optimized: Inference, halves: HalfStorage | undefined): Promise<TuningReport> {
    // Tuning waits for no run, but until no plan is under way.
    this.#reportRun();
    for (let settled: Promise<void> | undefined; settled !== this.#settled; ) {
      settled = this.#settled;
      await settled;
      await this.#planning.catch(() => {});
    }
    return tuning.run(optimized, halves, () => this.#replan());
  }

  /** Compiles in the background, after the first run: the first picture is not to wait. */
  async #settle(program: Program, plan: () => Plan): Promise<void> {
    try {
      await this.#firstRun;
      // The caller submits what was encoded.
      await new Promise((resolve) => setTimeout(resolve));
      await this.#device.gpu.queue.onSubmittedWorkDone();
      if (program !== this.#program) return;
      await program.refine(plan());
      this.#isDraft = false;
    } catch {
      // The draft goes on.
    }
  }

  /** The value a layer's name stands for: its first output. A value's own name is answered as it is. */
  valueName(name: string): string {
    if (this.graph.types.has(name)) return name;
    const output = this.graph.nodes.find((node) => node.name === name)?.outputs[0];
    if (output) return output;
    const near = [...this.graph.types.keys()].filter((known) => known.includes(name)).slice(0, 5);
    throw new ModelError(
      `no value or layer is called '${name}'.${near.length > 0 ? ` Did you mean ${near.map((n) => `'${n}'`).join(", ")}?` : ""}`,
    );
  }

  /** Writes the given inputs and submits one run. Reads nothing back and waits for nothing. */
  run(inputs: Readonly<Record<string, Tensor | Float32Array>> = {}): void {
    const encoder = this.#encodeRun(inputs);
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  /** Runs once and reads every output back, by name: one submit, one wait. */
  async predict(inputs: Readonly<Record<string, Tensor | Float32Array>> = {}): Promise<Record<string, Tensor>> {
    const encoder = this.#encodeRun(inputs);
    const tensors = await this.#read(this.graph.outputs, encoder);
    return Object.fromEntries(this.graph.outputs.map((name, i) => [name, tensors[i] as Tensor]));
  }

  #encodeRun(inputs: Readonly<Record<string, Tensor | Float32Array>>): GPUCommandEncoder {
    this.write(inputs);
    const encoder = this.#device.gpu.createCommandEncoder({ label: this.#file.name });
    const pass = encoder.beginComputePass({ label: this.#file.name });
    this.encode(pass);
    pass.end();
    return encoder;
  }

  /** Writes inputs without running. */
  write(inputs: Readonly<Record<string, Tensor | Float32Array>>): void {
    for (const [name, given] of Object.entries(inputs)) {
      const input = this.graph.inputs.find((i) => i.name === name);
      const value = this.#live.plan.values.get(name);
      if (!input || !value)
        throw new ModelError(`no input is called '${name}'. The model has ${this.inputs.map((i) => `'${i.name}'`).join(", ")}.`);
      const isTensor = given instanceof Tensor;
      if (isTensor ? !sameShape(given.shape, input.shape) : given.length !== sizeOf(input.shape))
        throw new ModelError(
          `input '${name}': expected [${input.shape.join(", ")}], got ${isTensor ? `[${given.shape.join(", ")}]` : `${given.length} elements`}.`,
        );
      if (isTensor && gpuTypeOf(given.dtype) !== gpuTypeOf(input.dtype))
        throw new ModelError(`input '${name}': expected ${input.dtype}, got ${given.dtype}.`);
      const tensor = isTensor ? given : tensorOf(input, given);
      this.#live.write(value, toGpuWords(tensor));
    }
  }

  /** The dispatches of one run, into a compute pass of the caller's. */
  encode(pass: GPUComputePassEncoder): void {
    this.#live.encode(pass);
    this.#reportRun();
  }

  /** Where a value lies on the GPU: an input, an output, or an observed value. */
  value(name: string): GpuValue {
    const value = this.#placed(name);
    return { ...value, buffer: this.#live.bufferOf(value) };
  }

  #placed(name: string): PlacedValue {
    const value = this.#live.plan.values.get(this.valueName(name));
    if (!value) throw new ModelError(`value '${name}' is not observed, or is a constant. Observe it first: model.observe(["${name}"]).`);
    return value;
  }

  /** Reads a value back, dense and in its own type. Constants and observed values only. */
  async read(name: string): Promise<Tensor> {
    const [tensor] = await this.#read([name]);
    return tensor as Tensor;
  }

  async #read(names: readonly string[], encoder?: GPUCommandEncoder): Promise<Tensor[]> {
    const known = names.map((name) => this.#constant(this.valueName(name)) ?? this.#placed(name));
    const placed = known.filter((value): value is PlacedValue => !(value instanceof Tensor));
    if (placed.length === 0 && !encoder) return known as Tensor[];
    const tensors = await this.#live.read(placed, encoder ?? this.#device.gpu.createCommandEncoder({ label: "read-back" }));
    return known.map((value) => (value instanceof Tensor ? value : (tensors[placed.indexOf(value)] as Tensor)));
  }

  /** A value that is known without the GPU. */
  #constant(name: string): Tensor | undefined {
    const constant = this.#live.plan.constants.get(name) ?? this.graph.initializers.get(name);
    const { dtype, shape } = this.graph.types.get(name) as ValueType;
    return constant ?? (sizeOf(shape) === 0 ? new Tensor(dtype, shape, new Uint8Array(0)) : undefined);
  }

  /** Rebuilds the model on another device, after the first was lost. Inputs must be written again. */
  async moveTo(device: Device): Promise<void> {
    if (this.#isDisposed) throw new DeviceError(disposed);
    this.#release();
    this.#device = device;
    this.#constants = new ConstantBuffers(device);
    await this.observe(this.#observed);
  }

  /** Returns every byte to the GPU. */
  dispose(): void {
    this.#isDisposed = true;
    this.#release();
  }

  #release(): void {
    this.#request++;
    this.#tuning?.stop();
    this.#program?.dispose();
    this.#program = undefined;
  }

  #copyValues(from: Program, to: Program): void {
    const encoder = this.#device.gpu.createCommandEncoder({ label: "keep values" });
    for (const [name, fresh] of to.plan.values) {
      const old = from.plan.values.get(name);
      if (!old) continue;
      const copy = (at: number, freshAt: number, length: number) =>
        encoder.copyBufferToBuffer(from.bufferOf(old), (old.offset + at) * 4, to.bufferOf(fresh), (fresh.offset + freshAt) * 4, length * 4);
      // Another set of readers may want another border.
      if (sameShape(old.strides, fresh.strides)) copy(0, 0, spanOf(old.shape, old.strides));
      else forEachRun(old.shape, old.strides, fresh.strides, copy);
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }
}

/** Multiply-adds from which on a first run gains more by a larger block than it loses by its compiling. */
const longRun = 3e9;

function draftBlockFor(operations: Iterable<Operation>): 16 | 32 {
  let total = 0;
  for (const { macs = 0 } of operations) total += macs;
  return total > longRun ? 32 : 16;
}

/** What is float32 already is not copied. */
function tensorOf({ dtype, shape }: ValueType, elements: Float32Array): Tensor {
  return dtype === "float32" ? Tensor.float32(shape, elements) : Tensor.from(dtype, shape, elements);
}
