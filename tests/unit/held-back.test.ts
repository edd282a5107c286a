// Which pictures of a folder or a list are held back, where some cannot be read or there are too few; and what is said of data that is none.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lessonOf } from "../../src/cli/lessons.ts";
import { NoneHeldBack, type Part } from "../../src/cli/read-pictures.ts";
import { hasTestPart, readDataSet } from "../../src/cli/training-data.ts";
import type { NetworkClasses } from "../../src/data-sets/class-names.ts";
import type { DataSet } from "../../src/data-sets/data-set.ts";
import { graphOf, op } from "../support/graphs.ts";

const picture = { channels: 1, height: 8, width: 8 };
const preparation = { mean: [0], std: [1] };
let folder = "";
let said: string[] = [];
const place = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "convcam-held-"));
  said = [];
  vi.spyOn(console, "error").mockImplementation((text: string) => void said.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A picture of one gray value, by which it is known again; without one a file that is no picture. */
async function write(name: string, gray?: number): Promise<void> {
  mkdirSync(dirname(place(name)), { recursive: true });
  const background = { r: gray, g: gray, b: gray };
  writeFileSync(
    place(name),
    gray === undefined
      ? "none"
      : await sharp({ create: { ...picture, channels: 3, background } })
          .png()
          .toBuffer(),
  );
}

const read = (source: string, part: Part, seed = 0) =>
  readDataSet(source.replace(":", `:${folder}/`), part, { picture, ...preparation, seed }) as Promise<DataSet>;

/** The gray values of a part. */
async function graysOf(source: string, part: Part, seed: number): Promise<readonly number[]> {
  const set = await read(source, part, seed);
  const { inputs } = set.examples(Array.from({ length: set.length }, (_, i) => i));
  return Array.from({ length: set.length }, (_, i) => Math.round(255 * (inputs[64 * i] as number)));
}

test.each(["folder:all", "csv:all/list.csv"])("of %s some that can be read are held back, the same by the same seed", async (source) => {
  const readable = [10, 20, 30, 40, 50, 60];
  const rows: string[] = [];
  for (const [at, name] of ["cat", "dog"].entries()) {
    // By their names one of five would be a file that is no picture, with whatever seed.
    for (const i of [0, 1, 2, 3]) await write(`all/${name}/${i}.png`);
    for (const gray of readable) await write(`all/${name}/${gray}.png`, gray + at);
    rows.push(...[0, 1, 2, 3, ...readable].map((i) => `${name}/${i}.png,${name}`));
  }
  writeFileSync(place("all/list.csv"), rows.join("\n"));
  const every = readable.flatMap((gray) => [gray, gray + 1]).toSorted((a, b) => a - b);
  const seen = new Set<string>();
  for (const seed of [0, 1, 2, 3, 4, 5]) {
    const [train, held] = [await graysOf(source, "train", seed), await graysOf(source, "test", seed)];
    expect(held).toHaveLength(2);
    expect([...train, ...held].toSorted((a, b) => a - b)).toEqual(every);
    expect(await graysOf(source, "test", seed)).toEqual(held);
    seen.add(String(held));
  }
  expect(seen.size).toBeGreaterThan(3);
});

test("a picture that cannot be read is decoded and told once for both parts", async () => {
  for (const name of ["cat", "dog"]) for (const gray of [1, 2, 3]) await write(`all/${name}/${gray}.png`, gray);
  await write("all/cat/none.png");
  const options = { picture, ...preparation, decoded: new Map() };
  for (const part of ["train", "test"] as const) await readDataSet(`folder:${place("all")}`, part, options);
  expect(said).toEqual([expect.stringContaining("none.png' is left out")]);
});

test("of one picture for each class nothing is held back, which is no fault of any picture", async () => {
  for (const name of ["cat", "dog"]) await write(`all/${name}/1.png`, 9);
  expect((await read("folder:all", "train")).length).toBe(2);
  await expect(read("folder:all", "test")).rejects.toThrow(NoneHeldBack);
  await expect(read("folder:all", "test")).rejects.toThrow("none of its pictures is held back, as there are too few. Add --part train.");
  writeFileSync(place("list.csv"), "all/cat/1.png,cat\nall/dog/1.png,dog");
  await expect(read("csv:list.csv", "test")).rejects.toThrow(NoneHeldBack);
  // A folder for what is held back may still be empty.
  for (const name of ["cat", "dog"]) await write(`parts/train/${name}/1.png`, 9);
  mkdirSync(place("parts/test"));
  await expect(read("folder:parts", "test")).rejects.toThrow(/none of its pictures is held back, as there is none in '.*test'/);
});

describe("classes have the numbers of the network", () => {
  const birds = { names: ["bird", "cat", "dog"], scores: 3 };
  const [learning, tried] = [birds, { ...birds, isTried: true }];
  const numbers = (count: number) => ({ scores: count, isTried: true });
  type Case = [why: string, found: readonly string[], network: NetworkClasses, classes: readonly string[], told?: string];
  const cases: readonly Case[] = [
    ["by their names, of which there may be fewer", ["cat", "dog"], tried, birds.names],
    ["by their names, while it learns, too", ["cat", "dog"], learning, birds.names],
    ["by their names in its order", ["bird", "cat", "dog"], { names: ["dog", "cat", "bird"] }, ["dog", "cat", "bird"]],
    ["by their names, without those that it has not", ["cat", "tiger"], tried, birds.names],
    ["but not where it learns another", ["cat", "tiger"], learning, ["cat", "tiger"]],
    ["by their numbers, where they are fewer than its scores", ["1", "3"], { scores: 4 }, ["0", "1", "2", "3"]],
    ["by their numbers, without those beyond its scores", ["1", "3", "9"], numbers(5), ["0", "1", "2", "3", "4"]],
    ["but not where they are as many: exporters sort them as text", ["1", "10", "2"], numbers(3), ["1", "10", "2"], ""],
    ["but not where nothing is known", ["cat", "dog"], { isTried: true }, ["cat", "dog"], ""],
    [
      "but not where it has no names, which is told",
      ["cat", "dog"],
      numbers(3),
      ["cat", "dog"],
      "the network's file has no names of classes: they are counted in the order of their names, 'cat' as class 0, 'dog' as class 1. Call them as the network does, or by the numbers of its scores.",
    ],
    [
      "but not where it has other names, which is told",
      ["n1", "n2", "n3", "n4"],
      { names: ["bird", "cat", "dog", "eel"], scores: 4, isTried: true },
      ["n1", "n2", "n3", "n4"],
      "the network calls none of its classes so: they are counted in the order of their names, 'n1' as 'bird', 'n2' as 'cat', 'n3' as 'dog' …. Call them as the network does, or by the numbers of its scores.",
    ],
  ];
  test.each<Case>(cases)("%s", async (_, found, network, classes, told = "") => {
    for (const [at, name] of found.entries()) for (const i of [1, 2, 3]) await write(`all/${name}/${i}.png`, 10 * at);
    mkdirSync(place("all/0"));
    // In a list numbers are those of classes anyway: there they have names.
    const listName = (name: string) => (/^\d/.test(name) ? `c${name}` : name);
    writeFileSync(place("list.csv"), found.flatMap((name) => [1, 2, 3].map((i) => `all/${name}/${i}.png,${listName(name)}`)).join("\n"));
    const inList = { ...network, names: network.names ?? classes.map(listName) };
    for (const [source, known, expected] of [
      [`folder:${place("all")}`, network, classes],
      [`csv:${place("list.csv")}`, told ? network : inList, classes.map(listName)],
    ] as const) {
      said = [];
      const set = (await readDataSet(source, "train", { picture, ...preparation, network: known })) as DataSet;
      expect(set.classes).toEqual(expected);
      const { inputs, targets } = set.examples(Array.from({ length: set.length }, (_, i) => i));
      // The class of the pictures of each folder, by their gray.
      const of = new Map([...targets].map((target, i) => [Math.round(25.5 * (inputs[64 * i] as number)), set.classes[target]]));
      expect(found.map((_, at) => of.get(at))).toEqual(
        found.map((name) => [name, listName(name)].find((one) => expected.includes(one) && set.classes.includes(one))),
      );
      expect(said.filter((text) => !text.includes("left out"))).toEqual(told ? [expect.stringContaining(told)] : []);
    }
  });

  test("a class that it has not is named and left out, also where it is in another part than the one that is tried", async () => {
    for (const name of ["cat", "dog", "tiger"]) for (const i of [1, 2, 3]) await write(`all/${name}/${i}.png`, 9);
    const rows = ["cat", "dog", "tiger"].flatMap((name) =>
      [1, 2, 3].map((i) => `all/${name}/${i}.png,${name},${name === "tiger" ? "train" : "test"}`),
    );
    writeFileSync(place("list.csv"), ["file,class,split", ...rows].join("\n"));
    for (const [source, left] of [
      ["folder:all", ["all/tiger' is left out: the network has no class 'tiger'"]],
      ["csv:list.csv", [8, 9, 10].map((line) => `line ${line}: 'tiger' is none of the classes: left out`)],
    ] as const) {
      said = [];
      const options = { picture, ...preparation, network: tried };
      const set = (await readDataSet(source.replace(":", `:${folder}/`), "test", options)) as DataSet;
      expect([set.classes, set.classSizes[0]]).toEqual([birds.names, 0]);
      expect(said.filter((text) => text.includes("left out"))).toEqual(left.map((text) => expect.stringContaining(text)));
    }
  });

  test("rows of numbers beyond its scores are left out where it is tried, and are no others where it learns", async () => {
    for (const i of [1, 2, 3, 4]) await write(`${i}.png`, 9);
    writeFileSync(place("list.csv"), "1.png,3\n2.png,0\n3.png,11\n4.png,3");
    const classesOf = async (isTried: boolean) => {
      const options = { picture, ...preparation, network: { scores: 10, isTried } };
      return ((await readDataSet(`csv:${place("list.csv")}`, "train", options)) as DataSet).classes.length;
    };
    expect(await classesOf(false)).toBe(12);
    expect(said).toEqual([]);
    expect(await classesOf(true)).toBe(10);
    expect(said).toEqual([expect.stringContaining("line 3: '11' is none of the classes: left out")]);
  });

  test("a single one can be tried, of folders and of a list, where the network calls it so", async () => {
    for (const gray of [1, 2, 3]) await write(`one/cat/${gray}.png`, gray);
    writeFileSync(place("list.csv"), [1, 2, 3].map((i) => `one/cat/${i}.png,cat`).join("\n"));
    for (const source of ["folder:one", "csv:list.csv"]) {
      const options = { picture, ...preparation, network: tried };
      const set = (await readDataSet(source.replace(":", `:${folder}/`), "train", options)) as DataSet;
      expect([set.classes, set.classSizes]).toEqual([birds.names, [0, 2, 0]]);
    }
    const other = { picture, ...preparation, network: { ...tried, names: ["seal", "owl"] } };
    await expect(readDataSet(`folder:${place("one")}`, "train", other)).rejects.toThrow(
      "expected a folder of pictures for each of at least two classes, or for one that the network calls so.",
    );
  });

  test("of what is divided by the seed, it is said how many are tried", async () => {
    for (const name of ["cat", "dog"]) for (const i of [1, 2, 3, 4, 5]) await write(`all/${name}/${i}.png`, i);
    const source = `folder:${place("all")}`;
    await readDataSet(source, "test", { picture, ...preparation, seed: 4, network: tried });
    expect(said).toEqual(["convcam: 2 of 10 pictures are tried: what `train --seed 4` holds back. --part train takes the others."]);
    await readDataSet(source, "test", { picture, ...preparation, seed: 4, network: learning });
    expect(said).toHaveLength(1);
  });
});

test("a folder without pictures is no class, and pictures in none are told of", async () => {
  for (const name of ["cat", "dog"]) for (const gray of [1, 2, 3]) await write(`all/${name}/${gray}.png`, gray);
  mkdirSync(place("all/empty"));
  writeFileSync(place("all/empty/notes.txt"), "none");
  expect((await read("folder:all", "train")).classes).toEqual(["cat", "dog"]);
  await expect(read("folder:all/cat", "train")).rejects.toThrow(
    /cat': '[123]\.png' lies in it, not in a folder for its class; expected a folder of pictures for each of at least two classes\.$/,
  );
});

test("a folder that is a link is a class, and a pipe among pictures is named and left out", async () => {
  for (const name of ["all/cat", "all/dog", "elsewhere"]) for (const gray of [1, 2, 3]) await write(`${name}/${gray}.png`, gray);
  symlinkSync(place("elsewhere"), place("all/bird"));
  symlinkSync(place("nowhere"), place("all/cow"));
  execFileSync("mkfifo", [place("all/dog/9.png")]);
  const { classes } = await read("folder:all", "train");
  expect(classes).toEqual(["bird", "cat", "dog"]);
  expect(said).toEqual([expect.stringMatching(/9\.png' is left out: this is a pipe, not a file$/)]);
});

const head = (shape: readonly number[]) => [0, 0, 8, shape.length, ...shape.flatMap((extent) => [0, 0, 0, extent])];
const idx = (shape: readonly number[]) => Uint8Array.from([...head(shape), ...new Uint8Array(shape.reduce((a, b) => a * b, 1))]);

/** What `train` makes of data before the GPU is opened, for a network of such pictures. */
const learn = (source: string) => {
  const graph = graphOf({ inputs: { x: ["n", 1, 8, 8] }, nodes: [op("GlobalAveragePool", "x", "y")] });
  return lessonOf(graph, { data: source, seed: 0, shuffle: true, test: true, ...preparation });
};

test.each<[string, string]>([
  ["parts of which one class cannot be read", "folder:one"],
  ["a folder of which one class cannot be read", "folder:two"],
  ["a list that holds back all others", "csv:list.csv"],
  ["a list of numbers of classes", "csv:numbers.csv"],
  ["IDX files", "idx:."],
])("of one class alone nothing is learned, which is told with the data's name, though it can be evaluated: %s", async (_, source) => {
  for (const part of ["one/train", "two"]) {
    for (const gray of [1, 2, 3]) await write(`${part}/cat/${gray}.png`, gray);
    await write(`${part}/dog/none.png`);
    mkdirSync(place(`${part}/bird`));
  }
  for (const gray of [4, 5]) await write(`dog/${gray}.png`, gray);
  const cats = [1, 2, 3].map((i) => `two/cat/${i}.png`);
  writeFileSync(place("list.csv"), ["file,class,split", ...cats.map((cat) => `${cat},cat,train`), "dog/4.png,dog,test"].join("\n"));
  writeFileSync(place("numbers.csv"), ["file,class", ...cats.map((cat) => `${cat},1`)].join("\n"));
  writeFileSync(place("train-images-idx3-ubyte"), idx([3, 8, 8]));
  writeFileSync(place("train-labels-idx1-ubyte"), idx([3]).fill(1, 8));
  const data = source.replace(":", `:${folder}/`);
  const name = source.startsWith("csv:n") || source.startsWith("idx") ? "1" : "cat";
  await expect(learn(data)).rejects.toThrow(
    `--data '${data}': all pictures to learn from are of one class, '${name}'; expected at least two.`,
  );
  expect((await read(source, "train")).classSizes.filter((size) => size > 0)).toHaveLength(1);
});

test("of IDX files whose second part is empty nothing is held back", async () => {
  for (const [part, count] of [
    ["train", 3],
    ["t10k", 0],
  ] as const) {
    writeFileSync(place(`${part}-images-idx3-ubyte`), idx([count, 8, 8]));
    writeFileSync(place(`${part}-labels-idx1-ubyte`), idx([count]));
  }
  expect((await read("idx:.", "train")).length).toBe(3);
  expect(hasTestPart(`idx:${folder}`)).toBe(true);
  await expect(read("idx:.", "test")).rejects.toThrow(NoneHeldBack);
  writeFileSync(place("train-images-idx3-ubyte"), idx([0, 8, 8]));
  writeFileSync(place("train-labels-idx1-ubyte"), idx([0]));
  await expect(read("idx:.", "train")).rejects.toThrow(/^data '.*': there are no pictures in it\.$/);
});

test.each<[string, Part, RegExp]>([
  ["folder:list.csv", "train", /^data '.*list\.csv': it is no folder\.$/],
  ["folder:list.csv", "test", /^data '.*list\.csv': it is no folder\.$/],
  ["idx:list.csv", "train", /^data '.*list\.csv': it is no folder\.$/],
  ["folder:nowhere", "train", /^data '.*nowhere': there is no such folder\.$/],
  ["folder:nowhere", "test", /^data '.*nowhere': there is no such folder\.$/],
  ["idx:nowhere", "test", /^data '.*nowhere': there is no such folder\.$/],
  ["csv:nowhere", "test", /^data '.*nowhere': there is no such file\.$/],
  ["csv:list.csv/list.csv", "test", /^data '.*': a folder of its path is a file\.$/],
  ["csv:cut", "test", /^data '.*cut': it is a folder\.$/],
  ["idx:cut", "train", /^data '.*train-images-idx3-ubyte\.gz': the file is cut off\. Download it again\.$/],
  ["idx:damaged", "train", /^data '.*train-images-idx3-ubyte\.gz': this is no gzip file, or it is damaged\. Download it again\.$/],
  ["folder:cut", "train", /expected a folder of pictures for each of at least two classes\.$/],
])("%s, the part to %s: what is said names the data and why", async (source, part, says) => {
  writeFileSync(place("list.csv"), "a.png,a");
  for (const name of ["cut", "damaged"]) mkdirSync(place(name));
  const packed = gzipSync(idx([2, 8, 8]));
  writeFileSync(place("cut/train-images-idx3-ubyte.gz"), packed.subarray(0, packed.length - 12));
  writeFileSync(place("damaged/train-images-idx3-ubyte.gz"), packed.fill(7, 0, 12));
  await expect(read(source, part)).rejects.toThrow(says);
});
