// `convcam run`: one picture through a model; prints the classes or boxes, saves any value.

import type { Command } from "commander";
import { loadAxes } from "../../engine/graph/axes.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import type { Model } from "../../engine/model.ts";
import { encodeNpy } from "../../engine/npy.ts";
import { isFloat, type Tensor } from "../../engine/tensor.ts";
import { answerBoxes, hasBoxes } from "../../ui/boxes/answer.ts";
import { usualThreshold } from "../../ui/boxes/request.ts";
import { placeText, summaryOf } from "../../ui/boxes/words.ts";
import { findClassScores } from "../../ui/classes.ts";
import { labelsInMetadata } from "../../ui/hints/labels.ts";
import { classNameOf } from "../../ui/labels.ts";
import { topClasses } from "../classes.ts";
import { addFeedOptions, type FeedOptions, withRunningModel } from "../feed.ts";
import { readLabels } from "../model-file.ts";
import { writeOutput } from "../output.ts";
import { line } from "../printable.ts";
import { formatCount, formatNumber, formatShape } from "../table.ts";
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
    .description(
      "Runs a model once and prints the classes, the boxes of a detection network, or what its outputs look like. Saves any value by name, intermediate ones too.",
    )
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
    async (model, _, file) => {
      const outputs = new Map<string, Tensor>();
      for (const { name } of model.outputs) outputs.set(name, await model.read(name));
      const own = labelsInMetadata(file.metadata);
      const scores = classScoresOf(model, outputs, labels ?? own);
      // Of several outputs the file's names are of the one that has as many scores.
      const namesOf = ({ size }: Tensor) => labels ?? (outputs.size === 1 || size === own?.length ? own : undefined);
      for (const [name, tensor] of outputs)
        if (name === scores) printClasses(name, tensor, options.top, namesOf(tensor));
        else printOutput(name, tensor);
      await printBoxes(model, file, labels ?? own ?? []);
      for (const [name, path] of wanted) await save(model, name, path);
    },
  );
}

/** The output of class scores, by the page's rule. What is computed in a later stage has its shape from the run. */
function classScoresOf(model: Model, outputs: ReadonlyMap<string, Tensor>, labels: readonly string[] = []): string | undefined {
  const rows = model.summary().layers.map((row) => ({ ...row, shape: row.shape ?? outputs.get(row.outputs[0] ?? "")?.shape }));
  const floats = [...outputs].filter(([, { dtype }]) => isFloat(dtype)).map(([name]) => name);
  return findClassScores(floats, rows, labels.length);
}

function printClasses(name: string, tensor: Tensor, count: number, labels: readonly string[] | undefined): void {
  console.log(line`${name}:`);
  for (const { index, probability } of topClasses(tensor.toFloat32(), count))
    console.log(line`${(probability * 100).toFixed(2).padStart(7)}%  ${classNameOf(labels, index)}`);
}

/** Numbers that are printed of an output. */
const mostPrinted = 8;

function printOutput(name: string, tensor: Tensor): void {
  const values = tensor.toFloat32();
  const first = Array.from(values.subarray(0, mostPrinted), formatNumber).join(", ");
  const numbers = values.length === 0 ? "" : `: ${first}${values.length > mostPrinted ? ", …" : ""}`;
  console.log(line`${name}: ${tensor.dtype} ${formatShape(tensor.shape)}${values.length > 1 ? describeRange(values) : ""}${numbers}`);
}

/** Boxes that are printed. */
const mostBoxes = 20;

/** What a detection network has found, as the page tells it. */
async function printBoxes(model: Model, file: Graph, labels: readonly string[]): Promise<void> {
  const shown = { model, axes: await loadAxes(model.graph) };
  if (!(await hasBoxes(shown, file))) return;
  const found = await answerBoxes(shown, file, { kind: "boxes" });
  if ("reason" in found) return console.log(line`Boxes: ${found.reason}`);
  console.log(line`Boxes of a score of at least ${usualThreshold}: ${summaryOf(found.boxes, labels)}`);
  for (const box of found.boxes.slice(0, mostBoxes))
    console.log(line`${(box.score * 100).toFixed(2).padStart(7)}%  ${classNameOf(labels, box.class)}: ${placeText(box, found)}`);
  if (found.boxes.length > mostBoxes) console.log(`and ${formatCount(found.boxes.length - mostBoxes)} more, with lower scores`);
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
