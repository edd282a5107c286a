// A network on one device: the file's graph with types, and the constants that all of its executions read.
import { DeviceError, describeUnknownValue, loadPart, ModelError } from "./errors.ts";
import { Execution, type ExecutionOptions } from "./execution.ts";
import { ConstantBuffers } from "./gpu/constants.ts";
import type { Device } from "./gpu/device.ts";
import { ParameterBuffers } from "./gpu/parameters.ts";
import type { Graph, Node, TypedGraph, ValueType } from "./graph/graph.ts";
import { optimizeGraph, prepareGraph } from "./passes/index.ts";
import type { Inference, InferOptions } from "./passes/infer.ts";
import type { HalfStorage } from "./plan/halves.ts";
import type { Precision } from "./precision.ts";
import type { ReadOptions } from "./source.ts";
import { type ModelSummary, summarize } from "./summary.ts";
import { type Tensor, toGpuWords } from "./tensor.ts";
import { together } from "./together.ts";
import type { TuneOptions, Tuning } from "./tune/tuning.ts";

export interface NetworkOptions extends ReadOptions, InferOptions {
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
  /**
   * Makes float32 numbers of weights behind a DequantizeLinear when the model is loaded. They lie on the GPU as bytes otherwise, a quarter of the
   * memory; with numbers, layers have the kernels of float networks.
   */
  readonly dequantize?: boolean | undefined;
  /**
   * Called when the model, or a gradient or an explanation of it, has been planned anew, before any other code runs: the buffers that `value`
   * gave are gone, and are to be asked for again.
   */
  readonly onMove?: (() => void) | undefined;
  /** Called when gates or parameters have changed: what was computed before is not what the model computes now. */
  readonly onChange?: (() => void) | undefined;
}

/** For graphs that cannot be planned as a whole. */
export const loadStaged = () => loadPart("for stages", () => import("./staged.ts"));

export interface NamedType extends ValueType {
  readonly name: string;
}

/** Of a network that runs in stages, what is computed after values were read back has the type that the last run gave it: before the first, none. */
export interface OutputType {
  readonly name: string;
  readonly dtype: ValueType["dtype"] | undefined;
  readonly shape: ValueType["shape"] | undefined;
}

/** How the network's plans are made, whatever they compute, and who hears of changes. */
export interface PlanningRules extends Pick<NetworkOptions, "chooseKernel" | "dequantize" | "onMove" | "onChange"> {
  readonly tuning: Tuning | undefined;
  /** Whether every kernel family is loaded: for `chooseKernel`. */
  readonly isComplete: boolean;
  readonly halfStorage: ((hasF16: boolean) => HalfStorage) | undefined;
}

/** Changes a network's graph, and keeps it typed. */
export interface Edit {
  derive(graph: TypedGraph): TypedGraph;
  /** What the inputs hold that it adds. */
  operands(): Readonly<Record<string, Tensor>>;
}

export class Network {
  #device: Device;
  #constants: ConstantBuffers;
  #parameters: ParameterBuffers;
  /** The tensors of parameters that were written. */
  readonly #written = new Map<string, Tensor>();
  /** The graph that executions derive theirs from: the inferred one, or the one with parameters. */
  #base: TypedGraph;
  /** The graph as imported. */
  readonly file: Graph;
  /** Types, operations and constants of the file's graph. */
  readonly inference: Inference;
  readonly #rules: PlanningRules;
  readonly #executions = new Set<Execution>();
  /** What changes the graph that executions start from. */
  #edit: Edit | undefined;
  /** The latest change of what executions start from, whatever becomes of it. */
  #changing: Promise<void> = Promise.resolve();
  #isDisposed = false;
  #ids = 0;

  /** Use {@link loadNetwork}. */
  constructor(device: Device, file: Graph, inference: Inference, rules: PlanningRules) {
    this.#device = device;
    this.#constants = new ConstantBuffers(device);
    this.#parameters = new ParameterBuffers(device);
    this.file = file;
    this.inference = inference;
    this.#base = inference.graph;
    this.#rules = rules;
  }

  get device(): Device {
    return this.#device;
  }

  get outputs(): readonly OutputType[] {
    return this.graph.outputs.map((name) => ({ name, ...(this.graph.types.get(name) as ValueType) }));
  }

  /** The file's graph with types, before any fusion. */
  get graph(): TypedGraph {
    return this.inference.graph;
  }

  /** Constants on the GPU, shared by all executions. */
  get constants(): ConstantBuffers {
    return this.#constants;
  }

  /** Parameters on the GPU, likewise. */
  get parameters(): ParameterBuffers {
    return this.#parameters;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  get tuning(): Tuning | undefined {
    return this.#rules.tuning;
  }

  /** How 16-bit elements are stored on the device; absent where nothing is stored so. */
  get halves(): HalfStorage | undefined {
    return this.#rules.halfStorage?.(this.#device.gpu.features.has("shader-f16"));
  }

  /** Whether executions start on quick-start pipelines. Not with `chooseKernel`, whose callers want the kernels that they name. */
  get startsQuickly(): boolean {
    return this.#device.target.profile === "software" && !this.#rules.chooseKernel;
  }

  /** The message for calls after `dispose()`. */
  get refusal(): string {
    return "This model was disposed of. Load it again.";
  }

  summary(): ModelSummary {
    return summarize(this.file, this.inference);
  }

  kernelChooser(graph: TypedGraph): NetworkOptions["chooseKernel"] {
    return this.#rules.tuning?.chooser(graph) ?? this.#rules.chooseKernel;
  }

  /**
   * A graph after all passes.
   *
   * @param derive makes another graph of the network's
   * @throws UnsupportedError with all reasons if it cannot run
   */
  optimize(keep: readonly string[], derive?: (graph: TypedGraph) => Graph): Inference | Promise<Inference> {
    const edited = this.#edit?.derive(this.#base);
    // The file's own graph is known to run, so there is nothing to await.
    if (!derive && !edited && this.#base === this.graph) return optimizeGraph(this.graph, this.inference.catalog, { keep: new Set(keep) });
    const base = edited ?? this.#base;
    return this.#optimizeDerived(derive?.(base) ?? base, keep);
  }

  async #optimizeDerived(graph: Graph, keep: readonly string[]): Promise<Inference> {
    const inference = await prepareGraph(graph, this.#device.target, this.#rules);
    if (inference.obstacles.length > 0) (await loadStaged()).refuse(inference);
    return optimizeGraph(inference.graph, inference.catalog, { keep: new Set(keep) });
  }

  /** Lets executions start from another graph with the same values, and plans them anew. */
  derive(graph: TypedGraph): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#base;
      this.#base = graph;
      try {
        await this.#replan([...this.#executions]);
      } catch (error) {
        this.#base = before;
        throw error;
      }
    });
  }

  /**
   * Lets executions start from the network's graph as an edit leaves it, and plans them anew: again, where the edit has changed. If one cannot be
   * planned, all go on as before.
   */
  edit(edit: Edit): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#edit;
      this.#edit = edit;
      try {
        await this.#replan([...this.#executions]);
      } catch (error) {
        this.#edit = before;
        throw error;
      }
      this.#rules.onChange?.();
    });
  }

  /** One change after the other: executions that wait for each other to be ready must wait for the same change. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => {});
    return turn;
  }

  /** Plans executions anew, which change to their new plans at once. */
  async #replan(executions: readonly Execution[]): Promise<void> {
    const join = together(executions.length);
    await Promise.all(executions.map((execution) => execution.replan(join())));
  }

  /** What the inputs hold that the edit has added. */
  get editOperands(): Readonly<Record<string, Tensor>> {
    return this.#edit?.operands() ?? {};
  }

  /** Writes inputs that the edit has added, in every execution that has them. */
  writeOperands(operands: Readonly<Record<string, Tensor>>): void {
    for (const execution of this.#executions) execution.writeOperands(operands);
    if (Object.keys(operands).length > 0) this.#rules.onChange?.();
  }

  /** Resolves when no plan is under way. */
  async planned(): Promise<void> {
    await Promise.all(Array.from(this.#executions, (execution) => execution.planned()));
  }

  /** Changes parameters for the next run of every execution. Nothing is made on the GPU. */
  writeParameters(values: ReadonlyMap<string, Tensor>): void {
    this.#fillParameters(values);
    this.#rules.onChange?.();
  }

  /** Parameters were changed by a run. */
  reportChange(): void {
    this.#rules.onChange?.();
  }

  #fillParameters(values: ReadonlyMap<string, Tensor>): void {
    for (const [name, tensor] of values) {
      this.#written.set(name, tensor);
      this.#parameters.write(name, toGpuWords(tensor));
    }
  }

  /** A number that it has given to nobody else, for names that must not meet those of another execution. */
  nextId(): number {
    return ++this.#ids;
  }

  /** Returns the bytes of parameters that no execution has any more. */
  forgetParameters(names: Iterable<string>): void {
    for (const name of names) this.#parameters.forget(name);
  }

  /** What is known of a constant or a parameter without the GPU: of a parameter that a run has updated, nothing. */
  constant(name: string): Tensor | undefined {
    if (this.#parameters.isComputed(name)) return undefined;
    return this.#written.get(name) ?? this.#base.parameters?.get(name) ?? this.#base.initializers.get(name);
  }

  protected begin(options: ExecutionOptions): Execution {
    return new Execution(this, options);
  }

  /** Makes an execution, planned and compiled. It can be disposed of by itself, and is disposed of with the network. */
  async execute(options: ExecutionOptions = {}): Promise<Execution> {
    if (this.#isDisposed) throw new DeviceError(this.refusal);
    const execution = this.begin(options);
    this.#executions.add(execution);
    try {
      await execution.observe(options.observe ?? []);
      return execution;
    } catch (error) {
      execution.dispose();
      throw error;
    }
  }

  /** The value a layer's name stands for: its first output. A value's own name is answered as it is. */
  valueName(name: string): string {
    if (this.graph.types.has(name)) return name;
    const output = this.graph.nodes.find((node) => node.name === name)?.outputs[0];
    if (output) return output;
    throw new ModelError(describeUnknownValue(name, [...this.graph.inputs.map((input) => input.name), ...this.layerValues()]));
  }

  /** Every value that a layer computes. */
  layerValues(): readonly string[] {
    return this.graph.nodes.flatMap((node) => node.outputs.filter((output) => output));
  }

  /** Makes every execution anew on another device, after the first was lost. Inputs must be written again. */
  async moveTo(device: Device): Promise<void> {
    if (this.#isDisposed) throw new DeviceError(this.refusal);
    this.tuning?.stop();
    for (const execution of this.#executions) execution.release();
    this.#parameters.dispose();
    this.#device = device;
    this.#constants = new ConstantBuffers(device);
    this.#parameters = new ParameterBuffers(device);
    this.#fillParameters(this.#written);
    await Promise.all(Array.from(this.#executions, (execution) => execution.restart()));
  }

  /** An execution has changed to another program. */
  reportMove(): void {
    this.#rules.onMove?.();
  }

  /** An execution was disposed of. */
  forget(execution: Execution): void {
    this.#executions.delete(execution);
  }

  /** Returns every byte to the GPU. */
  dispose(): void {
    this.#isDisposed = true;
    this.tuning?.stop();
    for (const execution of this.#executions) execution.dispose();
    this.#parameters.dispose();
  }
}
