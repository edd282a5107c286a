// The wire format by hand: what readers must accept, skip, merge and refuse. onnx-reference.test.ts covers what files have.
import { describe, expect, test } from "vitest";
import { ProtoReader } from "../../src/engine/onnx/proto-reader.ts";
import type { MessageName } from "../../src/engine/onnx/proto-schema.ts";
import { ProtoWriter } from "../../src/engine/onnx/proto-writer.ts";

const read = (name: MessageName, bytes: readonly number[]) => new ProtoReader(Uint8Array.from(bytes)).message(name);

/** An int64 of all ones, −1, in as many bytes as a varint may have. */
const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

test.each<[string, MessageName, number[], object]>([
  ["no bytes are an empty message", "TensorProto", [], {}],
  ["numbers one by one", "TensorProto", [0x08, 2, 0x08, 3], { dims: [2, 3] }],
  ["numbers packed", "TensorProto", [0x0a, 2, 2, 3], { dims: [2, 3] }],
  ["numbers packed in pieces, and one by one between", "TensorProto", [0x0a, 1, 2, 0x08, 3, 0x0a, 1, 4], { dims: [2, 3, 4] }],
  ["no numbers, packed", "TensorProto", [0x0a, 0], { dims: [] }],
  ["floats one by one", "TensorProto", [0x25, 0, 0, 0x80, 0x3f], { floatData: [1] }],
  ["a negative int32 of ten bytes", "TensorProto", [0x10, ...minusOne], { dataType: -1 }],
  ["an int32 of more than 32 bits loses them", "TensorProto", [0x10, 0x81, 0x80, 0x80, 0x80, 0x10], { dataType: 1 }],
  ["a varint with needless zeros", "TensorProto", [0x10, 0x81, 0x80, 0x00], { dataType: 1 }],
  ["of a number given twice the last", "TensorProto", [0x10, 1, 0x10, 7], { dataType: 7 }],
  [
    "a message given twice is merged",
    "AttributeProto",
    [0x2a, 4, 0x10, 1, 0x08, 2, 0x2a, 4, 0x08, 3, 0x10, 7],
    { t: { dims: [2, 3], dataType: 7 } },
  ],
  ["an unknown varint", "Segment", [0x78, ...minusOne, 0x08, 1], { begin: 1 }],
  ["unknown eight bytes", "Segment", [0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 1], { begin: 1 }],
  ["unknown four bytes", "Segment", [0x7d, 1, 2, 3, 4, 0x08, 1], { begin: 1 }],
  ["an unknown message", "Segment", [0x7a, 2, 0xff, 0xff, 0x08, 1], { begin: 1 }],
  ["an unknown group in a group", "Segment", [0x7b, 0x08, 9, 0x6b, 0x6c, 0x7c, 0x08, 1], { begin: 1 }],
  ["a field number of 29 bits", "Segment", [0xf8, 0xff, 0xff, 0xff, 0x0f, 1, 0x08, 1], { begin: 1 }],
  ["a string where a number belongs is unknown", "Segment", [0x0a, 1, 0x61, 0x10, 1], { end: 1 }],
  ["a number where a message belongs is unknown", "AttributeProto", [0x28, 1, 0x18, 1], { i: 1 }],
  ["a float where a double belongs is unknown", "TensorProto", [0x55, 0, 0, 0x80, 0x3f], {}],
])("reads: %s", (_, name, bytes, message) => {
  expect(read(name, bytes)).toEqual(message);
});

describe("refuses", () => {
  const attributes = (depth: number): number[] => {
    let bytes: number[] = [];
    // TypeProto.sequence_type (4) > Sequence.elem_type (1) > … from the inside out.
    for (let i = 0; i < depth; i++) bytes = [(depth - i) % 2 === 1 ? 0x22 : 0x0a, ...lengthOf(bytes), ...bytes];
    return bytes;
  };
  const lengthOf = ({ length }: readonly number[]) => (length < 128 ? [length] : [(length & 127) | 128, length >> 7]);

  test.each<[string, MessageName, number[], RegExp]>([
    ["field number 0", "Segment", [0x00, 1], /field number 0/],
    ["a wire type that is none", "Segment", [0x0f], /wire type 7/],
    ["the end of a group that never began", "Segment", [0x0c], /wire type 4/],
    ["a group that ends as another", "Segment", [0x7b, 0x6c], /wire type 4/],
    ["a group without end", "Segment", [0x7b], /1 bytes wanted, 0 left/],
    ["groups in groups in groups", "Segment", new Array(200).fill(0x7b), /nested more than 100/],
    ["a varint of eleven bytes", "Segment", [0x08, ...new Array(10).fill(0x80), 0], /more than 10 bytes/],
    ["a varint that stops", "Segment", [0x08, 0x80], /1 bytes wanted, 0 left/],
    ["a double that stops", "TensorProto", [0x51, 1, 2], /8 bytes wanted, 2 left/],
    ["a string longer than its message", "AttributeProto", [0x2a, 3, 0x42, 9, 1, 1, 1, 1], /9 bytes wanted, 1 left/],
    ["packed numbers that end inside a number", "TensorProto", [0x22, 5, 0, 0, 0, 0, 0, 0, 0, 0], /4 bytes wanted, 1 left/],
    ["a length beyond 32 bits", "Segment", [0x7a, ...minusOne], /beyond 32 bits/],
    ["messages nested 101 deep", "TypeProto", attributes(100), /nested more than 100/],
  ])("%s", (_, name, bytes, message) => {
    const reader = new ProtoReader(Uint8Array.from(bytes));
    expect(() => reader.message(name)).toThrow(RangeError);
    expect(() => new ProtoReader(Uint8Array.from(bytes)).message(name)).toThrow(message);
    expect(reader.position).toBeLessThanOrEqual(bytes.length);
  });

  test("but messages nested 100 deep are read", () => {
    expect(read("TypeProto", attributes(99))).toHaveProperty("sequenceType.elemType.sequenceType");
  });
});

test("bytes fields are views of the file, of a Node Buffer's too", () => {
  for (const file of [Uint8Array.of(0x4a, 2, 5, 6), Buffer.from([0x4a, 2, 5, 6])]) {
    const { rawData } = new ProtoReader(file).message("TensorProto");
    expect(rawData).toEqual(Uint8Array.of(5, 6));
    expect(rawData?.buffer).toBe(file.buffer);
    expect(rawData?.constructor).toBe(Uint8Array);
  }
});

test("a string keeps a byte order mark, and bytes that are no UTF-8 do not stop a file", () => {
  expect(read("Dimension", [0x12, 4, 0xef, 0xbb, 0xbf, 0x78])).toEqual({ dimParam: "\ufeffx" });
  expect(read("Dimension", [0x12, 1, 0xff])).toEqual({ dimParam: "\ufffd" });
});

test("fields that are undefined are not written, and the largest are written last", () => {
  const bytes = new ProtoWriter().message("TensorProto", { rawData: Uint8Array.of(1), dims: [2], name: undefined, int32Data: [] }).finish();
  expect([...bytes]).toEqual([0x0a, 1, 2, 0x4a, 1, 1]);
});
