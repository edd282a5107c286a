// The command on a real model: what it changes in a network before it runs.
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { decodeNpy, encodeNpy } from "../../src/engine/npy.ts";
import { noise } from "../support/graphs.ts";

let folder = "";
let errors = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convcam-"));
  errors = "";
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation((text: unknown) => {
    errors += `${String(text)}\n`;
  });
  await writeFile(join(folder, "digit.npy"), encodeNpy(noise([1, 1, 28, 28])));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** Runs the trained network and answers conv_1 and the classes. */
const run = (...options: readonly string[]) => runFile("models/mnist-trained.onnx", ...options);

async function runFile(model: string, ...options: readonly string[]) {
  const files = ["conv_1", "output_layer"].map((name) => [name, join(folder, `${name}.npy`)] as const);
  const save = files.flatMap(([name, path]) => ["--save", `${name}=${path}`]);
  const status = await main(["run", model, "--input-npy", join(folder, "digit.npy"), ...save, ...options]);
  expect(errors).toBe("");
  expect(status).toBe(0);
  const [maps, classes] = await Promise.all(files.map(async ([, path]) => decodeNpy(await readFile(path)).toFloat32()));
  return { maps: maps as Float32Array, classes: classes as Float32Array };
}

test("mosaic --layer all writes no picture where one of them would be written over what is read", async () => {
  const [model, out] = ["models/mnist-trained.onnx", join(folder, "maps.png")];
  await copyFile("models/digit.png", join(folder, "digit.png"));
  expect(await main(["mosaic", model, join(folder, "digit.png"), "--layer", "all", "--out", out])).toBe(0);
  const drawn = (await readdir(folder)).filter((name) => name.startsWith("maps-"));
  expect(drawn.length).toBeGreaterThan(2);
  for (const name of drawn.slice(0, -1)) await rm(join(folder, name));
  const last = join(folder, drawn.at(-1) as string);
  const before = await readFile(last);
  expect(await main(["mosaic", model, last, "--layer", "all", "--out", out])).toBe(2);
  expect(errors).toContain(`--out '${last}': the command reads this file.`);
  expect((await readdir(folder)).filter((name) => name.startsWith("maps-"))).toEqual(drawn.slice(-1));
  expect((await readFile(last)).equals(before)).toBe(true);
});

test("run --gate switches channels of a layer off and changes them", async () => {
  const plain = await run();
  const gated = await run("--gate", "conv_1:3=0", "--gate", "conv_1:5=0.5+0.25");
  const size = plain.maps.length / 32;
  const channel = ({ maps }: typeof plain, index: number) => [...maps.subarray(index * size, (index + 1) * size)];
  expect(channel(gated, 3)).toEqual(new Array(size).fill(0));
  expect(channel(gated, 4)).toEqual(channel(plain, 4));
  expect(channel(gated, 5)).toEqual(channel(plain, 5).map((v) => Math.fround(v * 0.5 + 0.25)));
  expect(gated.classes).not.toEqual(plain.classes);
});

test("run --parameters takes another checkpoint's weights, and --blank forgets them", async () => {
  const trained = await run();
  expect((await runFile("models/mnist-early.onnx", "--parameters", "models/mnist-trained.onnx")).classes).toEqual(trained.classes);
  const blank = await run("--blank", "7");
  expect(blank.classes).not.toEqual(trained.classes);
  expect(await runFile("models/mnist-early.onnx", "--blank", "7")).toEqual(blank);
  expect((await run("--blank", "8")).classes).not.toEqual(blank.classes);
});

test("run says which of two files is wrong, and refuses weights that would be forgotten at once", async () => {
  const digit = ["--input-npy", join(folder, "digit.npy")];
  expect(await main(["run", "models/mnist-early.onnx", ...digit, "--parameters", "README.md"])).toBe(1);
  expect(errors).toContain("--parameters 'README.md': This is not an ONNX model");
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  expect(await main(["run", "models/mnist-early.onnx", ...digit, "--parameters", "models/mnist-trained.onnx", "--blank", "7"])).toBe(2);
});

describe("in a shell", () => {
  /** Runs the command as visitors do, without a display or a driver that is named, and answers what it writes and its exit status. */
  const shell = (line: string) =>
    new Promise<{ output: string; errors: string }>((resolve) => {
      const { XDG_RUNTIME_DIR: _, VK_ICD_FILENAMES: __, ...env } = process.env;
      const command = line.replace("convcam", `"${process.execPath}" bin/convcam.mjs`);
      execFile("sh", ["-c", command], { env }, (_error, output, says) => resolve({ output, errors: says }));
    });

  test("drivers' warnings do not reach a visitor", async () => {
    const { output, errors: says } = await shell(`convcam run models/mnist-trained.onnx --input-npy "${join(folder, "digit.npy")}"`);
    expect(says).toBe("");
    expect(output).toContain("%");
  });

  test("a reader that stops reading ends mosaics quietly", async () => {
    const line = `{ convcam mosaic models/mnist-trained.onnx docs/screenshot.png --layer all --out "${folder}"; echo "status $?" >&2; } | head -1`;
    const { output, errors: says } = await shell(line);
    expect(says).toBe("status 0\n");
    expect(output).toMatch(/^conv_1.* drawn as .*\n$/);
  });
});
