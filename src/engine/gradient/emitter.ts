// Writes the nodes of a backward graph: ordinary ONNX operators, in the form that the file's opset has for them.
import type { GraphEdit } from "../graph/edit.ts";
import { type AttributeValue, fusedDomain, type Node, type ValueType } from "../graph/graph.ts";
import { type Shape, sameShape, sizeOf } from "../shapes.ts";
import { type DataType, dataTypeCode, Tensor } from "../tensor.ts";

type Attributes = Readonly<Record<string, AttributeValue>>;

export class Emitter {
  readonly #edit: GraphEdit;
  readonly #types: ReadonlyMap<string, ValueType>;
  readonly opset: number;
  /** Begins the names of the nodes that are written. */
  #prefix = "gradient";

  /** @param types of the forward graph's values */
  constructor(edit: GraphEdit, types: ReadonlyMap<string, ValueType>, opset: number) {
    this.#edit = edit;
    this.#types = types;
    this.opset = opset;
  }

  /** What is written from now on belongs to this value. */
  writeFor(value: string): void {
    this.#prefix = `${value}/gradient`;
  }

  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.#edit.add({ operator, inputs, attributes, name: this.#prefix });
  }

  /** A node of Convcam's own operators. */
  own(operator: string, inputs: readonly string[], attributes: Attributes): string {
    return this.#edit.add({ operator, domain: fusedDomain, inputs, attributes, name: this.#prefix });
  }

  /** A node with several outputs. @returns their names */
  nodes(operator: string, inputs: readonly string[], outputCount: number, attributes: Attributes = {}, domain = ""): readonly string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#edit.fresh(this.#prefix));
    this.#edit.add({ operator, domain, inputs, attributes, outputs, name: this.#prefix });
    return outputs;
  }

  /** The second output of a node of the forward graph, which computes it from now on. */
  secondOutput({ name }: Node): string {
    const { outputs = [] } = this.#edit.node(name) ?? {};
    const [first = "", known] = outputs;
    const second = known || this.#edit.fresh(`${first}/second`);
    if (!known) this.#edit.replace(name, { outputs: [first, second] });
    return second;
  }

  constant(tensor: Tensor): string {
    return this.#edit.constant(`${this.#prefix}/constant`, tensor);
  }

  indices(values: readonly number[]): string {
    return this.constant(Tensor.int64([values.length], values));
  }

  /** 0, 1, 2, … along the one axis of the shape whose extent may be more than 1. */
  counting(dtype: DataType, shape: Shape): string {
    return this.constant(
      Tensor.from(
        dtype,
        shape,
        Array.from({ length: sizeOf(shape) }, (_, i) => i),
      ),
    );
  }

  /** @param value whose type the number takes */
  number(number: number, value: string): string {
    return this.constant(Tensor.from(this.typeOf(value).dtype, [], [number]));
  }

  /** The type of a value of the forward graph. */
  typeOf(value: string): ValueType {
    const type = this.#types.get(value);
    if (!type) throw new Error(`'${value}' is no value of the forward graph`);
    return type;
  }

  shapeOf(value: string): Shape {
    return this.typeOf(value).shape;
  }

  add = (a: string, b: string) => this.node("Add", [a, b]);
  subtract = (a: string, b: string) => this.node("Sub", [a, b]);
  multiply = (a: string, b: string) => this.node("Mul", [a, b]);
  divide = (a: string, b: string) => this.node("Div", [a, b]);
  negate = (a: string) => this.node("Neg", [a]);

  /** a / b, and 0 where b is 0. @param like a forward value of the element type */
  quotient(a: string, b: string, like: string): string {
    const zero = this.number(0, like);
    const isZero = this.node("Equal", [b, zero]);
    return this.where(isZero, zero, this.divide(a, this.where(isZero, this.number(1, like), b)));
  }

  /** `value` times a number. @param like a value of the same element type */
  scale(value: string, by: number, like: string): string {
    return by === 1 ? value : this.multiply(value, this.number(by, like));
  }

  /** `value` where the condition holds, else `otherwise`. Unlike a product, it keeps out what is infinite or NaN elsewhere. */
  where(condition: string, value: string, otherwise: string): string {
    return this.node("Where", [condition, value, otherwise]);
  }

  reshape(value: string, shape: Shape): string {
    return this.node("Reshape", [value, this.indices(shape)]);
  }

  transpose(value: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? value : this.node("Transpose", [value], { perm });
  }

  /** Repeats a value over the extents that are 1 in its own shape. */
  expand(value: string, shape: Shape): string {
    return this.node("Expand", [value, this.indices(shape)]);
  }

  /** Sums over these axes, whose extents become 1. */
  sum(value: string, axes: readonly number[]): string {
    return this.#reduce("ReduceSum", value, axes, 13);
  }

  /** Means over these axes, whose extents become 1. */
  mean(value: string, axes: readonly number[]): string {
    return this.#reduce("ReduceMean", value, axes, 18);
  }

  /** @param inputSince the opset from which the axes are an input */
  #reduce(operator: string, value: string, axes: readonly number[], inputSince: number): string {
    if (axes.length === 0) return value;
    if (this.opset >= inputSince) return this.node(operator, [value, this.indices(axes)], { keepdims: 1 });
    return this.node(operator, [value], { axes, keepdims: 1 });
  }

  /** Sums what a broadcast repeated, so that a gradient of shape `from` becomes one of shape `to`. */
  sumTo(value: string, from: Shape, to: Shape): string {
    if (sameShape(from, to)) return value;
    const added = from.length - to.length;
    const axes = from.flatMap((extent, axis) => (axis < added || (to[axis - added] === 1 && extent !== 1) ? [axis] : []));
    const summed = this.sum(value, axes);
    return added === 0 ? summed : this.reshape(summed, to);
  }

  slice(value: string, starts: readonly number[], ends: readonly number[], axes: readonly number[]): string {
    if (this.opset >= 10) return this.node("Slice", [value, this.indices(starts), this.indices(ends), this.indices(axes)]);
    return this.node("Slice", [value], { starts, ends, axes });
  }

  /** Zeros around a value. @param pads all begins, then all ends */
  pad(value: string, pads: readonly number[]): string {
    if (pads.every((pad) => pad === 0)) return value;
    if (this.opset >= 11) return this.node("Pad", [value, this.indices(pads)]);
    return this.node("Pad", [value], { pads });
  }

  castTo(value: string, dtype: DataType): string {
    return this.node("Cast", [value], { to: dataTypeCode(dtype) });
  }

  /**
   * A matrix times a value, along one axis of it.
   *
   * @param matrix row by row; as many columns as the axis has elements
   * @param like a forward value of the same element type
   */
  alongAxis(value: string, shape: Shape, axis: number, matrix: Float32Array, like: string): readonly [value: string, shape: Shape] {
    const columns = shape[axis] as number;
    const rows = matrix.length / columns;
    const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const factor = this.constant(Tensor.from(this.typeOf(like).dtype, [rows, columns], matrix));
    const product = this.node("MatMul", [factor, this.reshape(value, [sizeOf(before), columns, sizeOf(behind)])]);
    const to = [...before, rows, ...behind];
    return [this.reshape(product, to), to];
  }

  /**
   * Puts `step` − 1 zeros between the elements along an axis.
   *
   * @param shape of the value
   * @returns the value and its shape
   */
  withGaps(value: string, shape: Shape, axis: number, step: number): readonly [value: string, shape: Shape] {
    const count = shape[axis] as number;
    if (step === 1 || count === 1) return [value, shape];
    const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const none = new Array<number>(shape.length + 1).fill(0);
    const apart = this.pad(this.reshape(value, [...before, count, 1, ...behind]), [...none, ...none.with(axis + 1, step - 1)]);
    const extent = (count - 1) * step + 1;
    const joined = this.reshape(apart, [...before, count * step, ...behind]);
    return [this.slice(joined, [0], [extent], [axis]), [...before, extent, ...behind]];
  }

  zeros({ dtype, shape }: ValueType): string {
    return this.constant(Tensor.filled(dtype, shape, 0));
  }
}
