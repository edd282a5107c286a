// `convcam build`: writes one of our own networks, with weights drawn from a seed, as an .onnx file.
import { type Command, InvalidArgumentError } from "commander";
import { buildModel, networks } from "../../../models/index.ts";
import { writeOutput } from "../output.ts";
import { formatBytes, formatCount } from "../table.ts";
import { parseCount } from "../usage.ts";

export function addBuild(program: Command): void {
  const known = Object.entries(networks).map(
    ([name, { title, parameterCount }]) => `  ${name.padEnd(20)} ${title}, ${formatCount(parameterCount)} parameters`,
  );
  program
    .command("build")
    .summary("write a blank network as an .onnx file")
    .description(`Writes a network with weights drawn from a seed. There are:\n${known.join("\n")}`)
    .argument("<name>", "which network", parseName)
    .requiredOption("--out <file.onnx>", "where to write")
    .option("--seed <number>", "the same seed gives the same weights", parseCount(0), 0)
    .action(async (name: string, { out, seed }: { readonly out: string; readonly seed: number }) => {
      const bytes = buildModel(name, { seed });
      await writeOutput(out, bytes);
      console.log(`${name} (${formatBytes(bytes.length)}) written to ${out}`);
    });
}

function parseName(name: string): string {
  if (!Object.hasOwn(networks, name)) throw new InvalidArgumentError(`Expected one of ${Object.keys(networks).join(", ")}.`);
  return name;
}
