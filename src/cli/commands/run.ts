// `convcam run`: one picture through a model; prints the classes, saves any value.

import type { Command } from "commander";
import type { Model } from "../../engine/model.ts";
import { encodeNpy } from "../../engine/npy.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { labelsInMetadata } from "../../ui/hints/labels.ts";
import { classNameOf } from "../../ui/labels.ts";
import { topClasses } from "../classes.ts";
import { addFeedOptions, type FeedOptions, withRunningModel } from "../feed.ts";
import { readLabels } from "../model-file.ts";
import { writeOutput } from "../output.ts";
import { line } from "../printable.ts";
import { formatNumber, formatShape } from "../table.ts";
import { collect, parseArrayPair, parseCount } from "../usage.ts";

interface Options extends FeedOptions {
  readonly top: number;
  readonly labels?: string;
  readonly save?: readonly (readonly [value: string, path: string])[];
}

export function addRun(program: Command): void {
  const command = program
    .command("run")
    .summary("run a model on a picture")
    .description("Runs a model once and prints the classes, or what its outputs look like. Saves any value by name, intermediate ones too.")
    .argument("<model>", "an .onnx file")
    .argument("[image]", "a picture: JPEG, PNG, WebP, GIF, TIFF, AVIF")
    .option("--top <count>", "how many classes to print", parseCount(1), 5)
    .option("--labels <file>", "class names, one per line, or JSON (default: those in the model's metadata)")
    .option("--save <value=file.npy>", "save a value (or a layer's output) as a NumPy array; repeatable", collect(parseArrayPair));
  addFeedOptions(command).action(runModel);
}

async function runModel(modelPath: string, imagePath: string | undefined, options: Options): Promise<void> {
  const labels = options.labels ? await readLabels(options.labels) : undefined;
  const wanted = options.save ?? [];
  await withRunningModel(
    modelPath,
    imagePath,
    options,
    { observe: wanted.map(([name]) => name), names: wanted.map(([name]) => ["--save", name]) },
    async (model) => {
      const own = labelsInMetadata(model.graph.metadata);
      for (const { name } of model.outputs) {
        const tensor = await model.read(name);
        // Of several outputs the file's names are of the one that has as many scores.
        const isOfNames = model.outputs.length === 1 || tensor.size === own?.length;
        printOutput(name, tensor, options.top, labels ?? (isOfNames ? own : undefined));
      }
      for (const [name, path] of wanted) await save(model, name, path);
    },
  );
}

function printOutput(name: string, tensor: Tensor, count: number, labels: readonly string[] | undefined): void {
  const values = tensor.toFloat32();
  const isVector = tensor.size > 1 && tensor.shape.includes(tensor.size);
  if (!isVector) {
    console.log(line`${name}: ${tensor.dtype} ${formatShape(tensor.shape)}${describeRange(values)}`);
    return;
  }
  console.log(line`${name}:`);
  for (const { index, probability } of topClasses(values, count))
    console.log(line`${(probability * 100).toFixed(2).padStart(7)}%  ${classNameOf(labels, index)}`);
}

function describeRange(values: Float32Array): string {
  if (values.length === 0) return "";
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `, from ${formatNumber(low)} to ${formatNumber(high)}, mean ${formatNumber(mean)}`;
}

async function save(model: Model, name: string, path: string): Promise<void> {
  const tensor = await model.read(name);
  await writeOutput(path, encodeNpy(tensor));
  console.log(line`${name}: ${tensor.dtype} ${formatShape(tensor.shape)} saved as ${path}`);
}
