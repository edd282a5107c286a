// What the bench uses of jax-js, which a page loads from where its files are.

export interface JaxArray {
  /** The same array with one more reference: an operation takes one from each operand. */
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  reshape(shape: number[]): JaxArray;
  data(): Promise<Float32Array>;
  blockUntilReady(): Promise<JaxArray>;
}

type JaxFunction = (x: JaxArray) => JaxArray;

type JaxLoss = (weights: JaxArray[], x: JaxArray, targets: JaxArray) => JaxArray;
/** @returns the loss, and the weights afterwards */
type JaxStep = (weights: JaxArray[], x: JaxArray, targets: JaxArray) => [JaxArray, JaxArray[]];

export interface Jax {
  init(device: "webgpu"): Promise<readonly string[]>;
  defaultDevice(device: "webgpu"): string;
  grad(f: JaxFunction): JaxFunction;
  jit<F extends JaxFunction | JaxStep>(f: F): F & { dispose?(): void };
  /** Of the first argument, a list. */
  valueAndGrad(f: JaxLoss): (weights: JaxArray[], x: JaxArray, targets: JaxArray) => [JaxArray, JaxArray[]];
  readonly nn: { logSoftmax(x: JaxArray, axis?: number): JaxArray; relu(x: JaxArray): JaxArray };
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
