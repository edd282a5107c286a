// `convcam check` on files that run, files that are refused, and files that are broken.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FileCheck } from "../../src/checks/check-file.ts";
import { main } from "../../src/cli/main.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { graphOf, op } from "../support/graphs.ts";

let folder = "";
let printed: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convcam-"));
  printed = [];
  process.exitCode = undefined;
  for (const stream of ["log", "error"] as const)
    vi.spyOn(console, stream).mockImplementation((text: unknown) => void printed.push(...String(text).split("\n")));
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

/** A square root of noise, and a node of an operator of somebody's own for each name. */
const rooted = (...own: readonly string[]) =>
  encodeModel(
    graphOf({
      inputs: { x: ["n", 3] },
      nodes: [op("Sqrt", "x", "y"), ...own.map((name) => ({ ...op(name, "y", `${name}_y`), domain: "own" }))],
      outputs: ["y"],
    }),
  );

test("what runs, is refused and is broken in a folder is told file by file, and broken ones give status 1", async () => {
  await mkdir(join(folder, "below"));
  await cp("models/mnist-trained.onnx", join(folder, "below", "digits.onnx"));
  await writeFile(join(folder, "root.ONNX"), rooted());
  await writeFile(join(folder, "own.onnx"), rooted("Magic"));
  await writeFile(join(folder, "torn.onnx"), rooted().subarray(0, 40));
  await writeFile(join(folder, "notes.txt"), "no network");
  const json = join(folder, "checked.json");
  expect(await main(["check", folder, join(folder, "absent.onnx"), "--shape", "x=2,3", "--json", json])).toBe(1);
  const { adapter, files } = JSON.parse(await readFile(json, "utf8")) as { adapter: string; files: FileCheck[] };
  const verdicts = Object.fromEntries(files.map(({ file, verdict }) => [file.slice(folder.length + 1), verdict]));
  expect(verdicts).toEqual({
    "below/digits.onnx": "runs",
    "own.onnx": "refused",
    "root.ONNX": "runs",
    "torn.onnx": "broken",
    "absent.onnx": "broken",
  });
  const byName = (name: string) => files.find(({ file }) => file.endsWith(name)) as FileCheck;
  expect(byName("digits.onnx").outputs).toEqual([{ name: "output_layer", dtype: "float32", shape: [1, 10], nonFinite: 0 }]);
  expect(byName("root.ONNX").inputs).toEqual([{ name: "x", dtype: "float32", shape: [2, 3] }]);
  expect(byName("own.onnx").reasons.join()).toMatch(/Magic.*export the model without it/);
  expect(byName("absent.onnx").reasons.join()).toMatch(/there is no such file/);
  expect(adapter).not.toBe("");
  expect(printed.at(-1)).toBe(`2 run on ${adapter}, 1 refused, 2 broken`);
});

test("elements that are not finite are counted, the same noise for the same seed", async () => {
  const file = join(folder, "root.onnx");
  await writeFile(file, rooted());
  const check = async (seed: string) => {
    printed = [];
    expect(await main(["check", file, "--shape", "x=50,3", "--seed", seed])).toBe(0);
    return printed.find((text) => text.includes("not finite"));
  };
  const first = await check("1");
  expect(first).toMatch(/- \d+ elements of 'y' not finite/);
  expect(await check("1")).toBe(first);
});

test("a shape that one file does not take refuses that file, and a name that none has is told", async () => {
  await writeFile(join(folder, "root.onnx"), rooted());
  await cp("models/mnist-trained.onnx", join(folder, "digits.onnx"));
  expect(await main(["check", folder, "--shape", "input_layer=1,3,8,8", "--shape", "x=2,3"])).toBe(0);
  expect(printed.at(-1)).toMatch(/^1 run on .*, 1 refused, 0 broken$/);
  expect(await main(["check", folder, "--shape", "z=1"])).toBe(1);
  expect(printed.at(-1)).toMatch(/--shape z: no file that could be read has an input of this name/);
});

test("a folder without a network, and a report that cannot be written, are told before anything runs", async () => {
  expect(await main(["check", folder])).toBe(1);
  expect(printed.join()).toMatch(/it holds no \.onnx file/);
  expect(await main(["check", "models/mnist-trained.onnx", "--json", join(folder, "absent", "x.json")])).toBe(1);
  expect(printed.at(-1)).toMatch(/could not be written/);
});
