// The README's examples of programs, as they stand: the one for Node in a process of its own for as long as a program of a reader's would
// run, and those for pages one after the other.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";
import { expect, test, vi } from "vitest";
import { findSwiftShader } from "../../src/cli/swiftshader.ts";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import { loadModel } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { graphOf, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const root = join(import.meta.dirname, "../..");

/** Blocks of JavaScript in a document, in order. */
async function readExamples(path = "README.md"): Promise<readonly string[]> {
  const readme = await readFile(join(root, path), "utf8");
  return Array.from(readme.matchAll(/```js\n([\s\S]*?)```/g), ([, code]) => code as string);
}

/** Goes on after the example's module was evaluated, as programs do: then nothing holds the module's constants any more. */
const runs = `
async function runAgainAndAgain() {
  const image = new Float32Array(28 * 28).fill(1);
  for (let i = 0; i < 5000; i++) {
    const { output_layer } = await model.predict({ input_layer: image });
    if (output_layer.toFloat32()[783] !== 1) throw new Error("run " + i + " gave other numbers");
  }
  console.log("5000 runs");
}
runAgainAndAgain();
`;

/** @returns what a program says that is run in a folder where Convcam is installed, with these networks in `models` */
async function sayingOf(program: string, networks: Readonly<Record<string, Uint8Array>>): Promise<string> {
  // Beside the modules of this repository, where the example finds `webgpu`.
  const folder = await mkdtemp(join(root, "node_modules/.convcam-example-"));
  try {
    const installed = join(folder, "node_modules/convcam");
    await build({ root, mode: "package", logLevel: "silent", build: { outDir: join(installed, "dist"), emptyOutDir: false } });
    await writeFile(join(installed, "package.json"), await readFile(join(root, "package.json")));
    await mkdir(join(folder, "models"));
    for (const [name, bytes] of Object.entries(networks)) await writeFile(join(folder, "models", name), bytes);
    await writeFile(join(folder, "example.mjs"), program);
    // Opening a device here finds out which driver this machine has.
    await withDevice(async () => {});
    const env = { ...process.env, LD_LIBRARY_PATH: [findSwiftShader(), process.env["LD_LIBRARY_PATH"]].filter((path) => path).join(":") };
    const { stdout } = await promisify(execFile)(process.execPath, ["example.mjs"], { cwd: folder, env, timeout: 280_000 });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("the README's example for Node runs 5,000 times in one process", { timeout: 300_000 }, async () => {
  const forNode = (await readExamples()).find((code) => code.includes('from "webgpu"'));
  if (!forNode) expect.fail("README.md has no example for Node");
  // A network of one node under the name of the example's.
  const graph = graphOf({ inputs: { input_layer: [1, 1, 28, 28] }, nodes: [op("Relu", "input_layer", "output_layer")] });
  expect(await sayingOf(`${forNode}${runs}`, { "mnist-trained.onnx": encodeModel(graph) })).toBe("5000 runs\n");
});

test("the script of docs/training.md runs in Node as it stands, and learns", { timeout: 300_000 }, async () => {
  const [script] = await readExamples("docs/training.md");
  const blank = await readFile(join(root, "models/mnist-blank.onnx"));
  const [, loss] = /^loss ([\d.e-]+)\n$/.exec(await sayingOf(script as string, { "mnist-blank.onnx": blank })) ?? [];
  // Guessing among ten comes to 2.3.
  expect(Number(loss)).toBeLessThan(1);
});

test("the README's other examples run one after the other, as they stand", () =>
  withDevice(async (device) => {
    const examples = (await readExamples()).filter((code) => !code.includes('from "webgpu"') && !code.includes("document."));
    const code = examples.join("\n").replace(/^import .*/gm, "");
    vi.stubGlobal("fetch", async (path: string) => new Response(await readFile(join(root, path))));
    const said: unknown[] = [];
    try {
      const AsyncFunction = (async () => {}).constructor as new (
        ...code: readonly string[]
      ) => (...given: readonly unknown[]) => Promise<void>;
      const program = new AsyncFunction("createTrainer", "loadModel", "requestDevice", "console", code);
      await program(createTrainer, loadModel, async () => device, { log: (...values: unknown[]) => said.push(...values) });
    } finally {
      vi.unstubAllGlobals();
    }
    expect(examples.length).toBeGreaterThan(4);
    expect(said).toEqual([[1, 32, 26, 26], 1]);
  }));
