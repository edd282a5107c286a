// A second network that learns beside the first: what it begins with, and what becomes of its weights when it learns no more.
import { expect, test } from "vitest";
import { buildGraph } from "../../models/index.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { askedOf, isSame } from "../../src/ui/train/asked.ts";
import { answerTraining } from "../../src/ui/train/learner.ts";
import type { RivalWish, TrainRequest } from "../../src/ui/train/request.ts";
import { Rival } from "../../src/ui/train/rival.ts";
import type { ElementWish } from "../../src/ui/train/wish.ts";

/** A network whose weights are told by where they come from. */
function networkOf() {
  const network = {
    weights: "blank twin",
    async reinitialize(seed: number) {
      network.weights = `seed ${seed}`;
    },
    async restore() {
      network.weights = "file";
    },
    async setParameters() {
      network.weights = "kept";
    },
    async trainer() {
      return { rate: 0.001, dispose() {} };
    },
  };
  return network;
}

const wishOf = (blank?: number): RivalWish => ({ optimizer: undefined, rate: 0.1, blank });
const bytes = encodeModel(buildGraph("mnist", { seed: 1 })) as Uint8Array<ArrayBuffer>;
const make = (network: object, wish: RivalWish, steps: number) => Rival.make(network as never, wish, {}, { steps, bytes, rival: bytes });

test("it begins as its own wish says, whichever second network learned before, and goes on with what it has learned", async () => {
  const network = networkOf();
  await make(network, wishOf(1), 0);
  expect(network.weights).toBe("seed 1");
  await make(network, wishOf(), 0);
  expect(network.weights).toBe("file");
  await make(network, wishOf(1), 25);
  expect(network.weights).toBe("kept");
});

const wish = { data: "shapes", files: [], optimizer: "adam", batch: 1, seed: 1, freeze: undefined } as const;
const begin: TrainRequest = { do: "begin", id: 1, wish, preparation: {} };

test.each([
  ["training ends", { do: "end" } as TrainRequest],
  ["the first goes on alone", begin],
])("where %s, it has the weights of before", async (_, request) => {
  const compared = networkOf();
  const viewer = { model: networkOf(), compared, kept: new Map() };
  await make(compared, wishOf(2), 25);
  // A network that takes no picture learns nothing.
  await answerTraining(viewer as never, request).catch(() => undefined);
  expect(compared.weights).toBe("seed 2");
  // Others that it was given since are its own.
  compared.weights = "other";
  await answerTraining(viewer as never, request).catch(() => undefined);
  expect(compared.weights).toBe("other");
});

test("of another second network something else is asked, where that learns", () => {
  const of = (compare: unknown, rival: RivalWish | undefined) =>
    askedOf({ compare, preparation: {}, getAttribute: () => null } as never, {} as never, 0, { ...wish, rival } as unknown as ElementWish);
  const [one, other] = [new File([], "net.onnx"), new File([], "net.onnx")];
  expect(isSame(of(one, wishOf()), of(one, wishOf()))).toBe(true);
  expect(isSame(of(one, wishOf()), of(other, wishOf()))).toBe(false);
  expect(isSame(of("a.onnx", wishOf()), of("b.onnx", wishOf()))).toBe(false);
  expect(isSame(of(one, undefined), of(other, undefined))).toBe(true);
});
