// Where somebody looks in a network: what attributes say, and one level in and out.
import { describe, expect, it, test } from "vitest";
import { attributesOf, inward, outward, type Place, readPlace } from "../../src/ui/instrument/place.ts";
import type { DrawableLayer } from "../../src/ui/layers.ts";

const layer = (value: string, shape: readonly number[], operator = "Conv", axes?: string): DrawableLayer => ({
  value,
  operator,
  shape,
  axes,
  isView: false,
  isInsideLayer: value.endsWith("/sum"),
});
const layers = [
  layer("picture", [1, 3, 8, 8], "Input"),
  layer("conv/sum", [1, 4, 6, 5]),
  layer("conv", [1, 4, 6, 5], "Relu"),
  layer("last", [1, 6, 5, 4], "Conv", "nhwc"),
  layer("scores", [1, 10], "Gemm"),
];

function place(attributes: Readonly<Record<string, string>>): Place {
  return readPlace({ getAttribute: (name) => attributes[name] ?? null }, layers);
}

describe("readPlace", () => {
  it("is everything that attributes say", () => {
    const { view, layer: found, channel, y, x } = place({ view: "pixel", layer: "conv", channel: "3", pixel: "5, 4" });
    expect([view, found.value, channel, y, x]).toEqual(["pixel", "conv", 3, 5, 4]);
  });

  it("takes the end of the first layer that computes, its first channel and the middle of its map where nothing is said", () => {
    const { view, layer: found, channel, y, x } = place({ view: "" });
    expect([view, found.value, channel, y, x]).toEqual(["overview", "conv", 0, 3, 2]);
  });

  it("counts the channels of an NHWC value where they lie", () => {
    expect(place({ view: "channel", layer: "last", channel: "3" }).maps).toMatchObject({ channels: 4, height: 6, width: 5 });
  });

  it.each([
    [{ view: "inside" }, "view 'inside': expected overview, layer, channel, pixel"],
    [{ view: "layer", layer: "none" }, "layer: this network has no value 'none'. It has picture, conv/sum, conv"],
    [{ view: "channel", layer: "conv", channel: "4" }, "channel '4': 'conv' has 4, counted from 0"],
    [{ view: "channel", layer: "conv", channel: "-1" }, "channel '-1'"],
    [{ view: "pixel", layer: "conv", pixel: "6,0" }, "from 0,0 to 5,4"],
    [{ view: "pixel", layer: "conv", pixel: "," }, "pixel ','"],
    [{ view: "pixel", layer: "conv", pixel: "1,2,3" }, "pixel '1,2,3'"],
  ])("says what is wrong with %j", (attributes, message) => {
    expect(() => place(attributes as Record<string, string>)).toThrow(message);
  });
});

test("a click goes one level in, and Escape goes back the same way", () => {
  const conv = layers[2] as DrawableLayer;
  const point = { channel: 2, y: 1, x: 3 };
  let at = place({ view: "overview" });
  const way = ["overview"];
  for (let i = 0; i < 4; i++) {
    at = inward(at, conv, point);
    way.push(at.view);
  }
  expect(way).toEqual(["overview", "layer", "channel", "pixel", "pixel"]);
  expect(attributesOf(at)).toEqual({ view: "pixel", layer: "conv", channel: "2", pixel: "1,3" });
  const back = [at.view];
  for (let i = 0; i < 4; i++) {
    at = outward(at);
    back.push(at.view);
  }
  expect(back).toEqual(["pixel", "channel", "layer", "overview", "overview"]);
});

test("a dense layer has no maps between itself and its units", () => {
  const scores = layers[4] as DrawableLayer;
  const unit = inward(place({ view: "layer", layer: "scores" }), scores, { channel: 7, y: 0, x: 0 });
  expect(attributesOf(unit)).toEqual({ view: "pixel", layer: "scores", channel: "7", pixel: "0,0" });
  expect(outward(unit).view).toBe("layer");
});

test("what is deeper than the view is not written", () => {
  expect(attributesOf(place({ view: "layer", layer: "conv", channel: "2" }))).toEqual({ view: "layer", layer: "conv" });
});
