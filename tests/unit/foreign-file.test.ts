// Files that people take for .onnx files: what they are is told by their bytes, with the way to an ONNX file.
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import { encodeModel, encodeTensor } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const join = (...parts: readonly (string | Uint8Array | readonly number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => [...(typeof part === "string" ? ascii(part) : part)]));
const u16 = (n: number) => [n & 255, (n >> 8) & 255];
const u32 = (n: number) => [...u16(n & 0xffff), ...u16(n >>> 16)];

/** A zip archive of empty files. */
function zip(...names: string[]): Uint8Array {
  const locals: number[] = [];
  const entries: number[] = [];
  for (const name of names) {
    const offset = locals.length;
    locals.push(...join("PK\u0003\u0004", new Array(22).fill(0), u16(name.length), u16(0), name));
    entries.push(
      ...join("PK\u0001\u0002", new Array(24).fill(0), u16(name.length), u16(0), u16(0), new Array(8).fill(0), u32(offset), name),
    );
  }
  const end = join(
    "PK\u0005\u0006",
    new Array(4).fill(0),
    u16(names.length),
    u16(names.length),
    u32(entries.length),
    u32(locals.length),
    u16(0),
  );
  return join(locals, entries, end);
}

/** A field of a protobuf message: a number, or bytes. */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  const tag = number * 8 + (typeof value === "number" ? 0 : 2);
  const varint = (n: number) => (n < 128 ? [n] : [(n & 127) | 128, n >> 7]);
  if (typeof value === "number") return join(varint(tag), varint(value));
  return join(varint(tag), varint(value.length), value);
}

const node = join(field(1, "conv1"), field(2, "Conv2D"));

const files: readonly (readonly [what: string, bytes: Uint8Array, says: readonly string[]])[] = [
  ["TensorFlow Lite", join([28, 0, 0, 0], "TFL3", new Array(40).fill(0)), ["TensorFlow Lite", "tf2onnx.convert --tflite"]],
  ["PyTorch since 1.6", zip("archive/data.pkl", "archive/data/0"), ["a PyTorch file", "torch.onnx.export"]],
  [
    "PyTorch before 1.6",
    join([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
    ["an old PyTorch checkpoint"],
  ],
  ["a pickle", join([0x80, 4, 0x95, 0, 0]), ["a Python pickle", "torch.onnx.export"]],
  ["Keras .h5", join([0x89], "HDF\r\n\u001a\n"), ["an HDF5 file", "model.export("]],
  ["Keras .keras", zip("metadata.json", "config.json", "model.weights.h5"), ["a Keras model (.keras)", "model.export("]],
  [
    "SavedModel",
    join(field(1, 1), field(2, join(field(1, "\n\u0000"), field(2, join(field(1, node)))))),
    ["a TensorFlow SavedModel", "--saved-model"],
  ],
  ["frozen TensorFlow graph", join(field(1, node), field(1, node)), ["a frozen TensorFlow graph", "--graphdef"]],
  ["a zip of ONNX", zip("readme.txt", "net/model.onnx"), ["a zip archive: unpack it, and open 'net/model.onnx' in it"]],
  ["another zip", zip("a", "b", "c", "d"), ["a zip archive, of 'a', 'b', 'c' and others"]],
  ["half a zip", zip("a").subarray(0, 31), ["a zip archive that is not complete"]],
  ["gzip", gzipSync("hello"), ["a gzip archive: unpack it"]],
  [
    "safetensors",
    join([60, 0, 0, 0, 0, 0, 0, 0], '{"conv.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'),
    ["a safetensors file", "no graph"],
  ],
  ["a web page", ascii("<!DOCTYPE html>\n<html><body>404"), ["a web page", "check the address"]],
  ["plain text", ascii("404: Not Found"), ['plain text, which begins "404: Not Found"', "check the address"]],
  [
    "an LFS pointer",
    ascii("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"),
    ["a Git LFS pointer", "git lfs pull"],
  ],
  ["ONNX as text", ascii('ir_version: 8\nproducer_name: "pytorch"\ngraph {\n}\n'), ["ONNX written as text (.pbtxt)", "format='textproto'"]],
  [
    "ONNX in its text form",
    ascii('<\n  ir_version: 8,\n  opset_import: ["" : 18]\n>\ng (float[1] x) => (y) {}'),
    ["ONNX in its text form"],
  ],
  ["TensorFlow as text", ascii('node {\n  name: "x"\n  op: "Placeholder"\n}\n'), ["a TensorFlow graph written as text"]],
  ["TensorFlow.js", ascii('{"format": "layers-model", "modelTopology": {}}'), ["a TensorFlow.js model (model.json)", "tf2onnx"]],
  ["ONNX as JSON", ascii('{"irVersion": "8", "graph": {}}'), ["ONNX written as JSON"]],
  ["JSON", ascii('{"message": "Not Found"}'), ["JSON text", "check the address"]],
  ["OpenVINO", ascii('<?xml version="1.0"?>\n<net name="a" version="11">'), ["an OpenVINO model"]],
  ["Caffe", ascii('name: "LeNet"\nlayer {\n  name: "data"\n}'), ["a Caffe network (.prototxt)"]],
  ["Darknet", ascii("# Testing\n[net]\nbatch=1\n"), ["a Darknet configuration"]],
  ["one tensor", encodeTensor(noise([1, 3, 2, 2])), ["a single ONNX tensor of shape [1, 3, 2, 2]", "open the model that it belongs to"]],
  ["a picture", join([0x89], "PNG\r\n"), ["a picture: open it as the input"]],
  ["WebP", join([], "RIFF\u0010\0\0\0WEBPVP8 "), ["a picture: open it as the input"]],
  ["a video", join([0, 0, 0, 32], "ftypisom"), ["a video or picture: open it as the input"]],
  ["WebM", join([0x1a, 0x45, 0xdf, 0xa3], "\u0001webm"), ["a video or picture: open it as the input"]],
  ["NumPy", join([0x93], "NUMPY\u0001\0"), ["a NumPy array"]],
];

describe("a file that is not ONNX", () => {
  test.each(files)("%s", async (_, bytes, says) => {
    const error = await importModel(bytes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ModelError);
    const { message } = error as ModelError;
    for (const part of says) expect(message).toContain(part);
    expect(message).toMatch(/^This is not an ONNX model but .*\.$/s);
  });

  test("bytes that are nothing of the kind are called damaged, and what is ONNX is read", async () => {
    const bytes = encodeModel(graphOf({ nodes: [op("Relu", "x", "y")] }));
    expect((await importModel(bytes)).nodes.length).toBe(1);
    await expect(importModel(bytes.subarray(0, bytes.length - 20))).rejects.toThrow(ModelError);
    await expect(importModel(bytes.subarray(0, bytes.length - 20))).rejects.not.toThrow("This is not an ONNX model but");
    await expect(importModel(Uint8Array.from({ length: 300 }, (_, i) => (i * 137 + 91) & 255))).rejects.toThrow(ModelError);
  });
});
