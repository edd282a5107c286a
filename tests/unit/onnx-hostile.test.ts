// Bytes that are no ONNX model end in a ModelError that says what was found, never in a crash or a decoder's own error.
import { expect, test } from "vitest";
import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel, encodeTensor } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { readTensor } from "../../src/engine/onnx/lone-tensor.ts";
import { Tensor } from "../../src/engine/tensor.ts";

const graph: Graph = {
  name: "net",
  opsets: new Map([["", 17]]),
  metadata: new Map([["producer_name", "test"]]),
  inputs: [{ name: "x", dtype: "float32", shape: [1, "c"] }],
  outputs: ["y"],
  initializers: new Map([["w", Tensor.from("float32", [40], new Array(40).fill(1))]]),
  nodes: [{ name: "add", operator: "Add", domain: "", inputs: ["x", "w"], outputs: ["y"], attributes: new Map([["axis", 1]]) }],
};
const model = encodeModel(graph);

/** The error of an import, `undefined` if it succeeds. */
async function importError(bytes: Uint8Array): Promise<Error | undefined> {
  return importModel(bytes).then(
    () => undefined,
    (error: Error) => error,
  );
}

function tensorError(bytes: Uint8Array): Error | undefined {
  try {
    readTensor(bytes);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

test("a model truncated anywhere is a ModelError", async () => {
  for (let length = 0; length < model.byteLength; length++) {
    const error = await importError(model.subarray(0, length));
    expect(error, `${length} of ${model.byteLength} bytes`).toBeInstanceOf(ModelError);
    expect(error?.message).toMatch(/empty|not a whole ONNX model/);
  }
  expect(await importError(model)).toBeUndefined();
});

test("a tensor truncated anywhere is a ModelError", () => {
  const bytes = encodeTensor(Tensor.from("float32", [2], [1, 2]), "x");
  for (let length = 0; length < bytes.byteLength; length++)
    expect(tensorError(bytes.subarray(0, length)), `${length} bytes`).toBeInstanceOf(ModelError);
});

test("a model with any one byte changed imports, or says what is wrong with it", async () => {
  for (let i = 0; i < model.byteLength; i++)
    for (const flip of [0xff, 0x80, 0x01]) {
      const bytes = model.slice();
      bytes[i] = (bytes[i] as number) ^ flip;
      const error = await importError(bytes);
      if (error) expect(error instanceof ModelError || error instanceof UnsupportedError, `byte ${i} ^ ${flip}: ${error.stack}`).toBe(true);
    }
});

test("random bytes are never a model", async () => {
  const random = randomBytes(1);
  for (let round = 0; round < 500; round++) {
    const bytes = Uint8Array.from({ length: round }, random);
    expect(await importError(bytes), bytes.join()).toBeInstanceOf(ModelError);
    const error = tensorError(bytes);
    if (error) expect(error instanceof ModelError || error instanceof UnsupportedError, bytes.join()).toBe(true);
  }
});

/** A linear congruential generator: the same bytes in every run. */
function randomBytes(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}

test.each<[string, number[]]>([
  ["a graph of 4 GiB in a file of 6 bytes", [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ["a varint without end", new Array(64).fill(0xff)],
  ["field number 0", [0x02, 0x00]],
  ["an unknown wire type", [0x0f]],
  ["a group without end", [0x0b, 0x0b, 0x0b]],
  ["unknown fields only", [0xf8, 0x07, 0x01]],
  ["nested past its parent's end", [0x3a, 0x02, 0x0a, 0x7f, 0x01, 0x01]],
])("%s is a ModelError", async (_, bytes) => {
  expect(await importError(Uint8Array.from(bytes))).toBeInstanceOf(ModelError);
});

test("graphs nested deeper than the call stack are a ModelError", async () => {
  // GraphProto.node (1) > NodeProto.attribute (5) > AttributeProto.g (6), from the inside out, lengths as 4-byte varints.
  const keys = [0x0a, 0x2a, 0x32];
  const depth = 120_000;
  const bytes = new Uint8Array(depth * 5);
  for (let i = 0; i < depth; i++) {
    const rest = (depth - i - 1) * 5;
    bytes.set([keys[(i + 2) % 3] as number, (rest & 127) | 128, ((rest >> 7) & 127) | 128, ((rest >> 14) & 127) | 128, rest >> 21], i * 5);
  }
  bytes[0] = 0x3a;
  expect(await importError(bytes)).toBeInstanceOf(ModelError);
});

test.each([
  ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0", /Git LFS pointer/],
  ["a web page", "<!doctype html><html></html>", /web page/],
  ["JSON", '{"format": "layers-model"}', /JSON/],
  ["a zip archive", "PK\u0003\u0004\u0014\0\0\0", /zip/],
  ["a gzip archive", "\u001f\u008b\b\0\0\0\0\0", /gzip/],
  ["an HDF5 file", "\u0089HDF\r\n\u001a\n", /HDF5/],
  ["a pickle", "\u0080\u0002}q\0(", /pickle/],
  ["a TensorFlow Lite file", "\u001c\0\0\0TFL3\u0014\0", /TensorFlow Lite/],
  ["an .ort file", "\u001c\0\0\0ORTM\u0014\0", /\.ort/],
])("%s is named as what it is", async (_, text, message) => {
  const error = await importError(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  expect(error).toBeInstanceOf(ModelError);
  expect(error?.message).toMatch(message);
});

test("an empty file is named as empty", async () => {
  expect((await importError(new Uint8Array(0)))?.message).toMatch(/model file is empty/);
});
