// What an element's attributes say of its training. Pure, but for reading them.
import { usualRates } from "../../engine/gradient/training/usual-rates.ts";
import { readAttribute } from "../attributes.ts";
import { readWithin, type Within } from "../compare/within.ts";
import type { ConvCam } from "../element.ts";
import type { RivalWish, TrainWish } from "./request.ts";
import { readSchedule, type Schedule } from "./schedule.ts";

export interface ElementWish extends TrainWish {
  /** Undefined for what is usual for the optimiser. */
  readonly rate: number | undefined;
  /** How the rate goes on; undefined where it stays. Nothing begins anew for another one. */
  readonly schedule: Schedule | undefined;
}

/**
 * @param files pictures of one's own
 * @returns undefined where nothing is to learn
 * @throws Error that says what is accepted where an attribute's text is not
 */
export function readTrainWish(element: Element, files: readonly File[]): ElementWish | undefined {
  const data = readAttribute(element, "train")?.trim();
  if (data === undefined || (data === "" && files.length === 0)) return undefined;
  const number = (name: "train-rate" | "train-batch" | "train-seed", isRight: (value: number) => boolean, expected: string) => {
    const text = readAttribute(element, name)?.trim();
    if (!text) return undefined;
    if (isRight(Number(text))) return Number(text);
    throw new Error(`${name} '${text}': expected ${expected}.`);
  };
  return {
    data,
    files: data === "" ? files.map((file) => ({ path: file.webkitRelativePath || file.name, file })) : [],
    optimizer: readOptimizer("train-optimizer", readAttribute(element, "train-optimizer")?.trim() || "adam"),
    rate: number("train-rate", (value) => value >= 0 && Number.isFinite(value), "a number of 0 or more, such as 0.001"),
    schedule: readSchedule(readAttribute(element, "train-schedule")?.trim()),
    batch: number("train-batch", (value) => Number.isInteger(value) && value >= 1 && value <= 4096, "a whole number from 1 to 4096") ?? 32,
    rival: readRival(readAttribute(element, "train-rival")?.trim(), readWithin((element as Partial<ConvCam>).compare)),
    freeze: readPattern(readAttribute(element, "train-freeze")?.trim()),
    seed: number("train-seed", (value) => Number.isSafeInteger(value) && value >= 0, "a whole number of 0 or more") ?? 0,
  };
}

/**
 * What is another about the second network: its first weights alone, its learning rate, or its optimiser.
 *
 * @param within what the second is, where it is no file
 * @throws Error that says what is accepted
 */
function readRival(text: string | undefined, within: Within | undefined): RivalWish | undefined {
  if (text === undefined) return undefined;
  const [, what, given = ""] = /^(seed|rate|optimizer)(?::(.+))?$/.exec(text) ?? [];
  const rate = what === "rate" ? Number(given || Number.NaN) : undefined;
  const isRight = what === "seed" ? given === "" : what === "rate" ? (rate as number) >= 0 && Number.isFinite(rate) : given !== "";
  if (what === undefined || !isRight) throw new Error(`train-rival '${text}': expected seed, rate:0.01 or optimizer:sgd.`);
  return {
    optimizer: what === "optimizer" ? readOptimizer("train-rival", given, "optimizer:") : undefined,
    rate,
    blank: within?.kind === "blank" ? Number(within.text) : undefined,
  };
}

/** @param before what stands before the name. @throws Error that names those that there are */
function readOptimizer(attribute: string, name: string, before = ""): TrainWish["optimizer"] {
  if (Object.hasOwn(usualRates, name)) return name as TrainWish["optimizer"];
  const known = Object.keys(usualRates).map((one) => before + one);
  throw new Error(`${attribute} '${before}${name}': expected one of ${known.join(", ")}.`);
}

/** @throws Error for what is no regular expression */
function readPattern(text: string | undefined): string | undefined {
  if (!text) return undefined;
  try {
    return new RegExp(text).source;
  } catch {
    throw new Error(`train-freeze '${text}': expected a regular expression that names of parameters match, such as ^features.`);
  }
}
