// Pictures in files as bytes of a data set. Those that cannot be read are named and left out.
import { stat } from "node:fs/promises";
import type { NetworkClasses } from "../data-sets/class-names.ts";
import { BytesSet, type Picture, type Preparation } from "../data-sets/data-set.ts";
import { divideListed } from "../data-sets/divide.ts";
import { ModelError } from "../engine/errors.ts";
import { countOf } from "../ui/count-of.ts";
import { readImage } from "./image.ts";

/** The part of a data set that is trained on, or the part that is held back. */
export type Part = "train" | "test";

/** There are pictures, of which none is held back. */
export class NoneHeldBack extends ModelError {}

/** As bytes, by their paths, for who reads both parts: each is decoded once. Of one that cannot be read `undefined`, and that is told once. */
export type Decoded = Map<string, Uint8Array | undefined>;

/** Which of some pictures are asked for. */
export interface Choice {
  readonly part: Part;
  /** By this seed some that can be read are held back, and all others are trained on; `undefined` where all are asked for. */
  readonly seed: number | undefined;
}

/**
 * @param place where they are said to be
 * @param options `picture`: what the model takes
 * @returns the set, and which of them are in it
 * @throws ModelError where none can be read; NoneHeldBack where none of those is held back
 */
export async function readPictures<One extends { readonly path: string; readonly label: number; readonly isTest: boolean | undefined }>(
  place: string,
  all: readonly One[],
  classes: readonly string[],
  { part, seed }: Choice,
  options: Preparation & { readonly picture: Picture; readonly decoded?: Decoded; readonly network?: NetworkClasses },
): Promise<{ readonly set: BytesSet; readonly read: readonly One[] }> {
  const { picture, decoded = new Map(), network } = options;
  for (const { path } of all) if (!decoded.has(path)) decoded.set(path, await readOrTell(path, picture));
  const readable = all.filter(({ path }) => decoded.get(path));
  if (readable.length === 0)
    throw new ModelError(`data '${place}': ${all.length > 0 ? "no picture in it could be read" : "there are no pictures in it"}.`);
  const read = seed === undefined ? readable : divideListed(readable, classes, seed)[part];
  if (read.length === 0)
    throw new NoneHeldBack(`data '${place}': none of its pictures is held back, as there are too few. Add --part train.`);
  if (network?.isTried && part === "test" && seed !== undefined)
    console.error(
      `convcam: ${read.length} of ${countOf(readable.length, "picture")} ${read.length === 1 ? "is" : "are"} tried: what \`train --seed ${seed}\` holds back. --part train takes the others.`,
    );
  const size = picture.channels * picture.height * picture.width;
  const pixels = new Uint8Array(read.length * size);
  read.forEach(({ path }, i) => {
    pixels.set(decoded.get(path) as Uint8Array, i * size);
  });
  const labels = Int32Array.from(read, ({ label }) => label);
  return { set: new BytesSet(pixels, labels, { picture, classes, preparation: options }), read };
}

async function readOrTell(path: string, picture: Picture): Promise<Uint8Array | undefined> {
  try {
    // Nobody may ever write into a pipe that lies among pictures.
    if ((await stat(path).catch(() => undefined))?.isFIFO()) throw new ModelError("this is a pipe, not a file");
    return await readPicture(path, picture);
  } catch (error) {
    // The message begins with the path, which is said already.
    console.error(`convcam: '${path}' is left out: ${(error as Error).message.replace(`picture '${path}': `, "")}`);
    return undefined;
  }
}

/** Rows of bytes, channel by channel. */
async function readPicture(path: string, { channels, height, width }: Picture): Promise<Uint8Array> {
  const input = { name: "picture", dtype: "float32" as const, shape: [1, channels, height, width] };
  const tensor = await readImage(path, input, {
    mean: [0],
    std: [1],
    scale: 1,
    channels: channels === 1 ? "gray" : "rgb",
    fit: "cover",
    resize: "area",
  });
  return Uint8Array.from(tensor.toFloat32(), Math.round);
}
