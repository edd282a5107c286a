// Two values in one range over both, on the GPU against plain loops: side by side and in the same tiles, while a picture stands still and while it moves.
import { expect, test } from "vitest";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import type { Normalization } from "../../src/ui/mosaic/normalization.ts";
import { MosaicRenderer, type MosaicSource } from "../../src/ui/mosaic/renderer.ts";
import { type Drawn, type View, type ViewContext, viewKinds } from "../../src/ui/views/view.ts";
import { withDevice } from "../support/with-device.ts";

const [channels, area] = [3, 35];
/** The first is larger in its first channel, the second elsewhere; of the second one element is NaN. */
const first = Float32Array.from({ length: channels * area }, (_, i) => Math.sin(i) * (i < area ? 9 : 2));
const second = Float32Array.from({ length: channels * area }, (_, i) =>
  i === 50 ? Number.NaN : Math.abs(Math.cos(i)) * (i < area ? 1 : 5),
);

/** The least and the largest of both, and 0, of all channels or of one. */
function extremes(channel?: number): readonly [number, number] {
  const some = [first, second].flatMap((all) => [...(channel === undefined ? all : all.subarray(channel * area, (channel + 1) * area))]);
  const finite = [0, ...some.filter(Number.isFinite)];
  return [Math.min(...finite), Math.max(...finite)];
}

const shown = { side: ["first", "second"], tiles: [undefined] } as const;

test.each<[keyof typeof shown, Normalization, "viridis" | "diverging"]>([
  ["side", "layer", "viridis"],
  ["side", "channel", "viridis"],
  ["side", "layer", "diverging"],
  ["side", { low: 0, high: 4 }, "viridis"],
  ["tiles", "layer", "viridis"],
  ["tiles", "channel", "viridis"],
])("%s, by %s, in %s: both have the same range, and count what is not finite apart", (as, normalization, colorMap) =>
  withDevice(async (device) => {
    const upload = (words: Float32Array<ArrayBuffer>): MosaicSource => {
      const buffer = device.createBuffer("value", words.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
      device.gpu.queue.writeBuffer(buffer, 0, words);
      const view = viewAsMaps([1, channels, 5, 7], [channels * area, area, 7, 1]);
      if (!view) throw new Error("no maps");
      return { buffer, dtype: "float32", view };
    };
    const renderer = new MosaicRenderer(device, "rgba8unorm");
    const [one, other] = [upload(first), upload(second)];
    const context: ViewContext = {
      ...{ renderer, preparation: {}, imageView: undefined, canBeNegative: () => false },
      appearance: { normalization, colorMap, pair: "magenta-green", gap: 0, isCommonRange: true },
      source: async () => one,
      comparedSource: async () => other,
    };
    const bytesBefore = device.allocatedBytes;
    const view = (shows: View["shows"]): View => ({ id: `${shows}`, kind: "mosaic", value: "v", shows, width: 21 });
    const drawings: Drawn[] = await Promise.all(shown[as].map((shows) => viewKinds.mosaic(context, view(shows))));
    const count = normalization === "channel" ? channels : 1;
    const isSymmetric = typeof normalization === "string" && (as === "tiles" || colorMap === "diverging");
    for (const elapsedMs of [undefined, 16, 16]) {
      renderer.tick(elapsedMs);
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const drawn of drawings) {
        for (const statistics of drawn.statistics) statistics.encode(pass);
        drawn.finishRanges(pass);
      }
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      for (const [i, drawn] of drawings.entries()) {
        const [nanCount, infinityCount, ...ranges] = new Float32Array(
          await readBack(device, drawn.ranges?.[0] as GPUBuffer, 8 + 8 * count),
        );
        // Of a range that somebody has chosen nobody counts otherwise than of any.
        if (typeof normalization === "string") expect([nanCount, infinityCount]).toEqual([i, 0]);
        for (let range = 0; range < count; range++) {
          const [low, high] =
            typeof normalization === "object" ? [normalization.low, normalization.high] : extremes(count > 1 ? range : undefined);
          const extent = Math.max(-low, high);
          const expected = isSymmetric ? [-extent, extent] : [low, high];
          for (const end of [0, 1]) expect(ranges[2 * range + end]).toBeCloseTo(expected[end] as number, 5);
        }
      }
    }
    for (const drawn of drawings) drawn.dispose();
    expect(device.allocatedBytes).toBe(bytesBefore);
    renderer.dispose();
    for (const { buffer } of [one, other]) device.destroyBuffer(buffer);
  }),
);
