// Which nodes of an overview have a thumbnail where memory does not allow all.
import { expect, test } from "vitest";
import { thumbnailsOf } from "../../src/ui/instrument/thumbnails.ts";
import type { DrawableLayer } from "../../src/ui/layers.ts";
import type { Item } from "../../src/ui/overview/blocks.ts";

const box = { x: 10, y: 20, width: 118, height: 108 };

/** @param megabytes that each node would keep, in the order of the network */
function thumbnailsFor(megabytes: readonly number[]) {
  const items = megabytes.map((_, i) => ({ id: `n${i}` }) as Item);
  const layers = new Map(megabytes.map((size, i) => [`n${i}`, { value: `n${i}`, shape: [1, size, 500, 500] } as unknown as DrawableLayer]));
  const { thumbnails, left } = thumbnailsOf(items, { boxes: new Map(items.map(({ id }) => [id, box])) }, layers, "n0");
  return { shown: thumbnails.map(({ value }) => value), left: [...left] };
}

test("all have one where there is room for all", () => {
  expect(thumbnailsFor([100, 50, 100])).toEqual({ shown: ["n0", "n1", "n2"], left: [] });
});

test("a large one takes no room that several smaller ones need, wherever it stands", () => {
  expect(thumbnailsFor([200, 60, 60, 60])).toEqual({ shown: ["n1", "n2", "n3"], left: ["n0"] });
  expect(thumbnailsFor([60, 60, 200, 60, 300])).toEqual({ shown: ["n0", "n1", "n3"], left: ["n2", "n4"] });
});

test("a picture that is shown for the network's input is told from the others", () => {
  const { thumbnails } = thumbnailsOf(
    [{ id: "x" } as Item],
    { boxes: new Map([["x", box]]) },
    new Map([["x", { value: "x", shape: [1, 3, 8, 8] } as unknown as DrawableLayer]]),
    "x",
  );
  expect(thumbnails).toEqual([{ value: "x", isPicture: true, x: 37, y: 22, side: 64 }]);
});
