// `convcam patterns`: pictures that channels of a layer, or classes, answer to.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { PatternObjective, PatternPreset } from "../../engine/gradient/patterns.ts";
import { loadModel } from "../../engine/model.ts";
import { encodeNpy } from "../../engine/npy.ts";
import { patternObjectives, patternPresets } from "../../engine/patterns.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { readChannels } from "../../ui/patterns/channels.ts";
import { pixelsOf } from "../../ui/patterns/pixels.ts";
import { checkNames } from "../check-names.ts";
import { inRows, type Pixels } from "../heat.ts";
import { writePng } from "../image.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { writeOutput } from "../output.ts";
import { line } from "../printable.ts";
import { parseCount, parseDivisors, parseList, parseNumber, parsePath, UsageError } from "../usage.ts";

interface Options {
  readonly layer?: string;
  readonly channels?: readonly number[];
  readonly preset: PatternPreset;
  readonly objective: PatternObjective;
  readonly steps?: number;
  readonly seed: number;
  readonly size?: number;
  readonly smoothness: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly scale: number;
  readonly out?: string;
  readonly save?: string;
}

export function addPatterns(program: Command): void {
  program
    .command("patterns")
    .summary("find pictures that channels of a layer answer to")
    .description(
      "Finds pictures that channels of a layer, or classes, answer to, by gradient ascent from noise. They show what raises an answer, not all that does, nor what the layer is for.",
    )
    .argument("<model>", "an .onnx file")
    .option("--layer <name>", "the layer, or value, whose channels are looked into (default: the scores of classes)")
    .option("--channels <list>", "such as 0-63 or 3,7,9 (default: the first 16)", parseChannels)
    .addOption(
      new Option("--preset <name>", "chollet: pixels, 30 steps; lucid: a Fourier basis in opponent colours, 512 steps")
        .choices(patternPresets)
        .default("lucid"),
    )
    .addOption(
      new Option("--objective <name>", "what is raised: a channel's mean, its middle unit alone, or the whole layer")
        .choices(patternObjectives)
        .default("channel"),
    )
    .option("--steps <count>", "how many steps of gradient ascent (default: the preset's)", parseCount(1))
    .option("--seed <number>", "the same seed gives the same pictures", parseCount(0), 0)
    .option("--size <pixels>", "rows and columns of a picture (default: those of the model's input)", parseCount(1))
    .option("--smoothness <weight>", "how little neighbouring pixels are to differ", parseNumber, 0)
    .option("--scale <factor>", "how the model's pictures are prepared: multiplies pixels of 0…255 first", parseNumber, 1 / 255)
    .option("--mean <numbers>", "subtracted after scaling, per channel", parseList, [0])
    .option("--std <numbers>", "divides last, per channel", parseDivisors, [1])
    .option("--out <file.png>", "draw the pictures side by side", parsePath(".png"))
    .option("--save <file.npy>", "save them as a NumPy array of colours from 0 to 1", parsePath(".npy"))
    .action(patterns);
}

/** 3,7-9 */
function parseChannels(text: string): readonly number[] {
  const channels = readChannels(text);
  if (!channels) throw new InvalidArgumentError("Expected numbers and ranges, such as 0-63 or 3,7,9.");
  return channels;
}

async function patterns(modelPath: string, options: Options): Promise<void> {
  const { layer, channels, preset, objective, seed, size, smoothness, mean, std, scale, out, save } = options;
  if (out === undefined && save === undefined) throw new UsageError("nothing to write: give --out FILE.png, --save FILE.npy, or both.");
  const graph = await readModelFile(modelPath);
  if (layer !== undefined) checkNames(graph, [["--layer", layer]]);
  const perChannel = (channel: number) => ({ mean: mean[channel] ?? mean[0] ?? 0, std: std[channel] ?? std[0] ?? 1 });
  const colors = [0, 1, 2, 3].map(perChannel);
  const device = await requestNodeDevice();
  try {
    const model = await loadModel(device, graph);
    const found = await model.patterns({
      layer,
      channels,
      preset,
      objective,
      seed,
      size,
      smoothness,
      steps: options.steps,
      gain: colors.map((color) => (255 * scale) / color.std),
      shift: colors.map((color) => -color.mean / color.std),
    });
    while (found.done < found.steps) {
      found.step();
      await found.finished();
      if (process.stderr.isTTY) process.stderr.write(`step ${found.done}/${found.steps} \r`);
    }
    const { pictures, answers } = await found.read();
    const isBefore = found.answering !== model.valueName(found.layer);
    if (isBefore) console.log(line`answers of ${found.layer} are of the value before its activation, '${found.answering}'`);
    const name = isBefore ? found.answering : found.layer;
    found.channels.forEach((channel, i) => {
      console.log(line`${name} channel ${String(channel)}: answers ${(answers.toFloat32()[i] as number).toPrecision(4)}`);
    });
    if (save !== undefined) {
      await writeOutput(save, encodeNpy(pictures));
      console.log(line`saved as ${save}`);
    }
    if (out !== undefined) {
      const sheet = inRows(tilesOf(pictures));
      await writePng(out, sheet.data, sheet.width, sheet.height);
      console.log(line`drawn in ${out}`);
    }
    model.dispose();
  } finally {
    device.dispose();
  }
}

function tilesOf(pictures: Tensor): readonly Pixels[] {
  const [count = 1, , height = 1, width = 1] = pictures.shape;
  return Array.from({ length: count }, (_, picture) => ({ width, height, data: new Uint8Array(pixelsOf(pictures, picture, false)) }));
}
