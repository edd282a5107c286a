// `convcam train` and `convcam evaluate` with a list of pictures: classes, or numbers to answer.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GraphBuilder } from "../../models/builder.ts";
import { main } from "../../src/cli/main.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";

let folder = "";
let said: string[] = [];
const place = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "convcam-lists-"));
  said = [];
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation((text: string) => void said.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Pictures of one gray value each, dark ones first. */
async function writePictures(count: number): Promise<readonly { readonly path: string; readonly gray: number }[]> {
  mkdirSync(place("pictures"));
  const all = Array.from({ length: count }, (_, i) => ({
    path: `pictures/a, ${i}.png`,
    gray: i < count / 2 ? 8 * i : 255 - 8 * (count - 1 - i),
  }));
  for (const { path, gray } of all)
    await sharp({ create: { width: 8, height: 8, channels: 3, background: { r: gray, g: gray, b: gray } } })
      .png()
      .toFile(place(path));
  return all;
}

/** A network of one layer. */
function writeNetwork(outputs: readonly (readonly [name: string, count: number])[]): string {
  const g = new GraphBuilder("small", { seed: 3 });
  const x = g.flatten("flat", g.input("picture", [1, 8, 8]));
  writeFileSync(place("small.onnx"), encodeModel(g.build(outputs.map(([name, count]) => g.dense(name, x, count)))));
  return place("small.onnx");
}

const train = (list: string, ...rest: readonly string[]) =>
  main([
    "train",
    place("small.onnx"),
    "--data",
    `csv:${place(list)}`,
    "--batch",
    "8",
    "--optimizer",
    "adam",
    "--lr",
    "0.01",
    "--out",
    place("out.onnx"),
    ...rest,
  ]);
const evaluate = (list: string, ...rest: readonly string[]) =>
  main(["evaluate", place("out.onnx"), "--data", `csv:${place(list)}`, ...rest]);
const text = () => said.join("\n");

test("classes are learned from a list; bad rows and pictures are named and left out, and one of five is held back", {
  timeout: 120_000,
}, async () => {
  const pictures = await writePictures(20);
  writeFileSync(place("pictures/broken.png"), "no picture");
  const rows = pictures.map(({ path, gray }) => `"${path}",${gray < 128 ? "dark" : "bright"}`);
  writeFileSync(place("list.csv"), ["file,class", ...rows, "pictures/broken.png,dark", "pictures/none.png,", ""].join("\r\n"));
  writeNetwork([["scores", 2]]);
  expect(await train("list.csv", "--steps", "150", "--seed", "4")).toBe(0);
  expect(text()).toContain("16 examples (bright 8, dark 8)");
  expect(text()).toContain("line 23: it has no class");
  expect(text()).toContain("broken.png' is left out: ");
  expect(text()).toContain("100.00 % of 4 test examples are right");
  said = [];
  expect(await evaluate("list.csv", "--seed", "4", "--json", place("result.json"))).toBe(0);
  expect(JSON.parse(readFileSync(place("result.json"), "utf8"))).toMatchObject({ accuracy: 1, classes: ["bright", "dark"] });
});

test("a column, or a list beside it, says what is held back", { timeout: 120_000 }, async () => {
  const pictures = await writePictures(12);
  const rows = pictures.map(({ path, gray }, i) => `"${path}";${gray < 128 ? 0 : 1};${i % 4 === 0 ? "test" : "train"}`);
  writeFileSync(place("list.csv"), ["image;label;split", ...rows].join("\n"));
  writeNetwork([["scores", 2]]);
  expect(await train("list.csv", "--steps", "30")).toBe(0);
  expect(text()).toContain("9 examples (0 4, 1 5)");
  expect(text()).toContain("% of 3 test examples are right");
  const plain = (from: number, end: number) =>
    pictures.slice(from, end).map(({ path, gray }) => `"${path}",${gray < 128 ? "dark" : "bright"}`);
  writeFileSync(place("my-train.csv"), plain(0, 9).join("\n"));
  writeFileSync(place("my-test.csv"), [...plain(9, 12), '"pictures/a, 1.png",middle'].join("\n"));
  said = [];
  expect(await train("my-train.csv", "--steps", "5")).toBe(0);
  expect(text()).toContain("9 examples (bright 3, dark 6)");
  expect(text()).toContain("% of 3 test examples are right");
  expect(text()).toContain("line 4: 'middle' is none of the classes: left out");
  said = [];
  expect(await evaluate("my-test.csv")).toBe(0);
  expect(text()).toContain("of 3 examples are right");
  said = [];
  expect(await train("my-test.csv", "--steps", "5")).toBe(1);
  expect(text()).toContain("lies beside it, to train on");
});

test.each<[string, readonly (readonly [string, number])[]]>([
  ["of one output", [["both", 2]]],
  [
    "of two, by their names",
    [
      ["darkness", 1],
      ["light", 1],
    ],
  ],
])("numbers are learned from a list, by a network %s", { timeout: 120_000 }, async (_, outputs) => {
  const pictures = await writePictures(20);
  const rows = pictures.map(({ path, gray }) => `"${path}",${gray / 255},${1 - gray / 255}`);
  writeFileSync(place("list.csv"), ["path,light,darkness", ...rows].join("\n"));
  writeNetwork(outputs);
  expect(await train("list.csv", "--steps", "150")).toBe(0);
  expect(text()).toContain("16 examples (light, darkness)");
  expect(await evaluate("list.csv", "--json", place("result.json"))).toBe(0);
  expect(text()).toMatch(/mean squared errors of 4 pictures: light [\d.e-]+ \(.* away in the mean\), darkness/);
  const { count, errors } = JSON.parse(readFileSync(place("result.json"), "utf8"));
  expect(count).toBe(4);
  for (const { meanSquared } of errors) expect(meanSquared, text()).toBeLessThan(0.02);
});

test("a network that answers with another count of numbers is refused before it learns", async () => {
  const pictures = await writePictures(10);
  writeFileSync(place("list.csv"), pictures.map(({ path, gray }) => `"${path}",${gray / 3},1`).join("\n"));
  writeNetwork([["scores", 3]]);
  expect(await train("list.csv")).toBe(1);
  expect(text()).toContain("the pictures have 2 numbers (column 2, column 3), but 'scores' answers with 3");
});

test("what is held back is measured by the columns' names, and is never learned from", { timeout: 120_000 }, async () => {
  const pictures = await writePictures(20);
  const light = (gray: number) => gray / 255;
  const some = (from: number, end: number) => pictures.filter((_, i) => i % 20 >= from && i % 20 < end);
  writeFileSync(
    place("train.csv"),
    [
      "path,light,darkness,split",
      ...pictures.map(({ path, gray }, i) => `"${path}",${light(gray)},${1 - light(gray)},${i < 18 ? "train" : "val"}`),
    ].join("\n"),
  );
  writeFileSync(
    place("test.csv"),
    ["path,darkness,light", ...some(17, 20).map(({ path, gray }) => `"${path}",${1 - light(gray)},${light(gray)}`)].join("\n"),
  );
  writeNetwork([["both", 2]]);
  expect(await train("train.csv", "--steps", "150"), text()).toBe(0);
  expect(text()).toContain("18 examples (light, darkness)");
  expect(await evaluate("test.csv", "--json", place("result.json")), text()).toBe(0);
  expect(text()).toMatch(/line 2: '.*' is learned from, in line 19 of the list to train on: left out/);
  expect(text()).toContain("of 2 pictures");
  const { errors } = JSON.parse(readFileSync(place("result.json"), "utf8"));
  for (const { meanSquared } of errors) expect(meanSquared, text()).toBeLessThan(0.05);
  writeFileSync(place("test.csv"), ["path,darkness,colour", `"${pictures[0]?.path}",1,0`].join("\n"));
  said = [];
  expect(await evaluate("train.csv")).toBe(1);
  expect(text()).toContain("its numbers are darkness, colour, those of the list to train on light, darkness");
  said = [];
  rmSync(place("train.csv"));
  expect(await train("test.csv")).toBe(1);
  expect(text()).toContain("by its name it is a list of what is held back. Give the list to train on.");
});

test("what is wrong is told before the first step: with the list held back, with changes of pictures, and with checkpoints", async () => {
  const pictures = await writePictures(10);
  const refused = async (status: number, ...rest: readonly string[]) => {
    said = [];
    expect(await train("train.csv", "--steps", "2", ...rest), text()).toBe(status);
    expect(existsSync(place("out.onnx"))).toBe(false);
    return text();
  };
  const classes = pictures.map(({ path, gray }) => `"${path}",${gray < 128 ? "dark" : "bright"}`);
  writeFileSync(place("train.csv"), classes.join("\n"));
  writeFileSync(place("test.csv"), pictures.map(({ path }) => `"${path}"`).join("\n"));
  writeNetwork([["scores", 2]]);
  expect(await refused(1)).toContain("there is only a column of pictures");
  rmSync(place("test.csv"));
  expect(await refused(2, "--save-at", "1,3")).toContain("--save-at 3: there are only 2 steps.");
  writeFileSync(place("train.csv"), pictures.map(({ path, gray }) => `"${path}",${gray / 3},1`).join("\n"));
  expect(await refused(1, "--augment", "noise,flip")).toContain(
    "--augment flip would make the answers wrong for a list of numbers. Choose among brightness, noise and cut-out.",
  );
});

test("a list that holds nothing back is learned whole, and tried on nothing", { timeout: 120_000 }, async () => {
  const pictures = await writePictures(10);
  writeFileSync(
    place("list.csv"),
    ["file,class,split", ...pictures.map(({ path, gray }) => `"${path}",${gray < 128 ? "dark" : "bright"},train`)].join("\n"),
  );
  writeNetwork([["scores", 2]]);
  expect(await train("list.csv", "--steps", "2", "--save-at", "2"), text()).toBe(0);
  expect(text()).toContain("10 examples");
  expect(text()).not.toContain("are right");
  expect(said.at(-1)).toBe("nobody says how good it is: no picture is held back");
  expect(existsSync(place("out-2.onnx"))).toBe(true);
  expect(await evaluate("list.csv")).toBe(1);
  expect(text()).toContain("none of its pictures is held back. Add --part train.");
  expect(await evaluate("list.csv", "--part", "train"), text()).toBe(0);
});
