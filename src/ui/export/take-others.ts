// Mosaics of values that are not shown, for sheets of every layer: computed beside the network where it does not keep them. Loaded with the first.
import { sizeOf } from "../../engine/shapes.ts";
import { layoutMosaic } from "../mosaic/layout.ts";
import { viewAsMaps } from "../mosaic/maps.ts";
import { encodeRanges, type MosaicSource } from "../mosaic/renderer.ts";
import { nonnegativeValues } from "../mosaic/signedness.ts";
import type { Viewer } from "../viewer.ts";
import type { Appearance } from "../views/view.ts";
import { forEachValue } from "./beside.ts";
import { paint } from "./paint.ts";

/** Pixels of a mosaic's sides. */
const side = 288;
const usual: Appearance = { normalization: "robust", colorMap: "auto", pair: "magenta-green", gap: 1 };

type Source = Pick<Viewer, "device" | "renderer" | "model" | "axes" | "sourceOf" | "viewOf">;

/** Those that have maps, in their order. */
export async function paintOthers(viewer: Source, values: readonly string[], appearance: Appearance = usual) {
  const { device, model, axes } = viewer;
  const unsigned = nonnegativeValues(model);
  const painted = new Map<string, OffscreenCanvas>();
  const paintOne = async (value: string, source: MosaicSource) => {
    const isSigned = !unsigned.has(value);
    painted.set(value, await device.holding([source.buffer], () => paintMaps(viewer, { value, source, isSigned, appearance })));
  };
  const missing: string[] = [];
  for (const value of values) {
    const { shape = [] } = model.graph.types.get(value) ?? {};
    if (sizeOf(shape) === 0) continue;
    if (viewer.viewOf(value)) await paintOne(value, viewer.sourceOf(value));
    else missing.push(value);
  }
  await forEachValue(model, missing, async (value, { buffer, dtype, shape, strides, offset }) => {
    const view = viewAsMaps(shape, strides, offset, 0, axes.get(value));
    if (view) await paintOne(value, { buffer, dtype, view });
  });
  return values.flatMap((value) => {
    const picture = painted.get(value);
    return picture ? [{ value, picture }] : [];
  });
}

interface Maps {
  readonly value: string;
  readonly source: MosaicSource;
  readonly isSigned: boolean;
  readonly appearance: Appearance;
}

async function paintMaps({ device, renderer }: Source, { value, source, isSigned, appearance }: Maps): Promise<OffscreenCanvas> {
  const { columns, gap, normalization, colorMap } = appearance;
  const { channels, height: mapHeight, width: mapWidth } = source.view;
  const largest = device.gpu.limits.maxTextureDimension2D;
  const layout = layoutMosaic({ channels, mapHeight, mapWidth, width: side, height: side, columns, gap, largest });
  const mosaic = await renderer.mosaic(value, source, { layout, normalization, colorMap, isSigned });
  try {
    return await paint({ device, renderer }, layout, (encoder, texture) => {
      // Its ranges are new: they take their value at once. The next frame says again how much time has passed.
      renderer.tick();
      const pass = encoder.beginComputePass({ label: value });
      encodeRanges(pass, [mosaic]);
      if (renderer.usesCompute) mosaic.encodePixels(pass, texture.createView());
      pass.end();
      if (!renderer.usesCompute) mosaic.draw(encoder, texture.createView());
    });
  } finally {
    mosaic.dispose();
  }
}
