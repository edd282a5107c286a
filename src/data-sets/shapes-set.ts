// Shapes in colours on a restless ground, without end: what shows a small network lines, corners and colours. The same for the same seed.
import { fillNormal, keyOf, uniformAt } from "../engine/random.ts";
import { type DataSet, type Examples, examplesOf, type Picture, type Preparation } from "./data-set.ts";
import { type PaintedPolygon, Painter } from "./paint.ts";

/** Corners around a middle, as far from it as 1, at most. */
const outlines: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>> = {
  circle: around(24, () => 1),
  square: around(4, () => 1, 0.5),
  triangle: around(3, () => 1),
  star: around(10, (i) => (i % 2 === 0 ? 1 : 0.42)),
};

/** Each about this colour. */
const hues: Readonly<Record<string, readonly [number, number, number]>> = {
  red: [214, 48, 44],
  green: [52, 172, 70],
  blue: [52, 90, 214],
};

const kinds = Object.keys(hues).flatMap((hue) => Object.keys(outlines).map((outline) => ({ hue, outline })));

export const shapeClasses: readonly string[] = kinds.map(({ hue, outline }) => `${hue} ${outline}`);

/** @param from where the first corner is, in steps from above */
function around(count: number, reach: (i: number) => number, from = 0) {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * (i + from)) / count;
    return [reach(i) * Math.sin(angle), -reach(i) * Math.cos(angle)] as const;
  });
}

export class ShapesSet implements DataSet {
  readonly length: number;
  readonly classes = shapeClasses;
  readonly picture: Picture;
  readonly preparation: Preparation;
  readonly #seed: number;
  readonly #painter: Painter;

  /** @param side of the pictures, in pixels @param length how many make an epoch; there are more */
  constructor(side: number, seed: number, preparation: Preparation, length = 10_000) {
    this.length = length;
    this.picture = { channels: 3, height: side, width: side };
    this.preparation = preparation;
    this.#seed = seed;
    this.#painter = new Painter(side, 2);
  }

  get classSizes(): readonly number[] {
    return kinds.map((_, kind) => Math.ceil((this.length - kind) / kinds.length));
  }

  draw(index: number, pixels: Uint8Array): void {
    const key = keyOf(`shape ${index}`, this.#seed);
    this.#painter.paint([...ground(key), shape(index % kinds.length, key)], pixels);
    const noise = new Float32Array(pixels.length);
    fillNormal(noise, 4 + 14 * uniformAt(key, 0), keyOf("noise", key));
    for (let i = 0; i < pixels.length; i++)
      pixels[i] = Math.max(0, Math.min(255, Math.round((pixels[i] as number) + (noise[i] as number))));
  }

  /** Classes come in turn. */
  targets(indices: readonly number[]): Int32Array {
    return Int32Array.from(indices, (index) => index % kinds.length);
  }

  examples(indices: readonly number[]): Examples {
    return examplesOf(this, indices);
  }
}

/** Squares of muted colours. */
function ground(key: number): readonly PaintedPolygon[] {
  const [cells, base] = [6, 60 + 130 * uniformAt(key, 1)];
  return Array.from({ length: cells ** 2 }, (_, cell) => {
    const number = (n: number) => uniformAt(key, 100 + 4 * cell + n);
    const [left, top] = [(cell % cells) / cells, Math.floor(cell / cells) / cells];
    const [right, bottom] = [left + 1 / cells + 0.001, top + 1 / cells + 0.001];
    const part = (n: number) => base + 50 * (number(3) - 0.5) + 36 * (number(n) - 0.5);
    return { color: [part(0), part(1), part(2)], points: [left, top, right, top, right, bottom, left, bottom] };
  });
}

function shape(kind: number, key: number): PaintedPolygon {
  const { hue, outline } = kinds[kind] as (typeof kinds)[number];
  const number = (n: number) => uniformAt(key, n);
  const size = 0.18 + 0.2 * number(2);
  const [x, y] = [size + (1 - 2 * size) * number(3), size + (1 - 2 * size) * number(4)];
  // Upright, nearly: turned freely, a small network takes ten times as long to tell them apart.
  const angle = 0.8 * (number(5) - 0.5);
  const light = 0.65 + 0.6 * number(6);
  const part = (i: 0 | 1 | 2) => Math.max(0, Math.min(255, light * ((hues[hue] as (typeof hues)[string])[i] + 40 * (number(7 + i) - 0.5))));
  const corners = outlines[outline] as (typeof outlines)[string];
  const [cos, sin] = [size * Math.cos(angle), size * Math.sin(angle)];
  return { color: [part(0), part(1), part(2)], points: corners.flatMap(([a, b]) => [x + cos * a - sin * b, y + sin * a + cos * b]) };
}
