// Labelled pictures to train on: how many, of which classes, and what a batch of them is.
import { ModelError } from "../engine/errors.ts";
import type { BytesArray } from "./idx.ts";

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

export interface DataSet {
  readonly length: number;
  readonly classes: readonly string[];
  readonly picture: Picture;
  examples(indices: readonly number[]): Examples;
}

export interface Preparation {
  /** Per channel, or one for all: subtracted from pixels in 0…1, and divided by. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Pictures as bytes, [count, channels, rows, columns], decoded once. */
export class BytesSet implements DataSet {
  readonly length: number;
  readonly classes: readonly string[];
  readonly picture: Picture;
  readonly #pixels: Uint8Array;
  readonly #labels: Uint8Array | Int32Array;
  readonly #preparation: Preparation;

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
    this.#preparation = preparation;
  }

  /** How many examples each class has. */
  get classSizes(): readonly number[] {
    const sizes = this.classes.map(() => 0);
    for (const label of this.#labels) sizes[label] = (sizes[label] ?? 0) + 1;
    return sizes;
  }

  examples(indices: readonly number[]): Examples {
    const { channels, height, width } = this.picture;
    const [plane, { mean, std }] = [height * width, this.#preparation];
    const size = channels * plane;
    const inputs = new Float32Array(indices.length * size);
    const targets = new Int32Array(indices.length);
    for (const [i, index] of indices.entries()) {
      targets[i] = this.#labels[index] as number;
      for (let channel = 0; channel < channels; channel++) {
        const scale = 1 / (255 * (std[channel] ?? std[0] ?? 1));
        const shift = -(mean[channel] ?? mean[0] ?? 0) / (std[channel] ?? std[0] ?? 1);
        const [to, from] = [i * size + channel * plane, index * size + channel * plane];
        for (let pixel = 0; pixel < plane; pixel++) inputs[to + pixel] = (this.#pixels[from + pixel] as number) * scale + shift;
      }
    }
    return { inputs, targets };
  }
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
