// A value's channels as tiles, in colours; with a second value, both in the same tiles.
import { layoutMosaic } from "../mosaic/layout.ts";
import type { Mosaic } from "../mosaic/renderer.ts";
import type { View, ViewContext } from "./view.ts";

export async function prepareMosaic(context: ViewContext, view: View): Promise<Mosaic> {
  const { renderer, appearance } = context;
  const [source, other] = await Promise.all([context.source(view), context.comparedSource(view)]);
  const { channels, height, width } = source.view;
  const isSame = other && other.view.channels === channels && other.view.height === height && other.view.width === width;
  const layout = layoutMosaic({
    channels,
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
    normalization: appearance.normalization,
    colorMap: appearance.colorMap,
    isSigned: context.canBeNegative(view.value),
    ...(isSame && { compare: { source: other, pair: appearance.pair } }),
  });
}
