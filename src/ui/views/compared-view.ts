// One of two values that are compared, alone, or their signed difference, as a mosaic. Loaded with the first of them.

import type { MosaicSource } from "../mosaic/renderer.ts";
import { inCommonRange } from "./common-range.ts";
import { areAlike, Difference } from "./difference.ts";
import { drawMosaic } from "./mosaic-view.ts";
import type { Appearance, Drawn, View, ViewContext } from "./view.ts";

export { inCommonRange };

export async function prepareCompared(context: ViewContext, view: View): Promise<Drawn> {
  const source = await context.source(view);
  const isAlone = view.shows === "first" && !context.appearance.isCommonRange;
  const other = isAlone ? undefined : await context.comparedSource(view);
  if (view.shows === "first") return drawOne(context, view, [source, other]);
  if (!other) throw new Error(`There is no second '${view.compare ?? view.value}' that can be drawn.`);
  if (view.shows === "second") return drawOne(context, view, [source, other]);
  const { device } = context.renderer;
  const difference = await Difference.create(device, view.value, source, other);
  const look = { ...context, appearance: differenceLook(context.appearance) };
  const mosaic = await drawMosaic(look, view, difference.source, { isSigned: true }).catch((error: Error) => {
    difference.dispose();
    throw error;
  });
  return {
    layout: mosaic.layout,
    colors: mosaic.colors,
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

/** The first of two, or the second; in colours of its own, or in those of both. */
async function drawOne(
  context: ViewContext,
  view: View,
  [first, second]: readonly [MosaicSource, MosaicSource | undefined],
): Promise<Drawn> {
  const which = view.shows === "second" ? "second" : "first";
  const source = which === "second" && second ? second : first;
  const isCommon = context.appearance.isCommonRange && second && areAlike(first.view, second.view);
  const isSigned = isCommon
    ? (["first", "second"] as const).some((one) => context.canBeNegative(view, one))
    : context.canBeNegative(view, which);
  const mosaic = await drawMosaic(context, view, source, { isSigned });
  return isCommon ? inCommonRange(context, view, mosaic, [first, second], [which === "first" ? 0 : 1]) : mosaic;
}

/** With 0 in the middle of diverging colours. Chollet's rule has the mean there, and a fixed range may lie anywhere. */
function differenceLook(appearance: Appearance): Appearance {
  const { normalization } = appearance;
  const extent = typeof normalization === "object" && Math.max(Math.abs(normalization.low), Math.abs(normalization.high));
  const around = extent ? { low: -extent, high: extent } : normalization === "chollet" ? "channel" : normalization;
  return { ...appearance, colorMap: "diverging", normalization: around };
}
