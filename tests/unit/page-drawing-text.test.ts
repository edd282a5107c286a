// A drawing in an address: it comes back as it was but for half a step of a grid, in a text that stays the same, and short.
import { describe, expect, it } from "vitest";
import { digit, type Point, rasterizeStrokes, type Stroke } from "../../models/digit.ts";
import { readDrawing, writeDrawing } from "../../src/ui/page/drawing-text.ts";

const roundTrip = (strokes: readonly Stroke[]) => readDrawing(writeDrawing(strokes) ?? "") ?? [];

/** A line as pointers report it: a point every few pixels of a pad that is 264 pixels wide. */
function line(from: Point, to: Point, count: number): Stroke {
  return Array.from({ length: count }, (_, i): Point => {
    const t = i / (count - 1);
    return [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
  });
}

const seven = [[...line([0.2, 0.25], [0.2, 0.75], 60), ...line([0.2, 0.75], [0.85, 0.4], 90)], line([0.5, 0.4], [0.5, 0.7], 30)];
const scribble = (turns: number): Stroke[] => [
  Array.from({ length: turns * 60 }, (_, i): Point => [0.5 + 0.4 * Math.sin(i / 9.3), 0.5 + 0.4 * Math.cos(i / 8.1)]),
];

describe("a drawing as a text", () => {
  it.each<[string, readonly Stroke[]]>([
    ["nothing", []],
    ["a dot", [[[0.5, 0.25]]]],
    ["the first digit", digit.strokes],
    ["a seven of two strokes", seven],
    ["a stroke that leaves the pad", [line([0.5, 0.5], [-1.5, 1.9], 12)]],
    ["a long scribble", scribble(8)],
  ])("gives back %s, and is the same again", (_, strokes) => {
    const text = writeDrawing(strokes) as string;
    expect(text).toMatch(/^drawing:[\w.-]*$/);
    expect(text.length).toBeLessThanOrEqual(1010);
    expect(writeDrawing(readDrawing(text) as Stroke[])).toBe(text);
    expect(roundTrip(strokes)).toHaveLength(strokes.length);
  });

  it("keeps what a network of 28 × 28 pixels sees", () => {
    for (const strokes of [digit.strokes, seven]) {
      const [before, after] = [rasterizeStrokes(strokes, 28), rasterizeStrokes(roundTrip(strokes), 28)];
      const differences = before.map((level, i) => Math.abs(level - (after[i] ?? 0)));
      expect(Math.max(...differences)).toBeLessThan(0.1);
      expect(differences.reduce((sum, one) => sum + one, 0) / before.reduce((sum, one) => sum + one, 0)).toBeLessThan(0.02);
    }
  });

  it("takes a few hundred letters for a digit", () => {
    expect(writeDrawing(digit.strokes)?.length).toBeLessThan(120);
    expect(writeDrawing(seven)?.length).toBeLessThan(400);
  });

  it("is none where a drawing is too long for an address", () => {
    expect(writeDrawing(scribble(200))).toBeUndefined();
  });

  it.each(["road", "drawing:A", "drawing:AAA", "drawing:AAAA.", "drawing:AAAA.BB", "drawing:AAAé", "drawings:AAAA"])(
    "is none in %s",
    (text) => {
      expect(readDrawing(text)).toBeUndefined();
    },
  );
});

it("a text that is far longer than any we write is no drawing", () => {
  expect(readDrawing(`drawing:AAAA${"gAgghA".repeat(60_000)}`)).toBeUndefined();
});
