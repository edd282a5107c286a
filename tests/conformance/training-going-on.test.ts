// A training of the page that stops and goes on from what it kept: the same bits as one that does not stop, for a second network, too.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { answerTraining } from "../../src/ui/train/learner.ts";
import type { Begun, Kept, RivalWish, Stepped, TrainRequest } from "../../src/ui/train/request.ts";
import type { Viewer } from "../../src/ui/viewer.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

/** Tells the twelve shapes apart, in pictures of 12 × 12. */
const network = graphOf({
  inputs: { x: ["N", 3, 12, 12] },
  constants: { w: noise([4, 3, 3, 3], 1), d: noise([400, 12], 2), c: noise([12], 3) },
  nodes: [op("Conv", "x w", "conv"), op("Relu", "conv", "relu"), op("Flatten", "relu", "flat"), op("Gemm", "flat d c", "y")],
});
/** The same, in a file that stores weights in 16 bits. */
const halves: Graph = {
  ...network,
  inputs: network.inputs.map((input) => ({ ...input, dtype: "float16" })),
  initializers: new Map([...network.initializers].map(([name, one]) => [name, Tensor.from("float16", one.shape, one.toFloat32())])),
};
const wish = { data: "shapes", files: [], optimizer: "sgd", batch: 4, seed: 3, freeze: undefined } as const;
const byAdam: RivalWish = { optimizer: "adam", rate: undefined, blank: undefined };

/** What a page asks of a network, or of two. */
async function learnerOf(device: Device, rival: RivalWish | undefined, graph = network) {
  const [model, compared] = [await loadModel(device, graph), rival && (await loadModel(device, graph))];
  const viewOf = () => ({ channels: 3, height: 12, width: 12 });
  const viewer = { ...{ device, model, compared, viewOf }, imageInputName: "x", kept: new Map() } as unknown as Viewer;
  const ask = (request: object) => answerTraining(viewer, { id: 1, ...request } as TrainRequest);
  const bitsOf = async (one: Model) => [...(await one.read("w")).bytes, ...(await one.read("d")).bytes];
  return {
    begin: (from?: Kept) => ask({ do: "begin", wish: { ...wish, rival }, preparation: {}, from }) as Promise<Begun>,
    step: (count: number) => ask({ do: "step", count, rate: 0.01 }) as Promise<Stepped>,
    look: (kept: Kept, isToGoOn: boolean) => ask({ do: "look", kept, isToGoOn }),
    keep: (isToGoOn: boolean) => ask({ do: "keep", isToGoOn }) as Promise<Kept>,
    bits: async () => [await bitsOf(model), compared && (await bitsOf(compared))],
    async end() {
      await ask({ do: "end" });
      model.dispose();
      compared?.dispose();
    },
  };
}

test.each([
  ["a network", undefined],
  ["one with a second beside it", byAdam],
])("six steps of %s are three and three more, with the same examples and moments", { timeout: 120_000 }, (_, rival) =>
  withDevice(async (device) => {
    const whole = await learnerOf(device, rival);
    const { rate } = await whole.begin();
    const first = await whole.step(3);
    const kept = await whole.keep(true);
    const last = await whole.step(3);
    const [bits, steps] = [await whole.bits(), first.steps + 3];
    await whole.end();
    expect(new Set(last.losses).size).toBe(3);

    const again = await learnerOf(device, rival);
    // What is usual, though other steps were taken by another rate.
    expect(await again.begin(kept)).toMatchObject({ steps: 3, isRestored: true, rate });
    const { losses, rivalLosses, steps: taken } = await again.step(3);
    expect({ losses, rivalLosses, taken }).toEqual({ losses: last.losses, rivalLosses: last.rivalLosses, taken: steps });
    expect(await again.bits()).toEqual(bits);
    await again.end();
  }),
);

test("from weights alone it goes on with the same examples and counts on, but says that it has no moments", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const whole = await learnerOf(device, undefined);
    await whole.begin();
    await whole.step(3);
    const kept = await whole.keep(false);
    expect(kept.checkpoints).toBeUndefined();
    const last = await whole.step(3);
    await whole.end();
    const again = await learnerOf(device, undefined);
    const other: Kept = { ...kept, checkpoints: { own: kept.bytes } };
    for (const from of [kept, other]) {
      expect(await again.begin(from)).toMatchObject({ steps: 3, isRestored: false });
      const { losses, steps } = await again.step(3);
      // Of the first step the loss is the same, as the weights and the examples are.
      expect([losses[0], steps]).toEqual([last.losses[0], 6]);
      expect(losses[2]).not.toBe(last.losses[2]);
    }
    // What goes on from there without moments counts on, too.
    const next = await again.keep(true);
    expect(next.steps).toBe(6);
    expect(await again.begin(next)).toMatchObject({ steps: 6, isRestored: true });
    expect((await again.step(1)).steps).toBe(7);
    await again.end();
  }),
);

test("a look back at what was kept leaves the weights that it goes on with, also where their file rounds them", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const losses = async (isLookedBack: boolean) => {
      const learner = await learnerOf(device, byAdam, halves);
      await learner.begin();
      const first = await learner.keep(true);
      await learner.step(2);
      if (isLookedBack) {
        const now = await learner.keep(true);
        await learner.look(first, false);
        await learner.look(now, true);
      }
      const { losses, rivalLosses, steps } = await learner.step(2);
      await learner.end();
      return { losses, rivalLosses, steps };
    };
    expect(await losses(true)).toEqual(await losses(false));
  }),
);
