// What `convcam train` makes of its data, before a GPU is opened: what the file that it writes calls its classes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import { confusionText, lessonOf, namesOf, numbersText } from "../../src/cli/lessons.ts";

let folder = "";
const png = () =>
  sharp({ create: { width: 28, height: 28, channels: 3, background: "gray" } })
    .png()
    .toBuffer();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "convcam-lessons-"));
  const head = (shape: readonly number[]) => [0, 0, 8, shape.length, ...shape.flatMap((extent) => [0, 0, 0, extent])];
  writeFileSync(join(folder, "train-images-idx3-ubyte"), Uint8Array.from([...head([2, 28, 28]), ...new Array<number>(2 * 784).fill(7)]));
  writeFileSync(join(folder, "train-labels-idx1-ubyte"), Uint8Array.from([...head([2]), 0, 1]));
  for (const path of ["numbers/0", "numbers/1", "words/left", "words/right"]) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, "a.png"), await png());
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test("pictures are counted in thousands", () => {
  const error = { column: "x", meanSquared: 0.25, meanAbsolute: 0.5 };
  expect(numbersText({ count: 12_345, errors: [error] } as never)).toMatch(/^mean squared errors of 12,345 pictures: x 0\.25/);
  expect(numbersText({ count: 1, errors: [error] } as never)).toContain("of 1 picture:");
});

test("answers with scores that are of no class are counted beside the others, where there are any", () => {
  const confusion = [
    [3, 1, 0, 0],
    [0, 2, 4, 5],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  expect(confusionText(confusion, ["cat", "dog"]).split("\n")).toEqual([
    "is, taken for  cat  dog  none of them",
    "─────────────  ───  ───  ────────────",
    "cat              3    1             0",
    "dog              0    2             9",
  ]);
  expect(confusionText(confusion, ["a", "b", "c", "d"])).toMatch(/^is, taken for {2}a {2}b {2}c {2}d\n/);
  expect(
    confusionText(
      [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
      ["a", "b"],
    ),
  ).not.toContain("none");
});

const clothing = { names: JSON.stringify({ 0: "T-shirt", 1: "Trouser", 2: "Pullover", 3: "Dress" }) };
const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const classesOf = ({ classes = [] }: { readonly classes?: readonly string[] }) => classes;

test.each([
  ["idx:", {}, []],
  ["idx:", clothing, ["0", "1"]],
  ["folder:/numbers", {}, []],
  // All that the network has scores for.
  ["folder:/numbers", clothing, digits],
  // Wherever the exporter wrote them.
  ["folder:/numbers", { id2label: clothing.names }, digits],
  ["folder:/words", clothing, ["left", "right"]],
])("the classes of %s in a file with the names %o are %o", async (data, metadata, expected) => {
  const graph = { ...buildGraph("mnist", { seed: 1 }), metadata: new Map<string, string>(Object.entries(metadata)) };
  const source = data.replace(":", `:${folder}`);
  const lesson = await lessonOf(graph, { data: source, seed: 0, shuffle: true, test: false, mean: [0], std: [1] });
  expect(classesOf(lesson)).toEqual(expected);
});

test("classes that have numbers alone are told by the names in the model's file, where it has one for each", () => {
  const metadata = new Map([["names", '["Dress", "Coat"]']]);
  expect(namesOf({ classes: ["0", "1"] }, { metadata })).toEqual(["Dress", "Coat"]);
  expect(namesOf({ classes: ["0", "1", "2"] }, { metadata })).toEqual(["0", "1", "2"]);
  expect(namesOf({ classes: ["left", "right"] }, { metadata })).toEqual(["left", "right"]);
  expect(namesOf({ classes: ["0", "1"] }, { metadata: new Map() })).toEqual(["0", "1"]);
});
