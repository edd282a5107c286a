// Refuses outputs that are among the files which a command reads: `build net.onnx --out net.onnx` would destroy what it was given.
import { realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { Command } from "commander";
import { twinsOf } from "./listed-pictures.ts";
import { UsageError } from "./usage.ts";

/** Options that name what is written, with an ending that tells its kind. All other options and arguments may name what is read. */
const outputOptions = ["out", "save", "json", "log"];

/**
 * Checks a whole command line, before its command begins.
 *
 * @throws UsageError for an output that is also an input, or another output
 */
export async function checkOverwrites(command: Command): Promise<void> {
  const options = Object.entries(command.opts<Record<string, unknown>>());
  const outputs = options.flatMap(([option, value]) =>
    outputOptions.includes(option) ? pathsOf(value).map((path) => ({ option: `--${option}`, path })) : [],
  );
  const others = options.flatMap(([option, value]) => (outputOptions.includes(option) ? [] : [value].flat(2)));
  const inputs = [...command.args, ...others].filter((one) => typeof one === "string");
  for (const [i, { option, path }] of outputs.entries()) {
    await refuseInput(option, path, inputs);
    const other = outputs.slice(0, i).find((one) => resolve(one.path) === resolve(path));
    if (other && (await stat(path).catch(() => undefined))?.isFile() !== false)
      throw new UsageError(`${option} '${path}': ${other.option} names this file, too. Give each output a name of its own.`);
  }
}

/**
 * @param inputs paths, also behind `KIND:` or `NAME=`; what is no path is passed over
 * @throws UsageError where the output is one of them, or one of the files of a folder that is `idx:DIR`
 */
export async function refuseInput(option: string, output: string, inputs: readonly string[]): Promise<void> {
  const file = await realpath(output).catch(() => undefined);
  if (file === undefined || !(await stat(file)).isFile()) return;
  for (const text of inputs) {
    const [, kind, source = text] = /^(idx|folder|csv):(.+)$/.exec(text) ?? [];
    for (const path of [source, text.slice(text.lastIndexOf("=") + 1), ...(kind === "csv" ? twinsOf(source) : [])]) {
      const input = await realpath(path).catch(() => undefined);
      // Pictures have endings that no output has.
      const isWithin = kind === "idx" && input !== undefined && file.startsWith(input + sep) && file.endsWith("-ubyte");
      if (input === file || isWithin)
        throw new UsageError(`${option} '${output}': the command reads this file. Give the output a name of its own.`);
    }
  }
}

/** Of FILE, or of several NAME=FILE as they are parsed. */
function pathsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map((pair) => String(pair.at(-1))) : [];
}
