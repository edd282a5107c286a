// `convcam explain`: why a model gives a picture its class, as heat over the picture or as an array.

import { type Command, InvalidArgumentError, Option } from "commander";
import sharp from "sharp";
import { ModelError } from "../../engine/errors.ts";
import { type ExplanationMethod, explanationMethods, isActivationMap } from "../../engine/gradient/explain.ts";
import type { Model } from "../../engine/model.ts";
import { denseStrides } from "../../engine/shapes.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { findPictureInput } from "../../ui/image-view.ts";
import { colorStops } from "../../ui/mosaic/color-map.ts";
import { topClasses } from "../classes.ts";
import { addFeedOptions, type FeedOptions, type Named, withRunningModel } from "../feed.ts";
import { writePng } from "../image.ts";
import { readLabels } from "../model-file.ts";
import { encodeNpy } from "../npy.ts";
import { writeOutput } from "../output.ts";
import { line } from "../printable.ts";
import { formatShape } from "../table.ts";

interface Options extends FeedOptions {
  readonly method: ExplanationMethod;
  readonly class?: string;
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
      "Explains the score of a class: by the gradient with respect to the input, or by a map of where a layer speaks for the class (Grad-CAM and its kin). It shows what the score depends on, not that the model is right.",
    )
    .argument("<model>", "an .onnx file")
    .argument("[image]", "a picture: JPEG, PNG, WebP, GIF, TIFF, AVIF")
    .addOption(new Option("--method <name>", "how to explain").choices(explanationMethods).default("grad-cam"))
    .option("--class <number|name>", "the class to explain, by its index or its name in --labels (default: the top one)")
    .option("--labels <file>", "class names, one per line")
    .option("--layer <name>", "the layer of a map (default: the last that computes rows and columns)")
    .option("--out <file.png>", "draw it as heat over the picture")
    .option("--opacity <share>", "of the heat, from 0 to 1", parseShare, 0.6)
    .option("--save <file.npy>", "save its numbers as a NumPy array");
  addFeedOptions(command).action(explain);
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() === "" || !(share >= 0 && share <= 1)) throw new InvalidArgumentError("Expected a number from 0 to 1.");
  return share;
}

async function explain(modelPath: string, imagePath: string | undefined, options: Options): Promise<void> {
  const { method, layer, out, save } = options;
  if (out !== undefined && imagePath === undefined) throw new ModelError("--out draws over a picture: give one, or only --save.");
  if (out === undefined && save === undefined) throw new ModelError("nothing to write: give --out FILE.png, --save FILE.npy, or both.");
  const labels = options.labels ? await readLabels(options.labels) : [];
  const classIndex = options.class === undefined ? undefined : classOf(options.class, labels);
  const named: Named = { names: layer === undefined ? [] : [["--layer", layer]], classIndex };
  await withRunningModel(modelPath, imagePath, options, named, async (model) => {
    const index = classIndex ?? (await topClass(model));
    const explanation = await model.explain({ method, of: { class: index }, layer });
    const inputs = await Promise.all(model.inputs.map(async ({ name }) => [name, await model.read(name)] as const));
    const result = await explanation.predict(Object.fromEntries(inputs));
    console.log(line`${method} of ${labels[index] ?? `class ${index}`} by '${explanation.layer}': ${formatShape(result.shape)}`);
    if (save !== undefined) {
      await writeOutput(save, encodeNpy(result));
      console.log(line`saved as ${save}`);
    }
    if (out !== undefined) {
      await draw(model, imagePath as string, result, options, out);
      console.log(line`drawn in ${out}`);
    }
    explanation.dispose();
  });
}

async function topClass(model: Model): Promise<number> {
  const [output] = model.outputs;
  if (!output) throw new ModelError("the model has no outputs, so there are no classes.");
  return topClasses((await model.read(output.name)).toFloat32(), 1)[0]?.index ?? 0;
}

function classOf(text: string, labels: readonly string[]): number {
  const named = labels.indexOf(text);
  if (named >= 0) return named;
  const near = labels.filter((label) => label.toLowerCase().includes(text.toLowerCase())).slice(0, 5);
  if (Number.isInteger(Number(text)) && text.trim() !== "") return Number(text);
  const advice =
    near.length > 0 ? `Did you mean ${near.map((label) => `'${label}'`).join(", ")}?` : "Give its index, or its name with --labels.";
  throw new ModelError(`no class is called '${text}'. ${advice}`);
}

/** Heat over the part of the picture that the network saw. */
async function draw(model: Model, imagePath: string, result: Tensor, { method, fit, opacity }: Options, path: string): Promise<void> {
  const found = findPictureInput(model.inputs.map((input) => ({ ...input, strides: denseStrides(input.shape) })));
  if (!found) throw new ModelError("the model's input is no picture, so there is nothing to draw on. Use --save.");
  const { width, height } = found.view;
  const heat = heatOf(result);
  const factor = Math.max(1, Math.ceil(448 / Math.max(width, height)));
  const size = { width: width * factor, height: height * factor };
  const picture = await sharp(imagePath)
    .autoOrient()
    .flatten()
    .toColorspace("srgb")
    .resize({ ...size, fit: fit === "stretch" ? "fill" : fit, background: "black" })
    .removeAlpha()
    .raw()
    .toBuffer();
  const large = await sharp(heat.values, { raw: { width: heat.width, height: heat.height, channels: 1 } })
    .resize({ ...size, fit: "fill", kernel: isActivationMap(method) ? "linear" : "nearest" })
    .toColorspace("b-w")
    .raw()
    .toBuffer();
  const colors = colorStops("magma");
  const pixels = new Uint8Array(4 * size.width * size.height);
  large.forEach((value, i) => {
    // Where nothing speaks for the class the picture stays as it is.
    const share = opacity * Math.min(1, (2 * value) / 255);
    const color = colorAt(colors, value / 255);
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = (1 - share) * (picture[3 * i + c] as number) + share * 255 * (color[c] as number);
    pixels[4 * i + 3] = 255;
  });
  await writePng(path, pixels, size.width, size.height);
}

function colorAt(colors: readonly (readonly number[])[], at: number): readonly number[] {
  const place = at * (colors.length - 1);
  const left = Math.min(Math.floor(place), colors.length - 2);
  const [a, b] = [colors[left] as readonly number[], colors[left + 1] as readonly number[]];
  return a.map((value, i) => value + ((b[i] as number) - value) * (place - left));
}

/** The largest size over the channels of the first of a batch, from 0 to 255. */
function heatOf(result: Tensor): { width: number; height: number; values: Uint8Array } {
  const [channels = 1, height = 1, width = 1] = result.shape.slice(-3);
  const elements = result.toFloat32();
  const area = width * height;
  const sizes = Array.from({ length: area }, (_, i) => {
    const each = Array.from({ length: channels }, (_unused, c) => Math.abs(elements[c * area + i] as number));
    return Math.max(...each);
  });
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  return { width, height, values: Uint8Array.from(sizes, (size) => (largest > 0 ? Math.round((255 * size) / largest) : 0)) };
}
