// Which dropped files are the network's, which the input, and which name the classes.
import { expect, it } from "vitest";
import { sortFiles } from "../../src/ui/page/dropped-files.ts";

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
