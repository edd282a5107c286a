// The facade: load a model, run it, look at any value, let it go. A model is a network with one execution of it.
import type { Branch } from "./branch.ts";
import { loadPart } from "./errors.ts";
import type { Execution, GpuValue, Inputs } from "./execution.ts";
import type { Explanation, ExplanationRequest } from "./explanation.ts";
import type { FileOptions } from "./export.ts";
import type { GateChannels, GateOptions, Gates, ValueGate } from "./gates.ts";
import type { Device } from "./gpu/device.ts";
import type { GradientRequest, ModelGradient } from "./gradients.ts";
import { loadAxes } from "./graph/axes.ts";
import type { Graph, TypedGraph } from "./graph/graph.ts";
import { loadNetwork } from "./load-network.ts";
import type { NamedType, Network, NetworkOptions, OutputType } from "./network.ts";
import type { Parameter, ParameterSource, Parameters } from "./parameters.ts";
import type { PatternRequest, Patterns } from "./patterns.ts";
import type { MemoryReport, Plan } from "./plan/plan.ts";
import type { Profile, ProfileOptions } from "./profile.ts";
import type { ModelSource, ReadOptions } from "./source.ts";
import type { ModelSummary } from "./summary.ts";
import type { Tensor } from "./tensor.ts";
import type { Trainer, TrainingOptions } from "./trainer.ts";
import type { TuningReport } from "./tune/tuning.ts";
import type { Verification, VerifyOptions } from "./verify/verify.ts";

export type { GpuValue } from "./execution.ts";
export type { NamedType, OutputType } from "./network.ts";

export interface LoadOptions extends NetworkOptions {
  /** Values (or layers, by name) to keep readable after a run; "all" for every one. */
  readonly observe?: readonly string[] | "all" | undefined;
  /** Constants that {@link Model.setParameters} can change without planning anew first: their names, or true for all that can be. */
  readonly parameters?: boolean | readonly string[] | undefined;
}

/**
 * Reads, checks, plans and compiles a model.
 *
 * @throws ModelError if the file is wrong, UnsupportedError with all reasons if it cannot run, DeviceError if the GPU fails
 */
export async function loadModel(device: Device, source: ModelSource | Graph, options: LoadOptions = {}): Promise<Model> {
  const network = await loadNetwork(device, source, options);
  try {
    const parameters = options.parameters ? await makeParameters(network, options.parameters) : undefined;
    const execution = await network.execute({
      observe: options.observe,
      onCompile: (done, total) => options.onProgress?.({ stage: "compile", done, total }),
      tune: true,
    });
    return new Model(network, execution, parameters);
  } catch (error) {
    network.dispose();
    throw error;
  }
}

// All are named here: bundlers put a worker into one file only where no part loads another.
const loadExport = () => loadPart("for files", () => import("./export.ts"));
const loadGradients = () => loadPart("for gradients", () => import("./explanation.ts"));
const loadTrainingParts = () => loadPart("for training", () => import("./training-parts.ts"));

async function makeParameters(network: Network, wanted: true | readonly string[] = true): Promise<Parameters> {
  return (await loadPart("for parameters", () => import("./parameters.ts"))).Parameters.make(network, wanted);
}

export class Model {
  readonly #network: Network;
  readonly #execution: Execution;
  #gates: Promise<Gates> | undefined;
  #parameters: Parameters | undefined;
  /** Since they are made. */
  #making: Promise<Parameters> | undefined;

  /** Use {@link loadModel}. */
  constructor(network: Network, execution: Execution, parameters?: Parameters) {
    this.#network = network;
    this.#execution = execution;
    this.#parameters = parameters;
    this.#making = parameters && Promise.resolve(parameters);
  }

  get device(): Device {
    return this.#network.device;
  }

  /** The file's graph with types, before any fusion. */
  get graph(): TypedGraph {
    return this.#network.graph;
  }

  get inputs(): readonly NamedType[] {
    return this.graph.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  }

  /** In the file's order. See {@link OutputType} for those of a network that runs in stages. */
  get outputs(): readonly OutputType[] {
    return this.#network.outputs;
  }

  /** Names of the values kept readable, besides inputs and outputs. */
  get observed(): readonly string[] {
    return this.#execution.observed;
  }

  /**
   * Settles when tuning is over and the model runs on the fastest kernels found; it never rejects. Disposing of the model
   * ends it early. Absent without the option `tune`.
   */
  get tuned(): Promise<TuningReport> | undefined {
    return this.#network.tuning?.report;
  }

  /**
   * Settles when the model runs on the pipelines that it will keep. Where compiling takes long, as on a GPU made of software, a model
   * starts on few pipelines and compiles faster ones after its first run; buffers and values stay where they are. It never rejects.
   */
  get settled(): Promise<void> {
    return this.#execution.startup.settled;
  }

  /** The dispatches of one run. */
  get plan(): Plan {
    return this.#execution.plan;
  }

  get memory(): MemoryReport {
    return this.plan.memory;
  }

  /** What it is made of, one row per layer. The axes of values are in {@link inspectModel}'s answer only. */
  summary(): ModelSummary {
    return this.#network.summary();
  }

  /**
   * Keeps these values (or layers' first outputs) readable after a run, and plans anew. Inputs and what was readable before
   * keep what they hold; other values need another run. A call that is overtaken by another resolves when the later plan runs.
   */
  observe(names: readonly string[] | "all"): Promise<void> {
    return this.#execution.observe(names);
  }

  /** What a constant or a parameter holds, where that is known without the GPU: the tensor itself, which nobody may write into. */
  constant(name: string): Tensor | undefined {
    return this.#network.constant(name);
  }

  /** The constants that can be changed while the model runs: those of the option `parameters`. Without it none, until the first change. */
  get parameters(): readonly Parameter[] {
    return this.#parameters?.list ?? [];
  }

  /**
   * Changes parameters from the next run on: those that are given as tensors, by name, or all from another file of the same network.
   * Without the option `parameters` the first call makes all constants parameters that can be, and plans anew once. Of calls that overlap
   * the last one counts, whichever file comes first.
   *
   * @throws ModelError that names what is missing, too much or of another shape; nothing is changed then
   */
  async setParameters(from: ParameterSource, options: ReadOptions = {}): Promise<void> {
    return (await this.changeable()).set(from, options);
  }

  /**
   * Changes all parameters to what they are before training, the same for the same seed: weights normal with variance 2 / fan-in (He's),
   * biases 0, normalisations 1 and 0.
   */
  async reinitialize(seed: number): Promise<void> {
    (await this.changeable()).reinitialize(seed);
  }

  /** Changes all parameters back to what the file says. */
  async restore(): Promise<void> {
    (await this.changeable()).restore();
  }

  /** The model as an ONNX file, with its parameters as they are now. @throws UnsupportedError beyond 2 GiB */
  async toOnnx(options?: FileOptions): Promise<Uint8Array> {
    const { network, list } = await this.changeable();
    return (await loadExport()).encodeNetwork(network, list, options);
  }

  /** Prepares a training of the model, see createTrainer. @internal */
  async trainer(options: TrainingOptions): Promise<Trainer> {
    return (await loadPart("for training", () => import("./trainer.ts"))).Trainer.make(this, options, loadTrainingParts);
  }

  /** All constants that can be are parameters from now on. @internal */
  changeable(): Promise<Parameters> {
    this.#making ??= makeParameters(this.#network);
    this.#making.then(
      (parameters) => {
        this.#parameters = parameters;
      },
      () => {
        this.#making = undefined;
      },
    );
    return this.#making;
  }

  /**
   * Changes channels of a value (or a layer's first output) from the next run on: y = x · scale + shift, where the mask is 1. A scale of 0
   * switches a channel off. Readers, outputs and observed values are y; a model's input keeps what was written. The first gate of
   * a value plans anew, later ones write a few bytes.
   */
  async gate(value: string, options: GateOptions): Promise<void> {
    return (await this.#loadGates()).gate(value, options);
  }

  /**
   * Takes all gates away and sets these: at most one plan, and no run in between has some of them only. Nothing changes where one is refused.
   *
   * @throws ModelError for values, channels, numbers and masks that the model does not have or take
   */
  async setGates(gates: readonly ValueGate[]): Promise<void> {
    return (await this.#loadGates()).replace(gates);
  }

  /** Takes gates away: of a value, of some of its channels, or all. */
  async ungate(value?: string, options: GateChannels = {}): Promise<void> {
    return (await this.#loadGates()).ungate(value, options);
  }

  /** The graph with its gates as they are now, and what these hold; undefined where nothing was gated. See {@link Gates.show}. */
  async gatedGraph() {
    return (await this.#gates)?.show(this.graph);
  }

  #loadGates(): Promise<Gates> {
    this.#gates ??= loadPart("for gates", () => import("./gates.ts")).then(
      async ({ Gates }) => new Gates(this.#network, await loadAxes(this.graph)),
    );
    // What did not download may the next time.
    this.#gates.catch(() => {
      this.#gates = undefined;
    });
    return this.#gates;
  }

  /**
   * Prepares the gradient of a class's score, or of any value, with respect to inputs or values between layers. It runs by itself, beside the
   * model, with its weights and gates; dispose of it when it is not needed.
   *
   * @throws ModelError for names and classes that the model does not have
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  async gradient(request: GradientRequest): Promise<ModelGradient> {
    return (await loadGradients()).ModelGradient.make(this.#network, request);
  }

  /**
   * Prepares an explanation of a class's score: the gradient by the input, or a map of what in a layer speaks for the class (Grad-CAM and its
   * kin). Like a gradient it runs beside the model.
   */
  async explain(request: ExplanationRequest): Promise<Explanation> {
    return (await loadGradients()).Explanation.make(this.#network, request);
  }

  /**
   * Prepares pictures that channels of a layer, or classes, answer to, from noise: see {@link Patterns.step}. They are found beside the
   * model, with its weights and gates.
   *
   * @throws ModelError for layers and channels that there are not
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  async patterns(request: PatternRequest = {}): Promise<Patterns> {
    return (await loadPart("for patterns", () => import("./patterns.ts"))).Patterns.make(this.#network, request);
  }

  /** Prepares the part of the network that leads to some values, to run on other inputs beside the model: see {@link Branch}. */
  async branch(values: readonly string[]): Promise<Branch> {
    return (await loadGradients()).makeBranch(this.#network, values);
  }

  /**
   * Times every dispatch of a run as it is planned now, on the GPU's own clock where it has one. It takes the memory of the model's values and
   * weights, but for parameters, once more, and as long as a few hundred runs of a small model; runs meanwhile lengthen what is timed.
   */
  async profile(options?: ProfileOptions): Promise<Profile> {
    return (await loadPart("for times", () => import("./profile.ts"))).profile(this.#network, this.#execution, options);
  }

  /**
   * Checks the GPU: runs the network once beside the model, on the inputs given or on noise, and computes its layers again on the CPU in
   * float64, each from the very numbers that the GPU has read for it. It takes memory for all values at once.
   *
   * @throws ModelError for layers and inputs that there are not
   */
  async verify(options?: VerifyOptions): Promise<Verification> {
    return (await loadPart("for checks", () => import("./verify/verify.ts"))).verify(this.#network, this.#execution, options);
  }

  /** The value a layer's name stands for: its first output. A value's own name is answered as it is. */
  valueName(name: string): string {
    return this.#network.valueName(name);
  }

  /** Writes the given inputs and submits one run. Reads nothing back and waits for nothing. */
  run(inputs?: Inputs): void {
    this.#execution.run(inputs);
  }

  /** Runs once and reads every output back, by name: one submit, one wait. */
  predict(inputs?: Inputs): Promise<Record<string, Tensor>> {
    return this.#execution.predict(inputs);
  }

  /** Writes inputs without running. */
  write(inputs: Inputs): void {
    this.#execution.write(inputs);
  }

  /** The dispatches of one run, into a compute pass of the caller's. */
  encode(pass: GPUComputePassEncoder): void {
    this.#execution.encode(pass);
  }

  /** Where a value lies on the GPU: an input, an output, or an observed value. */
  value(name: string): GpuValue {
    return this.#execution.value(name);
  }

  /** Reads a value back, dense and in its own type. Constants, parameters and observed values only. */
  async read(name: string): Promise<Tensor> {
    const learned = this.#parameters?.learned(name);
    return learned ? (await loadExport()).readParameter(this.#network, learned) : this.#execution.read(name);
  }

  /** Rebuilds the model on another device, after the first was lost. Inputs must be written again. */
  moveTo(device: Device): Promise<void> {
    return this.#network.moveTo(device);
  }

  /** Returns every byte to the GPU. */
  dispose(): void {
    this.#network.dispose();
  }
}
