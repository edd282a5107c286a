// What a viewer's answers keep for the next ones, what they read, and that they give back what they made, whatever fails.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { answer } from "../../src/ui/session/answers.ts";
import type { ElementQuery } from "../../src/ui/session/queries.ts";
import { readLayerNumbers } from "../../src/ui/statistics/layer-numbers.ts";
import { Viewer } from "../../src/ui/viewer.ts";
import { Difference } from "../../src/ui/views/difference.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { recorded } from "../support/recorded.ts";
import { withDevice } from "../support/with-device.ts";

// No canvas is drawn on: only the renderer asks for the format.
beforeAll(() => void vi.stubGlobal("navigator", { gpu: { getPreferredCanvasFormat: () => "rgba8unorm" } }));
afterAll(() => void vi.unstubAllGlobals());

type Ask = <Kind extends ElementQuery["kind"]>(query: Extract<ElementQuery, { kind: Kind }>) => ReturnType<typeof answer<Kind>>;

function withViewer(graph: Graph, observe: readonly string[], check: (viewer: Viewer, ask: Ask) => Promise<void>): Promise<void> {
  return withDevice(async (device: Device) => {
    const options = { graph, observe, inputShapes: {}, precision: "float32", classScores: graph.outputs[0] } as const;
    // A viewer compiles the pipelines of its views beside its network's, with a renderer that holds 4 bytes until then.
    await Viewer.prepare(device);
    const viewer = await Viewer.create(device, options, () => {});
    try {
      await check(viewer, (query) => answer({ viewer, inspected: undefined }, query));
    } finally {
      viewer.dispose();
    }
  });
}

const classifier = graphOf({
  inputs: { x: [1, 3, 8, 8] },
  constants: { w: noise([4, 3, 3, 3], 5), m: noise([4, 5], 9) },
  nodes: [
    op("Conv", "x w", "maps"),
    op("Relu", "maps", "relu"),
    op("GlobalAveragePool", "relu", "pooled"),
    op("Flatten", "pooled", "flat"),
    op("MatMul", "flat m", "scores"),
  ],
});

test("the gradient of an order by effect is kept for the next frame, and goes when nobody asks any more", () =>
  withViewer(classifier, ["relu"], async ({ device, model, kept }, ask) => {
    model.run({ x: noise([1, 3, 8, 8], 3) });
    await model.settled;
    const before = device.allocatedBytes;
    const { effects } = await ask({ kind: "effects", value: "relu", class: 1 });
    expect(device.allocatedBytes).toBeGreaterThan(before);
    const prepared = kept.get("effects");
    expect((await ask({ kind: "effects", value: "relu", class: 1 })).effects).toEqual(effects);
    expect(kept.get("effects")).toBe(prepared);
    await ask({ kind: "release", of: "effects" });
    await vi.waitFor(() => expect(device.allocatedBytes).toBe(before));
    expect((await ask({ kind: "effects", value: "relu", class: 1 })).effects).toEqual(effects);
  }));

test("a picture is looked at beside what the network's other inputs hold", () =>
  withViewer(
    graphOf({ inputs: { picture: [1, 3, 4, 5], other: [1, 3, 4, 5] }, nodes: [op("Add", "picture other", "y")] }),
    [],
    async ({ model }, ask) => {
      const other = new Float32Array(60);
      other[20 + 2 * 5 + 3] = 7;
      model.run({ picture: noise([1, 3, 4, 5]), other: Tensor.float32([1, 3, 4, 5], other) });
      // In Node there are no bitmaps: as bytes it is drawn the same way.
      const picture = { width: 5, height: 4, data: new Uint8Array(80), close() {} } as unknown as ImageBitmap;
      expect(await ask({ kind: "look", value: "y", channel: 1, picture, preparation: {} })).toMatchObject({ y: 2, x: 3, element: 7 });
      await ask({ kind: "look", value: "y", channel: 1, preparation: {} });
    },
  ));

/** A value on a device that makes no more buffers of this label. */
function withFull(label: string, act: (device: Device, source: Parameters<typeof readLayerNumbers>[2]) => Promise<void>): Promise<void> {
  return withDevice(async (real) => {
    const { device } = recorded(real, (name, descriptor) => {
      if (name === "createBuffer" && (descriptor as GPUBufferDescriptor).label === label) throw new Error("no room");
      return descriptor;
    });
    const buffer = device.createBuffer("value", 4 * 60, GPUBufferUsage.STORAGE);
    const view = { channels: 3, height: 4, width: 5, offset: 0, channelStride: 20, rowStride: 5, columnStride: 1 };
    const before = device.allocatedBytes;
    await act(device, { buffer, dtype: "float32", view });
    expect(device.allocatedBytes).toBe(before);
  });
}

test.each(["v channel-statistics params", "v histogram params", "v count-saturated params", "read-back"])(
  "where there is no room for '%s', numbers of a layer give back what was made for them",
  (label) =>
    withFull(label, (device, source) =>
      expect(readLayerNumbers(device, "v", source, { bounds: { most: 6, margin: 0 } })).rejects.toThrow("no room"),
    ),
);

test("a difference that the GPU refuses is given back", () =>
  withDevice(async (real) => {
    const { device } = recorded(real, (name, descriptor) =>
      // What cannot be bound is refused, as what there is no memory for is.
      name === "createBuffer" && (descriptor as GPUBufferDescriptor).label === "v difference"
        ? { ...(descriptor as GPUBufferDescriptor), usage: GPUBufferUsage.COPY_SRC }
        : descriptor,
    );
    const buffer = device.createBuffer("value", 4 * 60, GPUBufferUsage.STORAGE);
    const view = { channels: 3, height: 4, width: 5, offset: 0, channelStride: 20, rowStride: 5, columnStride: 1 };
    const source = { buffer, dtype: "float32", view } as const;
    const before = device.allocatedBytes;
    await expect(Difference.create(device, "v", source, source)).rejects.toThrow("v:");
    expect(device.allocatedBytes).toBe(before);
  }));
