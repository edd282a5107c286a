// What is said of a layer's kernels. Pure.

import { countOf } from "../count-of.ts";
import type { Kernels } from "../kernels/request.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import { short } from "./numbers.ts";

/** Which weights the tiles show. */
export function captionOf({ operator, node, shape, pick, outputs, inputs, tiles, rows, columns, channels, largest }: Kernels): string {
  const size = `${rows} × ${columns}`;
  const all = countOf(outputs, unitOf(operator));
  const which = tiles < outputs ? `The first ${tiles.toLocaleString("en")} of ${all}` : all;
  const says: Readonly<Record<Kernels["pick"], string>> = {
    colors: `a ${size} filter each, in colours: grey is 0.`,
    only: `a ${size} kernel each.`,
    strongest: `of ${inputs.toLocaleString("en")} ${size} kernels each, the one with the largest weights.`,
    mean: `the mean over the ${inputs.toLocaleString("en")} ${size} kernels of each.`,
    one: `the ${size} kernel of each for input channel ${channels?.[0] ?? 0}.`,
    all: `${countOf(inputs, "weight")} each, one for every input channel, row by row.`,
  };
  const signs = pick === "colors" ? "" : " Red adds, blue takes away.";
  return `${operator} '${node}', ${shape.join(" × ")}. ${which}: ${says[pick]}${signs} Full colour is ${short(largest)}.`;
}

/** What an output of such a node is called. */
function unitOf(operator: string): string {
  return operator.startsWith("Conv") ? "channel" : "unit";
}

/** The values of the choice of inputs with their titles; none where there is nothing to choose. */
export function inputTitles({ pick, inputs, isPicture }: Kernels): readonly (readonly [value: string, title: string])[] {
  if (pick === "only" || pick === "all") return [];
  const one = Array.from({ length: inputs }, (_, i) => [`${i}`, `${i}`] as const);
  return [["", isPicture && inputs === 3 ? "all, as colours" : "strongest of each"], ["mean", "mean of all"], ...one];
}

/** @returns undefined where a tile has no weight there */
export function readoutOf(
  { operator, numbers, pick, planes, rows, columns, channels, tiles }: Kernels,
  { channel, y, x }: MapPoint,
  format: (number: number) => string,
): string | undefined {
  if (channel >= tiles || y >= rows || x >= columns) return undefined;
  const area = rows * columns;
  const at = (plane: number) => numbers[(channel * planes + plane) * area + y * columns + x] as number;
  if (Number.isNaN(at(0)) && pick === "all") return undefined;
  const weights = Array.from({ length: planes }, (_, plane) => format(at(plane))).join(", ");
  const ofOne = channels && pick !== "only" ? [`input ${channels[channel]}`] : [];
  const input = pick === "all" ? [`input ${y * columns + x}`] : pick === "colors" ? ["inputs 0, 1, 2"] : ofOne;
  const place = pick === "all" ? [] : [`y ${y}`, `x ${x}`];
  return [`${unitOf(operator)} ${channel}`, ...input, ...place, weights].join(" · ");
}
