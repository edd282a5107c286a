// Which dropped files are the network's, which the input, and which name the classes.
import { expect, it } from "vitest";
import { networksAmong, sortFiles, withTypes } from "../../src/ui/page/dropped-files.ts";

const sort = (...names: string[]) => {
  const type = (name: string) => (name.endsWith(".png") ? "image/png" : name.endsWith(".mp4") ? "video/mp4" : "");
  const { network, pictures, names: labels } = sortFiles(names.map((name) => new File([], name, { type: type(name) })));
  return [network.map(({ name }) => name), pictures.map(({ name }) => name), labels?.name];
};

it.each([
  ["a network with its weights", ["a.onnx", "a.onnx.data"], ["a.onnx", "a.onnx.data"], [], undefined],
  ["a picture and a video", ["a.png", "b.mp4"], [], ["a.png", "b.mp4"], undefined],
  ["names by themselves", ["anything.txt"], [], [], "anything.txt"],
  ["a network and names", ["a.onnx", "classes.json"], ["a.onnx"], [], "classes.json"],
  ["names in a folder", ["net/a.onnx", "net/labels.txt"], ["net/a.onnx"], [], "net/labels.txt"],
  [
    "other texts in a folder",
    ["net/a.onnx", "net/license.txt", "net/config.json"],
    ["net/a.onnx", "net/license.txt", "net/config.json"],
    [],
    undefined,
  ],
  ["a TensorFlow.js network, which its reader knows", ["model.json"], ["model.json"], [], undefined],
  ["what is hidden", ["net/.DS_Store", "net/a.onnx"], ["net/a.onnx"], [], undefined],
] as const)("%s", (_, names, ...sorted) => {
  expect(sort(...names)).toEqual(sorted);
});

it("lists networks in the order of their names, as the command does", () => {
  const files = ["b/z.onnx", "b/B.onnx", "a/y.onnx", "b/a.onnx", "b/w.data"].map((name) => new File([], name));
  expect(networksAmong(files).networks.map(([{ name } = { name: "" }]) => name)).toEqual(["a/y.onnx", "b/B.onnx", "b/a.onnx", "b/z.onnx"]);
});

it.each([
  ["a picture by its bytes", "goldfish", "", "\u00ff\u00d8\u00ff\u00e0", "image/jpeg"],
  ["a picture by its bytes, whatever its name ends in", "goldfish.onnx", "application/octet-stream", "\u0089PNG\r\n", "image/png"],
  ["a still picture in a container of videos", "a", "", "\0\0\0 ftypavif", "image/avif"],
  ["a video by its bytes", "a", "", "\0\0\0 ftypisom", "video/mp4"],
  ["one that is none, by its name: the input says what is wrong with it", "note.JPG", "", "404", "image/jpeg"],
  ["a network", "a.onnx", "", "\b\u0008\u0012\u0007pytorch", ""],
  ["an empty file", "weights.bin", "", "", ""],
  ["one that says its type", "a.png", "text/plain", "\u0089PNG", "text/plain"],
])("tells %s", async (_, name, type, text, expected) => {
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const [file] = await withTypes([new File([bytes], name, { type, lastModified: 7 })]);
  expect([file?.name, file?.type, file?.size, file?.lastModified]).toEqual([name, expected, bytes.length, 7]);
});
