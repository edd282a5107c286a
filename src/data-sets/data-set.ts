// Labelled pictures to train on: how many, of which classes, and what a batch of them is.
import { ModelError } from "../engine/errors.ts";
import type { BytesArray } from "./idx.ts";

/** Of pictures that are drawn and held back: another one than any training's. */
export const heldBackSeed = 715_517;

/** @throws ModelError for the seed of what is held back: a network that learned from that would be tried on what it knows */
export function checkLearningSeed(seed: number): number {
  if (seed !== heldBackSeed) return seed;
  throw new ModelError(`seed ${seed} draws what is held back to try the network on. Choose another.`);
}

export interface Picture {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface Examples {
  /** Pixels in 0…1, then prepared: [count, channels, rows, columns]. */
  readonly inputs: Float32Array;
  /** The number of each one's class. */
  readonly targets: Int32Array;
}

/** Pictures of classes. */
export interface DataSet extends Pictures<Int32Array> {
  /** How many there are; of an endless set, how many make an epoch. */
  readonly length: number;
  readonly classes: readonly string[];
  /** How many examples each class has. */
  readonly classSizes: readonly number[];
  examples(indices: readonly number[]): Examples;
}

/** Pictures as bytes by their numbers, and what is right for each. */
export interface Pictures<Targets> {
  readonly picture: Picture;
  readonly preparation: Preparation;
  /** Writes one: [channels, rows, columns]. */
  draw(index: number, pixels: Uint8Array): void;
  targets(indices: readonly number[]): Targets;
}

/**
 * Examples of pictures, prepared as a model takes them.
 *
 * @param change what is done to a picture before, [channels, rows, columns] in 0…255
 */
export function examplesOf<Targets>(pictures: Pictures<Targets>, indices: readonly number[], change?: (pixels: Float32Array) => void) {
  const { channels, height, width } = pictures.picture;
  const plane = height * width;
  const size = channels * plane;
  const inputs = new Float32Array(indices.length * size);
  const bytes = new Uint8Array(size);
  const rules = channelRules(pictures);
  for (const [i, index] of indices.entries()) {
    pictures.draw(index, bytes);
    let pixels: Uint8Array | Float32Array = bytes;
    if (change) {
      pixels = Float32Array.from(bytes);
      change(pixels);
    }
    for (const [channel, { from, scale, shift }] of rules.entries()) {
      const to = i * size + channel * plane;
      for (let pixel = 0; pixel < plane; pixel++) inputs[to + pixel] = (pixels[from * plane + pixel] as number) * scale + shift;
    }
  }
  return { inputs, targets: pictures.targets(indices) };
}

/** What each channel of the input is: channel `from` of the picture, in 0…255, times `scale` plus `shift`. */
export function channelRules({
  picture: { channels },
  preparation: { mean, std, isBlueFirst },
}: Pick<Pictures<unknown>, "picture" | "preparation">) {
  return Array.from({ length: channels }, (_, channel) => {
    const divisor = std[channel] ?? std[0] ?? 1;
    const from = isBlueFirst && channel < 3 ? 2 - channel : channel;
    return { from, scale: 1 / (255 * divisor), shift: -(mean[channel] ?? mean[0] ?? 0) / divisor };
  });
}

export interface Preparation {
  /** Per channel, or one for all: subtracted from pixels in 0…1, and divided by. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Whether a network takes blue, green and red. Pictures as bytes have red first. */
  readonly isBlueFirst?: boolean;
}

/** Pictures as bytes, [count, channels, rows, columns], decoded once. */
export class BytesSet implements DataSet {
  readonly length: number;
  readonly classes: readonly string[];
  readonly picture: Picture;
  readonly preparation: Preparation;
  readonly #pixels: Uint8Array;
  readonly #labels: Uint8Array | Int32Array;

  constructor(
    pixels: Uint8Array,
    labels: Uint8Array | Int32Array,
    {
      picture,
      classes,
      preparation,
    }: { readonly picture: Picture; readonly classes: readonly string[]; readonly preparation: Preparation },
  ) {
    this.length = labels.length;
    this.classes = classes;
    this.picture = picture;
    this.#pixels = pixels;
    this.#labels = labels;
    this.preparation = preparation;
  }

  get classSizes(): readonly number[] {
    const sizes = this.classes.map(() => 0);
    for (const label of this.#labels) sizes[label] = (sizes[label] ?? 0) + 1;
    return sizes;
  }

  draw(index: number, pixels: Uint8Array): void {
    pixels.set(this.#pixels.subarray(index * pixels.length, (index + 1) * pixels.length));
  }

  targets(indices: readonly number[]): Int32Array {
    return Int32Array.from(indices, (index) => this.#labels[index] as number);
  }

  examples(indices: readonly number[]): Examples {
    return examplesOf(this, indices);
  }
}

/** Pictures, and numbers that are to be answered: [count, columns]. */
export interface NumbersSet extends Pictures<Float32Array> {
  readonly length: number;
  /** What the numbers are called. */
  readonly columns: readonly string[];
}

/** @param numbers of each picture, one after the other */
export function withNumbers(set: BytesSet, columns: readonly string[], numbers: readonly number[]): NumbersSet {
  const { length, picture, preparation } = set;
  return {
    ...{ length, picture, preparation, columns },
    draw: (index, pixels) => set.draw(index, pixels),
    targets: (indices) =>
      Float32Array.from(indices.flatMap((index) => numbers.slice(index * columns.length, (index + 1) * columns.length))),
  };
}

/**
 * @param names of the classes; by default their numbers
 * @throws ModelError where pictures and labels do not belong together
 */
export function fromIdx(images: BytesArray, labels: BytesArray, preparation: Preparation, names?: readonly string[]): BytesSet {
  const [count = 0, height = 0, width = 0] = images.shape;
  if (images.shape.length !== 3) throw new ModelError(`pictures of shape [${images.shape.join(", ")}]; expected [count, rows, columns].`);
  if (labels.shape.length !== 1 || labels.shape[0] !== count)
    throw new ModelError(`${count} pictures, but labels of shape [${labels.shape.join(", ")}]; expected [${count}].`);
  if (count === 0) throw new ModelError("there are no pictures in it.");
  const classCount = 1 + labels.data.reduce((most, label) => Math.max(most, label), 0);
  if (names && classCount > names.length)
    throw new ModelError(`a label is ${classCount - 1}, but there are names of ${names.length} classes.`);
  const classes = names ?? Array.from({ length: classCount }, (_, i) => String(i));
  return new BytesSet(images.data, labels.data, { picture: { channels: 1, height, width }, classes, preparation });
}
