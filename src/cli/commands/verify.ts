// `convcam verify`: whether the GPU computes what it should, layer by layer.
import type { Command } from "commander";
import { adapterText } from "../../checks/adapter-text.ts";
import { errorTexts } from "../../checks/words.ts";
import { loadModel } from "../../engine/model.ts";
import type { VerifiedLayer } from "../../engine/verify/verify.ts";
import { checkNames } from "../check-names.ts";
import { addFeedOptions, type FeedOptions, readArrays } from "../feed.ts";
import { givenInputs } from "../given-inputs.ts";
import { imageSize } from "../image.ts";
import { fixShapes } from "../input-shapes.ts";
import { changesParameters, gatedNames, intervene } from "../interventions.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { checkOutput, writeOutput } from "../output.ts";
import { line, printable } from "../printable.ts";
import { formatCount, formatTable } from "../table.ts";
import { collect, parseCount, parsePath } from "../usage.ts";

interface Options extends FeedOptions {
  readonly layer?: readonly string[];
  readonly seed: number;
  readonly most?: number;
  readonly json?: string;
}

export function addVerify(program: Command): void {
  const command = program
    .command("verify")
    .summary("check a model's layers on this GPU against float64")
    .description(
      `Runs a model once and computes each layer again on the CPU, in float64 by plain loops, from the very numbers that the GPU has read for it. Layers that the
GPU computes at once, such as a convolution with its activation, are one. An error is the largest difference, relative to the largest number that there should be;
what may be depends on the length of sums, on how far they cancel, and on the precision. Ends with status 1 when a layer is wrong, or none could be checked.
A layer that is left out is no failure.`,
    )
    .argument("<model>", "an .onnx file")
    .argument("[image]", "a picture: JPEG, PNG, WebP, GIF, TIFF, AVIF (default: noise)")
    .option("--layer <name>", "only this layer; repeatable", collect(String))
    .option("--seed <number>", "of the noise", parseCount(0), 0)
    .option("--most <count>", "leave out layers of more multiplications (default: 200000000)", parseCount(1))
    .option(
      "--json <file.json>",
      "write { adapter, seed, isRight, layers: [{ name, operator, kernel, error, relative, tolerance, verdict, … }] }",
      parsePath(".json"),
    );
  addFeedOptions(command).action(verify);
}

async function verify(modelPath: string, imagePath: string | undefined, options: Options): Promise<void> {
  const { layer: layers, seed, most, json, precision } = options;
  if (json !== undefined) await checkOutput(json);
  const graph = await readModelFile(modelPath);
  checkNames(graph, [...(layers ?? []).map((name) => ["--layer", name] as const), ...gatedNames(graph, options)]);
  const arrays = await readArrays(graph, options.inputNpy ?? []);
  const given = [...[...arrays].map(([name, { shape }]) => [name, shape] as const), ...(options.shape ?? [])];
  const inputShapes = await fixShapes(graph, { given, picture: imagePath ? await imageSize(imagePath) : undefined });
  const device = await requestNodeDevice();
  try {
    const model = await loadModel(device, graph, { inputShapes, precision, parameters: changesParameters(options) });
    await intervene(model, options);
    const inputs = await givenInputs(model.graph, imagePath, arrays, options);
    const { isRight, layers: checked } = await model.verify({ inputs, layers, seed, most, onLayer: showProgress });
    model.dispose();
    console.log(formatLayers(checked));
    const adapter = adapterText(device);
    const count = (verdict: VerifiedLayer["verdict"]) => formatCount(checked.filter((one) => one.verdict === verdict).length);
    console.log(line`\n${count("right")} right on ${adapter}, ${count("wrong")} wrong, ${count("left out")} left out`);
    for (const { name, verdict, reason } of checked) if (verdict !== "right") console.log(line`- ${name}: ${reason ?? verdict}`);
    if (json !== undefined) await writeOutput(json, `${JSON.stringify({ adapter, seed, isRight, layers: checked }, undefined, 2)}\n`);
    if (!isRight) process.exitCode = 1;
  } finally {
    device.dispose();
  }
}

function showProgress({ name }: VerifiedLayer, done: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done}/${total} ${printable(name)}${done === total ? "\r\u001b[K" : ""}`);
}

function formatLayers(layers: readonly VerifiedLayer[]): string {
  const columns = [
    { title: "Layer" },
    { title: "Operators" },
    { title: "Kernel" },
    { title: "Elements", alignRight: true },
    { title: "Error", alignRight: true },
    { title: "May be", alignRight: true },
    { title: "Verdict" },
  ];
  const rows = layers.map((layer) => {
    const { name, operator, kernel, elements, verdict } = layer;
    return [name, operator, kernel, formatCount(elements), ...errorTexts(layer), verdict];
  });
  return formatTable(columns, rows);
}
