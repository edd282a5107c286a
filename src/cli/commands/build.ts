// `convcam build`: writes one of our own networks, or one that a text describes, with weights drawn from a seed, as an .onnx file.
import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { buildDescribed } from "../../../models/described.ts";
import { withHalves } from "../../../models/halves.ts";
import { buildGraph, networks } from "../../../models/index.ts";
import { encodeModel } from "../../engine/onnx/encode.ts";
import { readBytes } from "../model-file.ts";
import { writeOutput } from "../output.ts";
import { formatBytes, formatCount } from "../table.ts";
import { parseCount, parsePath } from "../usage.ts";

interface Options {
  readonly out: string;
  readonly seed: number;
  readonly weights: "float32" | "float16";
}

export function addBuild(program: Command): void {
  const known = Object.entries(networks).map(
    ([name, { title, parameterCount }]) => `  ${name.padEnd(20)} ${title}, ${formatCount(parameterCount)} parameters`,
  );
  program
    .command("build")
    .summary("write a blank network as an .onnx file")
    .description(
      `Writes a network with weights drawn from a seed: one of these, or one that a text file describes, a line for each layer, such as
"input 1 28 28", "conv 16 3 relu", "pool 2", "dense 10 softmax" (docs/training.md). There are:\n${known.join("\n")}`,
    )
    .argument("<name>", "which network, or a text file", parseName)
    .requiredOption("--out <file.onnx>", "where to write", parsePath(".onnx"))
    .option("--seed <number>", "the same seed gives the same weights", parseCount(0), 0)
    .addOption(
      new Option("--weights <type>", "how weights are stored; float16 takes half").choices(["float32", "float16"]).default("float32"),
    )
    .action(async (name: string, { out, seed, weights }: Options) => {
      const graph = Object.hasOwn(networks, name)
        ? buildGraph(name, { seed })
        : buildDescribed(new TextDecoder().decode(await readBytes(name, "network")), { seed });
      const bytes = encodeModel(weights === "float16" ? withHalves(graph) : graph);
      await writeOutput(out, bytes);
      console.log(`${name} (${formatBytes(bytes.length)}) written to ${out}`);
    });
}

function parseName(name: string): string {
  if (!Object.hasOwn(networks, name) && !existsSync(name))
    throw new InvalidArgumentError(`Expected a text file, or one of ${Object.keys(networks).join(", ")}.`);
  return name;
}
