// Runs one operator's kernel on the GPU without planner or model, with its operands in the layouts that a test asks for.
import { UnsupportedError } from "../../src/engine/errors.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { Program } from "../../src/engine/gpu/program.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import type { AttributeValue } from "../../src/engine/graph/graph.ts";
import { createContext, describeOperation } from "../../src/engine/ops/context.ts";
import { foldWorkgroups } from "../../src/engine/ops/dispatch.ts";
import type { Binding, Border, Dispatch, Kernel, Operation, PlacedOperand, Scratch, Target } from "../../src/engine/ops/operator.ts";
import { packDispatches, packInto } from "../../src/engine/plan/packing.ts";
import type { Plan, PlanBuffer, Step } from "../../src/engine/plan/plan.ts";
import { denseStrides, sizeOf } from "../../src/engine/shapes.ts";
import { fromGpuWords, type Tensor, toGpuWords } from "../../src/engine/tensor.ts";
import { everything } from "./catalog.ts";

export interface OperatorRun {
  readonly operator: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly opset?: number;
  readonly outputCount?: number;
  /** Indices of inputs whose elements are known at load. */
  readonly constants?: readonly number[];
  /** Surrounds every operand that the kernel reads or writes through strides with NaN on all sides. */
  readonly bordered?: boolean;
  /** The first kernel by default. */
  readonly kernel?: string;
  /** What kernels are chosen for: an unknown adapter by default. */
  readonly target?: Target;
}

/** The Operation that an operator describes for these inputs. */
export function describeOperator({
  operator,
  attributes = {},
  inputs,
  opset = 21,
  outputCount = 1,
  constants = [],
}: OperatorRun): Operation {
  const found = everything.find("", operator);
  if (!found) throw new UnsupportedError(`${operator} is not supported`);
  const operands = inputs.map(
    (tensor, i) => tensor && { dtype: tensor.dtype, shape: tensor.shape, ...(constants.includes(i) && { constant: tensor }) },
  );
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix} ${i}`);
  const node = {
    name: "node",
    operator,
    domain: "",
    inputs: names("input", inputs.length),
    outputs: names("output", outputCount),
    attributes: new Map(Object.entries(attributes)),
  };
  return describeOperation(found, createContext(node, { inputs: operands, opset, families: everything.families }));
}

/** Computes the outputs with one kernel. */
export async function runOperator(device: Device, run: OperatorRun): Promise<Tensor[]> {
  const operation = describeOperator(run);
  const kernels = operation.kernels?.(run.target ?? {}) ?? [];
  const kernel = run.kernel ? kernels.find(({ name }) => name === run.kernel) : kernels[0];
  if (!kernel) throw new Error(`${run.operator} has no kernel ${run.kernel ?? ""}; it has ${kernels.map(({ name }) => name)}`);

  const buffers: PlanBuffer[] = [];
  const indexOf = new Map<object, number>();
  const addBuffer = (key: object, buffer: PlanBuffer): number => {
    indexOf.set(key, buffers.push(buffer) - 1);
    return buffers.length - 1;
  };
  const readsStrided = (index: number) => kernel.readsStrided === "any" || (kernel.readsStrided?.includes(index) ?? false);
  const inputs = run.inputs.map((tensor, i): PlacedOperand | undefined => {
    if (!tensor) return undefined;
    const zeros = kernel.borders?.[i];
    const operand = place(tensor, run.bordered === true && (zeros !== undefined || readsStrided(i)), `input ${i}`, zeros);
    const constant = run.constants?.includes(i) ? { constant: tensor } : {};
    const initial = spread(operand, toGpuWords(tensor), zeros);
    addBuffer(operand, { label: `input ${i}`, sizeBytes: initial.byteLength, role: "activations", initial });
    return Object.assign(operand, constant);
  });
  const outputs = operation.outputs.map((type, i) => {
    const operand = place(type, run.bordered === true && kernel.writesStrided === true, `output ${i}`);
    addBuffer(operand, { label: `output ${i}`, sizeBytes: extentOf(operand) * 4, role: "activations" });
    return operand;
  });
  const steps: Step[] = [];
  const addStep = (dispatch: Dispatch): void => {
    const entries = Object.entries(dispatch.bindings).map(([name, bound]) => [name, indexOf.get(bound) ?? addBinding(bound)]);
    // A grid of three rows, as a low limit would give: every kernel must compute its index from a folded grid.
    const workgroups = foldWorkgroups(dispatch.workgroups, Math.ceil(dispatch.workgroups / 3));
    steps.push({
      node: "node",
      kernel: kernel.name,
      constants: {},
      macs: 0,
      bytes: 0,
      ...dispatch,
      bindings: Object.fromEntries(entries),
      workgroups,
    });
  };
  const addBinding = (bound: Binding): number => {
    if ("data" in bound)
      return addBuffer(bound, { label: bound.label, sizeBytes: bound.data.byteLength, role: "weights", initial: bound.data });
    if ("scratchBytes" in bound) return addBuffer(bound, { label: "scratch", sizeBytes: bound.scratchBytes, role: "activations" });
    if (!("packing" in bound)) throw new Error(`${run.operator} binds an operand that it was not given`);
    const { source, packing } = bound;
    const sizeBytes = packing.length * 4;
    const { constant } = source;
    const fill = constant && ((zeros: Float32Array) => packInto(zeros, constant.toFloat32(), packing));
    const target: Scratch = { scratchBytes: sizeBytes };
    const index = addBuffer(target, { label: packing.label, sizeBytes, role: "packed", ...(fill && { fill }) });
    if (!constant) for (const dispatch of packDispatches(target, source, packing)) addStep(dispatch);
    return index;
  };
  for (const dispatch of kernel.dispatches(inputs, outputs)) addStep(dispatch);
  const plan = { buffers, prepare: [], steps, updates: [], values: new Map(), constants: new Map(), memory: noMemory };
  return execute(device, plan, outputs, indexOf);
}

/** The names of the kernels that accept this case. */
export function kernelNames(run: OperatorRun): readonly string[] {
  return (describeOperator(run).kernels?.(run.target ?? {}) ?? []).map((kernel: Kernel) => kernel.name);
}

const noMemory = { weightBytes: 0, activationBytes: 0, peakLiveBytes: 0 };

async function execute(
  device: Device,
  plan: Plan,
  outputs: readonly PlacedOperand[],
  indexOf: ReadonlyMap<object, number>,
): Promise<Tensor[]> {
  const program = await Program.create(device, plan);
  try {
    const encoder = device.gpu.createCommandEncoder({ label: "operator" });
    const pass = encoder.beginComputePass({ label: "operator" });
    program.encode(pass);
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
    const results: Tensor[] = [];
    for (const output of outputs) {
      const words = await readBack(device, program.bufferOf({ buffer: indexOf.get(output) as number }), extentOf(output) * 4);
      results.push(fromGpuWords(output.dtype, output.shape, collect(output, new Uint32Array(words)).buffer));
    }
    return results;
  } finally {
    program.dispose();
  }
}

const noBorder: Border = { top: 0, left: 0, bottom: 0, right: 0 };

/** Elements before and after the map along an axis that the kernel wants to be zeros. */
function zerosAlong(border: Border, axis: number, rank: number): readonly [number, number] {
  if (axis === rank - 1) return [border.left, border.right];
  return axis === rank - 2 && rank > 3 ? [border.top, border.bottom] : [0, 0];
}

/** Dense, or within the zeros that a kernel wants, and `bordered` one more element before and two after them, and an odd offset. */
function place(
  { dtype, shape }: Pick<PlacedOperand, "dtype" | "shape">,
  bordered: boolean,
  label: string,
  zeros: Border = noBorder,
): PlacedOperand {
  const rank = shape.length;
  const sides = shape.map((_, axis) => {
    const [before, after] = zerosAlong(zeros, axis, rank);
    const isOuter = bordered && axis >= Math.max(2, rank - 2);
    return [before + (isOuter ? 1 : 0), after + (isOuter ? 2 : 0)] as const;
  });
  const strides = denseStrides(shape.map((extent, axis) => extent + (sides[axis]?.[0] as number) + (sides[axis]?.[1] as number)));
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (sides[axis]?.[0] as number), bordered ? 5 : 0);
  const memory = { kind: "storage", storage: { label, elements: 0, border: noBorder } } as const;
  return { dtype, shape, offset, strides, memory, isDense: offset === 0 && sides.every(([before, after]) => before + after === 0) };
}

/** Words from the buffer's start to past the last element. */
function extentOf({ shape, strides, offset }: PlacedOperand): number {
  if (sizeOf(shape) === 0) return 1;
  return offset + 1 + shape.reduce((sum, extent, axis) => sum + (extent - 1) * (strides[axis] as number), 0);
}

function offsets({ shape, strides, offset }: PlacedOperand): number[] {
  const dense = denseStrides(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    shape.reduce((sum, extent, axis) => sum + (Math.floor(i / (dense[axis] as number)) % extent) * (strides[axis] as number), offset),
  );
}

/** The operand's buffer: its elements, zeros where the kernel wants them, NaN elsewhere. */
function spread(
  operand: PlacedOperand,
  words: Float32Array | Int32Array | Uint32Array,
  zeros: Border = noBorder,
): Float32Array | Int32Array | Uint32Array {
  const { shape, strides, offset } = operand;
  const around = shape.map((_, axis) => zerosAlong(zeros, axis, shape.length));
  const inner: PlacedOperand = {
    ...operand,
    shape: shape.map((extent, axis) => extent + (around[axis]?.[0] as number) + (around[axis]?.[1] as number)),
    offset: strides.reduce((sum, stride, axis) => sum - stride * (around[axis]?.[0] as number), offset),
  };
  const length = Math.max(extentOf(operand), extentOf(inner));
  const result = words.slice(0, 0).constructor === Float32Array ? new Float32Array(length).fill(Number.NaN) : new Int32Array(length);
  for (const at of offsets(inner)) result[at] = 0;
  for (const [i, at] of offsets(operand).entries()) result[at] = words[i] as number;
  return result;
}

function collect(operand: PlacedOperand, words: Uint32Array): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(offsets(operand), (at) => words[at] as number);
}
