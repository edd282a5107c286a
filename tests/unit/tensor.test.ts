// Tensors on the CPU: element types, rounding, views of unaligned bytes, and words for the GPU.
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import {
  bytesPerElement,
  type DataType,
  dataTypes,
  float16ToNumber,
  fromGpuWords,
  gpuTypeOf,
  numberToFloat16,
  Tensor,
  toGpuWords,
} from "../../src/engine/tensor.ts";

const types: Record<DataType, { bytes: number; gpu: string; values: number[] }> = {
  float32: { bytes: 4, gpu: "f32", values: [1.5, -2.25, 0] },
  float64: { bytes: 8, gpu: "f32", values: [1.5, -2.25, 0] },
  float16: { bytes: 2, gpu: "f32", values: [1.5, -2.25, 65504] },
  bfloat16: { bytes: 2, gpu: "f32", values: [1.5, -2.25, 3 * 2 ** 100] },
  int4: { bytes: 1, gpu: "i32", values: [-8, 0, 7] },
  uint4: { bytes: 1, gpu: "u32", values: [0, 8, 15] },
  int8: { bytes: 1, gpu: "i32", values: [-128, 0, 127] },
  int16: { bytes: 2, gpu: "i32", values: [-32768, 0, 32767] },
  int32: { bytes: 4, gpu: "i32", values: [-(2 ** 31), 0, 2 ** 31 - 1] },
  int64: { bytes: 8, gpu: "i32", values: [-5, 0, 2 ** 31 - 1] },
  uint8: { bytes: 1, gpu: "u32", values: [0, 128, 255] },
  uint16: { bytes: 2, gpu: "u32", values: [0, 40000, 65535] },
  uint32: { bytes: 4, gpu: "u32", values: [0, 2 ** 31, 2 ** 32 - 1] },
  uint64: { bytes: 8, gpu: "u32", values: [0, 2 ** 31, 2 ** 32 - 1] },
  bool: { bytes: 1, gpu: "u32", values: [0, 1, 1] },
};

describe.each(dataTypes)("%s", (dtype) => {
  const { bytes, gpu, values } = types[dtype];
  const tensor = Tensor.from(dtype, [3], values);

  test("numbers come back as they were", () => {
    expect(bytesPerElement(dtype)).toBe(bytes);
    expect(tensor.bytes.byteLength).toBe(3 * bytes);
    expect(tensor.toNumbers()).toEqual(values);
    expect([...tensor.toFloat32()]).toEqual(values.map(Math.fround));
  });

  test("an unaligned view of a file reads the same", () => {
    const file = new Uint8Array(tensor.bytes.byteLength + 3);
    file.set(tensor.bytes, 3);
    const view = new Tensor(dtype, [3], file.subarray(3));
    expect(view.toNumbers()).toEqual(values);
    expect(view.data).toEqual(tensor.data);
  });

  test("words for the GPU return to the same tensor", () => {
    const words = toGpuWords(tensor);
    expect(gpuTypeOf(dtype)).toBe(gpu);
    expect(words).toBeInstanceOf({ f32: Float32Array, i32: Int32Array, u32: Uint32Array }[gpu]);
    const back = fromGpuWords(dtype, [3], words.slice().buffer as ArrayBuffer);
    expect(back.dtype).toBe(dtype);
    expect(back.toNumbers()).toEqual(values);
  });

  test("a filled tensor is the same everywhere", () => {
    expect(Tensor.filled(dtype, [2, 2], 1).toNumbers()).toEqual([1, 1, 1, 1]);
    expect(Tensor.filled(dtype, [0], 1).toNumbers()).toEqual([]);
  });
});

test("an aligned tensor's data is a view, not a copy", () => {
  const data = Float32Array.of(1, 2);
  const tensor = Tensor.float32([2], data);
  expect(tensor.data.buffer).toBe(data.buffer);
  expect(tensor.toFloat32().buffer).toBe(data.buffer);
  expect(tensor.reshape([1, 2]).bytes).toBe(tensor.bytes);
});

test("64-bit integers saturate on the GPU instead of wrapping", () => {
  expect([...toGpuWords(Tensor.from("int64", [2], [2n ** 63n - 1n, -(2n ** 63n)]))]).toEqual([2 ** 31 - 1, -(2 ** 31)]);
  expect([...toGpuWords(Tensor.from("uint64", [1], [2n ** 64n - 1n]))]).toEqual([2 ** 32 - 1]);
});

test("64-bit integers take fractions towards zero, and what is no number as 0", () =>
  expect(Tensor.from("int64", [4], [1.9, -1.9, Number.NaN, Number.POSITIVE_INFINITY]).toNumbers()).toEqual([1, -1, 0, 0]));

test("anything but zero is true", () => expect(Tensor.from("bool", [3], [0, -3, 0.5]).toNumbers()).toEqual([0, 1, 1]));

test.each([
  { why: "too few bytes", make: () => new Tensor("float32", [2], new Uint8Array(7)), message: "takes 8 bytes, got 7" },
  { why: "too many numbers", make: () => Tensor.from("int8", [2], [1, 2, 3]), message: "holds 2 elements, got 3" },
  { why: "a reshape that loses elements", make: () => Tensor.int64([4], [1, 2, 3, 4]).reshape([3]), message: "takes 24 bytes, got 32" },
])("$why are refused", ({ make, message }) => {
  expect(make).toThrow(ModelError);
  expect(make).toThrow(message);
});

describe("float16", () => {
  test("all 65,536 patterns survive a round trip", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = float16ToNumber(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(float16ToNumber(numberToFloat16(value)))).toBe(true);
      else if (numberToFloat16(value) !== bits) expect.fail(`0x${bits.toString(16)} became 0x${numberToFloat16(value).toString(16)}`);
    }
  });

  test("what lies between two neighbours goes to the nearer, and to the even one from the middle", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [float16ToNumber(bits), float16ToNumber(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const rounded = [low + (high - low) / 4, middle, low + ((high - low) * 3) / 4].map(numberToFloat16);
      if (String(rounded) !== String([bits, even, bits + 1])) expect.fail(`0x${bits.toString(16)}: ${rounded}`);
    }
  });

  test.each([
    { value: 65519, bits: 0x7bff, why: "still rounds down to the largest" },
    { value: 65520, bits: 0x7c00, why: "rounds to infinity" },
    { value: -1e30, bits: 0xfc00, why: "is minus infinity" },
    { value: 2 ** -25, bits: 0, why: "is half the smallest: even is 0" },
    { value: 1.5 * 2 ** -25, bits: 1, why: "is nearer to the smallest" },
    { value: -0, bits: 0x8000, why: "keeps its sign" },
  ])("$value $why", ({ value, bits }) => expect(numberToFloat16(value)).toBe(bits));
});

test.each([
  { value: 1 + 2 ** -8, result: 1, why: "the middle goes to the even neighbour below" },
  { value: 1 + 3 * 2 ** -8, result: 1 + 2 ** -6, why: "the middle goes to the even neighbour above" },
  { value: 1 + 2 ** -8 + 2 ** -20, result: 1 + 2 ** -7, why: "above the middle goes up" },
  { value: 3.4028234663852886e38, result: Number.POSITIVE_INFINITY, why: "the largest float32 overflows" },
  { value: Number.NaN, result: Number.NaN, why: "NaN stays NaN" },
])("bfloat16: $why", ({ value, result }) => expect(Tensor.from("bfloat16", [1], [value]).toNumbers()).toEqual([result]));

test("elements can be computed when they are asked for, and are not held", () => {
  let count = 0;
  const tensor = new Tensor("float32", [2], () => {
    count++;
    return new Uint8Array(Float32Array.of(1, 2).buffer);
  });
  expect([tensor.dtype, tensor.shape, tensor.size, count]).toEqual(["float32", [2], 2, 0]);
  expect([...tensor.toFloat32()]).toEqual([1, 2]);
  expect(count).toBe(1);
  expect(toGpuWords(tensor)).toEqual(Float32Array.of(1, 2));
  expect(count).toBe(2);
});
