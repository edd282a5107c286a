// Preparations that are usual, by name, and how a preparation is told in words. Pure.
import type { DataType } from "../../engine/tensor.ts";
import { isFloat } from "../../engine/tensor.ts";
import type { Preparation } from "../preparation.ts";

/** What becomes of the colours, written out in full. */
interface Colors extends Pick<Preparation, "channels"> {
  readonly mean: Numbers;
  readonly std: Numbers;
  readonly scale: number;
}

type Numbers = number | readonly number[];

interface Preset {
  readonly title: string;
  readonly colors: Colors;
}

export const presets = {
  unit: { title: "0 … 1", colors: { scale: 1 / 255, mean: 0, std: 1 } },
  signed: { title: "−1 … 1", colors: { scale: 1 / 255, mean: 0.5, std: 0.5 } },
  raw: { title: "0 … 255", colors: { scale: 1, mean: 0, std: 1 } },
  imagenet: {
    title: "(x − mean) / std of ImageNet",
    colors: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
  caffe: {
    title: "0 … 255 less the mean of ImageNet, as Caffe has it",
    colors: { scale: 1, mean: [103.939, 116.779, 123.68], std: 1, channels: "bgr" },
  },
  clip: {
    title: "(x − mean) / std of CLIP",
    colors: { scale: 1 / 255, mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/** With every number written out, as an input of this type takes it. */
export function completePreparation(preparation: Preparation, dtype: DataType = "float32"): Colors {
  const { mean, std = 1, scale, channels } = preparation;
  const [usualMean, usualScale] = isFloat(dtype) ? [0, 1 / 255] : [dtype === "int8" ? 128 : 0, 1];
  return { mean: mean ?? usualMean, std, scale: scale ?? usualScale, ...(channels && { channels }) };
}

/** The preset that does the same to colours, whatever the order of channels. */
export function presetOf(preparation: Preparation, dtype?: DataType): PresetName | undefined {
  const given = completePreparation(preparation, dtype);
  const names = Object.keys(presets) as PresetName[];
  return names.find((name) => {
    const { scale, mean, std }: Colors = presets[name].colors;
    return isNear([given.scale], [scale]) && isNear(listOf(given.mean), listOf(mean)) && isNear(listOf(given.std), listOf(std));
  });
}

const listOf = (numbers: Numbers): readonly number[] => (typeof numbers === "number" ? [numbers] : numbers);

/** One number stands for a list of the same. */
function isNear(a: readonly number[], b: readonly number[]): boolean {
  const count = Math.max(a.length, b.length);
  return Array.from({ length: count }, (_, i) => i).every((i) => {
    const [x, y] = [a[a.length === 1 ? 0 : i], b[b.length === 1 ? 0 : i]] as const;
    return x !== undefined && y !== undefined && Math.abs(x - y) <= 1e-4 * Math.max(1e-2, Math.abs(y));
  });
}

const orders = { rgb: "RGB", bgr: "BGR", gray: "gray" } as const;

/** The picture that a network takes. */
export interface PictureInput {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly dtype: DataType;
}

/** What becomes of a picture, such as "224 × 224, RGB, (x − mean) / std of ImageNet". */
export function describePreparation(preparation: Preparation, { width, height, channels, dtype }: PictureInput): string {
  const order = orders[preparation.channels ?? (channels === 1 ? "gray" : "rgb")];
  const fit = { cover: "", contain: ", whole picture between bars", stretch: ", stretched" }[preparation.fit ?? "cover"];
  return `${width} × ${height}, ${order}${channels === 4 ? " and opacity" : ""}, ${describeColors(preparation, dtype)}${fit}`;
}

function describeColors(preparation: Preparation, dtype: DataType): string {
  const name = presetOf(preparation, dtype);
  if (name) return presets[name].title;
  const { mean, std, scale } = completePreparation(preparation, dtype);
  const isOnly = (numbers: Numbers, one: number) => listOf(numbers).every((number) => number === one);
  const write = (numbers: Numbers) =>
    listOf(numbers).length > 1 ? `(${listOf(numbers).map(short).join(", ")})` : short(listOf(numbers)[0]);
  const scaled = scale === 1 ? "x" : Math.abs(scale * 255 - 1) < 1e-3 ? "x / 255" : `x · ${short(scale)}`;
  const centred = isOnly(mean, 0) ? scaled : `${scaled} − ${write(mean)}`;
  if (isOnly(std, 1)) return centred;
  return `${isOnly(mean, 0) ? centred : `(${centred})`} / ${write(std)}`;
}

const short = (number = 0) => String(Number(number.toPrecision(4)));
