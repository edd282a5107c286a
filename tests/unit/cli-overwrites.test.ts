// No command writes over what it reads: such command lines are refused before anything is read.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { Inputs, refuseInput } from "../../src/cli/overwrites.ts";
import { twoFiles } from "../support/two-files.ts";

vi.mock("node:fs/promises", { spy: true });

let folder = "";
let said: string[] = [];
let entries: readonly string[] = [];
const names = [
  "a.onnx",
  "net-4.onnx",
  "a.npy",
  "b.npy",
  "a.json",
  "a.png",
  "labels",
  "train.csv",
  "test.csv",
  "set/t10k-labels-idx1-ubyte",
  "set/out.onnx",
];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "convcam-overwrites-"));
  mkdirSync(join(folder, "set"));
  for (const name of names) writeFileSync(join(folder, name), name);
  symlinkSync("a.json", join(folder, "link.json"));
  symlinkSync("labels", join(folder, "link"));
  symlinkSync("a.onnx", join(folder, "net-8.onnx"));
  symlinkSync("set", join(folder, "linked-set"));
  const { model, weights } = twoFiles("set/weights");
  writeFileSync(join(folder, "two.onnx"), model);
  writeFileSync(join(folder, "set/weights"), weights);
  // Without anything in them they take no room.
  for (const name of ["large.npy", "large.pb"]) {
    writeFileSync(join(folder, name), Uint8Array.of(name.endsWith("pb") ? 8 : 0x93));
    truncateSync(join(folder, name), 3e9);
  }
  entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  said = [];
  vi.spyOn(console, "error").mockImplementation((text: string) => void said.push(text));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Names with a slash before them lie in the folder. */
const run = (text: string) =>
  main(text.split(" ").map((word) => word.replace(/(^|[:=])\//, `$1${folder}/`).replace("DEVICE", "/dev/stdout")));

test.each([
  ["evaluate /a.onnx --data csv:/train.csv --json /a.onnx", "ends in .json"],
  ["evaluate /a.onnx --data csv:/train.csv --json /train.csv", "ends in .json"],
  ["evaluate /a.json --data shapes --json /a.json", "reads this file"],
  ["evaluate /a.json --data shapes --json /link.json", "reads this file"],
  ["evaluate /link.json --data shapes --json /a.json", "reads this file"],
  ["evaluate /a.onnx --data idx:/set --json /set/t10k-labels-idx1-ubyte", "reads this file"],
  ["train /a.onnx --data shapes --out /a.onnx", "--out"],
  ["train mnist --data csv:/train.csv --out /b.onnx --log /train.csv", "--log"],
  ["train mnist --data csv:/train.csv --out /b.onnx --log /test.csv", "reads this file"],
  ["train mnist --data shapes --out /b.onnx --log /b.onnx", "ends in .csv"],
  ["train mnist --data shapes --out /log --log /log", "--out names this file, too"],
  ["train /net-4.onnx --data csv:/train.csv --out /net.onnx --steps 5 --save-every 4", "reads this file"],
  ["train /net-4.onnx --data csv:/train.csv --out /net.onnx --save-at 2,4", "reads this file"],
  ["train /net-4.onnx --data csv:/train.csv --out /net.onnx --steps 9 --save-every 2", "reads this file"],
  ["train /a.onnx --data csv:/train.csv --out /net.onnx --save-at 8", "reads this file"],
  ["build /a.onnx --out /a.onnx", "reads this file"],
  // Weights that a model keeps beside it.
  ["check /two.onnx --json /set/weights", "reads this file"],
  ["check /two.onnx --json /linked-set/weights", "reads this file"],
  ["run /a.onnx --input-npy x=/a.npy --save y=/a.npy", "reads this file"],
  ["run /a.onnx --input-npy /a.npy --save x=/b.npy --save y=/b.npy", "--save names this file, too"],
  ["mosaic /a.onnx /a.png --layer c --out /a.png", "reads this file"],
  ["explain /a.onnx /a.png --out /a.png", "reads this file"],
  ["explain /a.onnx /a.png --weights /b.npy --save /b.npy", "reads this file"],
  ["explain /a.onnx /a.png --labels /labels --save /labels", "reads this file"],
  ["patterns /a.onnx --layer c --out /new --save /new", "names this file, too"],
  ["patterns /a.onnx --layer c --out /labels --save /link", "--out names this file, too"],
  ["patterns /a.onnx --layer c --out /linked-set/new --save /set/new", "--out names this file, too"],
  ["check /a.onnx /a.json --json /a.json", "reads this file"],
  ["gradcheck /a.onnx --json /a.onnx", "ends in .json"],
  ["verify /a.onnx /a.png --json /a.png", "ends in .json"],
  ["bench /a.onnx --json /a.onnx", "ends in .json"],
  ["conformance /set --json /set/out.onnx", "ends in .json"],
])("convcam %s", async (text, why) => {
  expect(await run(text)).toBe(2);
  expect(said.join("\n")).toContain(why);
  expect(readdirSync(folder, { recursive: true, encoding: "utf8" })).toEqual(entries);
  for (const name of names) expect(readFileSync(join(folder, name), "utf8")).toBe(name);
});

test.each([
  "train mnist --data idx:/set --out /set/out.onnx",
  "evaluate /a.onnx --data csv:/no.csv --json /a.json",
  // Neither is a checkpoint that is written.
  "train /net-4.onnx --data csv:/no.csv --out /net.onnx --save-every 3",
  "train /net-4.onnx --data csv:/no.csv --out /net.onnx --steps 4 --save-every 4",
  // What is no model may be of any size, and of a model nobody can read nothing is known.
  "run /a.onnx --input-npy x=/large.npy --save y=/a.npy",
  "run /a.onnx --input-npy x=/large.pb --save y=/a.npy",
  "patterns /a.onnx --layer c --out DEVICE --save DEVICE",
  "run /a.onnx --input-npy x=/b.npy --save y=/a.npy",
])("what is no input may be written over: convcam %s", async (text) => {
  expect(await run(text)).toBe(1);
  expect(said.join("\n")).toMatch(/plain text|there is neither/);
});

test("a model is asked once where its weights lie, however many outputs there are", async () => {
  const inputs = new Inputs([join(folder, "two.onnx"), "x.npy"]);
  const refused = expect.stringContaining("reads this file");
  const weights = join(folder, "set/weights");
  await expect(refuseInput("--out", weights, inputs)).rejects.toMatchObject({ message: refused });
  await refuseInput("--out", join(folder, "set/out.onnx"), inputs);
  // From here on it would say that there are none.
  writeFileSync(join(folder, "two.onnx"), "no model");
  await expect(refuseInput("--out", weights, inputs)).rejects.toMatchObject({ message: refused });
  await refuseInput("--out", join(folder, "set/out.onnx"), inputs);
});

test("a model is known by its fields, whatever the links to it are called and however many are given", async () => {
  // A ModelProto may begin with any of its fields: this is an empty entry of an unknown one, 15.
  writeFileSync(join(folder, "blob"), Buffer.concat([Buffer.of(0x7a, 0), twoFiles("set/weights").model]));
  symlinkSync("blob", join(folder, "linked.onnx"));
  const weights = join(folder, "set/weights");
  for (const given of [["linked.onnx"], ["blob", "linked.onnx"], ["linked.onnx", "blob"]])
    await expect(refuseInput("--out", weights, new Inputs(given.map((name) => join(folder, name))))).rejects.toThrow("reads this file");
});

// Of 4 and 8 bytes, and as long as it says; 26 is the newest field, 15 and 1000 are unknown ones.
test.each([
  [1, [0x08, 0x88, 0x01]],
  [2, [0x12, 0]],
  [4, [0x22, 0]],
  [8, [0x42, 0]],
  [15, [0x7a, 2, 0x3a, 0]],
  // A group, and a number in it.
  [15, [0x7b, 0x08, 1, 0x7c]],
  [16, [0x85, 0x01, 1, 2, 3, 4]],
  [17, [0x89, 0x01, 1, 2, 3, 4, 5, 6, 7, 8]],
  [26, [0xd2, 0x01, 0]],
  [1000, [0xc2, 0x3e, 0]],
])("a model without an ending may begin with field %i", async (_, field) => {
  writeFileSync(join(folder, "two"), Buffer.concat([Buffer.from(field), twoFiles("set/weights").model]));
  await expect(refuseInput("--out", join(folder, "set/weights"), new Inputs([join(folder, "two")]))).rejects.toThrow("reads this file");
});

test.each([
  ['"path","class"\n"a.png","cat"\n', "begins as a producer's version does"],
  ["2.png,cat\n", "begins as a text about the model does"],
  ["Bild,Klasse\na.png,Katze\n", "begins as a list of opsets does"],
  ["row,path,class\n0,a.png,cat\n", "begins as metadata do"],
  ["\b\b\b\b", "is a message without a graph"],
  [":\0\0\0", "goes on with a field 0, which there is none of"],
  [":\0:\x05", "ends before its last field does"],
])("what is no model is not read whole: %j %s", async (text) => {
  const path = join(folder, "list");
  writeFileSync(path, text);
  await refuseInput("--out", join(folder, "set/weights"), new Inputs([path]));
  expect(readFile).not.toHaveBeenCalledWith(path);
});

test("a model without an ending is known by its fields", async () => {
  const inputs = new Inputs([join(folder, "two")]);
  writeFileSync(join(folder, "two"), twoFiles("set/weights").model);
  await expect(refuseInput("--out", join(folder, "set/weights"), inputs)).rejects.toThrow("reads this file");
});

test("a checkpoint is refused where it is written, also where only the pictures tell how many steps there are", async () => {
  const shapes = join(import.meta.dirname, "../../models/shapes-trained.onnx");
  const steps = (count: number) => {
    rmSync(join(folder, `net-${count}.onnx`), { force: true });
    writeFileSync(join(folder, `net-${count}.onnx`), readFileSync(shapes));
    return `train /net-${count}.onnx --data shapes --out /net.onnx --save-every ${count}`;
  };
  expect(await run(steps(500))).toBe(2);
  expect(said.splice(0).join("\n")).toContain("reads this file");
  // Pictures of shapes have no end: there are 1,000 steps, and after the last one no checkpoint is written.
  expect(await run(`${steps(1000)} --save-at 5000`)).toBe(2);
  expect(said.join("\n")).toContain("--save-at 5000: there are only 1,000 steps");
});
