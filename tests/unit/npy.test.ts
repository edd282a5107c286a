// .npy files are read and written as NumPy does it.
import { expect, test } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import { decodeNpy, encodeNpy } from "../../src/engine/npy.ts";
import { type DataType, dataTypes, Tensor } from "../../src/engine/tensor.ts";

const latin1 = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** numpy.save of numpy.array([[1.5, -2]], dtype="float32"), byte by byte. */
const fromNumpy = (header: string, data: readonly number[]): Uint8Array => {
  const text = `\x93NUMPY\x01\x00v\x00${header.padEnd(117)}\n`;
  return new Uint8Array([...latin1(text), ...data]);
};

test("reads what NumPy wrote", () => {
  const bytes = fromNumpy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
  const tensor = decodeNpy(bytes);
  expect([tensor.dtype, tensor.shape, tensor.toNumbers()]).toEqual(["float32", [1, 2], [1.5, -2]]);
});

/** Version 2 of the format, whose headers may be longer than 64 kB. */
const longHeader = (header: string, data: readonly number[] = []): Uint8Array => {
  const bytes = new Uint8Array([...latin1("\x93NUMPY\x02\x00"), 0, 0, 0, 0, ...latin1(header.padEnd(200_000)), ...data]);
  new DataView(bytes.buffer).setUint32(8, 200_000, true);
  return bytes;
};

test("reads a long header", () => {
  const bytes = longHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
  expect(decodeNpy(bytes).toNumbers()).toEqual([1.5, -2]);
});

test("a long header that is not understood is told in short", () => {
  const decode = () => decodeNpy(longHeader("?".repeat(200_000)));
  expect(decode).toThrow(ModelError);
  expect(decode).toThrow(/^the \.npy header is not understood: \?{100}…$/);
});

test("writes the very bytes that NumPy writes", () => {
  const expected = fromNumpy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
  expect(encodeNpy(Tensor.from("float32", [1, 2], [1.5, -2]))).toEqual(expected);
});

test.each(dataTypes.filter((dtype) => !["bfloat16", "int4", "uint4"].includes(dtype)))("%s comes back as it was", (dtype: DataType) => {
  for (const shape of [[], [3], [0, 2], [2, 1, 3]]) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const tensor = Tensor.from(
      dtype,
      shape,
      Array.from({ length: size }, (_, i) => i % 2),
    );
    const back = decodeNpy(encodeNpy(tensor));
    expect([back.dtype, back.shape, back.bytes]).toEqual([dtype, shape, tensor.bytes]);
  }
});

test("bfloat16, which NumPy lacks, is written as float32", () => {
  expect(decodeNpy(encodeNpy(Tensor.from("bfloat16", [2], [1, -3]))).toNumbers()).toEqual([1, -3]);
});

const refused: readonly (readonly [why: string, bytes: Uint8Array, message: string])[] = [
  ["no magic", new Uint8Array(64), "no .npy file"],
  ["nothing", new Uint8Array(0), "no .npy file"],
  ["Fortran order", fromNumpy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", [0, 0, 0, 0]), "Fortran order"],
  ["big-endian", fromNumpy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]), "'>f4' are not supported"],
  ["complex", fromNumpy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]), "'<c8' are not supported"],
  ["too short", fromNumpy("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", [0, 0, 0, 0]), "takes 36 bytes, got 4"],
];

test.each(refused)("refuses a file with %s", (_why, bytes, message) => {
  expect(() => decodeNpy(bytes)).toThrow(message);
});
