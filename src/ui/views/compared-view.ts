// One of two values that are compared, alone, or their signed difference, as a mosaic; and the way to weights. Loaded with the first of them.

import { loadPart } from "../../engine/errors.ts";
import { comparePairs, legendOf, readPair } from "../compare/pairs.ts";
import type { MosaicSource } from "../mosaic/renderer.ts";
import { inCommonRange } from "./common-range.ts";
import { areAlike, Difference } from "./difference.ts";
import { drawMosaic } from "./mosaic-view.ts";
import type { Appearance, Drawn, View, ViewContext } from "./view.ts";

/** @param other the second of the two, where there is one that can be drawn */
export async function prepareCompared(context: ViewContext, view: View, other: MosaicSource | undefined): Promise<Drawn> {
  if (view.draws) return (await loadPart("for weights", () => import("../train/drawn-weights.ts"))).drawWeights(context, view, view.draws);
  const source = await context.source(view);
  if (!other && view.shows !== "first") throw new Error(`There is no second '${view.compare ?? view.value}' that can be drawn.`);
  if (!other || view.shows !== "difference") return drawInColors(context, view, source, other);
  const { device } = context.renderer;
  const difference = await Difference.create(device, view.value, source, other);
  const look = { ...context, appearance: differenceLook(context.appearance) };
  const mosaic = await drawMosaic(look, view, difference.source, { isSigned: true }).catch((error: Error) => {
    difference.dispose();
    throw error;
  });
  return {
    layout: mosaic.layout,
    legend: mosaic.legend,
    ranges: mosaic.ranges,
    // What ranges are made of is computed in this order.
    statistics: [difference, ...mosaic.statistics],
    finishRanges: (pass) => mosaic.finishRanges(pass),
    encodePixels: (pass, target) => mosaic.encodePixels(pass, target),
    draw: (encoder, target) => mosaic.draw(encoder, target),
    dispose() {
      mosaic.dispose();
      difference.dispose();
    },
  };
}

/** One of two in its colours, or both in the same tiles: each in a range of its own, or in one over both. */
async function drawInColors(context: ViewContext, view: View, first: MosaicSource, other: MosaicSource | undefined): Promise<Drawn> {
  const { appearance } = context;
  const second = other && areAlike(first.view, other.view) ? other : undefined;
  const which = view.shows === "second" ? "second" : "first";
  const drawn = which === "second" && other ? other : first;
  if (second && !view.shows) {
    const pair = readPair(appearance.pair);
    const compare = { source: second, colors: comparePairs[pair], legend: legendOf(pair) };
    const mosaic = await drawMosaic(context, view, first, { isSigned: context.canBeNegative(view, "first"), compare });
    return appearance.isCommonRange ? inCommonRange(context, view, mosaic, [first, second], [0, 1]) : mosaic;
  }
  if (!second || !appearance.isCommonRange) return drawMosaic(context, view, drawn, { isSigned: context.canBeNegative(view, which) });
  // Of one range over both there is one map of colours, too.
  const isSigned = context.canBeNegative(view, "first") || context.canBeNegative(view, "second");
  const mosaic = await drawMosaic(context, view, drawn, { isSigned });
  return inCommonRange(context, view, mosaic, [first, second], [which === "first" ? 0 : 1]);
}

/** With 0 in the middle of diverging colours. Chollet's rule has the mean there, and a fixed range may lie anywhere. */
export function differenceLook(appearance: Appearance): Appearance {
  const { normalization } = appearance;
  const extent = typeof normalization === "object" && Math.max(Math.abs(normalization.low), Math.abs(normalization.high));
  const around = extent ? { low: -extent, high: extent } : normalization === "chollet" ? "channel" : normalization;
  return { ...appearance, colorMap: "diverging", normalization: around };
}
