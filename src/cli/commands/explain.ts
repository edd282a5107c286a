// `convcam explain`: why a model gives a picture its class, as heat over the picture or as an array.

import { type Command, InvalidArgumentError, Option } from "commander";
import { ModelError } from "../../engine/errors.ts";
import type { Completeness } from "../../engine/explanation.ts";
import { type ExplanationMethod, explanationMethods, resultOf, type SampledOptions } from "../../engine/gradient/explain.ts";
import type { Target } from "../../engine/gradient/target.ts";
import type { Graph, ValueType } from "../../engine/graph/graph.ts";
import type { Model } from "../../engine/model.ts";
import { decodeNpy, encodeNpy } from "../../engine/npy.ts";
import { denseStrides, sizeOf } from "../../engine/shapes.ts";
import { isFloat, Tensor } from "../../engine/tensor.ts";
import { labelsInMetadata } from "../../ui/hints/labels.ts";
import { classNameOf } from "../../ui/labels.ts";
import { topClasses } from "../classes.ts";
import { addFeedOptions, type FeedOptions, type Named, preparationOf, withRunningModel } from "../feed.ts";
import { drawHeat } from "../heat.ts";
import { readBytes, readLabels } from "../model-file.ts";
import { showProgress, writeOutput } from "../output.ts";
import { type Inputs, inputsOf, refuseInput } from "../overwrites.ts";
import { line } from "../printable.ts";
import { formatShape } from "../table.ts";
import { parseList, parseNumber, parsePath, UsageError } from "../usage.ts";

interface Options extends FeedOptions, Omit<SampledOptions, "seed"> {
  readonly method: ExplanationMethod;
  readonly class?: string;
  readonly against?: string;
  readonly of?: string;
  readonly element?: readonly number[];
  readonly weights?: string;
  readonly labels?: string;
  readonly layer?: string;
  readonly out?: string;
  readonly opacity: number;
  readonly save?: string;
}

export function addExplain(program: Command): void {
  const command = program
    .command("explain")
    .summary("show why a model gives a picture its class")
    .description(
      "Explains the score of a class, or any value: by the gradient with respect to the picture, by what covering it changes, or by a map of where a layer speaks for the class (Grad-CAM and its kin). It shows what the score depends on, not that the model is right.",
    )
    .argument("<model>", "an .onnx file")
    .argument("[image]", "a picture: JPEG, PNG, WebP, GIF, TIFF, AVIF")
    .addOption(new Option("--method <name>", "how to explain").choices(explanationMethods).default("grad-cam"))
    .option("--class <number|name>", "the class to explain, by its index or its name (default: the top one)")
    .option("--against <number|name>", "another class: why the one and not the other")
    .option("--labels <file>", "class names, one per line, or JSON (default: those in the model's metadata)")
    .option("--of <value>", "explain a value or layer instead of a class")
    .option("--element <place>", "the one element of --of that counts, such as 0,3,12,12", parseList)
    .option("--weights <file.npy>", "what each element of --of counts, such as a mask (default: 1 each)")
    .option("--layer <name>", 'the layer of a map (default: the last that computes rows and columns); "all" for those of all convolutions')
    .option("--samples <count>", "runs of smoothgrad (default: 16) and integrated-gradients (default: 32)", parseNumber)
    .option("--sigma <share>", "noise of smoothgrad, as a share of the picture's range (default: 0.15)", parseNumber)
    .option(
      "--baseline <number>",
      "what integrated-gradients begin at and occlusion covers with, as the model sees it (default: 0)",
      parseNumber,
    )
    .option("--patch <pixels>", "side of what occlusion covers (default: an eighth of the picture's)", parseNumber)
    .option("--out <file.png>", "draw it as heat over the picture", parsePath(".png"))
    .option("--opacity <share>", "of the heat, from 0 to 1", parseShare, 0.6)
    .option("--save <file.npy>", "save its numbers as a NumPy array; of several layers, one file each", parsePath(".npy"));
  addFeedOptions(command).action(explain);
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() === "" || !(share >= 0 && share <= 1)) throw new InvalidArgumentError("Expected a number from 0 to 1.");
  return share;
}

async function explain(modelPath: string, imagePath: string | undefined, options: Options, command: Command): Promise<void> {
  const { method, layer, out, save } = options;
  checkUse(imagePath, options);
  const given = options.labels ? await readLabels(options.labels) : undefined;
  const namesOf = ({ metadata }: Pick<Graph, "metadata">) => given ?? labelsInMetadata(metadata) ?? [];
  const classesOf = (names: readonly string[]) => ({ index: classOf(options.class, names), against: classOf(options.against, names) });
  const named = (graph: Graph) => namedIn(options, classesOf(namesOf(graph)));
  await withRunningModel(modelPath, imagePath, options, named, async (model) => {
    const labels = namesOf(model.graph);
    const { of, name, weights } = await targetOf(model, options, classesOf(labels), labels);
    const { samples, sigma, baseline, patch } = options;
    const layers = layer === "all" ? { layers: "all" as const } : { layer };
    const explanation = await model.explain({ method, of, weights, ...layers, samples, sigma, baseline, patch });
    const inputs = await Promise.all(model.inputs.map(async ({ name: input }) => [input, await model.read(input)] as const));
    const results = await explanation.predictAll(Object.fromEntries(inputs), showProgress);
    for (const [of, result] of Object.entries(results)) console.log(line`${method} of ${name} by '${of}': ${formatShape(result.shape)}`);
    if (method === "integrated-gradients") console.log(formatCompleteness(await explanation.completeness()));
    if (isOfChannels(method)) for (const result of Object.values(results)) printRanking(result);
    if (save !== undefined) await saveAll(save, results, inputsOf(command));
    if (out !== undefined) {
      const heat = { method, preparation: preparationOf(options), opacity: options.opacity };
      await drawHeat(model, imagePath as string, results, heat, out);
      console.log(line`drawn in ${out}`);
    }
    explanation.dispose();
  });
}

function checkUse(imagePath: string | undefined, { method, out, save, of, ...options }: Options): void {
  if (out !== undefined && imagePath === undefined) throw new UsageError("--out draws over a picture: give one, or only --save.");
  if (out === undefined && save === undefined && !isOfChannels(method))
    throw new UsageError("nothing to write: give --out FILE.png, --save FILE.npy, or both.");
  if (save === "-" && options.layer === "all") throw new UsageError("--save -: --layer all saves several files. Give a file's name.");
  if (out !== undefined && isOfChannels(method))
    throw new UsageError(`${method} is of channels, not of places: give --save instead of --out.`);
  if (of !== undefined && (options.class ?? options.against) !== undefined) throw new UsageError("give --of or --class, not both.");
  if (of === undefined && (options.element ?? options.weights) !== undefined)
    throw new UsageError("--element and --weights are of a value: name it with --of.");
  if (options.element !== undefined && options.weights !== undefined) throw new UsageError("give --element or --weights, not both.");
}

interface Classes {
  readonly index: number | undefined;
  readonly against: number | undefined;
}

/** What is checked before a GPU is opened. */
function namedIn({ layer, of }: Options, { index, against }: Classes): Named {
  return {
    names: given(["--layer", layer === "all" ? undefined : layer], ["--of", of]),
    classes: given(["--class", index], ["--against", against]),
  };
}

function given<T>(...options: readonly (readonly [option: string, value: T | undefined])[]): readonly (readonly [string, T])[] {
  return options.flatMap(([option, value]) => (value === undefined ? [] : [[option, value] as const]));
}

/** Whether it tells one number for each channel. They are printed, so nothing need be written. */
function isOfChannels(method: ExplanationMethod): boolean {
  return resultOf(method) === "channels";
}

interface Explained {
  readonly of: Target;
  /** As people call it. */
  readonly name: string;
  readonly weights?: Tensor;
}

async function targetOf(model: Model, options: Options, classes: Classes, labels: readonly string[]): Promise<Explained> {
  const { of, element, weights } = options;
  if (of === undefined) {
    const { index = await topClass(model), against } = classes;
    const nameOf = (one: number) => classNameOf(labels, one);
    return { of: { class: index, against }, name: nameOf(index) + (against === undefined ? "" : ` and not ${nameOf(against)}`) };
  }
  const value = model.valueName(of);
  const { dtype, shape } = model.graph.types.get(value) as ValueType;
  if (weights !== undefined) return { of: value, name: `'${value}'`, weights: decodeNpy(await readBytes(weights, "array")) };
  if (element === undefined) return { of: value, name: `'${value}'` };
  if (element.length !== shape.length || element.some((at, axis) => !(Number.isInteger(at) && at >= 0 && at < (shape[axis] as number))))
    throw new ModelError(
      `--element ${element.join(",")}: '${value}' is [${shape.join(", ")}]; expected a place in it, ${shape.length} numbers from 0.`,
    );
  const strides = denseStrides(shape);
  const one = new Float32Array(sizeOf(shape));
  one[element.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0)] = 1;
  return { of: value, name: `element ${element.join(",")} of '${value}'`, weights: Tensor.from(dtype, shape, one) };
}

function formatCompleteness({ attributed, expected }: Completeness): string {
  return `adds up to ${attributed.toPrecision(4)}; the score is ${expected.toPrecision(4)} above that of the baseline`;
}

/** The channels that the score depends on most. */
function printRanking(result: Tensor): void {
  const channels = Array.from(result.toFloat32().subarray(0, result.shape[1] ?? 1), (value, channel) => ({ channel, value }));
  const ranked = channels.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, 10);
  for (const { channel, value } of ranked) console.log(`  channel ${String(channel).padStart(4)}  ${value.toPrecision(4).padStart(10)}`);
}

async function saveAll(path: string, results: Readonly<Record<string, Tensor>>, inputs: Inputs): Promise<void> {
  const files = filesOf(path, Object.keys(results));
  for (const file of files) await refuseInput("--save", file, inputs);
  for (const [i, result] of Object.values(results).entries()) {
    await writeOutput(files[i] as string, encodeNpy(result));
    console.log(line`saved as ${files[i] as string}`);
  }
}

/** Of several layers, each goes into a file that has its name, and a number besides where another's is the same without what no file's may hold. */
export function filesOf(path: string, layers: readonly string[]): readonly string[] {
  if (layers.length === 1) return [path];
  const files: string[] = [];
  for (const layer of layers) {
    const name = path.replace(/(\.npy)?$/, `-${layer.replace(/[^\w.-]+/g, "_")}`);
    let file = `${name}.npy`;
    for (let count = 2; files.includes(file); count++) file = `${name}-${count}.npy`;
    files.push(file);
  }
  return files;
}

async function topClass(model: Model): Promise<number> {
  // Of a network in stages the first output may be computed later: then it is refused with the true reason.
  const output = model.outputs.find(({ dtype }) => dtype === undefined || isFloat(dtype));
  if (!output) throw new ModelError("no output of the model holds floats, so there are no scores of classes.");
  return topClasses((await model.read(output.name)).toFloat32(), 1)[0]?.index ?? 0;
}

function classOf(text: string | undefined, labels: readonly string[]): number | undefined {
  if (text === undefined) return undefined;
  const named = labels.indexOf(text);
  if (named >= 0) return named;
  const near = labels.filter((label) => label.toLowerCase().includes(text.toLowerCase())).slice(0, 5);
  if (Number.isInteger(Number(text)) && text.trim() !== "") return Number(text);
  const advice =
    near.length > 0 ? `Did you mean ${near.map((label) => `'${label}'`).join(", ")}?` : "Give its index, or its name with --labels.";
  throw new ModelError(`no class is called '${text}'. ${advice}`);
}
