// A constant that is known as whole steps of a scale: its elements are computed when they are asked for, and what can keep the steps finds them.
import { type Shape, sameShape, sizeOf } from "../../shapes.ts";
import { type DataType, Tensor } from "../../tensor.ts";
import type { Packing, Table } from "../operator.ts";
import { forEachElement, type Grid } from "./grid.ts";

export interface StepParts {
  readonly steps: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor | undefined;
  readonly grid: Grid;
}

export class StepTensor extends Tensor {
  readonly parts: StepParts;

  constructor(dtype: DataType, shape: Shape, parts: StepParts) {
    super(dtype, shape, () => Tensor.from(dtype, shape, elementsOf(parts)).bytes);
    this.parts = parts;
  }
}

function elementsOf({ steps, scale, zeroPoint, grid }: StepParts): Float32Array {
  const [counts, factors] = [steps.data, scale.toFloat32()];
  const zeros = zeroPoint?.data;
  const result = new Float32Array(counts.length);
  forEachElement(grid, (element, at) => {
    result[element] = (Number(counts[element]) - Number(zeros?.[at] ?? 0)) * (factors[at] as number);
  });
  return result;
}

/** What was found of each constant. */
const found = new WeakMap<StepTensor, ByteTensor | undefined>();

/** A float32 constant whose elements are whole numbers that fit int8. It is packed once for each order, whatever the number of plans. */
export class ByteTensor extends Tensor {
  readonly #bytes: Int8Array;
  readonly #tables = new Map<string, Table>();
  #largestSum: number | undefined;

  constructor(shape: Shape, bytes: Int8Array) {
    super("float32", shape, () => new Uint8Array(Float32Array.from(bytes).buffer));
    this.#bytes = bytes;
  }

  /** Its steps less their zero points: the same tensor in every plan. @returns `undefined` where some do not fit */
  static of(tensor: StepTensor): ByteTensor | undefined {
    if (!found.has(tensor)) found.set(tensor, ByteTensor.#make(tensor));
    return found.get(tensor);
  }

  static #make({ shape, parts: { steps, zeroPoint, grid } }: StepTensor): ByteTensor | undefined {
    const [counts, zeros] = [steps.data, zeroPoint?.data];
    const bytes = new Int8Array(counts.length);
    let fits = true;
    forEachElement(grid, (element, at) => {
      const count = Number(counts[element]) - Number(zeros?.[at] ?? 0);
      bytes[element] = count;
      if (bytes[element] !== count) fits = false;
    });
    return fits ? new ByteTensor(shape, bytes) : undefined;
  }

  /** The largest sum of the sizes of all weights of an output channel, which lie along the first axis. */
  get largestSum(): number {
    this.#largestSum ??= this.#sumUp();
    return this.#largestSum;
  }

  #sumUp(): number {
    const depth = sizeOf(this.shape.slice(1));
    let most = 0;
    for (let end = depth; end <= this.size; end += depth) {
      let sum = 0;
      for (let i = end - depth; i < end; i++) sum += Math.abs(this.#bytes[i] as number);
      most = Math.max(most, sum);
    }
    return most;
  }

  /** 3×3 kernels in their order, three words each. */
  kernels(): Table {
    const count = this.size / 9;
    const move = { shape: [count, 9], from: { offset: 0, strides: [9, 1] }, to: { offset: 0, strides: [12, 1] } };
    return this.table({ label: "kernels in three words each", length: count * 12, moves: [move] });
  }

  /**
   * Four elements to a word, in the order of a packing, or as they are.
   *
   * @param isShared whether each four lanes read sixteen elements as four words, see `lanesOfWords`
   */
  table(packing?: Packing, isShared = false): Table {
    const key = packing ? `${packing.label}\n${packing.length}\n${isShared}` : "";
    const known = this.#tables.get(key);
    if (known) return known;
    const packed = new Int8Array(Math.ceil((packing?.length ?? this.size) / 4) * 4);
    if (packing) packInto(packed, this.#bytes, packing);
    else packed.set(this.#bytes);
    if (isShared) turnSixteens(packed);
    const table = { label: `${packing?.label ?? "weights"}, bytes`, data: new Uint32Array(packed.buffer) };
    this.#tables.set(key, table);
    return table;
  }
}

/** Of sixteen bytes the word of lane l is l, l + 4, l + 8 and l + 12. */
function turnSixteens(bytes: Int8Array): void {
  const sixteen = new Int8Array(16);
  for (let at = 0; at < bytes.length; at += 16) {
    sixteen.set(bytes.subarray(at, at + 16));
    for (let i = 0; i < 16; i++) bytes[at + i] = sixteen[(i % 4) * 4 + Math.floor(i / 4)] as number;
  }
}

/** Fills zeros with the elements of a dense source, in the order of a packing that computes nothing. */
export function packInto(target: Int8Array | Float32Array, source: Int8Array | Float32Array, { moves }: Packing): void {
  for (const { shape, from, to } of moves) {
    const [read, write] = [from.strides, to.strides];
    const walk = (axis: number, at: number, place: number): void => {
      const [extent, step, move] = [shape[axis] ?? 1, read[axis] ?? 0, write[axis] ?? 0];
      if (axis >= shape.length - 1) for (let i = 0; i < extent; i++) target[place + i * move] = source[at + i * step] as number;
      else for (let i = 0; i < extent; i++) walk(axis + 1, at + i * step, place + i * move);
    };
    if (sizeOf(shape) > 0) walk(0, from.offset, to.offset);
  }
}

/** A bias by the scale of each output channel. */
export function inSteps(bias: Tensor, factors: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const whole = wholeStepsOf(bias, factors);
  const values = whole ?? bias.toFloat32();
  return factors.map((factor, i) => (values[values.length === 1 ? 0 : i] as number) / (whole ? 1 : factor));
}

/** A bias that is held as whole steps of these scales; `undefined` where it is not. */
function wholeStepsOf(bias: Tensor, factors: Float32Array): Float32Array<ArrayBuffer> | undefined {
  if (!(bias instanceof StepTensor) || bias.parts.zeroPoint?.toNumbers().some((zero) => zero !== 0)) return undefined;
  const scales = bias.parts.scale.toFloat32();
  const isOfThese = factors.every((factor, i) => Math.abs((scales[scales.length === 1 ? 0 : i] as number) / factor - 1) < 1e-5);
  return isOfThese ? Float32Array.from(bias.parts.steps.toNumbers()) : undefined;
}

/** The scale of each output channel, times that of what is read; `undefined` where scales lie along another axis, or are not above 0. */
export function factorsOf(
  { shape, parts: { scale, grid } }: StepTensor,
  axis: number,
  step: number,
): Float32Array<ArrayBuffer> | undefined {
  const values = scale.toFloat32();
  const isOne = values.length === 1;
  const isByAxis = grid.axis === axis && grid.block === 1 && sameShape(scale.shape, [shape[axis] as number]);
  if (!(isOne || isByAxis) || values.some((value) => !(value > 0))) return undefined;
  return Float32Array.from({ length: shape[axis] as number }, (_, i) => (values[isOne ? 0 : i] as number) * step);
}
