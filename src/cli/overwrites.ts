// Refuses outputs that are among the files which a command reads: `build net.onnx --out net.onnx` would destroy what it was given.
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import { twinsOf } from "./listed-pictures.ts";
import { weightsOf } from "./model-weights.ts";
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

/** What it may name as read. */
export function inputsOf(command: Command): Inputs {
  const others = Object.entries(command.opts<Record<string, unknown>>()).filter(([option]) => !outputOptions.includes(option));
  return new Inputs([...command.args, ...others.flatMap(([, value]) => [value].flat(2))].filter((one) => typeof one === "string"));
}

/**
 * Checks a whole command line, before its command begins.
 *
 * @throws UsageError for an output that is also an input, or another output
 */
export async function checkOverwrites(command: Command): Promise<void> {
  const outputs: (Output & { readonly place: string })[] = [];
  const inputs = inputsOf(command);
  for (const { option, path } of outputsOf(command)) {
    await refuseInput(option, path, inputs);
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

/** @throws UsageError where the output is a file that is read */
export async function refuseInput(option: string, output: string, inputs: Inputs): Promise<void> {
  const file = output === "-" ? undefined : await realpath(output).catch(() => undefined);
  if (file === undefined || !(await stat(file)).isFile() || !(await inputs.have(file))) return;
  throw new UsageError(`${option} '${output}': the command reads this file. Give the output a name of its own.`);
}

interface Input {
  /** Whatever links lead there. */
  readonly path: string;
  /** Whether it is `idx:DIR`, whose files are read. */
  readonly isSet: boolean;
}

/** Files that a command line may name: themselves, the files of a folder that is `idx:DIR`, and what holds weights of a model. */
export class Inputs {
  readonly #texts: readonly string[];
  /** Found once, where an output is there already. */
  #found: Promise<readonly Input[]> | undefined;
  /** The files with weights of each input, where one was asked for. */
  readonly #weights = new Map<string, Promise<ReadonlySet<string>>>();

  /** @param texts paths, also behind `KIND:` or `NAME=`; what is no path is passed over */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  /** Whether a file is among them. @param file its real path */
  async have(file: string): Promise<boolean> {
    this.#found ??= findAll(this.#texts);
    for (const { path, isSet } of await this.#found) {
      // Pictures have endings that no output has.
      if (path === file || (isSet && isBelow(path, file) && file.endsWith("-ubyte"))) return true;
      if (isBelow(dirname(path), file) && (await this.#weightsOf(path)).has(file)) return true;
    }
    return false;
  }

  #weightsOf(path: string): Promise<ReadonlySet<string>> {
    const found = this.#weights.get(path) ?? weightsOf(path);
    this.#weights.set(path, found);
    return found;
  }
}

function isBelow(folder: string, file: string): boolean {
  return relative(folder, file).split(sep)[0] !== "..";
}

async function findAll(texts: readonly string[]): Promise<readonly Input[]> {
  const named = texts.flatMap((text) => {
    const [, kind, source = text] = /^(idx|folder|csv):(.+)$/.exec(text) ?? [];
    const paths = [source, text.slice(text.lastIndexOf("=") + 1), ...(kind === "csv" ? twinsOf(source) : [])];
    return paths.map(async (given) => {
      const path = await realpath(given).catch(() => undefined);
      return path === undefined ? [] : [{ path, isSet: kind === "idx" }];
    });
  });
  return (await Promise.all(named)).flat();
}

/** Of FILE, or of several NAME=FILE as they are parsed. */
function pathsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map((pair) => String(pair.at(-1))) : [];
}
