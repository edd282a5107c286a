// Pictures to learn from are read once for a network, and let go when training ends.
import { readFile } from "node:fs/promises";
import { afterEach, expect, test, vi } from "vitest";
import { forgetExamples, readExamples } from "../../src/ui/train/data.ts";

afterEach(() => void vi.unstubAllGlobals());

const wish = { data: "fashion.bin", files: [], optimizer: "adam", batch: 32, seed: 1, freeze: undefined } as const;

/** A network of small pictures in gray. */
const network = () =>
  ({
    imageInputName: "x",
    viewOf: () => ({ channels: 1, height: 28, width: 28 }),
    model: { inputs: [{ name: "x", shape: [1, 1, 28, 28] }] },
  }) as never;

async function stubFetch() {
  const bytes = await readFile(new URL("../../models/data/fashion-mnist.bin", import.meta.url));
  const fetched = vi.fn(async () => new Response(bytes));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

test("another optimiser, batch or seed learns from what was read already; another preparation, network or training reads anew", async () => {
  const fetched = await stubFetch();
  const viewer = network();
  const first = await readExamples(viewer, wish, {});
  expect(await readExamples(viewer, { ...wish, optimizer: "sgd", batch: 8, seed: 2 }, {})).toBe(first);
  expect(fetched).toHaveBeenCalledTimes(1);
  await readExamples(viewer, wish, { mean: 0.5 });
  expect(fetched).toHaveBeenCalledTimes(2);
  await readExamples(network(), wish, { mean: 0.5 });
  expect(fetched).toHaveBeenCalledTimes(3);
  forgetExamples(viewer);
  await readExamples(viewer, wish, { mean: 0.5 });
  expect(fetched).toHaveBeenCalledTimes(4);
});

test("what could not be read is tried again", async () => {
  const fetched = await stubFetch();
  fetched.mockRejectedValueOnce(new Error("offline"));
  const viewer = network();
  await expect(readExamples(viewer, wish, {})).rejects.toThrow("train 'fashion.bin' could not be downloaded: offline");
  expect((await readExamples(viewer, wish, {})).train.length).toBe(3000);
});
