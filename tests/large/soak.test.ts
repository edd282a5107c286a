// The engine in use for a long time: what is made is given back, whatever was done with it in between. `npm run test:large`.
import { expect, test } from "vitest";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { noise } from "../support/graphs.ts";
import { type SmallNetwork, smallNetworks } from "../support/small-networks.ts";
import { residentBytes } from "./resident-bytes.ts";

const networks = Object.entries(smallNetworks);

/** Code that is compiled, and pages that the allocator keeps: what grows with every use grows by far more in so many. */
const allowedBytes = 60e6;

const picture = ({ inputs }: Graph, seed: number): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(inputs.map(({ name, shape }) => [name, noise(shape.map(Number), seed)]));

async function onDevice(use: (device: Device) => Promise<void>): Promise<void> {
  const device = await requestNodeDevice();
  const faults: string[] = [];
  device.onFault(({ message }) => faults.push(message));
  try {
    await use(device);
    expect(faults).toEqual([]);
  } finally {
    device.dispose();
  }
}

test("200 times loaded, run and disposed of: nothing is left", () =>
  onDevice(async (device) => {
    let settled = 0;
    for (let i = 0; i < 200; i++) {
      const [, { graph, answer }] = networks[i % networks.length] as [string, SmallNetwork];
      const model = await loadModel(device, graph, { observe: i % 2 === 0 ? "all" : [] });
      model.run(picture(graph, i));
      const found = await model.read(answer);
      expect(found.toFloat32().every(Number.isFinite)).toBe(true);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
      if (i === 49) settled = await residentBytes();
    }
    expect((await residentBytes()) - settled).toBeLessThan(allowedBytes);
  }));

/** What a visitor changes while frames run: each leaves the model as it was. */
const changes: readonly ((model: Model, network: SmallNetwork) => Promise<void>)[] = [
  async (model) => {
    await model.observe("all");
    model.run();
    await model.observe([]);
  },
  async (model, { layers: [layer = ""] }) => {
    await model.gate(layer, { channel: 0, scale: 0 });
    model.run();
    await model.ungate(layer);
  },
  async (model) => {
    const explanation = await model.explain({ method: "grad-cam", of: { class: 1 } });
    await explanation.run();
    explanation.dispose();
  },
  async (model) => {
    await model.reinitialize(3);
    model.run();
    await model.restore();
  },
];

test("10,000 frames with changes between them: counters and memory stay", () =>
  onDevice(async (device) => {
    const used = [smallNetworks["a depthwise network"], smallNetworks["a network with a fire module"]] as const;
    let settled = 0;
    let most = 0;
    for (let round = 0; round < 100; round++) {
      const network: SmallNetwork = used[round % used.length] as SmallNetwork;
      const model = await loadModel(device, network.graph);
      const pictures = [0, 1, 2].map((seed) => picture(network.graph, seed));
      let before: Tensor | undefined;
      for (let frame = 0; frame < 100; frame++) {
        model.run(pictures[frame % pictures.length]);
        if (frame % 25 === 24) await changes[(round + (frame - 24) / 25) % changes.length]?.(model, network);
        if (frame % 33 !== 0) continue;
        model.run(pictures[0]);
        const found = await model.read(network.answer);
        expect(found.toFloat32()).toEqual((before ?? found).toFloat32());
        before = found;
      }
      if (round >= 20) expect(device.allocatedBytes).toBeLessThanOrEqual(most);
      else most = Math.max(most, device.allocatedBytes);
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
      if (round === 19) settled = await residentBytes();
    }
    expect((await residentBytes()) - settled).toBeLessThan(allowedBytes);
  }));
