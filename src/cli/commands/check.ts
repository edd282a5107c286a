// `convcam check`: which of many files run here, which are refused and why, and which are broken.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { adapterText } from "../../checks/adapter-text.ts";
import { checkFile, type FileCheck, type Verdict } from "../../checks/check-file.ts";
import { notesOf, runText } from "../../checks/words.ts";
import { ModelError } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { checkOutput, writeOutput } from "../output.ts";
import { line } from "../printable.ts";
import { collect, parseCount, parsePath, parseShape } from "../usage.ts";

interface Options {
  readonly seed: number;
  readonly shape?: readonly (readonly [string, readonly number[]])[];
  readonly json?: string;
}

export function addCheck(program: Command): void {
  program
    .command("check")
    .summary("say which files run, which are refused and why, and which are broken")
    .description(
      `Reads each file, plans it and runs it once on noise. "runs" names what it takes and gives; "refused" has a line for each operator that Convcam
lacks or whose node contradicts the standard, with the number of its nodes and, where something helps, what to do; "broken" is a damaged file, or one that fails on the GPU. Sizes that a file leaves open
are chosen as the page chooses them. Ends with status 1 when any file is broken; a refusal is no failure.`,
    )
    .argument("<files...>", ".onnx files, and folders that hold some at any depth")
    .option("--shape <input=shape>", "fix the shape of an input of that name, such as data=1,3,224,224; repeatable", collect(parseShape))
    .option("--seed <number>", "of the noise", parseCount(0), 0)
    .option(
      "--json <file.json>",
      "write { adapter, files: [{ file, verdict, reasons, opset, nodes, inputs, outputs, ms }] }",
      parsePath(".json"),
    )
    .action(check);
}

async function check(paths: readonly string[], { seed, shape = [], json }: Options): Promise<void> {
  if (json !== undefined) await checkOutput(json);
  const files = (await Promise.all(paths.map(findFiles))).flat();
  let device = await requestNodeDevice();
  const adapter = adapterText(device);
  // A file that loses the GPU must not take those after it along.
  const request = async (): Promise<Device> => {
    if (!device.isLost) return device;
    device.dispose();
    device = await requestNodeDevice();
    return device;
  };
  const used = new Set<string>();
  const checks: FileCheck[] = [];
  try {
    for (const file of files) {
      const result = await checkFile(file, {
        read: async () => {
          const graph = await readModelFile(file);
          for (const { name } of graph.inputs) used.add(name);
          return graph;
        },
        ...{ seed, shapes: shape, option: "--shape", device: request },
      });
      checks.push(result);
      console.log(formatCheck(result));
    }
  } finally {
    device.dispose();
  }
  const count = (verdict: Verdict) => checks.filter((result) => result.verdict === verdict).length;
  console.log(`\n${count("runs")} run on ${adapter}, ${count("refused")} refused, ${count("broken")} broken`);
  if (json !== undefined) await writeOutput(json, `${JSON.stringify({ adapter, files: checks }, undefined, 2)}\n`);
  if (count("broken") > 0) process.exitCode = 1;
  const unused = shape.find(([name]) => !used.has(name));
  if (unused) throw new ModelError(`--shape ${unused[0]}: no file that could be read has an input of this name.`);
}

/** The file itself, or every .onnx file in the folder and those below it, in the order of their names. */
async function findFiles(path: string): Promise<readonly string[]> {
  // What is not there is told as a broken file is: with the others.
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory() && /\.onnx$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0) throw new ModelError(`folder '${path}': it holds no .onnx file, nor does a folder in it.`);
  return files.sort();
}

function formatCheck(check: FileCheck): string {
  const head = line`${check.verdict.padEnd(7)}  ${check.file}`;
  const notes = notesOf(check).map((note) => line`         - ${note}`);
  return [check.verdict === "runs" ? line`${head}  ${runText(check)}` : head, ...notes].join("\n");
}
