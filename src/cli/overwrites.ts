// Refuses outputs that are among the files which a command reads: `build net.onnx --out net.onnx` would destroy what it was given.
import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import { readModel } from "../engine/source.ts";
import { twinsOf } from "./listed-pictures.ts";
import { UsageError } from "./usage.ts";

/** Options that name what is written, with an ending that tells its kind. All other options and arguments may name what is read. */
const outputOptions = ["out", "save", "json", "log"];

interface Output {
  readonly option: string;
  readonly path: string;
}

/** What a command line names as written. */
export function outputsOf(command: Command): readonly Output[] {
  return Object.entries(command.opts<Record<string, unknown>>()).flatMap(([option, value]) =>
    outputOptions.includes(option) ? pathsOf(value).map((path) => ({ option: `--${option}`, path })) : [],
  );
}

/** What it may name as read, as {@link refuseInput} takes it. */
export function inputsOf(command: Command): readonly string[] {
  const others = Object.entries(command.opts<Record<string, unknown>>()).filter(([option]) => !outputOptions.includes(option));
  return [...command.args, ...others.flatMap(([, value]) => [value].flat(2))].filter((one) => typeof one === "string");
}

/**
 * Checks a whole command line, before its command begins.
 *
 * @throws UsageError for an output that is also an input, or another output
 */
export async function checkOverwrites(command: Command): Promise<void> {
  const outputs: (Output & { readonly place: string })[] = [];
  for (const { option, path } of outputsOf(command)) {
    await refuseInput(option, path, inputsOf(command));
    const place = await placeOf(path);
    const other = outputs.find((one) => one.place === place);
    if (other && (await stat(path).catch(() => undefined))?.isFile() !== false)
      throw new UsageError(`${option} '${path}': ${other.option} names this file, too. Give each output a name of its own.`);
    outputs.push({ option, path, place });
  }
}

/** Where it is written, whatever links lead there. */
async function placeOf(path: string): Promise<string> {
  if (path === "-") return path;
  const folder = await realpath(dirname(path)).catch(() => resolve(dirname(path)));
  return realpath(path).catch(() => join(folder, basename(path)));
}

/**
 * @param inputs paths, also behind `KIND:` or `NAME=`; what is no path is passed over
 * @throws UsageError where the output is one of them, one of the files of a folder that is `idx:DIR`, or one that holds weights of a model
 */
export async function refuseInput(option: string, output: string, inputs: readonly string[]): Promise<void> {
  const file = output === "-" ? undefined : await realpath(output).catch(() => undefined);
  if (file === undefined || !(await stat(file)).isFile()) return;
  for (const text of inputs) {
    const [, kind, source = text] = /^(idx|folder|csv):(.+)$/.exec(text) ?? [];
    for (const path of [source, text.slice(text.lastIndexOf("=") + 1), ...(kind === "csv" ? twinsOf(source) : [])]) {
      const input = await realpath(path).catch(() => undefined);
      // Pictures have endings that no output has.
      const isWithin = kind === "idx" && input !== undefined && file.startsWith(input + sep) && file.endsWith("-ubyte");
      if (input === file || isWithin || (input !== undefined && (await keepsWeightsIn(input, file))))
        throw new UsageError(`${option} '${output}': the command reads this file. Give the output a name of its own.`);
    }
  }
}

/** Whether a file is a model that keeps weights in the other, beside it. Models are read whole only where they name the other. */
async function keepsWeightsIn(model: string, file: string): Promise<boolean> {
  const name = relative(dirname(model), file).split(sep).join("/");
  if (name.startsWith("../") || !(await stat(model)).isFile()) return false;
  const bytes = await readFile(model);
  if (!bytes.includes(name)) return false;
  const names: string[] = [];
  const readExternal = async (one: string) => {
    names.push(one);
    return new Uint8Array();
  };
  // Without its weights it is no whole model.
  await readModel(new Uint8Array(bytes), { readExternal }).catch(() => {});
  return names.includes(name);
}

/** Of FILE, or of several NAME=FILE as they are parsed. */
function pathsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map((pair) => String(pair.at(-1))) : [];
}
