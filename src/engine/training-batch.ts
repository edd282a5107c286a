// A batch of examples, as a step of training takes it: what may be given, checked, and in parts.
import { ModelError } from "./errors.ts";
import type { GpuValue } from "./execution.ts";
import type { ValueType } from "./graph/graph.ts";
import { sameShape, sizeOf } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

/** What is right: numbers of classes for cross-entropy, [batch]; else of the shape of what the loss is of. */
export type Targets = Tensor | Float32Array | Int32Array;

/** Makes a batch on the GPU, where a step takes it: nothing is uploaded. */
export interface BatchSource {
  /**
   * Submits commands to the model's device that write examples `first` to `first + count` of the batch: all, or where `accumulate` is set a part. Waits
   * for nothing. A step that begins anew asks for the same ones again.
   *
   * @param target [count, …], as the model's input, in float32, by its offset and strides; it may be another one each time
   */
  write(target: GpuValue, first: number, count: number): void;
}

/** A batch of examples: pictures as the model's input takes them, and what is right for each. */
export interface TrainingBatch {
  /** [batch, …], as the model's input, or what writes them on the GPU. */
  readonly inputs: Tensor | Float32Array | BatchSource;
  /** Of several losses, those of each by its name. */
  readonly targets: Targets | Readonly<Record<string, Targets>>;
}

export function isSource(inputs: TrainingBatch["inputs"]): inputs is BatchSource {
  return typeof (inputs as Partial<BatchSource> | undefined)?.write === "function";
}

/**
 * @param names of the losses
 * @param check throws for the names that were given, `undefined` for targets without a name, where they are not those of the losses
 */
export function targetsByName(
  targets: TrainingBatch["targets"],
  [name = ""]: readonly string[],
  check?: (given: readonly string[] | undefined) => void,
): Readonly<Record<string, Targets | undefined>> {
  const isOne = typeof targets !== "object" || targets === null || targets instanceof Tensor || ArrayBuffer.isView(targets);
  check?.(isOne ? undefined : Object.keys(targets));
  return isOne ? { [name]: targets as Targets } : targets;
}

/** One of so many equal parts of a batch. */
export function partOf(tensor: Tensor, part: number, parts: number): Tensor {
  if (parts === 1) return tensor;
  const { dtype, shape, bytes } = tensor;
  const size = bytes.length / parts;
  return new Tensor(dtype, shape.with(0, (shape[0] as number) / parts), bytes.subarray(part * size, (part + 1) * size));
}

export function asTensor(what: string, given: Targets | undefined, { dtype, shape }: ValueType): Tensor {
  const isTensor = given instanceof Tensor;
  if (!isTensor && !ArrayBuffer.isView(given)) throw new ModelError(`${what}: got ${String(given)}, expected a Tensor or numbers.`);
  const count = isTensor ? given.size : given.length;
  if (isTensor ? !sameShape(given.shape, shape) : count !== sizeOf(shape))
    throw new ModelError(
      `${what}: ${isTensor ? `[${given.shape.join(", ")}]` : `${count} elements`}, expected ${sizeOf(shape)} ([${shape.join(", ")}]).`,
    );
  if (isTensor) return given.dtype === dtype ? given : Tensor.from(dtype, shape, given.toNumbers());
  if (dtype === "float32" && given instanceof Float32Array) return Tensor.float32(shape, given);
  return Tensor.from(dtype, shape, given);
}

export function checkLabels(what: string, targets: Tensor, classes: number): void {
  const wrong = targets.toNumbers().find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined) throw new ModelError(`${what}: ${wrong} is no class; expected 0 to ${classes - 1}.`);
}
