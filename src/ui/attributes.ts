// The attributes of <conv-cam>, each declared once: how its text is read, and which stage brings a change of it up to date.
import { ModelError } from "../engine/errors.ts";
import { checkPrecision, type Precision } from "../engine/precision.ts";
import { type ColorMap, colorMaps } from "./mosaic/color-map.ts";
import { defaultNormalization, type Normalization, parseNormalization } from "./mosaic/normalization.ts";
import type { Preparation } from "./preparation.ts";
import type { Stage } from "./update-cycle.ts";
import type { Appearance } from "./views/view.ts";

interface Attribute<T> {
  readonly stage: Stage;
  /** @param text null where the attribute is absent */
  readonly read: (text: string | null) => T;
}

function attribute<T>(stage: Stage, read: (text: string | null) => T): Attribute<T> {
  return { stage, read };
}

const text = (value: string | null) => value ?? undefined;
const flag = (value: string | null) => value !== null;
const numbers = (name: string) => (value: string | null) => (value === null ? undefined : parseNumbers(value, name));

/** What parts of an element read: texts. */
const ofParts =
  "compare-names checkpoints checkpoint boxes explain explain-class explain-against explain-layer overlay patterns pattern-channels pattern-preset pattern-seed pattern-steps pattern-size train train-optimizer train-rate train-batch train-seed train-freeze train-store train-draws train-rival train-schedule retouch view layer channel pixel order page page-size before-activation smooth map-overlay layer-names learn hide";

type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;

export const attributes = {
  ...(Object.fromEntries(ofParts.split(" ").map((name) => [name, attribute("parts", text)])) as Record<
    Words<typeof ofParts>,
    Attribute<string | undefined>
  >),
  worker: attribute("model", flag),
  src: attribute("model", readSource),
  compare: attribute("model", readSource),
  "compare-as": attribute("scene", text),
  "input-shape": attribute("model", text),
  input: attribute("input", text),
  layers: attribute("scene", (value) => value ?? ""),
  mean: attribute("scene", numbers("mean")),
  std: attribute("scene", numbers("std")),
  scale: attribute("scene", (value) => numbers("scale")(value)?.[0]),
  channels: attribute("scene", (value) => text(value) as Preparation["channels"]),
  fit: attribute("scene", (value) => text(value) as Preparation["fit"]),
  resize: attribute("scene", (value) => text(value) as Preparation["resize"]),
  precision: attribute("scene", readPrecision),
  blank: attribute("scene", readSeed),
  parameters: attribute("scene", readSource),
  normalize: attribute("scene", (value): Normalization => parseNormalization(value ?? defaultNormalization)),
  colormap: attribute("scene", readColorMap),
  gamma: attribute("scene", readGamma),
  "compare-colors": attribute("scene", text),
  "compare-range": attribute("scene", text),
  columns: attribute("scene", (value) => (Number(value) >= 1 ? Math.floor(Number(value)) : undefined)),
  gap: attribute("scene", (value) => Math.max(0, Math.round(Number(value ?? 1)))),
  labels: attribute("labels", text),
  bars: attribute("answer", (value) => value !== "none"),
  controls: attribute("parts", flag),
  poster: attribute("play", text),
  loading: attribute("play", text),
  paused: attribute("play", flag),
} as const satisfies Readonly<Record<string, Attribute<unknown>>>;

export type AttributeName = keyof typeof attributes;

/** Whether an attribute says something by being there. */
export function isFlag(name: AttributeName): boolean {
  return attributes[name].read === flag;
}

/** @throws Error that says what is accepted where the attribute's text is not */
export function readAttribute<Name extends AttributeName>(element: Element, name: Name): ReturnType<(typeof attributes)[Name]["read"]> {
  return attributes[name].read(element.getAttribute(name)) as ReturnType<(typeof attributes)[Name]["read"]>;
}

/** Attributes that say how pictures are prepared. */
export const preparationNames = ["mean", "std", "scale", "channels", "fit", "resize"] as const;

/** What the attributes say of the preparation; only what is given. */
export function readPreparation(element: Element): Preparation {
  const given = preparationNames.map((name) => [name, readAttribute(element, name)] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Preparation;
}

/** How mosaics look. */
export function readAppearance(element: Element): Appearance {
  return {
    normalization: readAttribute(element, "normalize"),
    colorMap: readAttribute(element, "colormap"),
    gamma: readAttribute(element, "gamma"),
    pair: readAttribute(element, "compare-colors"),
    isCommonRange: readAttribute(element, "compare-range") === "common",
    columns: readAttribute(element, "columns"),
    gap: readAttribute(element, "gap"),
  };
}

/** Addresses may hold spaces and commas, so a list of them is JSON. */
function readSource(value: string | null): string | readonly string[] | undefined {
  if (!value?.trimStart().startsWith("[")) return text(value);
  try {
    return JSON.parse(value) as readonly string[];
  } catch {
    return value;
  }
}

function readSeed(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seed = Number(value);
  if (!Number.isFinite(seed)) throw new Error(`blank '${value}': expected a number, the seed of random weights.`);
  return seed;
}

function readPrecision(value: string | null): Precision {
  return checkPrecision(value ?? "float32");
}

function readColorMap(value: string | null): ColorMap | "auto" {
  const map = value ?? "auto";
  if (map !== "auto" && !colorMaps.includes(map as ColorMap)) throw new Error(`colormap '${map}': expected auto, ${colorMaps.join(", ")}.`);
  return map as ColorMap | "auto";
}

function readGamma(value: string | null): number {
  const gamma = Number(value ?? 1);
  if (gamma > 0 && gamma < Infinity) return gamma;
  throw new Error(`gamma '${value}': expected a number above 0, such as 0.5, which makes small numbers brighter.`);
}

/** "0.485,0.456,0.406" or "127.5" as numbers. */
function parseNumbers(text: string, what: string): number[] {
  const numbers = text.split(",").map(Number);
  if (text.trim() === "" || numbers.some((number) => !Number.isFinite(number)))
    throw new ModelError(`${what} '${text}': expected one number or several with commas, such as 0.5 or 0.485,0.456,0.406`);
  return numbers;
}
