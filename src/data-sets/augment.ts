// Changes pictures a little before they are learned from, so that a network does not learn them by heart. The same for the same key. Pure.
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

/** What may be done to a picture without other numbers being right of it. */
const harmless: readonly string[] = ["brightness", "noise", "cutOut"];

/**
 * @param data what is learned from, such as "the road"
 * @throws ModelError for what moves things in a picture
 */
export function checkHarmless(augmentation: Augmentation | undefined, data: string): void {
  const other = Object.keys(augmentation ?? {}).find((name) => !harmless.includes(name));
  if (other)
    throw new ModelError(`--augment ${other} would make the answers wrong for ${data}. Choose among brightness, noise and cut-out.`);
}

/** Numbers of one key, one after the other. */
function numbersOf(key: number) {
  let counter = 0;
  const share = () => uniformAt(key, counter++);
  return { share, either: (most: number) => most * (2 * share() - 1) };
}

/** What is done to one picture, in this order. The GPU does the same, see batch-of-pictures.wgsl. */
export interface Changes {
  readonly move?: Move;
  /** What pixels are multiplied by. */
  readonly light: number;
  /** What is added to each: normal numbers of this key and deviation, in 0…255. */
  readonly noise?: { readonly deviation: number; readonly key: number };
  /** What becomes gray, in pixels. */
  readonly cut?: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
}

/** Where the pixel of a row and a column is taken from: column `x[0] · column + x[1] · row + x[2]`, and so its row by `y`. */
interface Move {
  readonly x: readonly [number, number, number];
  readonly y: readonly [number, number, number];
}

/** Draws what is done to a picture of this size. Numbers are drawn whether or not they count, so that one change does not depend on another. */
export function changesOf(augmentation: Augmentation, picture: Picture, key: number): Changes {
  const { shift = 0, turn = 0, scale = 0, crop = 0, flip = 0, brightness = 0, noise = 0, cutOut = 0 } = augmentation;
  const { share, either } = numbersOf(key);
  const angle = (either(turn) * Math.PI) / 180;
  const cut = 1 - crop * share();
  const size = cut / (1 + either(scale));
  const way = () => either(shift) + either((1 - cut) / 2);
  const [right, down] = [way(), way()];
  const isFlipped = share() < flip;
  const isMoved = angle !== 0 || size !== 1 || right !== 0 || down !== 0 || isFlipped;
  return {
    ...(isMoved && { move: moveOf(picture, { across: isFlipped ? -size : size, along: size, angle, right, down }) }),
    light: 1 + either(brightness),
    ...(noise > 0 && { noise: { deviation: 255 * noise, key: keyOf("noise", key) } }),
    ...(cutOut > 0 && { cut: squareOf(picture, cutOut, [share(), share()]) }),
  };
}

/** Sizes and ways are shares of the picture. */
function moveOf(
  { height, width }: Picture,
  { across, along, angle, right, down }: Readonly<Record<"across" | "along" | "angle" | "right" | "down", number>>,
): Move {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // Of the middle of the first pixel.
  const [y, x] = [0.5 / height - 0.5, 0.5 / width - 0.5];
  return {
    x: [across * cos, (-across * sin * width) / height, (0.5 + across * (cos * x - sin * y) + right) * width - 0.5],
    y: [(along * sin * height) / width, along * cos, (0.5 + along * (sin * x + cos * y) + down) * height - 0.5],
  };
}

function squareOf({ height, width }: Picture, side: number, [y, x]: readonly [number, number]) {
  const first = (middle: number, extent: number) => Math.max(0, Math.round((middle - side / 2) * extent));
  const end = (middle: number, extent: number) => Math.min(extent, Math.round((middle + side / 2) * extent));
  return { top: first(y, height), bottom: end(y, height), left: first(x, width), right: end(x, width) };
}

/** @param pixels [channels, rows, columns] in 0…255, which are changed */
export function applyChanges(pixels: Float32Array, picture: Picture, { move, light, noise, cut }: Changes): void {
  if (move) resample(pixels, picture, move);
  if (light !== 1) for (let i = 0; i < pixels.length; i++) pixels[i] = Math.min(255, (pixels[i] as number) * light);
  if (noise) {
    const added = new Float32Array(pixels.length);
    fillNormal(added, noise.deviation, noise.key);
    for (let i = 0; i < pixels.length; i++) pixels[i] = Math.max(0, Math.min(255, (pixels[i] as number) + (added[i] as number)));
  }
  if (cut) {
    const { channels, height, width } = picture;
    for (let channel = 0; channel < channels; channel++)
      for (let row = cut.top; row < cut.bottom; row++) {
        const first = (channel * height + row) * width;
        pixels.fill(128, first + cut.left, first + cut.right);
      }
  }
}

/** Linear between pixels; what lies outside is as the edge. */
function resample(pixels: Float32Array, { channels, height, width }: Picture, { x, y }: Move): void {
  const before = pixels.slice();
  const plane = height * width;
  const within = (at: number, extent: number) => Math.max(0, Math.min(extent - 1, at));
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const fromX = within(x[0] * column + x[1] * row + x[2], width);
      const fromY = within(y[0] * column + y[1] * row + y[2], height);
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [beside, below] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
      const [dx, dy] = [fromX - left, fromY - top];
      for (let channel = 0; channel < channels; channel++) {
        const at = (r: number, c: number) => before[channel * plane + r * width + c] as number;
        const upper = at(top, left) * (1 - dx) + at(top, beside) * dx;
        const lower = at(below, left) * (1 - dx) + at(below, beside) * dx;
        pixels[channel * plane + row * width + column] = upper * (1 - dy) + lower * dy;
      }
    }
}

/** What is done to the next picture, and the next: to the n-th that is seen by the seed and n. */
export function changesOfSeen(augmentation: Augmentation, picture: Picture, seed: number): () => Changes {
  let seen = 0;
  return () => changesOf(augmentation, picture, keyOf(`example ${seen++}`, seed));
}

/**
 * Makes examples of pictures by their numbers.
 *
 * @param next what is done to the next one
 */
export function changedExamples<Targets>(pictures: Pictures<Targets>, next?: () => Changes) {
  const change = next && ((pixels: Float32Array) => applyChanges(pixels, pictures.picture, next()));
  return (indices: readonly number[]) => examplesOf(pictures, indices, change);
}
