// The pictures that a network learns from and those held back, as it takes them: from a stored file, or pictures of one's own. Where the engine is.
import {
  BytesSet,
  checkLearningSeed,
  type DataSet,
  heldBackSeed,
  type Picture,
  type Preparation as SetPreparation,
} from "../../data-sets/data-set.ts";
import { divide, divideListed } from "../../data-sets/divide.ts";
import { inChannels, resized } from "../../data-sets/resized.ts";
import { ShapesSet } from "../../data-sets/shapes-set.ts";
import { readShippedFashion } from "../../data-sets/shipped-fashion.ts";
import { ModelError } from "../../engine/errors.ts";
import { sameShape } from "../../engine/shapes.ts";
import { checkSeveralClasses } from "../../lessons/classes.ts";
import { colorMatrix, type Preparation, sourceRectangle } from "../preparation.ts";
import type { Viewer } from "../viewer.ts";
import { identityOf, type LabelledPicture, readLabels } from "./own-pictures.ts";
import { isAddress, type TrainWish } from "./request.ts";

export interface TrainingData {
  readonly train: DataSet;
  /** What is held back; undefined where nothing is. */
  readonly test: DataSet | undefined;
  /** Whether there are always more. */
  readonly isEndless?: boolean;
  /** Pictures that could not be read. */
  readonly leftOut?: number;
  /** The first few of them. */
  readonly unread?: readonly string[];
}

const heldBackShapes = 300;

/** What was read last for a network: with another optimiser, or when it begins anew, it learns from the same. */
const known = new WeakMap<Viewer, { readonly key: string; readonly data: Promise<TrainingData> }>();

/**
 * Read once for each network, until {@link forgetExamples}.
 *
 * @throws Error that says what is wrong with the pictures, or with the network's input
 */
export async function readExamples(viewer: Viewer, wish: TrainWish, preparation: Preparation): Promise<TrainingData> {
  const { data, files, seed } = wish;
  // A stored file is the same for every seed.
  const key = JSON.stringify([data, identityOf(files), preparation, isAddress(data) || seed]);
  const last = known.get(viewer);
  const reading = last?.key === key ? last.data : read(viewer, wish, preparation);
  known.set(viewer, { key, data: reading });
  reading.catch(() => {
    if (known.get(viewer)?.data === reading) known.delete(viewer);
  });
  return reading;
}

/** Training has ended: its pictures are let go. */
export function forgetExamples(viewer: Viewer): void {
  known.delete(viewer);
}

async function read(viewer: Viewer, { data, files, seed }: TrainWish, preparation: Preparation): Promise<TrainingData> {
  const picture = pictureOf(viewer);
  const own = setPreparation(preparation, picture.channels);
  const fitted = (set: DataSet) => resized(set, picture, preparation.channels === "gray");
  if (data === "shapes") {
    const side = Math.max(picture.height, picture.width);
    const test = new ShapesSet(side, heldBackSeed, own, heldBackShapes);
    return { train: fitted(new ShapesSet(side, checkLearningSeed(seed), own)), test: fitted(test), isEndless: true };
  }
  if (data === "") return readOwn(files, picture, own, preparation, seed);
  const response = await fetch(data).catch((error: Error) => {
    throw new Error(`train '${data}' could not be downloaded: ${error.message}`);
  });
  if (!response.ok) throw new Error(`train '${data}' could not be downloaded: the server answered ${response.status}.`);
  const stored = await readShippedFashion(new Uint8Array(await response.arrayBuffer()), own);
  checkSeveralClasses(stored.train, `train '${data}': `);
  return { train: fitted(stored.train), test: fitted(stored.test) };
}

/** @throws ModelError where the network takes something else */
export function pictureOf(viewer: Viewer): Picture {
  const input = viewer.imageInputName;
  const view = input === undefined ? undefined : viewer.viewOf(input);
  const shape = viewer.model.inputs.find(({ name }) => name === input)?.shape ?? [];
  if (!view || viewer.model.inputs.length !== 1) throw new ModelError("training takes a network with one input, which is a picture.");
  const { channels, height, width } = view;
  if (!sameShape(shape.slice(1), [channels, height, width]))
    throw new ModelError(`training takes pictures as [batch, channels, rows, columns]; this network takes [${shape.join(", ")}].`);
  return { channels, height, width };
}

/** The same arithmetic as pictures have on their way into the network: a pixel in 0…1 minus a mean, divided. */
export function setPreparation(preparation: Preparation, channelCount: number): SetPreparation {
  const rows = colorMatrix(preparation, channelCount);
  const channels = Array.from({ length: channelCount }, (_, k) => rows.slice(4 * k, 4 * k + 4));
  // What no colour counts for is opacity, which is 1 in every picture.
  const parts = channels.map(([red = 0, green = 0, blue = 0, rest = 0]) => {
    const gain = red + green + blue;
    return gain === 0 ? { std: 1, mean: 1 - rest } : { std: 1 / gain, mean: -rest / gain };
  });
  const isBlueFirst = preparation.channels === "bgr" && channelCount > 2;
  return { std: parts.map(({ std }) => std), mean: parts.map(({ mean }) => mean), isBlueFirst };
}

/** Pictures that are named where they cannot be read. */
const mostNamed = 3;

/** Pictures of one's own, by class. Those that cannot be read are left out. */
async function readOwn(
  files: TrainWish["files"],
  picture: Picture,
  own: SetPreparation,
  preparation: Preparation,
  seed: number,
): Promise<TrainingData> {
  const { classes, pictures, leftOut, unread, isListed } = await readLabels(files);
  const decoded: (LabelledPicture & { readonly pixels: Uint8Array })[] = [];
  for (const one of pictures) {
    const pixels = await decode(one.file, picture, preparation).catch(() => undefined);
    if (pixels) decoded.push({ ...one, pixels });
  }
  if (decoded.length === 0) throw new ModelError("none of the pictures could be read.");
  const { train, test } = isListed ? divideListed(decoded, classes, seed) : divide(decoded, classes, seed);
  if (train.length === 0) throw new ModelError("the list says of all its pictures that they are held back; none is left to learn from.");
  const set = (some: readonly (typeof decoded)[number][]) => {
    const pixels = new Uint8Array(some.length * picture.channels * picture.height * picture.width);
    some.forEach((one, i) => {
      pixels.set(one.pixels, i * one.pixels.length);
    });
    return new BytesSet(
      pixels,
      Int32Array.from(some, ({ label }) => label),
      { picture, classes, preparation: own },
    );
  };
  const learned = set(train);
  checkSeveralClasses(learned);
  const readable = new Set(decoded.map(({ path }) => path));
  const damaged = pictures.filter(({ path }) => !readable.has(path)).map(({ path }) => `'${path}'`);
  return {
    train: learned,
    test: test.length > 0 ? set(test) : undefined,
    leftOut: leftOut + pictures.length - decoded.length,
    unread: [...unread, ...damaged].slice(0, mostNamed),
  };
}

/** Bytes of a picture, channel by channel. */
async function decode(file: Blob, { channels, height, width }: Picture, preparation: Preparation): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  const { origin, step } = sourceRectangle(bitmap, { width, height }, preparation.fit);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, origin[0], origin[1], width * step[0], height * step[1], 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const plane = (color: number) => Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + color] as number);
  return inChannels([plane(0), plane(1), plane(2)], channels, preparation.channels === "gray");
}
