// Models in several files: which is the model, where its weights are, and what is said when one is missing.
import { describe, expect, test } from "vitest";
import { type FilePart, readModel } from "../../src/engine/source.ts";
import { twoFiles } from "../support/two-files.ts";

const { model, weights } = twoFiles();
const file = (name: string, bytes: Uint8Array) => new File([bytes as Uint8Array<ArrayBuffer>], name);
const weightOf = async (parts: readonly FilePart[]) => (await readModel(parts)).initializers.get("w")?.toNumbers();
const dataUrl = (bytes: Uint8Array) => `data:application/octet-stream;base64,${Buffer.from(bytes).toString("base64")}`;

describe("a list of files", () => {
  const cases: readonly (readonly [why: string, parts: readonly FilePart[]])[] = [
    ["the model and its weights", [file("net.onnx", model), file("net.onnx.data", weights)]],
    ["in any order, with others", [file("readme.md", weights), file("net.onnx.data", weights), file("net.onnx", model)]],
    ["in a folder", [file("models/net.onnx", model), file("models/net.onnx.data", weights), file("other/net.onnx.data", model)]],
    ["from different folders", [file("a/net.onnx", model), file("b/net.onnx.data", weights)]],
    ["the model under any name, told by its bytes", [file("net.onnx.data", weights), file("download", model)]],
  ];
  test.each(cases)("%s", async (_, parts) => {
    expect(await weightOf(parts)).toEqual([3]);
  });

  test("weights in a folder of their own", async () => {
    const nested = twoFiles("weights/w.bin");
    expect(await weightOf([file("net/net.onnx", nested.model), file("net/weights/w.bin", weights)])).toEqual([3]);
  });

  test("addresses without names, the model's first", async () => {
    expect(await weightOf([dataUrl(model), dataUrl(weights)])).toEqual([3]);
  });

  const refused: readonly (readonly [why: string, source: FilePart | readonly FilePart[], message: string])[] = [
    ["none", [], "No file was given."],
    ["two models", [file("a.onnx", model), file("b.onnx", model)], "'a.onnx', 'b.onnx' are 2 models. Open one at a time"],
    ["no model", [file("a.data", weights), file("b.txt", weights)], "None of 'a.data', 'b.txt' is an .onnx file."],
    [
      "another file",
      [file("net.onnx", model), file("labels.txt", weights)],
      "The model keeps its weights in 'net.onnx.data', which is missing among 'net.onnx', 'labels.txt'. Drop or choose all of the model's files together.",
    ],
    [
      "two of that name",
      [file("net.onnx", model), file("a/net.onnx.data", weights), file("b/net.onnx.data", weights)],
      "which is there more than once among",
    ],
    [
      "the model alone",
      file("net.onnx", model),
      "The model keeps its weights in 'net.onnx.data' beside it: drop or choose both files together.",
    ],
    ["the model alone, in a list", [file("net.onnx", model)], "drop or choose both files together."],
  ];
  test.each(refused)("%s", async (_, source, message) => {
    await expect(readModel(source)).rejects.toThrow(message);
  });

  test.each([
    ["plain text", new TextEncoder().encode("zero\none\n"), "'names.txt': This is not an ONNX model but plain text"],
    ["a file that was cut off", model.subarray(0, 40), "'names.txt': This is not a whole ONNX model"],
  ])("%s is refused by its name, for there may be two", async (_, bytes, message) => {
    await expect(readModel(file("names.txt", bytes))).rejects.toThrow(message);
  });

  test("bytes alone ask for readExternal", async () => {
    await expect(readModel(model)).rejects.toThrow(
      "The model keeps its weights in 'net.onnx.data' beside it: give readExternal to read it, or save the model as one file.",
    );
  });
});
