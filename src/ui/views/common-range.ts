// One range over two values that are compared, so that a colour stands for the same number in both. Loaded with comparisons.
import type { Device } from "../../engine/gpu/device.ts";
import { gpuTypeOf } from "../../engine/tensor.ts";
import rangeShader from "../../shaders/range.wgsl";
import { type Mosaic, makeRangeStep } from "../mosaic/mosaic.ts";
import { isRobust } from "../mosaic/normalization.ts";
import type { MosaicSource } from "../mosaic/renderer.ts";
import { ChannelStatistics, type Statistics } from "../statistics/channel-statistics.ts";
import { RobustExtents } from "../statistics/robust-extents.ts";
import type { Drawn, View, ViewContext } from "./view.ts";

/** What the range of one of the two is made from. */
interface Made {
  readonly source: MosaicSource;
  readonly statistics: ChannelStatistics;
  readonly extents: GPUBuffer;
  readonly bounds: RobustExtents | undefined;
}

/**
 * A mosaic in a range that covers both values. range.wgsl widens a range at once, and narrows it by a share that its clock says: after the first
 * value, with the clock of all ranges, the second one with a clock that stands widens what is there.
 *
 * @param pair the first value and the second, of the same extents
 * @param own of each of the mosaic's ranges, whether it is the first value's or the second's, of which it counts what is not finite
 */
export async function inCommonRange(
  { renderer, appearance }: Pick<ViewContext, "renderer" | "appearance">,
  { value }: Pick<View, "value">,
  mosaic: Mosaic,
  pair: readonly [MosaicSource, MosaicSource],
  own: readonly (0 | 1)[],
): Promise<Drawn> {
  const { normalization } = appearance;
  // What somebody has chosen is the same for both.
  if (typeof normalization === "object") return mosaic;
  const { device } = renderer;
  const count = mosaic.rangeCount;
  const isBounded = isRobust(normalization) && pair[0].view.height * pair[0].view.width > 1;
  const [pipeline, first, second] = await Promise.all([
    device.pipeline(rangeShader),
    make(device, value, pair[0], count, isBounded),
    make(device, value, pair[1], count, isBounded),
  ]);
  const still = device.createBuffer(`${value} clock that stands`, 4, GPUBufferUsage.STORAGE);
  const step = ({ source, statistics, extents }: Made, result: GPUBuffer, clock: GPUBuffer) =>
    makeRangeStep(device, value, pipeline, {
      source,
      statistics,
      count,
      normalization,
      isSymmetric: mosaic.isSymmetric,
      extents,
      result,
      clock,
    });
  const steps = mosaic.ranges.flatMap((result, i) => [
    step(first, result, renderer.clock),
    step(second, result, still),
    // Who comes last counts what is not finite.
    ...(own[i] === 0 ? [step(first, result, still)] : []),
  ]);
  const statistics: readonly Statistics[] = [first, second].flatMap((one) =>
    one.bounds ? [one.statistics, one.bounds] : [one.statistics],
  );
  return {
    layout: mosaic.layout,
    legend: mosaic.legend,
    isCompared: mosaic.isCompared,
    ranges: mosaic.ranges,
    statistics,
    finishRanges(pass) {
      for (const one of steps) one.encode(pass);
    },
    encodePixels: (pass, target) => mosaic.encodePixels(pass, target),
    draw: (encoder, target) => mosaic.draw(encoder, target),
    dispose() {
      mosaic.dispose();
      for (const one of steps) one.dispose();
      for (const { source, statistics: gathered, bounds, extents } of [first, second]) {
        if (source.statistics !== gathered) gathered.dispose();
        bounds?.dispose();
        device.destroyBuffer(extents);
      }
      device.destroyBuffer(still);
    },
  };
}

async function make(device: Device, label: string, source: MosaicSource, count: number, isBounded: boolean): Promise<Made> {
  const [statistics, pipeline] = await Promise.all([
    source.statistics ?? ChannelStatistics.create(device, label, source),
    isBounded ? RobustExtents.pipeline(device, gpuTypeOf(source.dtype)) : undefined,
  ]);
  const extents = device.createBuffer(`${label} extents`, count * 4, GPUBufferUsage.STORAGE);
  return { source, statistics, extents, bounds: pipeline && new RobustExtents(device, label, source, count, extents, pipeline) };
}
