// What the overview says of each layer: how long it takes, and how many of its channels are silent, against plain loops.
import { expect, test } from "vitest";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";
import { countSilence } from "../../src/ui/statistics/count-silence.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { recorded } from "../support/recorded.ts";
import { withDevice } from "../support/with-device.ts";

const x = noise([1, 3, 12, 12], 3);

/** Of the first layer channels 1 and 4 are silent, for their weights are 0 and their bias is not above it; of the second none is. */
const network = graphOf({
  inputs: { x: x.shape },
  constants: {
    w: Tensor.float32(
      [6, 3, 3, 3],
      noise([6, 3, 3, 3], 5)
        .toFloat32()
        .map((weight, i) => ([1, 4].includes(Math.floor(i / 27)) ? 0 : weight)),
    ),
    b: Tensor.float32([6], Float32Array.of(0.1, -1, 0.2, 0.3, 0, 0.5)),
    v: noise([4, 6, 1, 1], 7),
  },
  nodes: [
    op("Conv", "x w b", "sum", { pads: [1, 1, 1, 1] }),
    op("Relu", "sum", "maps"),
    op("Conv", "maps v", "mixed"),
    op("Sqrt", "mixed", "roots"),
  ],
});

test("counts the channels that are 0 everywhere, and those that are not finite, of many values in one go", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, network, { observe: ["maps", "mixed", "roots"] });
    model.run({ x });
    await model.settled;
    const values = ["x", "maps", "mixed", "roots"];
    const sources = values.map((label) => {
      const { buffer, dtype, shape, strides, offset } = model.value(label);
      return {
        label,
        source: { buffer, dtype, view: viewAsMaps(shape, strides, offset, 0) as NonNullable<ReturnType<typeof viewAsMaps>> },
      };
    });
    const before = device.allocatedBytes;
    const counts = await countSilence(device, sources);
    expect(device.allocatedBytes).toBe(before);
    for (const [i, value] of values.entries()) {
      const tensor = await model.read(value);
      const elements = tensor.toFloat32();
      const channels = tensor.shape[1] as number;
      const maps = Array.from({ length: channels }, (_, c) => [...elements.slice(c * 144, (c + 1) * 144)]);
      expect(counts[i], value).toEqual({
        silent: maps.filter((map) => map.every((element) => element === 0)).length,
        nonFinite: maps.filter((map) => map.some((element) => !Number.isFinite(element))).length,
        channels,
      });
    }
    expect(counts[1]?.silent).toBe(2);
    expect(counts[3]?.nonFinite).toBeGreaterThan(0);
    model.dispose();
  }));

test("times every dispatch beside the network, whose values stay as they are, and gives its memory back", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, network, { observe: ["maps"] });
    model.run({ x });
    await model.settled;
    const values = await model.read("maps");
    const before = device.allocatedBytes;
    const { clock, ms, steps } = await model.profile({ passMs: 0.2, passCount: 1 });
    expect(clock).toBe(device.gpu.features.has("timestamp-query") ? "gpu" : "wall");
    expect(ms).toBeGreaterThan(0);
    expect(steps.map(({ node }) => node)).toEqual(model.plan.steps.map(({ node }) => node));
    for (const { ms: own } of steps) expect(own).toBeGreaterThanOrEqual(0);
    expect((await model.read("maps")).toFloat32()).toEqual(values.toFloat32());
    expect(device.allocatedBytes).toBe(before);
    const late = model.profile();
    model.dispose();
    await expect(late).rejects.toThrow("was disposed of");
  }));

test("gives its memory back where there is no room to time the network", () =>
  withDevice(async (real) => {
    let isFull = false;
    const { device } = recorded(real, (name, descriptor) => {
      if (isFull && name === "createBuffer" && (descriptor as GPUBufferDescriptor).label !== "clock") throw new Error("no room");
      return descriptor;
    });
    const model = await loadModel(device, network);
    model.run({ x });
    await model.settled;
    const before = device.allocatedBytes;
    isFull = true;
    await expect(model.profile()).rejects.toThrow("no room");
    expect(device.allocatedBytes).toBe(before);
    model.dispose();
  }));
