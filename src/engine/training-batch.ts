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
   * for nothing, and is not waited for. A step that begins anew asks for the same examples again.
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

export function isSource(inputs: TrainingBatch["inputs"] | undefined): inputs is BatchSource {
  return typeof (inputs as Partial<BatchSource> | undefined)?.write === "function";
}

/** @throws ModelError where it promises to write later: a step does not wait */
export function fillFrom(source: BatchSource, target: GpuValue, first: number, count: number): void {
  const written: unknown = source.write(target, first, count);
  if (!(written instanceof Promise)) return;
  written.catch(() => {});
  throw new ModelError("inputs: write returned a promise.");
}

/** @throws ModelError for names that no loss has, and for targets without names where there are several. @param names of the losses */
export function targetsByName(
  targets: TrainingBatch["targets"] | undefined,
  names: readonly string[],
): Readonly<Record<string, Targets | undefined>> {
  const [name = "", other] = names;
  const isOne =
    typeof targets !== "object" || !targets || targets instanceof Tensor || ArrayBuffer.isView(targets) || Array.isArray(targets);
  const unknown = isOne ? undefined : Object.keys(targets).find((given) => !names.includes(given));
  if (isOne ? other !== undefined : unknown !== undefined)
    throw new ModelError(
      `targets: ${isOne ? "got some without names" : `there is no loss of '${unknown}'`}; expected an object with '${names.join("', '")}'.`,
    );
  return isOne ? { [name]: targets as Targets } : targets;
}

/** @param classes where it is to hold numbers of classes. They are looked at as they were given */
export function asTensor(what: string, given: Targets | undefined, { dtype, shape }: ValueType, classes?: number): Tensor {
  const isTensor = given instanceof Tensor;
  if (!isTensor && !ArrayBuffer.isView(given)) throw new ModelError(`${what}: got ${String(given)}, expected a Tensor or a typed array.`);
  // Those of 16 bits are held as bits; all others are looked at where they lie.
  const numbers = isTensor ? (given.dtype.endsWith("float16") ? given.toFloat32() : given.data) : given;
  if (isTensor ? !sameShape(given.shape, shape) : numbers.length !== sizeOf(shape))
    throw new ModelError(
      `${what}: ${isTensor ? `[${given.shape.join(", ")}]` : `${numbers.length} elements`}, expected ${sizeOf(shape)} ([${shape.join(", ")}]).`,
    );
  const wrong = classes && (numbers as Float32Array).find((label) => !(Number(label) % 1 === 0 && label >= 0 && label < classes));
  if (wrong !== undefined) throw new ModelError(`${what}: ${wrong} is no class; expected 0 to ${(classes as number) - 1}.`);
  if (isTensor && given.dtype === dtype) return given;
  if (dtype === "float32" && numbers instanceof Float32Array) return Tensor.float32(shape, numbers);
  return Tensor.from(dtype, shape, numbers);
}
