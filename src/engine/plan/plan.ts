// The narrow waist: a network as a readonly list of dispatches over buffers. Pure data, no GPU, no ONNX.
import type { ParamValues, Shader } from "../../shaders/shader.ts";
import type { Layout } from "../layout.ts";
import type { Shape } from "../shapes.ts";
import type { DataType, Tensor } from "../tensor.ts";

export interface PlanBuffer {
  readonly label: string;
  readonly sizeBytes: number;
  /**
   * - "weights" hold constants: no step writes them.
   * - "parameter" holds a parameter of the graph. Whoever runs the plan may write it between runs.
   * - "prepared" holds a value that depends on parameters alone, "packed" an input in the order that a kernel reads. Both start as zeros and
   *   serve nothing else.
   * - "activations" start as zeros and may serve several values in turn.
   */
  readonly role: "input" | "weights" | "parameter" | "prepared" | "packed" | "activations";
  /** Name of the parameter that it holds. */
  readonly parameter?: string;
  /** Contents at the start; zeros where absent. Large ones are made when they are asked for. */
  readonly initial?: Float32Array | Int32Array | Uint32Array;
  /** In place of `initial`: makes the contents in `zeros`, which is as long as the buffer. */
  readonly fill?: ((zeros: Float32Array) => void) | undefined;
  /** Whether its elements take 16 bits. */
  readonly holdsHalves?: true;
  /** Among the plans of one model, buffers with the same key hold the same constants, or are packed from one parameter in one way. A table is its own key. */
  readonly key?: string | object;
}

/** A value that lies in a buffer after a run: an input, an output or one that is kept. */
export interface PlacedValue extends Layout {
  readonly dtype: DataType;
  readonly shape: Shape;
  /** Index into {@link Plan.buffers}. */
  readonly buffer: number;
  /** Index of the last step that writes it; absent for inputs, parameters, and what `prepare` computes. */
  readonly producedBy?: number;
}

/** Part of a buffer. */
export interface BoundRange {
  /** A multiple of 256. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** One dispatch. */
export interface Step {
  /** Name of the graph node it belongs to, or of the value it copies or whose border it makes zero. */
  readonly node: string;
  readonly kernel: string;
  readonly shader: Shader;
  /** Override constants. */
  readonly constants: Readonly<Record<string, number>>;
  readonly params: ParamValues;
  /** Binding name to index into {@link Plan.buffers}; `params` is bound by the runtime. */
  readonly bindings: Readonly<Record<string, number>>;
  /** What is bound of those buffers that hold several values at once; of others all. */
  readonly ranges?: Readonly<Record<string, BoundRange>>;
  readonly workgroups: readonly [number, number, number];
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Bytes read and written at least once. */
  readonly bytes: number;
}

/** A step that depends on parameters and constants alone. */
export interface PrepareStep extends Step {
  /** The parameters that it depends on, directly or not. */
  readonly parameters: readonly string[];
}

export interface Plan {
  readonly buffers: readonly PlanBuffer[];
  /** Steps before the first run. After that, those whose parameters changed run again before the next run. */
  readonly prepare: readonly PrepareStep[];
  /** The steps of every run. */
  readonly steps: readonly Step[];
  /** Parameters that a run writes. */
  readonly updates: readonly string[];
  /** Inputs, outputs and kept values that lie on the GPU. */
  readonly values: ReadonlyMap<string, PlacedValue>;
  /** Kept or output values that turned out to be constants. */
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly memory: MemoryReport;
}

/** The plan with zeros in every buffer: once the GPU holds the weights, a second copy would only fill memory. */
export function withoutContents(plan: Plan): Plan {
  // Reading `initial` would compute the contents, so the fields are named one by one.
  const buffers = plan.buffers.map(
    ({ label, sizeBytes, role, parameter }): PlanBuffer => ({ label, sizeBytes, role, ...(parameter !== undefined && { parameter }) }),
  );
  return { ...plan, buffers };
}

export interface MemoryReport {
  /** Of constants and parameters, and of all that is made of them once. */
  readonly weightBytes: number;
  readonly activationBytes: number;
  /** Largest sum of values alive while one node computes, what its kernel needs in between included. */
  readonly peakLiveBytes: number;
}
