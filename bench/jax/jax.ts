// What the bench uses of jax-js, which a page loads from where its files are.

export interface JaxArray {
  /** The same array with one more reference: an operation takes one from each operand. */
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  mul(other: JaxArray): JaxArray;
  reshape(shape: number[]): JaxArray;
  data(): Promise<Float32Array>;
}

type JaxFunction = (x: JaxArray) => JaxArray;

export interface Jax {
  init(device: "webgpu"): Promise<readonly string[]>;
  defaultDevice(device: "webgpu"): string;
  grad(f: JaxFunction): JaxFunction;
  jit(f: JaxFunction): JaxFunction & { dispose?(): void };
  readonly nn: { relu(x: JaxArray): JaxArray };
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    clip(x: JaxArray, low?: number, high?: number): JaxArray;
    concatenate(parts: JaxArray[], axis: number): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    max(x: JaxArray): JaxArray;
    mean(x: JaxArray, axes: number[], options: { keepdims: boolean }): JaxArray;
    pad(x: JaxArray, width: [number, number][]): JaxArray;
    sum(x: JaxArray): JaxArray;
    transpose(x: JaxArray): JaxArray;
  };
  readonly lax: {
    convGeneralDilated(
      x: JaxArray,
      w: JaxArray,
      strides: number[],
      padding: [number, number][],
      options: { rhsDilation: number[]; featureGroupCount: number },
    ): JaxArray;
    reduceWindow(x: JaxArray, computation: JaxFunction, dimensions: number[], strides: number[]): JaxArray;
  };
}
