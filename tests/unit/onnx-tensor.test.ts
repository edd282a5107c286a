// TensorProto to Tensor: every encoding of every element type, views instead of copies, and damaged tensors.
import { describe, expect, test } from "vitest";
import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import { encodeTensor } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { decodeTensorProto, readTensor } from "../../src/engine/onnx/lone-tensor.ts";
import type { TensorProto } from "../../src/engine/onnx/proto.ts";
import { tensorFromProto } from "../../src/engine/onnx/tensor-proto.ts";
import { encodeModelProto, encodeTensorProto } from "../../src/engine/onnx/to-proto.ts";
import { type DataType, dataTypeCode, dataTypes, Tensor } from "../../src/engine/tensor.ts";

/** The same elements three ways: as numbers, as little-endian bytes, and as the typed field of a TensorProto. */
const encodings: Record<Exclude<DataType, "int4" | "uint4">, { values: (number | bigint)[]; raw: number[]; typed: TensorProto }> = {
  float32: { values: [1.5, -2], raw: [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0], typed: { floatData: [1.5, -2] } },
  float64: {
    values: [1.5, -2],
    raw: [0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0],
    typed: { doubleData: [1.5, -2] },
  },
  float16: { values: [1.5, -2], raw: [0, 0x3e, 0, 0xc0], typed: { int32Data: [0x3e00, 0xc000] } },
  bfloat16: { values: [1.5, -2], raw: [0xc0, 0x3f, 0, 0xc0], typed: { int32Data: [0x3fc0, 0xc000] } },
  int8: { values: [1, -128], raw: [1, 0x80], typed: { int32Data: [1, -128] } },
  int16: { values: [1, -32768], raw: [1, 0, 0, 0x80], typed: { int32Data: [1, -32768] } },
  int32: { values: [1, -(2 ** 31)], raw: [1, 0, 0, 0, 0, 0, 0, 0x80], typed: { int32Data: [1, -(2 ** 31)] } },
  int64: {
    values: [-1n, 2n ** 63n - 1n],
    raw: [...Array(8).fill(0xff), ...Array(7).fill(0xff), 0x7f],
    typed: { int64Data: [-1, 2n ** 63n - 1n] },
  },
  uint8: { values: [1, 255], raw: [1, 0xff], typed: { int32Data: [1, 255] } },
  uint16: { values: [1, 65535], raw: [1, 0, 0xff, 0xff], typed: { int32Data: [1, 65535] } },
  uint32: { values: [1, 2 ** 32 - 1], raw: [1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], typed: { uint64Data: [1, 2 ** 32 - 1] } },
  uint64: {
    values: [2n ** 53n + 1n, 2n ** 64n - 1n],
    raw: [1, 0, 0, 0, 0, 0, 0x20, 0, ...Array(8).fill(0xff)],
    typed: { uint64Data: [2n ** 53n + 1n, 2n ** 64n - 1n] },
  },
  bool: { values: [0, 1], raw: [0, 1], typed: { int32Data: [0, 1] } },
};

describe.each(dataTypes.filter((dtype) => dtype !== "int4" && dtype !== "uint4"))("%s", (dtype) => {
  const { values, raw, typed } = encodings[dtype];
  const head = { name: "x", dims: [2], dataType: dataTypeCode(dtype) };
  const expected = Tensor.from(dtype, [2], values);

  test("raw data decodes", () => {
    const tensor = readTensor(encodeTensorProto({ ...head, rawData: Uint8Array.from(raw) }));
    expect(tensor.data).toEqual(expected.data);
    expect(tensor).toMatchObject({ dtype, shape: [2] });
  });

  test("the typed field decodes", () => {
    const tensor = readTensor(encodeTensorProto({ ...head, ...typed }));
    expect(tensor.data).toEqual(expected.data);
    expect([...tensor.bytes]).toEqual(raw);
  });

  test("what is encoded decodes to the same", () => {
    const again = readTensor(encodeTensor(expected));
    expect(again.dtype).toBe(dtype);
    expect(again.data).toEqual(expected.data);
  });

  test.each([
    ["a scalar", { dims: [] }],
    ["too few elements", { dims: [3] }],
    ["too many elements", { dims: [1] }],
    ["no elements at all", { dims: [0] }],
  ])("a shape for %s is refused by name", (_, shape) => {
    for (const data of [{ rawData: Uint8Array.from(raw) }, typed])
      if (sizeFits(shape.dims, data))
        expect(() => readTensor(encodeTensorProto({ ...head, ...shape, ...data }))).toThrow(/'x'.*(takes|holds)/);
  });
});

/** Leftover typed data beside a zero-sized shape is harmless, and not looked at. */
function sizeFits(dims: readonly number[], data: TensorProto): boolean {
  return data.rawData !== undefined || !dims.includes(0);
}

test("a scalar and an empty tensor decode", () => {
  expect(readTensor(encodeTensorProto({ dims: [], dataType: 1, floatData: [7] })).toNumbers()).toEqual([7]);
  expect(readTensor(encodeTensorProto({ dims: [2, 0], dataType: 1 }))).toMatchObject({ shape: [2, 0], size: 0 });
  expect(readTensor(encodeTensor(new Tensor("int64", [0], new Uint8Array(0))))).toMatchObject({ dtype: "int64", shape: [0] });
});

test.each([
  ["int4", [1, -8, 7], [1, 0xf8, 7]],
  ["uint4", [1, 15, 7], [1, 15, 7]],
] as const)("of %s each byte of a file holds two", (dtype, values, bytes) => {
  const head = { name: "x", dims: [3], dataType: dataTypeCode(dtype) };
  const packed = dtype === "int4" ? [0x81, 7] : [0xf1, 7];
  const tensor = Tensor.from(dtype, [3], values);
  for (const proto of [{ rawData: Uint8Array.from(packed) }, { int32Data: packed }]) {
    const read = readTensor(encodeTensorProto({ ...head, ...proto }));
    expect(read).toMatchObject({ dtype, shape: [3] });
    expect([...read.bytes]).toEqual(bytes);
    expect(() => readTensor(encodeTensorProto({ ...head, ...proto, dims: [5] }))).toThrow(/'x'.*(takes|holds)/);
  }
  expect(readTensor(encodeTensor(tensor)).toNumbers()).toEqual(values);
});

test.each([
  ["int4", [-8, -7, -1, 0, 1, 6, 7, -3, 5]],
  ["uint4", [0, 1, 7, 8, 9, 14, 15, 3, 5]],
] as const)("%s comes back whatever the count of elements", (dtype, values) => {
  for (let count = 0; count <= values.length; count++) {
    const bytes = encodeTensor(Tensor.from(dtype, [count], values.slice(0, count)));
    expect(readTensor(bytes).toNumbers(), `${count}`).toEqual(values.slice(0, count));
    for (const other of [count - 2, count + 2, 2 * count + 2].filter((one) => one > 0 && count > 0))
      expect(() => readTensor(encodeTensorProto({ ...decodeTensorProto(bytes), dims: [other] })), `${count} as ${other}`).toThrow("takes");
  }
});

test("a bool that is neither 0 nor 1 is true", () => {
  expect([...readTensor(encodeTensorProto({ dims: [2], dataType: 9, rawData: Uint8Array.of(0, 7) })).bytes]).toEqual([0, 1]);
});

test.each([
  ["Uint8Array", (bytes: Uint8Array) => bytes],
  ["Node Buffer", (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)],
])("raw data of a %s stays a plain view of the file", async (_, wrap) => {
  const weight = Tensor.from("float32", [3], [1, 2, 3]);
  const file = encodeModelProto({
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      initializer: [{ name: "w", dims: [3], dataType: 1, rawData: weight.bytes }],
      output: [{ name: "w" }],
    },
  });
  const tensor = (await importModel(wrap(file))).initializers.get("w");
  expect(tensor?.bytes.buffer).toBe(file.buffer);
  expect(tensor?.bytes.constructor).toBe(Uint8Array);
  expect(tensor?.toNumbers()).toEqual([1, 2, 3]);
});

test.each([8, 14, 15, 17, 18, 19, 20, 23, 24, 25, 26])("element type %i is refused as unsupported, by name", (dataType) => {
  const bytes = encodeTensorProto({ name: "x", dims: [1], dataType, rawData: Uint8Array.of(1) });
  expect(() => readTensor(bytes)).toThrow(UnsupportedError);
  expect(() => readTensor(bytes)).toThrow(/tensor 'x': element type \w+ is not supported/);
});

test.each<[string, TensorProto]>([
  ["element type 0", { dims: [1], dataType: 0, rawData: Uint8Array.of(1) }],
  ["element type 99", { dims: [1], dataType: 99, rawData: Uint8Array.of(1) }],
  ["a negative extent", { dims: [-1, -1], dataType: 3, rawData: Uint8Array.of(1) }],
  ["an extent beyond 2⁵³", { dims: [0x7fffffffn << 32n], dataType: 3, rawData: Uint8Array.of(1) }],
  ["extents whose product overflows", { dims: Array(40).fill(2 ** 52), dataType: 3, rawData: Uint8Array.of(1) }],
  ["no data", { dims: [4], dataType: 1 }],
  ["data in another type's field", { dims: [1], dataType: 1, int32Data: [1] }],
])("%s is a ModelError that names the tensor", (_, proto) => {
  const decode = () => tensorFromProto(decodeTensorProto(encodeTensorProto({ name: "x", ...proto })), "initializer 'x'");
  expect(decode).toThrow(ModelError);
  expect(decode).toThrow(/initializer 'x'/);
});

test("a sequence or optional file is refused as unsupported", () => {
  // SequenceProto { name: "s", elem_type: TENSOR, tensor_values: [one empty tensor] }
  const sequence = Uint8Array.of(0x0a, 1, 0x73, 0x10, 1, 0x1a, 0);
  expect(() => readTensor(sequence)).toThrow(UnsupportedError);
});
