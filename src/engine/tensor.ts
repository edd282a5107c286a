// A tensor on the CPU: a type, a shape and little-endian bytes. Decoded weights stay views of the file.
import { ModelError } from "./errors.ts";
import { checkShape, type Shape, sizeOf } from "./shapes.ts";

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

type TypedArrayConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
};

/** float16 and bfloat16 are held as their 16 bits; bool as one byte of 0 or 1, numbers of 4 bits in one byte each. */
const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int4: Int8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint4: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<string, TypedArrayConstructor>;

/** ONNX element types that Convcam computes with. */
export type DataType = keyof typeof arrayTypes;

/** How an element lies in a GPU buffer: always one 32-bit word. */
export type GpuType = "f32" | "i32" | "u32";

export const dataTypes = Object.keys(arrayTypes) as readonly DataType[];

/** All of ONNX's element types, each at its TensorProto.DataType code; "" where there is none. */
export const elementTypes: readonly string[] = (
  " float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128 bfloat16 " +
  "float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1 float8e8m0 uint2 int2"
).split(" ");

/** Those that Convcam computes with, by the same codes. */
export const dataTypesByCode = elementTypes.map((name) => dataTypes.find((dtype) => dtype === name));

/** ONNX's TensorProto.DataType code. */
export function dataTypeCode(dtype: DataType): number {
  return elementTypes.indexOf(dtype);
}

export function bytesPerElement(dtype: DataType): number {
  return arrayTypes[dtype].BYTES_PER_ELEMENT;
}

export function isFloat(dtype: DataType): boolean {
  return dtype === "float32" || dtype === "float16" || dtype === "bfloat16" || dtype === "float64";
}

/** The largest finite float32. A Clip without bounds has it for them, so that it does away with infinities. */
export const largestFloat = 3.4028234663852886e38;

export function isSigned(dtype: DataType): boolean {
  return isFloat(dtype) || dtype.startsWith("int");
}

/** Floats of every width compute as f32, signed integers as i32, unsigned ones and bool as u32. */
export function gpuTypeOf(dtype: DataType): GpuType {
  if (isFloat(dtype)) return "f32";
  return isSigned(dtype) ? "i32" : "u32";
}

/** A dense row-major tensor. */
export class Tensor {
  readonly dtype: DataType;
  readonly shape: Shape;
  /** Little-endian elements; may be an unaligned view of a larger buffer. */
  readonly bytes!: Uint8Array;

  /** @param bytes the elements, or a function that computes them at each access: large weights that are read once need not be kept */
  constructor(dtype: DataType, shape: Shape, bytes: Uint8Array | (() => Uint8Array)) {
    this.dtype = dtype;
    this.shape = shape;
    if (typeof bytes === "function") {
      Object.defineProperty(this, "bytes", { get: bytes, enumerable: true });
      return;
    }
    const expected = sizeOf(shape) * bytesPerElement(dtype);
    if (bytes.byteLength !== expected)
      throw new ModelError(`a ${dtype} tensor of shape [${shape}] takes ${expected} bytes, got ${bytes.byteLength}`);
    this.bytes = bytes;
  }

  /** From plain numbers, rounded to `dtype`. */
  static from(dtype: DataType, shape: Shape, values: ArrayLike<number | bigint>): Tensor {
    if (values.length !== sizeOf(shape)) throw new ModelError(`shape [${shape}] holds ${sizeOf(shape)} elements, got ${values.length}`);
    const encode = encoders[dtype] ?? Number;
    const array = new (arrayTypes[dtype] as unknown as { new (n: number): { [i: number]: unknown } & TypedArray })(values.length);
    for (let i = 0; i < values.length; i++) array[i] = encode(values[i] as number | bigint);
    return new Tensor(dtype, shape, new Uint8Array(array.buffer));
  }

  /** A float32 tensor over `data` without copying it. */
  static float32(shape: Shape, data: Float32Array): Tensor {
    return new Tensor("float32", shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /** Every element the same. Takes memory only when, and each time, it is read. */
  static filled(dtype: DataType, shape: Shape, value: number): Tensor {
    checkShape(shape);
    const one = Tensor.from(dtype, [1], [value]).data;
    const make = one.constructor as unknown as { new (n: number): { fill(v: unknown): TypedArray } };
    return new Tensor(dtype, shape, () => new Uint8Array(new make(sizeOf(shape)).fill(one[0]).buffer));
  }

  static int64(shape: Shape, values: readonly number[]): Tensor {
    return Tensor.from("int64", shape, values);
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The elements as their own typed array: a view where alignment allows, else a copy. */
  get data(): TypedArray {
    const Type = arrayTypes[this.dtype] as TypedArrayConstructor;
    const { bytes } = this;
    const aligned = bytes.byteOffset % Type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
    return new Type(aligned.buffer, aligned.byteOffset, this.size);
  }

  /** The elements as float32: a view for an aligned float32 tensor, else a converted copy. */
  toFloat32(): Float32Array {
    const data = this.data;
    if (data instanceof Float32Array) return data;
    const decode = decoders[this.dtype] ?? Number;
    const result = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) result[i] = decode(data[i] as number | bigint);
    return result;
  }

  /** The elements as plain numbers. 64-bit integers beyond 2⁵³ lose precision, as ±INT64_MAX sentinels may. */
  toNumbers(): number[] {
    const decode = decoders[this.dtype] ?? Number;
    const data = this.data;
    const result = new Array<number>(data.length);
    for (let i = 0; i < data.length; i++) result[i] = decode(data[i] as number | bigint);
    return result;
  }

  /** The same elements in bytes of its own. */
  copy(): Tensor {
    return new Tensor(this.dtype, this.shape, this.bytes.slice());
  }

  /** The same bytes under another shape. */
  reshape(shape: Shape): Tensor {
    return new Tensor(this.dtype, shape, this.bytes);
  }
}

/** The elements as 32-bit words for a GPU buffer, see {@link GpuType}. 64-bit integers saturate. */
export function toGpuWords(tensor: Tensor): Float32Array | Int32Array | Uint32Array {
  const gpuType = gpuTypeOf(tensor.dtype);
  if (gpuType === "f32") return tensor.toFloat32();
  const data = tensor.data;
  const result = gpuType === "i32" ? new Int32Array(data.length) : new Uint32Array(data.length);
  const [low, high] = gpuType === "i32" ? [-0x80000000, 0x7fffffff] : [0, 0xffffffff];
  for (let i = 0; i < data.length; i++) result[i] = Math.min(high, Math.max(low, Number(data[i])));
  return result;
}

/** The inverse of {@link toGpuWords}. */
export function fromGpuWords(dtype: DataType, shape: Shape, words: ArrayBuffer): Tensor {
  const gpuType = gpuTypeOf(dtype);
  if (dtype === "float32" || dtype === "int32" || dtype === "uint32") return new Tensor(dtype, shape, new Uint8Array(words));
  const values = gpuType === "f32" ? new Float32Array(words) : gpuType === "i32" ? new Int32Array(words) : new Uint32Array(words);
  return Tensor.from(dtype, shape, values);
}

const decoders: { readonly [T in DataType]?: (value: number | bigint) => number } = {
  float16: (bits) => float16ToNumber(Number(bits)),
  bfloat16: (bits) => bfloat16ToNumber(Number(bits)),
};

const encoders: { readonly [T in DataType]?: (value: number | bigint) => number | bigint } = {
  float16: (value) => numberToFloat16(Number(value)),
  bfloat16: (value) => numberToBfloat16(Number(value)),
  int64: toBigInt,
  uint64: toBigInt,
  bool: (value) => (Number(value) === 0 ? 0 : 1),
};

function toBigInt(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  // NaN and infinities become 0, as in the narrower integer arrays.
  return BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);
}

const float32Scratch = new Float32Array(1);
const bitsScratch = new Uint32Array(float32Scratch.buffer);

/** IEEE 754 binary16 bits to a number. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to IEEE 754 binary16 bits, rounded to nearest even. */
export function numberToFloat16(value: number): number {
  float32Scratch[0] = value;
  const bits = bitsScratch[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(float32Scratch[0] as number);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = ((bits >>> 23) & 0xff) - 127;
  // Rounding may carry into the exponent; the addition does that by itself.
  return sign | (((exponent + 14) << 10) + roundToEven((magnitude / 2 ** exponent) * 1024));
}

/** The nearest integer; of two equally near, the even one. */
export function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0)) return floor + 1;
  return floor;
}

function bfloat16ToNumber(bits: number): number {
  bitsScratch[0] = bits << 16;
  return float32Scratch[0] as number;
}

function numberToBfloat16(value: number): number {
  float32Scratch[0] = value;
  const bits = bitsScratch[0] as number;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
