// What a file's metadata says of its pictures: the names that ONNX proposes, and those that exporters write. Pure.
import { entryOf } from "../../engine/records.ts";
import type { Preparation } from "../preparation.ts";
import { presets } from "./presets.ts";

const orders: Readonly<Record<string, Preparation["channels"]>> = { rgb8: "rgb", rgba8: "rgb", bgr8: "bgr", bgra8: "bgr", gray8: "gray" };

const ranges: Readonly<Record<string, Pick<Preparation, "mean" | "std" | "scale">>> = {
  nominalrange_0_255: presets.raw.colors,
  normalized_0_1: presets.unit.colors,
  normalized_1_1: presets.signed.colors,
};

/** @returns undefined where nothing is said of the range of numbers */
export function guessByMetadata(metadata: ReadonlyMap<string, string>): Preparation | undefined {
  const text = (key: string) => metadata.get(key)?.trim().toLowerCase() ?? "";
  const channels = entryOf(orders, text("Image.BitmapPixelFormat"));
  const range = entryOf(ranges, text("Image.NominalPixelRange"));
  if (range) return { ...range, ...(channels && { channels }) };
  const [mean, std] = [numbersIn(metadata, "mean", "image_mean"), numbersIn(metadata, "std", "image_std")];
  // Numbers of 0…255 are meant for pixels as they are.
  if (mean && std) return { scale: Math.max(...mean, ...std) > 2 ? 1 : 1 / 255, mean, std, ...(channels && { channels }) };
  if (/ultralytics/.test(text("author")) || (metadata.has("stride") && metadata.has("names") && metadata.has("imgsz")))
    return { ...presets.unit.colors, fit: text("task") === "classify" ? "cover" : "contain" };
  return channels && { ...presets.raw.colors, channels };
}

/** Numbers such as "[0.485, 0.456, 0.406]", by themselves or within a text that is JSON, as timm's and Hugging Face's settings are. */
function numbersIn(metadata: ReadonlyMap<string, string>, ...names: readonly string[]): number[] | undefined {
  for (const [key, value] of metadata) {
    const list = names.includes(key) ? value : new RegExp(`["'](?:${names.join("|")})["']\\s*:\\s*([[(][^\\])]*[\\])])`).exec(value)?.[1];
    const numbers = list?.match(/-?\d+(\.\d+)?(e-?\d+)?/gi)?.map(Number);
    if (numbers?.length) return numbers;
  }
  return undefined;
}
