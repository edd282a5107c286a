// A value's channels as tiles, in colours; with a second value, both in the same tiles.
import { loadPart } from "../../engine/errors.ts";
import { layoutMosaic } from "../mosaic/layout.ts";
import type { Mosaic, MosaicOptions, MosaicSource } from "../mosaic/renderer.ts";
import type { Drawn, View, ViewContext } from "./view.ts";

export async function prepareMosaic(context: ViewContext, view: View): Promise<Drawn> {
  const other = await context.comparedSource(view);
  if (other || view.shows || view.draws)
    return (await loadPart("for comparisons", () => import("./compared-view.ts"))).prepareCompared(context, view, other);
  return drawMosaic(context, view, await context.source(view), { isSigned: context.canBeNegative(view, "first") });
}

/** Draws a view's channels of a value, whichever that is. */
export async function drawMosaic(
  { renderer, appearance }: Pick<ViewContext, "renderer" | "appearance">,
  view: View,
  source: MosaicSource,
  options: Pick<MosaicOptions, "isSigned" | "compare">,
): Promise<Mosaic> {
  const { channels: count, height, width } = source.view;
  const { channels } = view;
  const missing = channels?.find((channel) => !(channel < count));
  if (missing !== undefined) throw new Error(`'${view.value}' has no channel ${missing}: it has ${count}, counted from 0.`);
  const layout = layoutMosaic({
    channels: channels?.length ?? count,
    mapHeight: height,
    mapWidth: width,
    width: view.width,
    height: view.height,
    columns: appearance.columns,
    gap: appearance.gap,
    largest: renderer.device.gpu.limits.maxTextureDimension2D,
  });
  return renderer.mosaic(view.value, source, {
    layout,
    channels,
    normalization: appearance.normalization,
    colorMap: appearance.colorMap,
    gamma: appearance.gamma,
    ...options,
  });
}
