// Finds cases in the layout of ONNX's backend tests: NAME/model.onnx with test_data_set_K/{input,output}_I.pb.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

export interface Case {
  readonly name: string;
  /** SUITE/CASE: the last two folders of its path. */
  readonly id: string;
  readonly modelPath: string;
  readonly dataSets: readonly DataSet[];
}

/** Paths in the order of the graph's inputs and outputs. */
export interface DataSet {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Every case in or below a folder, by name. */
export function findCases(folder: string): Case[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const modelPath = join(folder, "model.onnx");
  if (existsSync(modelPath)) {
    const sets = entries.map(({ name }) => name).filter((name) => /^test_data_set_\d+$/.test(name));
    const path = resolve(folder);
    const name = basename(path);
    const id = `${basename(dirname(path))}/${name}`;
    return [{ name, id, modelPath, dataSets: byNumber(sets).map((set) => readDataSet(join(folder, set))) }];
  }
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => findCases(join(folder, name)));
}

function readDataSet(folder: string): DataSet {
  const names = readdirSync(folder);
  const paths = (pattern: RegExp) => byNumber(names.filter((name) => pattern.test(name))).map((name) => join(folder, name));
  return { inputs: paths(/^input_\d+\.pb$/), outputs: paths(/^output_\d+\.pb$/) };
}

/** By the number in their names: 2 before 10. */
function byNumber(names: readonly string[]): string[] {
  const number = (name: string) => Number(/\d+/.exec(name)?.[0]);
  return [...names].sort((a, b) => number(a) - number(b));
}
