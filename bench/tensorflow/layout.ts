// How a value lies in TensorFlow.js: pictures as NHWC, all else as ONNX has it.
import * as tf from "@tensorflow/tfjs-core";

export interface Operand {
  readonly tensor: tf.Tensor;
  readonly isNhwc: boolean;
  /** The NHWC shape it was flattened from: its elements are then not in ONNX's order. */
  readonly flattened?: readonly number[];
}

/** [n, c, h, w] → [n, h, w, c] */
export function nhwcShape<T>([n, c, h, w]: readonly T[]): [T, T, T, T] {
  return [n, h, w, c] as [T, T, T, T];
}

export function toNhwc(operand: Operand | undefined): tf.Tensor4D {
  const { tensor, isNhwc } = operand as Operand;
  return (isNhwc ? tensor : tf.transpose(tensor, [0, 2, 3, 1])) as tf.Tensor4D;
}

/** In ONNX's order. */
export function toNchw(operand: Operand | undefined): tf.Tensor {
  const { tensor, isNhwc, flattened } = operand as Operand;
  if (flattened) return tf.reshape(tf.transpose(tf.reshape(tensor, [...flattened]), [0, 3, 1, 2]), tensor.shape);
  return isNhwc ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
}

/** Elements of [n, c, h, w] in the order [n, h, w, c], or back. Other ranks stay. */
export function reorder(data: Float32Array, shape: readonly number[], to: "nhwc" | "nchw"): Float32Array {
  if (shape.length !== 4) return data;
  const [batch = 1, channels = 1, rows = 1, columns = 1] = shape;
  const result = new Float32Array(data.length);
  const plane = rows * columns;
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < plane; p++) {
        const nchw = (n * channels + c) * plane + p;
        const nhwc = (n * plane + p) * channels + c;
        if (to === "nhwc") result[nhwc] = data[nchw] as number;
        else result[nchw] = data[nhwc] as number;
      }
  return result;
}
