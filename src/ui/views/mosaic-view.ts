// A value's channels as tiles, in colours; with a second value, both in the same tiles.
import { layoutMosaic } from "../mosaic/layout.ts";
import type { Mosaic } from "../mosaic/renderer.ts";
import type { View, ViewContext } from "./view.ts";

export async function prepareMosaic(context: ViewContext, view: View): Promise<Mosaic> {
  const { renderer, appearance } = context;
  const [source, other] = await Promise.all([context.source(view), context.comparedSource(view)]);
  const { channels: count, height, width } = source.view;
  const isSame = other && other.view.channels === count && other.view.height === height && other.view.width === width;
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
    isSigned: context.canBeNegative(view.value),
    ...(isSame && { compare: { source: other, pair: appearance.pair } }),
  });
}
