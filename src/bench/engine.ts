// What the bench asks of an engine: load yourself, make a session of a model, run it.
import type { Graph } from "../engine/graph/graph.ts";
import type { EngineName, LayerTime } from "./report.ts";

/** The same work for every engine. */
export interface Task {
  /** The .onnx file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, decoded; its input shapes are fixed. */
  readonly graph: Graph;
  /** float32 NCHW elements by input name. */
  readonly inputs: Readonly<Record<string, TaskInput>>;
  /** Asks for the gradient of the first input in place of the outputs, see {@link TaskGradient}. */
  readonly gradient?: TaskGradient;
  /** Asks for steps of training in place of the outputs. */
  readonly training?: TaskTraining;
}

/** The gradient of a class's score, or, without one, of the sum of the first output. */
export interface TaskGradient {
  readonly class?: number;
  /** The constant whose gradient is asked for in place of the input's; the output's elements then count as {@link gradientSeed} says. */
  readonly weight?: string;
}

/** Gradient descent along the mean cross-entropy of the first input's examples. */
export interface TaskTraining {
  /** The class of each example. */
  readonly labels: Int32Array<ArrayBuffer>;
  readonly rate: number;
  /** How many steps are compared with the reference. */
  readonly checkedSteps: number;
}

export interface TaskInput {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

export interface Engine {
  readonly name: EngineName;
  /** Tells builds of the same engine apart; the fastest counts. */
  readonly build?: string;
  /** Largest difference from the reference that is not wrong, as a part of its largest element, where float32's does not do. */
  readonly errorLimit?: number;
  /** Loads code, WebAssembly and a device. Not on the clock. */
  prepare(): Promise<void>;
  /** From the model to a session that can run. On the clock. */
  create(task: Task): Promise<Session>;
}

export interface Session {
  /** Untimed, before a run that follows another engine's. */
  activate?(): Promise<void>;
  /** Uploads the inputs, computes, and waits until the outputs are in the CPU's memory; of training, one step, and its loss. */
  run(): Promise<void>;
  /** For a gradient or training: the same forward alone, up to the outputs in the CPU's memory. */
  forward?(): Promise<void>;
  /** Waits for what the engine prepares in the background from its first run on. */
  settle?(): Promise<void>;
  /** The outputs of the last run, in the graph's order, row-major as ONNX has them; of training, the losses of the steps that are compared. */
  outputs(): readonly Float32Array[];
  /** Bytes the session holds on the GPU. */
  gpuBytes?(): number | null;
  /** Times that only the engine itself can take. */
  profile?(): Promise<Profile>;
  dispose(): Promise<void>;
}

export interface Profile {
  readonly gpuMs: number | null;
  readonly encodeMs: number;
  readonly layers: readonly LayerTime[];
}
