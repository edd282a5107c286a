// Makes boxes of the numbers that a recognised detection network answers with. Numbers that contradict the rule by which it was recognised give a
// sentence in place of boxes. Pure.
import type { Corners, Detector } from "./recognise.ts";
import type { FoundBox } from "./request.ts";
import { suppress } from "./suppress.ts";

/** An output: its numbers, row by row. */
export interface OutputNumbers {
  readonly shape: readonly number[];
  readonly numbers: ArrayLike<number>;
}

export interface ToDecode {
  readonly values: ReadonlyMap<string, OutputNumbers>;
  readonly picture: { readonly width: number; readonly height: number };
  readonly threshold: number;
}

interface Candidate {
  readonly four: readonly number[];
  readonly score: number;
  readonly class: number;
}

type Read = readonly Candidate[] | { readonly reason: string };

/** Numbers up to here are shares of the picture, where they are corners: a box may reach a little beyond it. */
const mostOfShares = 1.5;
/** A box this far beyond the picture, in its sides, is not of it. */
const mostBeyond = 2;

/** The boxes of at least this score, the highest first. */
export function decodeBoxes(
  detector: Detector,
  { values, picture, threshold }: ToDecode,
): readonly FoundBox[] | { readonly reason: string } {
  const { read, corners } = readerOf(detector);
  const candidates = read(values);
  if ("reason" in candidates) return candidates;
  const isInShares = "boxes" in detector && candidates.every(({ four }) => four.every((one) => Math.abs(one) <= mostOfShares));
  const [width, height] = isInShares ? [1, 1] : [picture.width, picture.height];
  const boxes = candidates
    .filter(({ score }) => score >= threshold)
    .map(({ four, score, class: index }): FoundBox => {
      const [left, top, right, bottom] = cornersOf(four, corners);
      return { class: index, score, left: left / width, top: top / height, right: right / width, bottom: bottom / height };
    });
  const sides = boxes.flatMap(({ left, top, right, bottom }) => [left, top, right, bottom]);
  if (sides.some((side) => !Number.isFinite(side))) return { reason: "Its boxes are not numbers." };
  if (boxes.some(({ left, top, right, bottom }) => right < left || bottom < top))
    return { reason: "Its boxes end before they begin: their numbers are not the corners that they are taken for." };
  if (sides.some((side) => side < -mostBeyond || side > 1 + mostBeyond))
    return { reason: "Its boxes lie far outside of the picture: their numbers are of another one, or no pixels." };
  const sorted = boxes.filter(({ left, top, right, bottom }) => right > left && bottom > top).sort((a, b) => b.score - a.score);
  return detector.kind === "places" ? suppress(sorted) : sorted;
}

function cornersOf([a = 0, b = 0, c = 0, d = 0]: readonly number[], corners: Corners): readonly [number, number, number, number] {
  if (corners === "center width height") return [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
  return corners === "top left bottom right" ? [b, a, d, c] : [a, b, c, d];
}

function readerOf(detector: Detector): { readonly corners: Corners; readonly read: (values: ToDecode["values"]) => Read } {
  if (detector.kind === "lists") return { corners: detector.corners, read: (values) => readLists(detector, values) };
  if (detector.kind === "selected") return { corners: detector.corners, read: (values) => readSelected(detector, values) };
  if (detector.kind === "things")
    return { corners: "left top right bottom", read: (values) => readThings(numbersOf(values, detector.rows)) };
  return { corners: "center width height", read: (values) => readPlaces(detector, values) };
}

function numbersOf(values: ToDecode["values"], name: string): ArrayLike<number> {
  return values.get(name)?.numbers ?? [];
}

function fourAt(numbers: ArrayLike<number>, row: number, width = 4): readonly number[] {
  return [0, 1, 2, 3].map((i) => numbers[row * width + i] ?? Number.NaN);
}

function isScore(number: number): boolean {
  return number >= -0.001 && number <= 1.001;
}

const noScores = { reason: "Its scores are not between 0 and 1: what it was taken for does not hold." } as const;
const noClasses = { reason: "Its classes are not whole numbers: what it was taken for does not hold." } as const;

function readLists({ boxes, scores, labels, count }: Extract<Detector, { kind: "lists" }>, values: ToDecode["values"]): Read {
  const [fours, shares] = [numbersOf(values, boxes), numbersOf(values, scores)];
  const classes = labels === undefined ? undefined : numbersOf(values, labels);
  const told = count === undefined ? shares.length : (numbersOf(values, count)[0] ?? 0);
  const found = Array.from({ length: Math.min(told, shares.length) }, (_, i): Candidate => {
    return { four: fourAt(fours, i), score: shares[i] ?? 0, class: classes?.[i] ?? 0 };
  });
  return checked(found);
}

function readSelected({ boxes, scores, selected }: Extract<Detector, { kind: "selected" }>, values: ToDecode["values"]): Read {
  const [fours, shares, chosen] = [numbersOf(values, boxes), numbersOf(values, scores), numbersOf(values, selected)];
  const places = values.get(scores)?.shape[2] ?? 0;
  const found = Array.from({ length: chosen.length / 3 }, (_, i): Candidate => {
    const [index = 0, place = 0] = [chosen[3 * i + 1], chosen[3 * i + 2]];
    return { four: fourAt(fours, place), score: shares[index * places + place] ?? Number.NaN, class: index };
  });
  return checked(found);
}

function readThings(numbers: ArrayLike<number>): Read {
  const found = Array.from({ length: numbers.length / 6 }, (_, i): Candidate => {
    return { four: fourAt(numbers, i, 6), score: numbers[6 * i + 4] ?? Number.NaN, class: numbers[6 * i + 5] ?? Number.NaN };
  });
  return checked(found);
}

function checked(found: readonly Candidate[]): Read {
  if (!found.every(({ score }) => isScore(score))) return noScores;
  // Lists of a fixed length are filled up with rows of no class.
  const filled = found.filter(({ score }) => score > 0);
  return filled.every(({ class: index }) => Number.isInteger(index) && index >= 0) ? filled : noClasses;
}

/** Of each place its likeliest class. */
function readPlaces(
  { rows, isTransposed, hasObjectness, classes }: Extract<Detector, { kind: "places" }>,
  values: ToDecode["values"],
): Read {
  const { shape = [], numbers = [] } = values.get(rows) ?? {};
  const [, a = 0, b = 0] = shape;
  const [places, across, down] = isTransposed ? [b, 1, b] : [a, b, 1];
  const first = hasObjectness ? 5 : 4;
  const found: Candidate[] = [];
  for (let place = 0; place < places; place++) {
    const at = (column: number) => numbers[place * across + column * down] ?? Number.NaN;
    let best = 0;
    for (let index = 0; index < classes; index++) {
      if (!isScore(at(first + index))) return noScores;
      if (at(first + index) > at(first + best)) best = index;
    }
    const sure = hasObjectness ? at(4) : 1;
    if (!isScore(sure)) return noScores;
    found.push({ four: [at(0), at(1), at(2), at(3)], score: sure * at(first + best), class: best });
  }
  return found;
}
