// Reads option values with a syntax of their own, and the error for those that make no sense.
import { extname } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { type Augmentation, parseAugmentation } from "../data-sets/augment.ts";
import { ModelError } from "../engine/errors.ts";
import { isPrecision, type Precision, precisions } from "../engine/precision.ts";
import type { ChannelOrder } from "../ui/preparation.ts";
import { line } from "./printable.ts";

/** What Commander says of a command line that makes no sense, as one line like all other messages: where, what was found, what is accepted. */
export function usageLine(text: string): string {
  const message = text
    .trimEnd()
    .replace(/^error: /, "")
    .replace(/\n\((Did you mean .*)\)$/, ". $1");
  const [, option, found, says] = /^option '.*?(--[\w-]+).*?' argument '(.*)' is invalid\. (.*)$/s.exec(message) ?? [];
  const [, value, argument, expected] = /^command-argument value '(.*)' is invalid for argument '(.*?)'\. (.*)$/s.exec(message) ?? [];
  const accepted = (says ?? expected)?.replace("Allowed choices are", "Expected one of").replace(/^\w/, (letter) => letter.toLowerCase());
  if (accepted !== undefined) return line`convcam: ${option ?? argument} '${found ?? value}': ${sentence(accepted)}`;
  return line`convcam: ${sentence(message)} Add --help for what there is.`;
}

/** Options that contradict each other, or that say nothing to do: known from the command line alone. The exit status is 2. */
export class UsageError extends ModelError {}

/** @throws UsageError in place of a ModelError: for checks of what the command line alone says */
export function checkUsage(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof ModelError ? new UsageError(error.message) : error;
  }
}

function sentence(text: string): string {
  return /[.?]$/.test(text) ? text : `${text}.`;
}

/** NAME=REST, split at the last "=" so that value names may hold one. */
export function parsePair(text: string, rest = "FILE"): readonly [name: string, rest: string] {
  const at = text.lastIndexOf("=");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError(`Expected NAME=${rest}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** NAME=FILE.npy */
export function parseArrayPair(text: string): readonly [name: string, path: string] {
  const [name, path] = parsePair(text);
  return [name, parsePath(".npy")(path)];
}

/** Where a file of one kind is written: a name with another's ending is refused. One without any, such as /dev/stdout, and a folder's are taken. */
export function parsePath(ending: ".png" | ".npy" | ".onnx" | ".json" | ".csv"): (text: string) => string {
  return (text) => {
    if (!isFolderName(text) && !["", ending].includes(extname(text).toLowerCase()))
      throw new InvalidArgumentError(`Expected a name that ends in ${ending}, as this writes nothing else.`);
    return text;
  };
}

export function isFolderName(path: string): boolean {
  return /[\\/]$/.test(path);
}

/** Gathers an option that may be given more than once. */
export function collect<T>(parse: (text: string) => T): (text: string, before: readonly T[] | undefined) => readonly T[] {
  return (text, before) => [...(before ?? []), parse(text)];
}

/** Numbers with commas between them. */
export function parseList(text: string): readonly number[] {
  const expected = "Expected one number, or several with commas, such as 0.485,0.456,0.406.";
  return text.split(",").map((one) => toNumber(one, expected));
}

/** Numbers to divide by. */
export function parseDivisors(text: string): readonly number[] {
  const numbers = parseList(text);
  if (numbers.map(Math.fround).includes(0)) throw new InvalidArgumentError("As float32, 0 divides by zero. Give numbers other than 0.");
  return numbers;
}

export function parseNumber(text: string): number {
  return toNumber(text, "Expected a number.");
}

/** @param expected what is said of a text that is no number */
function toNumber(text: string, expected: string): number {
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number)) throw new InvalidArgumentError(expected);
  return checkFloat(number);
}

/** Networks compute in float32: a number beyond it is infinite there, and answers become NaN. */
export function checkFloat(number: number): number {
  if (!Number.isFinite(Math.fround(number))) throw new InvalidArgumentError("Expected a number within ±3.4e38, which float32 holds.");
  return number;
}

/** A number of which more is known. @param expected what is said of others */
export function parseWithin(isRight: (value: number) => boolean, expected: string): (text: string) => number {
  return (text) => {
    const number = toNumber(text, expected);
    if (!isRight(number)) throw new InvalidArgumentError(expected);
    return number;
  };
}

export const atLeast0 = [(value: number) => value >= 0, "Expected a number of 0 or more."] as const;

/** A whole number of at least `least`, and at most `most`. */
export function parseCount(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const count = Number(text);
    const range = most < Number.MAX_SAFE_INTEGER || count > most ? `from ${least} to ${most}` : `of at least ${least}`;
    if (text.trim() === "" || !Number.isInteger(count) || count < least || count > most)
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    return count;
  };
}

/** Whole numbers of at least 1, with commas between them. */
export function parseCounts(text: string): readonly number[] {
  return text.split(",").map(parseCount(1));
}

/** A number of bytes, in thousands, millions or billions with K, M or G behind it. */
export function parseBytes(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(number) * 1000 ** " kmg".indexOf(unit.toLowerCase() || " "));
  if (number === "" || bytes < 1) throw new InvalidArgumentError("Expected a number of bytes, such as 500M or 2G.");
  return bytes;
}

/** NAME=1,3,224,224 */
export function parseShape(text: string): readonly [name: string, shape: readonly number[]] {
  const [name, extents] = parsePair(text, "1,3,224,224, its size along each axis");
  return [name, extents.split(",").map(parseCount(0))];
}

export function parseRegularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** What is done to pictures before they are learned from. */
export function parseAugment(text: string): Augmentation {
  try {
    return parseAugmentation(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.replace(/^./, (letter) => letter.toUpperCase()));
  }
}

/** @param help what it means for the command */
export function precisionOption(help = precisionHelp): Option {
  return new Option("--precision <name>", help).choices(precisions).default("float32");
}

export const precisionHelp =
  "float16 stores weights in 16 bits, and where the GPU has shader-f16 also the values between layers; sums stay 32 bits";

/** One precision or both, with a comma. */
export function parsePrecisions(text: string): readonly Precision[] {
  const names = text.split(",");
  if (!names.every(isPrecision)) throw new InvalidArgumentError(`Expected ${precisions.join(", ")}, or both with a comma.`);
  return names;
}

export const channelOrders: readonly ChannelOrder[] = ["rgb", "bgr", "gray"];
