// Pictures to learn from are given to a network as it is shown pictures: the same colours, in the same order, by the same arithmetic.
import { expect, test } from "vitest";
import { BytesSet } from "../../src/data-sets/data-set.ts";
import { pixelsOf, resized } from "../../src/data-sets/resized.ts";
import { colorMatrix, type Preparation } from "../../src/ui/preparation.ts";
import { setPreparation } from "../../src/ui/train/data.ts";

const color = [200, 100, 50] as const;

/** One pixel of that colour, for a network of so many channels. */
function onePixel(preparation: Preparation, channels: number) {
  const options = { picture: { channels: 3, height: 1, width: 1 }, classes: ["a"], preparation: setPreparation(preparation, channels) };
  return resized(
    new BytesSet(Uint8Array.from(color), Int32Array.of(0), options),
    { channels, height: 1, width: 1 },
    preparation.channels === "gray",
  );
}

test.each<[string, number, Preparation]>([
  ["gray, where it has one channel", 1, {}],
  ["gray, prepared", 1, { mean: 0.5, std: 0.25 }],
  ["red first", 3, { mean: [0.4, 0.5, 0.6], std: [0.1, 0.2, 0.3] }],
  ["blue first", 3, { channels: "bgr", mean: [104, 117, 123], scale: 1 }],
  ["gray in each of three channels", 3, { channels: "gray" }],
  ["opaque, where it has a fourth channel", 4, {}],
  ["opaque, prepared", 4, { mean: [0.4, 0.5, 0.6, 0.2], std: [0.1, 0.2, 0.3, 0.5] }],
])("%s", (_, channels, preparation) => {
  const rows = colorMatrix(preparation, channels);
  const parts = [...color.map((one) => one / 255), 1];
  const shown = Array.from({ length: channels }, (_, k) => parts.reduce((sum, part, j) => sum + part * (rows[4 * k + j] as number), 0));
  const learned = [...onePixel(preparation, channels).examples([0]).inputs];
  // A gray value is a whole number of 255.
  const accuracy = preparation.scale === 1 ? 1 : 0.01;
  expect(learned).toHaveLength(channels);
  learned.forEach((one, k) => {
    expect(Math.abs(one - (shown[k] as number)), `channel ${k}: ${one}, shown ${shown[k]}`).toBeLessThan(accuracy);
  });
});

test("whatever comes first in a network, somebody who looks at a picture sees its colours", () => {
  expect([...pixelsOf(onePixel({ channels: "bgr" }, 3), 0).pixels]).toEqual([...color, 255]);
});
