// For commands that run a model: loads it for a picture or an array and feeds that input to it.
import type { Command } from "commander";
import { Option } from "commander";
import { ModelError } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import { loadAxes } from "../engine/graph/axes.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { loadModel, type Model } from "../engine/model.ts";
import { decodeNpy } from "../engine/npy.ts";
import type { Precision } from "../engine/precision.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { ChannelOrder, Preparation } from "../ui/preparation.ts";
import { checkClasses, checkNames } from "./check-names.ts";
import { imageSize, readImage } from "./image.ts";
import { inspectFixed } from "./input-shapes.ts";
import { addInterventionOptions, changesParameters, gatedNames, type InterventionOptions, intervene } from "./interventions.ts";
import { readBytes, readModelFile } from "./model-file.ts";
import { requestNodeDevice } from "./node-device.ts";
import { channelOrders, collect, parseDivisors, parseList, parseNumber, parseShape, precisionOption } from "./usage.ts";

/** What is fed to a model's inputs. */
export interface InputOptions {
  readonly inputNpy?: readonly string[];
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly scale?: number;
  readonly channels?: ChannelOrder;
  readonly fit: NonNullable<Preparation["fit"]>;
  readonly resize: NonNullable<Preparation["resize"]>;
  readonly shape?: readonly (readonly [string, readonly number[]])[];
}

export interface FeedOptions extends InputOptions, InterventionOptions {
  readonly precision: Precision;
}

export function addFeedOptions(command: Command): Command {
  return addInputOptions(addInterventionOptions(command)).addOption(precisionOption());
}

export function addInputOptions(command: Command): Command {
  return command
    .option("--input-npy <[name=]file>", "feed an array instead of a picture; repeatable", collect(String))
    .option("--scale <factor>", "multiplies pixels of 0…255 first (default: 1/255, or 1 for whole numbers)", parseNumber)
    .option("--mean <numbers>", "subtracted after scaling, per channel (default: 0)", parseList)
    .option("--std <numbers>", "divides last, per channel (default: 1)", parseDivisors)
    .addOption(new Option("--channels <order>", "order of the input's channels (default: rgb, or gray for one)").choices(channelOrders))
    .addOption(new Option("--fit <how>", "how a picture fills the input").choices(["cover", "contain", "stretch"]).default("cover"))
    .addOption(
      new Option("--resize <how>", "the mean over the pixels that an element covers, or one sample in its middle")
        .choices(["area", "bilinear"])
        .default("area"),
    )
    .option("--shape <input=shape>", "fix an input's shape, such as data=1,3,224,224; repeatable", collect(parseShape));
}

/** What the command line names of a model. */
export interface Named {
  /** Values or layers to keep. */
  readonly observe?: readonly string[] | "all";
  /** Values or layers, and the option that names each. */
  readonly names?: readonly (readonly [option: string, name: string])[];
  /** Classes that there are scores of, and the option that names each. */
  readonly classes?: readonly (readonly [option: string, index: number])[];
}

/** How the picture is prepared. */
export function preparationOf({ mean, std, scale, channels, fit, resize }: InputOptions): Preparation {
  return { mean, std, scale, channels, fit, resize };
}

/**
 * Loads a model, feeds it and runs it once. Everything is disposed of when `use` is done.
 *
 * @param named what the command line names of the model
 * @throws ModelError before a GPU is opened, where the model has no such names or takes no such inputs
 */
export async function withRunningModel<T>(
  modelPath: string,
  imagePath: string | undefined,
  options: FeedOptions,
  named: Named | ((graph: Graph) => Named),
  use: (model: Model, device: Device, file: Graph) => Promise<T>,
): Promise<T> {
  const graph = await readModelFile(modelPath);
  const { names = [], classes = [], observe } = typeof named === "function" ? named(graph) : named;
  checkNames(graph, [...names, ...gatedNames(graph, options)]);
  const arrays = await readArrays(graph, options.inputNpy ?? []);
  const open = graph.inputs.filter(({ name }) => !arrays.has(name));
  if (imagePath ? open.length !== 1 : open.length > 0)
    throw new ModelError(
      describeOpenInputs(
        open.map(({ name }) => name),
        imagePath !== undefined,
      ),
    );
  const given = [...[...arrays].map(([name, { shape }]) => [name, shape] as const), ...(options.shape ?? [])];
  const inspection = await inspectFixed(graph, { given, picture: imagePath ? await imageSize(imagePath) : undefined });
  await checkClasses(graph, inspection.inputShapes, classes);
  const device = await requestNodeDevice();
  try {
    const model = await loadModel(device, graph, {
      inputShapes: inspection.inputShapes,
      observe,
      precision: options.precision,
      parameters: changesParameters(options),
    });
    await intervene(model, options);
    const inputs = new Map(arrays);
    const axes = await loadAxes(model.graph);
    for (const input of model.inputs)
      if (imagePath && open.some(({ name }) => name === input.name))
        inputs.set(input.name, await readImage(imagePath, { ...input, axes: axes.get(input.name) }, preparationOf(options)));
    model.run(Object.fromEntries(inputs));
    const result = await use(model, device, graph);
    model.dispose();
    return result;
  } finally {
    device.dispose();
  }
}

/** What is missing, or too much, for these inputs that no array is given for. */
export function describeOpenInputs(names: readonly string[], hasPicture: boolean): string {
  const [first] = names;
  if (first === undefined) return "every input is given by --input-npy, so there is none for the picture.";
  if (names.length === 1) return `input '${first}' needs a picture, or --input-npy ${first}=FILE.`;
  const list = names.map((name) => `'${name}'`).join(", ");
  return hasPicture
    ? `inputs ${list}: one of them takes the picture. Give --input-npy NAME=FILE for all others.`
    : `inputs ${list} need --input-npy NAME=FILE each, or one of them a picture.`;
}

/** NAME=FILE, or FILE alone for the first input. */
export async function readArrays(graph: Graph, given: readonly string[]): Promise<ReadonlyMap<string, Tensor>> {
  const arrays = new Map<string, Tensor>();
  for (const text of given) {
    const input = graph.inputs.find(({ name }) => text.startsWith(`${name}=`)) ?? graph.inputs[0];
    if (!input) throw new ModelError("the model has no inputs.");
    const path = text.startsWith(`${input.name}=`) ? text.slice(input.name.length + 1) : text;
    try {
      arrays.set(input.name, decodeNpy(await readBytes(path, "array")));
    } catch (error) {
      throw error instanceof ModelError && !error.message.includes(path) ? new ModelError(`array '${path}': ${error.message}.`) : error;
    }
  }
  return arrays;
}
