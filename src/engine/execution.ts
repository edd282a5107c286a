// One way to run a network: a graph derived from it, planned and compiled, with the values that can be read after a run.
import { DeviceError, fewOf, ModelError } from "./errors.ts";
import { copyValues } from "./gpu/copy-values.ts";
import { Program } from "./gpu/program.ts";
import type { Graph, TypedGraph, ValueType } from "./graph/graph.ts";
import { wordsOf } from "./input-words.ts";
import type { Layout } from "./layout.ts";
import type { Network } from "./network.ts";
import type { Inference } from "./passes/infer.ts";
import type { PlacedValue, Plan } from "./plan/plan.ts";
import { planGraph } from "./plan/planner.ts";
import { sizeOf } from "./shapes.ts";
import { Startup } from "./startup.ts";
import { Tensor, toGpuWords } from "./tensor.ts";
import type { Participant } from "./together.ts";

/**
 * A value where it lies on the GPU. Offset and strides count 32-bit words.
 *
 * Any value, an input too, may have gaps between its rows and planes: a border of zeros that its readers rely on, or its neighbours in a
 * Concat. Code that writes into an input's buffer itself, instead of calling {@link Execution.write}, must follow offset and strides and
 * must not write into the gaps.
 */
export interface GpuValue extends ValueType, Layout {
  readonly buffer: GPUBuffer;
}

export type Inputs = Readonly<Record<string, Tensor | Float32Array>>;

/** A graph to run that is made from the network's. */
export interface Derivation {
  /** The graph that runs. Values keep their names and types; what is added has names of its own, inputs too. */
  derive(graph: TypedGraph): Graph;
  /** What the added inputs hold. Asked for when a new plan of the graph has come into use: they are written then. */
  operands?(): Readonly<Record<string, Tensor>>;
}

export interface ExecutionOptions {
  /** Values (or layers, by name) to keep readable after a run; "all" for every one. */
  readonly observe?: readonly string[] | "all" | undefined;
  readonly derivation?: Derivation | undefined;
  /** Called as the pipelines of a plan that was asked for finish compiling. */
  readonly onCompile?: ((done: number, total: number) => void) | undefined;
  /** Whether it begins on the pipelines that it keeps, so that the same runs give the same bits. */
  readonly startsSettled?: boolean | undefined;
  /** Whether it searches for faster kernels in idle time, where the network has a tuning. */
  readonly tune?: boolean | undefined;
}

/** What an execution is to compute. */
interface Wish {
  readonly observed: readonly string[];
  readonly derivation: Derivation | undefined;
}

/** Made by {@link Network.execute}. */
export class Execution {
  readonly #network: Network;
  readonly #options: ExecutionOptions;
  readonly #startup: Startup;
  #program: Program | undefined;
  /** What the program computes, and what was asked for last: another call may ask before the first one's plan is compiled. */
  #current: Wish;
  #wanted: Wish;
  #isDisposed = false;
  /** Number of the latest call that asked for a plan. Programs of earlier calls are thrown away. */
  #request = 0;
  /** The latest call that asked for a plan. */
  #planning: Promise<void> = Promise.resolve();

  /** Use {@link Network.execute}. */
  constructor(network: Network, options: ExecutionOptions) {
    this.#network = network;
    this.#options = options;
    this.#current = { observed: [], derivation: options.derivation };
    this.#wanted = this.#current;
    this.#startup = new Startup(this, network.startsQuickly && !options.startsSettled);
  }

  get device() {
    return this.#network.device;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** What runs now; absent before the first plan, and after {@link dispose}. */
  get program(): Program | undefined {
    return this.#program;
  }

  /** Names of the values kept readable, besides inputs and outputs. */
  get observed(): readonly string[] {
    return this.#current.observed;
  }

  /** The stages of its pipelines. */
  get startup(): Startup {
    return this.#startup;
  }

  /** The dispatches of one run. */
  get plan(): Plan {
    return this.#live.plan;
  }

  get #refusal(): string {
    return this.#network.isDisposed ? this.#network.refusal : "This was disposed of. Ask the model for another.";
  }

  get #live(): Program {
    if (!this.#program) throw new DeviceError(this.#isDisposed ? this.#refusal : movingRefusal);
    return this.#program;
  }

  /**
   * Keeps these values (or layers' first outputs) readable after a run, and plans anew. Inputs and what was readable before
   * keep what they hold; other values need another run. A call that is overtaken by another resolves when the later plan runs.
   */
  async observe(names: readonly string[] | "all"): Promise<void> {
    const network = this.#network;
    const observed = names === "all" ? network.layerValues() : names.map((name) => network.valueName(name));
    return this.#ask({ ...this.#wanted, observed }, this.#options.onCompile);
  }

  /** Plans another derived graph, or the same one after it has changed. What is observed stays so. */
  derive(derivation: Derivation | undefined): Promise<void> {
    return this.#ask({ ...this.#wanted, derivation });
  }

  /**
   * Waits for {@link planned}, then plans anew, so that a pending {@link observe} comes first. The new plan comes into use when those of all other
   * participants are ready, too. What was disposed of meanwhile holds nobody up.
   */
  async replan(participant?: Participant): Promise<void> {
    await this.planned();
    try {
      if (!this.#isDisposed) await this.#ask(this.#wanted, undefined, participant);
    } catch (error) {
      if (!this.#isDisposed) participant?.fail(error);
      throw error;
    } finally {
      participant?.leave();
    }
  }

  /** Resolves when no plan is under way, whatever became of the last one. */
  async planned(): Promise<void> {
    for (let latest: Promise<void> | undefined; latest !== this.#planning; ) {
      latest = this.#planning;
      await latest.catch(() => {});
    }
  }

  /** Resolves when a program runs that computes what is wanted, or what a later call has wanted besides. */
  #ask(wanted: Wish, onCompile?: ExecutionOptions["onCompile"], participant?: Participant): Promise<void> {
    if (this.#isDisposed) return Promise.reject(new DeviceError(this.#refusal));
    this.#wanted = wanted;
    const request = ++this.#request;
    const isOvertaken = () => request !== this.#request;
    const planning: Promise<void> = this.#replace(wanted, isOvertaken, onCompile, participant)
      .catch((error: unknown) => {
        if (isOvertaken()) return;
        this.#wanted = this.#current;
        throw error;
      })
      .then(() => (this.#planning === planning ? undefined : this.#planning));
    this.#planning = planning;
    return planning;
  }

  /** Plans and compiles, then changes to the new program, unless another call has asked for one meanwhile. */
  async #replace(
    wish: Wish,
    isOvertaken: () => boolean,
    onCompile: ExecutionOptions["onCompile"],
    participant: Participant | undefined,
  ): Promise<void> {
    const network = this.#network;
    const { observed, derivation } = wish;
    const optimizing = network.optimize(observed, derivation && ((graph) => derivation.derive(graph)));
    const optimized = optimizing instanceof Promise ? await optimizing : optimizing;
    if (isOvertaken()) return;
    const planFor = this.#planner(optimized, observed);
    const quickBlock = this.#startup.quickBlock(optimized.operations.values());
    const program = await Program.create(network.device, planFor(quickBlock), {
      ...(onCompile && { onCompile }),
      outputs: optimized.graph.outputs,
      constants: network.constants,
      parameters: network.parameters,
    });
    try {
      await participant?.ready();
    } catch (error) {
      program.dispose();
      throw error;
    }
    if (isOvertaken()) {
      program.dispose();
      return;
    }
    const before = this.#program;
    if (before) {
      copyValues(this.device.gpu, before, program);
      before.dispose();
    }
    this.#program = program;
    this.#current = wish;
    this.device.faults.watch(this);
    this.writeOperands({ ...network.editOperands, ...derivation?.operands?.() });
    if (before) network.reportMove();
    if (quickBlock) this.#startup.settle(program, () => planFor(undefined));
    if (this.#options.tune) network.tuning?.start(this, optimized, network.halves);
  }

  #planner({ graph, operations }: Inference, keep: readonly string[]): (quickStartBlock: 16 | 32 | undefined) => Plan {
    const { device, halves } = this.#network;
    const chooseKernel = this.#network.kernelChooser(graph);
    return (quickStartBlock) => planGraph(graph, operations, { keep, target: { ...device.target, quickStartBlock }, chooseKernel, halves });
  }

  /** Writes the given inputs and submits one run. Reads nothing back and waits for nothing. */
  run(inputs: Inputs = {}): void {
    const { faults, gpu } = this.device;
    faults.attempt(this, () => gpu.queue.submit([this.#encodeRun(inputs).finish()]));
  }

  /**
   * Runs once and reads values back, by name: one submit, one wait.
   *
   * @param outputs values that can be read after a run; by default the network's outputs
   */
  async predict(inputs: Inputs = {}, outputs = this.#network.graph.outputs): Promise<Record<string, Tensor>> {
    const encoder = this.device.faults.attempt(this, () => this.#encodeRun(inputs));
    const tensors = await this.#read(outputs, encoder);
    return Object.fromEntries(outputs.map((name, i) => [name, tensors[i] as Tensor]));
  }

  #encodeRun(inputs: Inputs): GPUCommandEncoder {
    this.write(inputs);
    const { name: label } = this.#network.graph;
    const encoder = this.device.gpu.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    this.encode(pass);
    pass.end();
    return encoder;
  }

  /** Writes inputs without running. */
  write(inputs: Inputs): void {
    const known = this.#network.graph.inputs;
    const checked = Object.entries(inputs).map(([name, given]) => {
      const input = known.find((i) => i.name === name);
      const value = this.#live.plan.values.get(name);
      if (!input || !value)
        throw new ModelError(`no input is called '${name}'. The model has ${fewOf(known.map((i) => i.name)) || "none"}.`);
      return [value, wordsOf(input, given)] as const;
    });
    for (const [value, words] of checked) this.#live.write(value, words);
  }

  /** Writes inputs that a {@link Derivation} has added; what the program does not have is left out. */
  writeOperands(operands: Readonly<Record<string, Tensor>>): void {
    for (const [name, tensor] of Object.entries(operands)) {
      const value = this.#program?.plan.values.get(name);
      if (value) this.#program?.write(value, toGpuWords(tensor));
    }
  }

  /** The dispatches of one run, into a compute pass of the caller's. */
  encode(pass: GPUComputePassEncoder): void {
    this.#live.encode(pass);
    this.#startup.reportRun();
  }

  /** Where a value lies on the GPU: an input, an output, or an observed value. */
  value(name: string): GpuValue {
    const value = this.#placed(name);
    this.device.faults.check(this);
    return { ...value, buffer: this.#live.bufferOf(value) };
  }

  /** A value that the derivation has added has its own name. */
  #valueName(name: string): string {
    return this.#live.plan.values.has(name) ? name : this.#network.valueName(name);
  }

  #placed(name: string): PlacedValue {
    const value = this.#live.plan.values.get(this.#valueName(name));
    if (!value) throw new ModelError(`value '${name}' is not observed, or is a constant. Observe it first: model.observe(["${name}"]).`);
    return value;
  }

  /** Reads a value back, dense and in its own type. Constants and observed values only. */
  async read(name: string): Promise<Tensor> {
    const [tensor] = await this.#read([name]);
    return tensor as Tensor;
  }

  async #read(names: readonly string[], encoder?: GPUCommandEncoder): Promise<Tensor[]> {
    // What is known is copied: the caller may write into it.
    const known = names.map((name) => this.#constant(this.#valueName(name))?.copy() ?? this.#placed(name));
    const placed = known.filter((value): value is PlacedValue => !(value instanceof Tensor));
    if (placed.length === 0 && !encoder) return known as Tensor[];
    const tensors = await this.#live.read(placed, encoder ?? this.device.gpu.createCommandEncoder({ label: "read-back" }));
    await this.device.faults.settle(this);
    this.device.faults.check(this);
    return known.map((value) => (value instanceof Tensor ? value : (tensors[placed.indexOf(value)] as Tensor)));
  }

  /** A value that is known without the GPU. */
  #constant(name: string): Tensor | undefined {
    const constant = this.#live.plan.constants.get(name) ?? this.#network.constant(name);
    const { dtype, shape } = this.#live.plan.values.get(name) ?? (this.#network.graph.types.get(name) as ValueType);
    return constant ?? (sizeOf(shape) === 0 ? new Tensor(dtype, shape, new Uint8Array(0)) : undefined);
  }

  /** Returns its own bytes to the GPU; {@link restart} makes them anew. */
  release(): void {
    this.#request++;
    this.#program?.dispose();
    this.#program = undefined;
  }

  /** Plans what was asked for last once more, after the network has changed devices. */
  restart(): Promise<void> {
    return this.#ask(this.#wanted);
  }

  /** Returns its own bytes to the GPU. The network, and other executions of it, go on. */
  dispose(): void {
    this.#isDisposed = true;
    this.release();
    this.#network.forget(this);
  }
}

const movingRefusal = "This model is on no device now. Await moveTo() or call it again.";
