// `convcam mosaic`: the feature maps of a layer as a picture, drawn by the same shaders as the page.

import { mkdir } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ModelError } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { submitAndMap } from "../../engine/gpu/read-back.ts";
import { loadAxes } from "../../engine/graph/axes.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import type { GpuValue, Model } from "../../engine/model.ts";
import { type Axes, denseStrides } from "../../engine/shapes.ts";
import { findPictureInput } from "../../ui/image-view.ts";
import { type ColorMap, colorMaps } from "../../ui/mosaic/color-map.ts";
import { layoutMosaic } from "../../ui/mosaic/layout.ts";
import { viewAsMaps } from "../../ui/mosaic/maps.ts";
import { defaultNormalization, type Normalization, namedNormalizations, parseNormalization } from "../../ui/mosaic/normalization.ts";
import { type MosaicOptions, MosaicRenderer } from "../../ui/mosaic/renderer.ts";
import { canBeNegative } from "../../ui/mosaic/signedness.ts";
import { canPrepareNegative, preparationFor } from "../../ui/preparation.ts";
import { addFeedOptions, type FeedOptions, type Named, preparationOf, withRunningModel } from "../feed.ts";
import { writePng } from "../image.ts";
import { notesOfLater } from "../later-layers.ts";
import { inputsOf, refuseInput } from "../overwrites.ts";
import { line } from "../printable.ts";
import { formatShape } from "../table.ts";
import { checkFloat, isFolderName, parseCount, parsePath, UsageError } from "../usage.ts";

interface Options extends FeedOptions {
  readonly layer: string;
  readonly axes?: Axes;
  readonly out: string;
  readonly normalize: Normalization;
  readonly colormap: ColorMap | "auto";
  readonly columns?: number;
  readonly gap: number;
  readonly width: number;
}

export function addMosaic(program: Command): void {
  const command = program
    .command("mosaic")
    .summary("draw the feature maps of a layer")
    .description("Runs a model once and draws every channel of a layer as a tile of one PNG. `--layer all` draws one PNG per layer.")
    .argument("<model>", "an .onnx file")
    .argument("[image]", "a picture: JPEG, PNG, WebP, GIF, TIFF, AVIF")
    .requiredOption("--layer <name>", "a layer or value, or 'all'")
    .requiredOption("--out <file.png>", "where to write; with 'all' the layer's name is added, or a folder is filled", parsePath(".png"))
    .option("--normalize <rule>", `${namedNormalizations.join(", ")}, or a range such as 0..6`, parseRule, defaultNormalization)
    .addOption(
      new Option("--colormap <name>", "colours; auto: diverging where values may be negative")
        .choices(["auto", ...colorMaps])
        .default("auto"),
    )
    .option(
      "--axes <letters>",
      "how the layer lies, a letter per axis, such as nhwc (default: as the network's convolutions tell)",
      parseAxes,
    )
    .option("--columns <count>", "tiles per row (default: about square)", parseCount(1))
    .option("--gap <pixels>", "between tiles", parseCount(0), 1)
    .option("--width <pixels>", "at most this wide", parseCount(1), 1024);
  addFeedOptions(command).action(runMosaic);
}

function parseAxes(text: string): Axes {
  if (!/^[ncdhw_]+$/.test(text))
    throw new InvalidArgumentError("Expected one letter per axis: n batch, c channel, d depth, h row, w column, _ unknown.");
  return text;
}

function parseRule(text: string): Normalization {
  let rule: Normalization;
  try {
    rule = parseNormalization(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.replace(/^normalization .*?': /, ""));
  }
  if (typeof rule === "object") for (const end of [rule.low, rule.high]) checkFloat(end);
  return rule;
}

async function runMosaic(modelPath: string, imagePath: string | undefined, options: Options, command: Command): Promise<void> {
  const isAll = options.layer === "all";
  if (isAll && options.out === "-") throw new UsageError("--out -: --layer all draws several pictures. Give a file's name, or a folder's.");
  const named: Named = isAll ? { observe: "all" } : { observe: [options.layer], names: [["--layer", options.layer]] };
  await withRunningModel(modelPath, imagePath, options, named, async (model, device) => {
    const axes = await loadAxes(model.graph);
    const names = isAll ? layerValues(model.graph) : [model.valueName(options.layer)];
    const renderer = new MosaicRenderer(device, "rgba8unorm");
    const paths = names.map((name, i) => (isAll ? pathOfLayer(options.out, i, name) : options.out));
    const inputs = inputsOf(command);
    for (const path of paths) await refuseInput("--out", path, inputs);
    for (const [i, name] of names.entries()) {
      try {
        await drawValue(renderer, model, name, paths[i] as string, options, options.axes ?? axes.get(name));
      } catch (error) {
        // With --layer all, values that are not maps, such as constants and shapes, are passed over.
        if (!isAll || !(error instanceof ModelError)) throw error;
        console.log(line`${name}: not drawn: ${error.message}`);
      }
    }
    renderer.dispose();
    if (isAll) for (const note of notesOfLater(model.summary(), model.graph)) console.log(note);
  });
}

/** `out.png` becomes `out-003-conv1.png`; without an extension it is a folder of `003-conv1.png`. */
function pathOfLayer(out: string, index: number, name: string): string {
  const extension = isFolderName(out) ? "" : extname(out);
  const label = `${String(index + 1).padStart(3, "0")}-${name.replace(/[^\w.-]+/g, "_")}`;
  return extension ? `${out.slice(0, -extension.length)}-${label}${extension}` : join(out, `${label}.png`);
}

async function drawValue(
  renderer: MosaicRenderer,
  model: Model,
  name: string,
  path: string,
  options: Options,
  axes: Axes | undefined,
): Promise<void> {
  const value: GpuValue = model.value(name);
  const view = viewAsMaps(value.shape, value.strides, value.offset, 0, axes);
  if (!view || view.channels * view.height * view.width === 0)
    throw new ModelError(`a value of shape [${value.shape}] has no maps to draw.`);
  const { columns, gap, width } = options;
  const layout = layoutMosaic({ channels: view.channels, mapHeight: view.height, mapWidth: view.width, columns, gap, width });
  const found = findPictureInput(model.inputs.map((input) => ({ ...input, strides: denseStrides(input.shape) })));
  const isUnsigned =
    found &&
    options.inputNpy === undefined &&
    !canPrepareNegative(preparationFor(preparationOf(options), found.input.dtype), found.view.channels);
  const isSigned = canBeNegative(model, name, { unsignedInputs: isUnsigned ? [found.input.name] : [] });
  const { normalize: normalization, colormap: colorMap } = options;
  const pixels = await drawPixels(renderer, name, { ...value, view }, { layout, normalization, colorMap, isSigned });
  await mkdir(dirname(path), { recursive: true });
  await writePng(path, pixels, layout.width, layout.height);
  console.log(
    line`${name}: ${formatShape(value.shape)} drawn as ${layout.columns}×${layout.rows} tiles in ${path} (${layout.width}×${layout.height})`,
  );
}

/** RGBA rows without gaps. */
async function drawPixels(
  renderer: MosaicRenderer,
  name: string,
  source: Parameters<MosaicRenderer["mosaic"]>[1],
  options: MosaicOptions,
): Promise<Uint8Array> {
  const { gpu }: Device = renderer.device;
  const { width, height } = options.layout;
  const limit = gpu.limits.maxTextureDimension2D;
  if (width > limit || height > limit)
    throw new ModelError(`a mosaic of ${width}×${height} pixels is larger than the ${limit} that this GPU draws. Give a smaller --width.`);
  const mosaic = await renderer.mosaic(name, source, options);
  const target = gpu.createTexture({
    label: name,
    size: [width, height],
    format: "rgba8unorm",
    usage: renderer.targetUsage | GPUTextureUsage.COPY_SRC,
  });
  // Rows of a texture copy begin at multiples of 256 bytes.
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const staging = renderer.device.createBuffer(`${name} pixels`, bytesPerRow * height, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    const encoder = gpu.createCommandEncoder({ label: name });
    const pass = encoder.beginComputePass({ label: name });
    mosaic.encodeRanges(pass);
    mosaic.encodePixels(pass, target.createView());
    pass.end();
    encoder.copyTextureToBuffer({ texture: target }, { buffer: staging, bytesPerRow }, [width, height]);
    await submitAndMap(renderer.device, `'${name}'`, encoder, staging);
    const rows = new Uint8Array(staging.getMappedRange());
    const pixels = new Uint8Array(width * 4 * height);
    for (let y = 0; y < height; y++) pixels.set(rows.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4);
    return pixels;
  } finally {
    mosaic.dispose();
    target.destroy();
    renderer.device.destroyBuffer(staging);
  }
}

/** The first output of every layer. */
function layerValues(graph: Graph): string[] {
  return graph.nodes.map((node) => node.outputs.find(Boolean)).filter((name) => name !== undefined);
}
