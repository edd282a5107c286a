// The road as polygons, the farthest first: sky, hills, grass, lane marks, trees and other cars in simple perspective. Who draws them, a canvas or
// `paint`, shows the same picture. Coordinates are shares of the picture's side. Pure.
import { keyOf, uniformAt } from "../../engine/random.ts";
import type { PaintedPolygon } from "../paint.ts";
import { bendsOf, type Color, clearWeather, type OtherCar, type RoadView, roadWidth, treesBetween, type Weather } from "./scene.ts";

/** Metres. */
const [eyeHeight, nearest, farthest] = [1.4, 1.8, 170] as const;
/** What a metre takes a metre away; and the row of the horizon. */
const [focus, horizon] = [260 / 320, 0.42] as const;
/** Pieces of the road grow by this with the distance. */
const growth = 1.06;
const skyBands = 32;

const colors = {
  zenith: [79, 143, 214],
  haze: [207, 227, 242],
  hill: [143, 174, 139],
  grass: [95, 143, 69],
  gravel: [122, 106, 74],
  asphalt: [85, 88, 94],
  white: [242, 242, 238],
  yellow: [242, 210, 74],
  trunk: [91, 65, 40],
  fog: [200, 206, 212],
  drop: [225, 230, 238],
  tyre: [34, 34, 38],
  pane: [58, 70, 84],
  tailLight: [214, 40, 32],
  headLight: [250, 246, 220],
} as const satisfies Readonly<Record<string, Color>>;
const paints: readonly Color[] = [
  [178, 34, 34],
  [32, 66, 140],
  [225, 226, 228],
  [40, 42, 46],
  [196, 154, 44],
  [66, 112, 84],
];

export function roadPicture(view: RoadView): readonly PaintedPolygon[] {
  const { car, seed, others = [], weather = clearWeather } = view;
  const seen = lookOf(weather);
  const project = projection(view);
  const standing = [
    ...treesBetween(car.distance + nearest, car.distance + farthest, seed).map((tree) => ({ ahead: tree.distance - car.distance, tree })),
    ...others
      .map((other) => ({ ahead: other.distance - car.distance, other }))
      .filter(({ ahead }) => ahead > 1.5 * nearest && ahead < farthest),
  ].toSorted((one, two) => two.ahead - one.ahead);
  return [
    ...sky(seen),
    hills(car.heading, seen),
    ...ground(seen),
    ...road(car.distance, project, seen),
    ...standing.flatMap((one) => ("tree" in one ? treeAt(one.ahead, one.tree, project, seen) : carAt(one.ahead, one.other, project, seen))),
    ...drops(weather, keyOf(`rain ${Math.floor(7 * car.distance)}`, seed)),
  ];
}

/** What a colour looks like so far away. */
type Look = (color: Color, ahead: number) => Color;

function lookOf({ fog, light }: Weather): Look {
  return (color, ahead) => {
    const faded = fog === 0 ? 0 : 1 - Math.exp(-fog * ahead);
    const part = (i: 0 | 1 | 2) => Math.min(255, Math.round(light[i] * mix(color[i], colors.fog[i], faded)));
    return [part(0), part(1), part(2)];
  };
}

const mix = (one: number, other: number, share: number) => one + (other - one) * share;

/** Where a point of the road lies: so far ahead, and from the road's middle to the right. */
type Projection = (ahead: number, offset: number) => { readonly x: number; readonly y: number; readonly scale: number };

function projection({ car: { distance, heading, offset: own }, seed }: RoadView): Projection {
  const bends = bendsOf(seed);
  const here = bends.at(distance);
  const slope = bends.at(distance + 1) - here + Math.tan(heading);
  return (ahead, offset) => {
    const middle = bends.at(distance + ahead) - here - slope * ahead - own;
    const scale = focus / ahead;
    return { x: 0.5 + (offset + middle) * scale, y: horizon + eyeHeight * scale, scale };
  };
}

const rectangle = (left: number, top: number, right: number, bottom: number) => [left, top, right, top, right, bottom, left, bottom];

function sky(seen: Look): readonly PaintedPolygon[] {
  return Array.from({ length: skyBands }, (_, i) => {
    const share = (i + 0.5) / skyBands;
    const part = (i: 0 | 1 | 2) => mix(colors.zenith[i], colors.haze[i], share);
    // Fog is thickest where one looks along the ground.
    const color = seen([part(0), part(1), part(2)], 60 + 340 * share);
    return { color, points: rectangle(0, (horizon * i) / skyBands, 1, (horizon * (i + 1)) / skyBands + 0.002) };
  });
}

function hills(heading: number, seen: Look): PaintedPolygon {
  const points = [0, horizon];
  for (let i = 0; i <= 80; i++) {
    const angle = (4 * i) / 90 + heading * 3;
    points.push(i / 80, horizon - (12 + 9 * Math.sin(angle) + 5 * Math.sin(2.3 * angle + 1)) / 320);
  }
  return { color: seen(colors.hill, 350), points: [...points, 1, horizon] };
}

/** Grass in bands, which fade with the distance. */
function ground(seen: Look): readonly PaintedPolygon[] {
  const bands: PaintedPolygon[] = [];
  for (let far = 480; far > 1.5; far /= 2) {
    const [top, bottom] = [far, far / 2].map((ahead) => horizon + (eyeHeight * focus) / ahead) as [number, number];
    bands.push({ color: seen(colors.grass, far / 2), points: rectangle(0, far === 480 ? horizon : top, 1, Math.min(1, bottom + 0.002)) });
  }
  return bands;
}

/** Along the road, in metres from its middle. */
interface Strip {
  readonly color: Color;
  readonly left: number;
  readonly right: number;
  /** Whether it is there only in places, as the line in the middle: 4 metres of paint and 6 of none. */
  readonly isBroken?: boolean;
}

const half = roadWidth / 2;
/** From below to above: each hides what it lies on. */
const strips: readonly Strip[] = [
  { color: colors.gravel, left: -half - 0.7, right: half + 0.7 },
  { color: colors.asphalt, left: -half, right: half },
  { color: colors.white, left: -half + 0.25, right: -half + 0.4 },
  { color: colors.white, left: half - 0.4, right: half - 0.25 },
  { color: colors.yellow, left: -0.08, right: 0.08, isBroken: true },
];

/** In pieces that grow with the distance and overlap a little, or seams would show. */
function road(distance: number, project: Projection, seen: Look): readonly PaintedPolygon[] {
  const pieces: PaintedPolygon[] = [];
  const ways: number[] = [];
  for (let far = farthest; far > nearest; far /= growth) ways.push(far);
  const ends = ways.map((far) => ({ near: far / growth, from: project(far / growth, 0), to: project(1.01 * far, 0) }));
  for (const { color, left, right, isBroken } of strips)
    for (const { near, from, to } of ends) {
      if (isBroken && (distance + near) % 10 >= 4) continue;
      const below = [from.x + left * from.scale, from.y, from.x + right * from.scale, from.y];
      const points = [...below, to.x + right * to.scale, to.y, to.x + left * to.scale, to.y];
      pieces.push({ color: seen(color, near), points });
    }
  return pieces;
}

const crown = Array.from({ length: 16 }, (_, i) => [Math.cos((Math.PI * i) / 8), Math.sin((Math.PI * i) / 8)] as const);

function treeAt(
  ahead: number,
  { offset, height, shade }: { readonly offset: number; readonly height: number; readonly shade: number },
  project: Projection,
  seen: Look,
): readonly PaintedPolygon[] {
  const { x, y, scale } = project(ahead, offset);
  const size = height * scale;
  const leaves = fromHsl(95 + 35 * shade, 0.4, 0.22 + 0.14 * shade);
  return [
    { color: seen(colors.trunk, ahead), points: rectangle(x - 0.15 * scale, y - 0.4 * size, x + 0.15 * scale, y) },
    { color: seen(leaves, ahead), points: crown.flatMap(([cos, sin]) => [x + 0.24 * size * cos, y + size * (0.38 * sin - 0.65)]) },
  ];
}

/** From behind, or from before where it comes towards. */
function carAt(ahead: number, { offset, paint, comesTowards }: OtherCar, project: Projection, seen: Look): readonly PaintedPolygon[] {
  const { x, y, scale } = project(ahead, offset);
  const box = (color: Color, left: number, right: number, low: number, high: number): PaintedPolygon => ({
    color: seen(color, ahead),
    points: rectangle(x + left * scale, y - high * scale, x + right * scale, y - low * scale),
  });
  const body = paints[Math.min(paints.length - 1, Math.floor(paint * paints.length))] as Color;
  const roof = [-0.78, 0.95, -0.58, 1.45, 0.58, 1.45, 0.78, 0.95];
  const place = (corners: readonly number[]) => corners.map((one, i) => (i % 2 === 0 ? x + one * scale : y - one * scale));
  const light = comesTowards ? colors.headLight : colors.tailLight;
  return [
    box(colors.tyre, -0.85, -0.55, 0, 0.4),
    box(colors.tyre, 0.55, 0.85, 0, 0.4),
    box(colors.tyre, -0.9, 0.9, 0.15, 0.3),
    box(body, -0.9, 0.9, 0.3, 0.98),
    { color: seen(body, ahead), points: place(roof) },
    { color: seen(colors.pane, ahead), points: place(roof.map((one, i) => (i % 2 === 0 ? 0.84 * one : 0.92 * one + 0.06))) },
    box(light, -0.85, -0.55, 0.62, 0.82),
    box(light, 0.55, 0.85, 0.62, 0.82),
  ];
}

/** Thin streaks all over the picture. */
function drops({ rain, light }: Weather, key: number): readonly PaintedPolygon[] {
  const color = lookOf({ light, fog: 0, rain })(colors.drop, 0);
  return Array.from({ length: Math.round(90 * rain) }, (_, i) => {
    const [x, y, length] = [1.1 * uniformAt(key, 3 * i) - 0.05, uniformAt(key, 3 * i + 1), 0.02 + 0.05 * uniformAt(key, 3 * i + 2)];
    return { color, opacity: 0.35, points: [x, y, x + 0.003, y, x + 0.003 - 0.2 * length, y + length, x - 0.2 * length, y + length] };
  });
}

/** @param hue in degrees @param saturation from 0 to 1, as is the lightness */
function fromHsl(hue: number, saturation: number, lightness: number): Color {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [part(0), part(8), part(4)];
}
