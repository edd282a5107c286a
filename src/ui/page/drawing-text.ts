// A drawing as a short text for addresses, and back: the strokes on a grid of 256 × 256, two letters for each step of the pen. Pure.
import type { Point, Stroke } from "../../../models/digit.ts";

const mark = "drawing:";
const between = ".";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Steps of the grid that are one side of the pad. */
const side = 256;
/** How far beside the pad a stroke may go, in steps of the grid: a pointer that is held leaves it. */
const margin = 1024;
/** A letter is a step from −32 to 31. */
const half = 32;

/** Letters that an address has room for. */
const mostLetters = 1000;
/** Letters of a drawing that is read; what is longer was not written by us. */
const mostRead = 10_000;
/** How far apart the points are that are kept, in steps of the grid: the first that leads to a text that is short enough. */
const spacings = [2, 4, 8, 16] as const;

/** The same drawing always has the same text, also after it was read from one. @returns undefined where it is too long for an address */
export function writeDrawing(strokes: readonly Stroke[]): string | undefined {
  for (const spacing of spacings) {
    const text = strokes.map((stroke) => writeStroke(thin(stroke.map(onGrid), spacing))).join(between);
    if (text.length <= mostLetters) return mark + text;
  }
  return undefined;
}

/** Whether a text is meant as a drawing, whether it can be read or not. */
export function isDrawing(text: string): boolean {
  return text.startsWith(mark);
}

/** @returns undefined where the text is no drawing */
export function readDrawing(text: string): readonly Stroke[] | undefined {
  if (!isDrawing(text)) return undefined;
  if (text.length > mostRead) return undefined;
  const parts = text.slice(mark.length).split(between);
  const isRead = parts.every(
    (part) => part.length % 2 === 0 && (part.length === 0 ? parts.length === 1 : part.length >= 4) && /^[\w-]*$/.test(part),
  );
  return isRead ? parts.filter(Boolean).map(readStroke) : undefined;
}

function onGrid([y, x]: Point): Point {
  const place = (share: number) => Math.max(-margin, Math.min(side + margin, Math.round(share * side)));
  return [place(y), place(x)];
}

/** Keeps the first point, the last, and of those between what is far enough from the one kept before. */
function thin(points: readonly Point[], spacing: number): readonly Point[] {
  const kept: Point[] = [];
  points.forEach((point, i) => {
    const [y, x] = kept.at(-1) ?? [Infinity, Infinity];
    const distance = Math.hypot(point[0] - y, point[1] - x);
    if (distance >= spacing || (i === points.length - 1 && distance > 0)) kept.push(point);
  });
  return kept;
}

/** The beginning takes two letters each for row and column. A step that a letter does not hold is taken in equal parts. */
function writeStroke([first = [0, 0], ...rest]: readonly Point[]): string {
  let text = first.map((place) => letters.charAt((place + margin) >> 6) + letters.charAt((place + margin) & 63)).join("");
  let [y, x] = first;
  for (const [nextY, nextX] of rest) {
    const count = Math.ceil(Math.max(Math.abs(nextY - y), Math.abs(nextX - x)) / (half - 1));
    const [fromY, fromX] = [y, x];
    for (let i = 1; i <= count; i++) {
      const partY = Math.round(fromY + ((nextY - fromY) * i) / count);
      const partX = Math.round(fromX + ((nextX - fromX) * i) / count);
      text += letters.charAt(partY - y + half) + letters.charAt(partX - x + half);
      [y, x] = [partY, partX];
    }
  }
  return text;
}

function readStroke(text: string): Stroke {
  const numbers = Array.from(text, (letter) => letters.indexOf(letter));
  const place = (at: number) => ((numbers[at] ?? 0) << 6) + (numbers[at + 1] ?? 0) - margin;
  const points: Point[] = [[place(0), place(2)]];
  for (let at = 4; at < numbers.length; at += 2) {
    const [y, x] = points.at(-1) as Point;
    points.push([y + (numbers[at] ?? half) - half, x + (numbers[at + 1] ?? half) - half]);
  }
  return points.map(([y, x]): Point => [y / side, x / side]);
}
