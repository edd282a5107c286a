// Changes pictures a little before they are learned from, so that a network does not learn them by heart. On bytes; the same for the same key. Pure.
import { ModelError } from "../engine/errors.ts";
import { fillNormal, keyOf, uniformAt } from "../engine/random.ts";
import { examplesOf, type Picture, type Pictures } from "./data-set.ts";

/** How much of what is done to a picture at most. What is not named is not done. */
export interface Augmentation {
  /** To each side, as a share of the picture. */
  readonly shift?: number | undefined;
  /** Degrees, either way. */
  readonly turn?: number | undefined;
  /** Larger or smaller, as a share. */
  readonly scale?: number | undefined;
  /** How much of each side a cut leaves out; what is left fills the picture. */
  readonly crop?: number | undefined;
  /** How often left and right change places, from 0 to 1. */
  readonly flip?: number | undefined;
  /** Brighter or darker, as a share. */
  readonly brightness?: number | undefined;
  /** The deviation of what is added to each pixel, in 0…1. */
  readonly noise?: number | undefined;
  /** The side of a square that becomes gray, as a share of the picture. */
  readonly cutOut?: number | undefined;
}

/** What each does where no number is given. */
const usual = { shift: 0.08, turn: 10, scale: 0.15, crop: 0.2, flip: 0.5, brightness: 0.25, noise: 0.04, "cut-out": 0.3 } as const;

export const augmentationNames = Object.keys(usual) as readonly (keyof typeof usual)[];

/**
 * @param text names with commas, each with a number behind a colon if it shall be another: `shift,turn:15,flip`
 * @throws ModelError for names that there are not, and numbers that make no sense
 */
export function parseAugmentation(text: string): Augmentation {
  const most = (name: string) => (name === "turn" ? 180 : name === "shift" || name === "crop" || name === "scale" ? 0.9 : 1);
  const entries = text.split(",").map((one) => {
    const [name = "", given] = one.trim().split(":");
    if (!Object.hasOwn(usual, name)) throw new ModelError(`'${name}': expected names such as ${augmentationNames.join(", ")}.`);
    const amount = given === undefined ? usual[name as keyof typeof usual] : Number(given);
    if (given?.trim() === "" || !(amount >= 0 && amount <= most(name)))
      throw new ModelError(`${name} '${given}': expected a number from 0 to ${most(name)}.`);
    return [name === "cut-out" ? "cutOut" : name, amount] as const;
  });
  return Object.fromEntries(entries);
}

/** Numbers of one key, one after the other. */
function numbersOf(key: number) {
  let counter = 0;
  const share = () => uniformAt(key, counter++);
  return { share, either: (most: number) => most * (2 * share() - 1) };
}

/** @param pixels [channels, rows, columns], which are changed */
export function augment(pixels: Uint8Array, picture: Picture, augmentation: Augmentation, key: number): void {
  const { shift = 0, turn = 0, scale = 0, crop = 0, flip = 0, brightness = 0, noise = 0, cutOut = 0 } = augmentation;
  const { share, either } = numbersOf(key);
  const angle = (either(turn) * Math.PI) / 180;
  // Numbers are drawn whether or not they count, so that one change does not depend on another.
  const cut = 1 - crop * share();
  const size = cut / (1 + either(scale));
  const way = () => either(shift) + either((1 - cut) / 2);
  const [right, down] = [way(), way()];
  const isFlipped = share() < flip;
  if (angle !== 0 || size !== 1 || right !== 0 || down !== 0 || isFlipped)
    resample(pixels, picture, { across: isFlipped ? -size : size, along: size, angle, right, down });
  const light = 1 + either(brightness);
  if (light !== 1) for (let i = 0; i < pixels.length; i++) pixels[i] = Math.min(255, Math.round((pixels[i] as number) * light));
  if (noise > 0) {
    const added = new Float32Array(pixels.length);
    fillNormal(added, 255 * noise, keyOf("noise", key));
    for (let i = 0; i < pixels.length; i++)
      pixels[i] = Math.max(0, Math.min(255, Math.round((pixels[i] as number) + (added[i] as number))));
  }
  if (cutOut > 0) cutSquare(pixels, picture, cutOut, [share(), share()]);
}

/** Where each pixel is taken from. Sizes and ways are shares of the picture. */
interface Move {
  readonly across: number;
  readonly along: number;
  readonly angle: number;
  readonly right: number;
  readonly down: number;
}

/** Linear between pixels; what lies outside is as the edge. */
function resample(pixels: Uint8Array, { channels, height, width }: Picture, { across, along, angle, right, down }: Move): void {
  const before = pixels.slice();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const plane = height * width;
  const within = (at: number, extent: number) => Math.max(0, Math.min(extent - 1, at));
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [y, x] = [(row + 0.5) / height - 0.5, (column + 0.5) / width - 0.5];
      const fromX = within((0.5 + across * (cos * x - sin * y) + right) * width - 0.5, width);
      const fromY = within((0.5 + along * (sin * x + cos * y) + down) * height - 0.5, height);
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [beside, below] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
      const [dx, dy] = [fromX - left, fromY - top];
      for (let channel = 0; channel < channels; channel++) {
        const at = (r: number, c: number) => before[channel * plane + r * width + c] as number;
        const upper = at(top, left) * (1 - dx) + at(top, beside) * dx;
        const lower = at(below, left) * (1 - dx) + at(below, beside) * dx;
        pixels[channel * plane + row * width + column] = Math.round(upper * (1 - dy) + lower * dy);
      }
    }
}

function cutSquare(pixels: Uint8Array, { channels, height, width }: Picture, side: number, [y, x]: readonly [number, number]): void {
  const range = (middle: number, extent: number) => [
    Math.max(0, Math.round((middle - side / 2) * extent)),
    Math.min(extent, Math.round((middle + side / 2) * extent)),
  ];
  const [[top = 0, bottom = 0], [left = 0, right = 0]] = [range(y, height), range(x, width)];
  for (let channel = 0; channel < channels; channel++)
    for (let row = top; row < bottom; row++)
      pixels.fill(128, (channel * height + row) * width + left, (channel * height + row) * width + right);
}

/**
 * Examples that are changed each time they are asked for: the n-th that is seen by the seed and n.
 *
 * @returns what makes examples of pictures by their numbers
 */
export function augmented<Targets>(pictures: Pictures<Targets>, augmentation: Augmentation, seed: number) {
  let seen = 0;
  const change = (pixels: Uint8Array) => augment(pixels, pictures.picture, augmentation, keyOf(`example ${seen++}`, seed));
  return (indices: readonly number[]) => examplesOf(pictures, indices, change);
}
