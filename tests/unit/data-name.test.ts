// What a file is called that a network has learned in a page: by its pictures.
import { expect, test } from "vitest";
import { dataName } from "../../src/ui/train/data-name.ts";

const filesOf = (...paths: readonly string[]) => paths.map((path) => ({ path, file: new File([], "a") }));

test.each<[string, string, readonly string[], string | undefined]>([
  ["a stored set, by the name behind its address", "/assets/fashion-mnist-BVjwk4yx.bin#fashion-mnist", [], "fashion-mnist"],
  ["a stored set without one", "https://example.com/sets/birds.bin", [], "birds"],
  ["pictures that are drawn without end", "shapes", [], "shapes"],
  ["a .zip", "", ["pets.zip"], "pets"],
  ["a folder of classes", "", ["pets/cat/1.png", "pets/dog/1.png"], "pets"],
  ["a dropped folder", "", ["/pets/cat/1.png", "/pets/list.csv"], "pets"],
  ["classes of one's own, which have no folder together", "", ["bar/0.png", "angle/0.png"], undefined],
  ["loose files", "", ["1.png", "2.png"], undefined],
])("%s", (_, data, paths, name) => expect(dataName({ data, files: filesOf(...paths) })).toBe(name));
