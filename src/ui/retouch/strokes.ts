// What somebody has brushed over a picture, and how it is written: "gray 0.2 0.5,0.5; #d02020 0.05 0.1,0.2 0.3,0.2". Pure.

/** The picture's mean colour, its blur, or a colour. */
export type Brush = "gray" | "blur" | `#${string}`;

/** As a share of the picture's height and width. */
export type StrokePoint = readonly [y: number, x: number];

export interface Stroke {
  readonly brush: Brush;
  /** As a share of the picture's shorter side. */
  readonly width: number;
  /** At least one; one alone is a round patch. */
  readonly points: readonly StrokePoint[];
}

const example = '"gray 0.2 0.5,0.5"';

/**
 * Reads the strokes of a text. Each is a brush, a width and points, with semicolons between strokes.
 *
 * @throws Error that says what is accepted
 */
export function readStrokes(text: string): readonly Stroke[] {
  return text
    .split(";")
    .map((part) => part.trim())
    .filter(Boolean)
    .map(readStroke);
}

function readStroke(text: string): Stroke {
  const [brush = "", width, ...points] = text.split(/\s+/);
  const fail = (expected: string) => new Error(`retouch '${text}': expected ${expected}, as in ${example}.`);
  if (!isBrush(brush)) throw fail("gray, blur or a colour such as #d02020 first");
  if (!(Number(width) > 0 && Number(width) <= 2)) throw fail("a width up to 2, as a share of the picture's shorter side");
  const places = points.map((point) => point.split(",").map(Number));
  const isPoint = (place: readonly number[]) => place.length === 2 && place.every((share) => Math.abs(share) <= 2);
  if (places.length === 0 || !places.every(isPoint)) throw fail("points y,x, as shares of the picture");
  return { brush, width: Number(width), points: places as unknown as StrokePoint[] };
}

function isBrush(text: string): text is Brush {
  return text === "gray" || text === "blur" || /^#[0-9a-f]{6}$/i.test(text);
}

/** With three digits: a thousandth of a picture is less than a pixel of what networks see. */
export function writeStrokes(strokes: readonly Stroke[]): string {
  const number = (value: number) => String(Math.round(value * 1000) / 1000);
  return strokes
    .map(({ brush, width, points }) => [brush, number(width), ...points.map((point) => point.map(number).join(","))].join(" "))
    .join("; ");
}

/** The stroke drawn on to a point; the same where that is too near the last one to be seen. */
export function drawnTo(stroke: Stroke, point: StrokePoint): Stroke {
  const [y = 0, x = 0] = stroke.points.at(-1) ?? [];
  const isNear = Math.hypot(point[0] - y, point[1] - x) < Math.max(0.004, stroke.width / 6);
  return isNear ? stroke : { ...stroke, points: [...stroke.points, point] };
}

/** In groups that are drawn at once: neighbours of one brush and one width. */
export function groupStrokes(strokes: readonly Stroke[]): readonly (readonly Stroke[])[] {
  const groups: Stroke[][] = [];
  for (const stroke of strokes) {
    const [first] = groups.at(-1) ?? [];
    if (first?.brush === stroke.brush && first.width === stroke.width) groups.at(-1)?.push(stroke);
    else groups.push([stroke]);
  }
  return groups;
}
