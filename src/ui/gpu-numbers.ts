// Words that were read from the GPU as the numbers that they are.
import { type DataType, gpuTypeOf } from "../engine/tensor.ts";

const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array };

/** Of the words' own memory. */
export function numbersOf({ buffer, byteOffset, length }: Uint32Array, dtype: DataType): Float32Array | Int32Array | Uint32Array {
  return new arrays[gpuTypeOf(dtype)](buffer as ArrayBuffer, byteOffset, length);
}
