// What callers give for an input, checked, as the words that lie on the GPU.
import { ModelError } from "./errors.ts";
import type { ValueType } from "./graph/graph.ts";
import { sameShape, sizeOf } from "./shapes.ts";
import { gpuTypeOf, Tensor, toGpuWords } from "./tensor.ts";

/** @throws ModelError if what is given is not what the input takes */
export function wordsOf(
  input: ValueType & { readonly name: string },
  given: Tensor | Float32Array,
): Float32Array | Int32Array | Uint32Array {
  const isTensor = given instanceof Tensor;
  if (isTensor ? !sameShape(given.shape, input.shape) : given?.length !== sizeOf(input.shape))
    throw new ModelError(
      `input '${input.name}': expected [${input.shape.join(", ")}], got ${isTensor ? `[${given.shape.join(", ")}]` : `${given?.length ?? "no"} elements`}.`,
    );
  if (isTensor && gpuTypeOf(given.dtype) !== gpuTypeOf(input.dtype))
    throw new ModelError(`input '${input.name}': expected ${input.dtype}, got ${given.dtype}.`);
  return toGpuWords(isTensor ? given : tensorOf(input, given));
}

/** The elements as a tensor of the input's type; float32 is not copied. */
function tensorOf({ dtype, shape }: ValueType, elements: Float32Array): Tensor {
  return dtype === "float32" && elements instanceof Float32Array ? Tensor.float32(shape, elements) : Tensor.from(dtype, shape, elements);
}
