// `convcam summary`: what a model is made of. Needs no GPU and shows unsupported models too.

import type { Command } from "commander";
import { sourceOpsetKey } from "../../engine/onnx/upgrade.ts";
import { entryOf } from "../../engine/records.ts";
import { inspectWithShapes } from "../../ui/input-shapes.ts";
import { readModelFile } from "../model-file.ts";
import { line } from "../printable.ts";
import { formatBytes, formatCount, formatShape, formatTable } from "../table.ts";
import { collect, parseShape } from "../usage.ts";

/** Layers that are named of those for which values are read in the middle of a run. */
const mostReads = 10;

interface Options {
  readonly json: boolean;
  readonly shape?: readonly (readonly [string, readonly number[]])[];
}

export function addSummary(program: Command): void {
  program
    .command("summary")
    .summary("the layers of a model, its size and what it needs")
    .description(
      "Prints every layer with its operator, output shape, parameters and multiply-adds; then totals, opset and what is unsupported.",
    )
    .argument("<model>", "an .onnx file")
    .option("--json", "machine-readable", false)
    .option("--shape <input=shape>", "fix an input's shape, such as data=1,3,224,224; repeatable", collect(parseShape))
    .action(runSummary);
}

async function runSummary(path: string, options: Options): Promise<void> {
  const graph = await readModelFile(path);
  const { summary, obstacles, inputShapes } = await inspectWithShapes(graph, { given: options.shape, option: "--shape" });
  if (options.json) {
    const { inputs, outputs, metadata } = graph;
    console.log(JSON.stringify({ ...summary, inputs, outputs, metadata: Object.fromEntries(metadata), obstacles }, undefined, 2));
    return;
  }
  const rows = summary.layers.map(({ name, operator, shape, parameterCount, macs }) => [
    name,
    operator,
    shape ? formatShape(shape) : "?",
    formatCount(parameterCount),
    formatCount(macs),
  ]);
  const right = { alignRight: true };
  const columns = [
    { title: "Layer" },
    { title: "Operator" },
    { title: "Output" },
    { title: "Parameters", ...right },
    { title: "Multiply-adds", ...right },
  ];
  console.log(formatTable(columns, rows));
  console.log();
  for (const { name, dtype, shape } of graph.inputs) {
    const chosen = entryOf(inputShapes, name);
    const computedAs = chosen && String(chosen) !== String(shape) ? `, here ${formatShape(chosen)}` : "";
    console.log(line`Input          ${name}: ${dtype} ${formatShape(shape)}${computedAs}`);
  }
  console.log(line`Outputs        ${graph.outputs.join(", ")}`);
  const source = graph.metadata.get(sourceOpsetKey);
  console.log(line`Opset          ${summary.opset}${source ? `, rewritten from ${source}` : ""}`);
  console.log(`Parameters     ${formatCount(summary.parameterCount)} (${formatBytes(summary.parameterBytes)} in the file)`);
  console.log(`Multiply-adds  ${formatCount(summary.macs)}`);
  const reads = summary.layers.filter(({ readsBack }) => readsBack);
  if (obstacles.length === 0 && reads.length === 0) console.log("Convcam runs this model.");
  else if (obstacles.length === 0) {
    console.log(
      "Convcam runs this model in stages; sizes behind the first are known when it runs. Values are read in the middle of a run:",
    );
    for (const { name, operator, readsBack = [] } of reads.slice(0, mostReads))
      console.log(line`- ${readsBack.join(", ")}, for ${operator} '${name}'`);
    if (reads.length > mostReads) console.log(`- and for ${reads.length - mostReads} more layers`);
  } else console.log(`Convcam cannot run this model:\n${obstacles.map((obstacle) => line`- ${obstacle}`).join("\n")}`);
}
