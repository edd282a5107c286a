// What drawing costs: the GPU time of a network alone, and of a frame as the element draws it, with the mosaics of the layers
// that it shows when nobody chose any.

import { createClock } from "../engine/gpu/clock.ts";
import type { Device } from "../engine/gpu/device.ts";
import { loadModel, type Model } from "../engine/model.ts";
import { median } from "../engine/statistics.ts";
import { defaultLayers, drawableLayers } from "../ui/drawable-layers.ts";
import { layoutMosaic } from "../ui/mosaic/layout.ts";
import { viewAsMaps } from "../ui/mosaic/maps.ts";
import { defaultNormalization } from "../ui/mosaic/normalization.ts";
import { encodeRanges, type Mosaic, MosaicRenderer } from "../ui/mosaic/renderer.ts";
import { canBeNegative } from "../ui/mosaic/signedness.ts";
import type { Task } from "./engine.ts";

export interface MosaicTimes {
  readonly mosaicCount: number;
  /** Of all mosaics. */
  readonly pixelCount: number;
  /** The network with nothing observed: every fusion done, all memory shared. */
  readonly networkMs: number;
  /** A whole frame: the network with the shown values kept, their ranges, their pixels. */
  readonly frameMs: number;
  /** Of it, each in a pass of its own. */
  readonly rangesMs: number;
  readonly pixelsMs: number;
}

export interface MosaicOptions {
  /** Pixels of each mosaic, at most. A panel of the demo has 250 to 400 on a usual screen. */
  readonly width?: number;
  readonly roundCount?: number;
}

/** The variants take turns, so that a busy machine slows all alike. */
export async function timeMosaics(device: Device, task: Task, options: MosaicOptions = {}): Promise<MosaicTimes> {
  const { width = 400, roundCount = 9 } = options;
  const clock = createClock(device);
  const inputShapes = Object.fromEntries(Object.entries(task.inputs).map(([name, { shape }]) => [name, shape]));
  const alone = await loadModel(device, task.graph, { inputShapes });
  const inputs = alone.inputs.map(({ name, shape }) => ({ name, shape }));
  const shown = defaultLayers(drawableLayers(inputs, alone.summary().layers));
  const observed = await loadModel(device, task.graph, { inputShapes, observe: shown });
  const feed = Object.fromEntries(Object.entries(task.inputs).map(([name, { data }]) => [name, data]));
  for (const model of [alone, observed]) {
    model.run(feed);
    await model.settled;
  }
  const renderer = new MosaicRenderer(device, "rgba8unorm");
  const panes = await Promise.all(shown.map((value) => openPane(renderer, observed, value, width)));
  const drawn = panes.flatMap((pane) => pane ?? []);
  const mosaics = drawn.map(({ mosaic }) => mosaic);
  const encodePixels = (pass: GPUComputePassEncoder) => {
    for (const { mosaic, target } of drawn) mosaic.encodePixels(pass, target.createView());
  };
  const variants: readonly ((pass: GPUComputePassEncoder) => void)[] = [
    (pass) => alone.encode(pass),
    (pass) => {
      observed.encode(pass);
      encodeRanges(pass, mosaics);
      encodePixels(pass);
    },
    (pass) => encodeRanges(pass, mosaics),
    encodePixels,
  ];
  const samples = variants.map((): number[] => []);
  for (let round = 0; round <= roundCount; round++)
    for (const [i, variant] of variants.entries()) {
      const ms = await clock.time(variant);
      if (round > 0) samples[i]?.push(ms);
    }
  const [networkMs = 0, frameMs = 0, rangesMs = 0, pixelsMs = 0] = samples.map(median);
  for (const { mosaic, target } of drawn) {
    mosaic.dispose();
    target.destroy();
  }
  renderer.dispose();
  clock.dispose();
  alone.dispose();
  observed.dispose();
  return {
    mosaicCount: drawn.length,
    pixelCount: drawn.reduce((sum, { mosaic }) => sum + mosaic.layout.width * mosaic.layout.height, 0),
    networkMs,
    frameMs,
    rangesMs,
    pixelsMs,
  };
}

/** Undefined where the value has no maps. */
async function openPane(
  renderer: MosaicRenderer,
  model: Model,
  value: string,
  width: number,
): Promise<{ readonly mosaic: Mosaic; readonly target: GPUTexture } | undefined> {
  const { buffer, dtype, shape, strides, offset } = model.value(value);
  const view = viewAsMaps(shape, strides, offset);
  if (!view) return undefined;
  const layout = layoutMosaic({ channels: view.channels, mapHeight: view.height, mapWidth: view.width, width, gap: 1 });
  const isSigned = canBeNegative(model, value);
  const mosaic = await renderer.mosaic(value, { buffer, dtype, view }, { layout, isSigned, normalization: defaultNormalization });
  const size: [number, number] = [layout.width, layout.height];
  const target = renderer.device.gpu.createTexture({ label: value, size, format: renderer.format, usage: renderer.targetUsage });
  return { mosaic, target };
}
