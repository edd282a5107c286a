// A layer of many channels is shown page by page: which channels stand on each, and what is said of a page that there is not.
import { describe, expect, it } from "vitest";
import { channelsOn, readPage, spanOf, turned } from "../../src/ui/instrument/paging.ts";
import { viewAsMaps } from "../../src/ui/mosaic/maps.ts";

function page(attributes: Readonly<Record<string, string>>, channels = 150, side = 7) {
  const maps = viewAsMaps([1, channels, side, side], [channels * side * side, side * side, side, 1]);
  if (!maps) throw new Error("no maps");
  return readPage({ getAttribute: (name) => attributes[name] ?? null }, maps, "conv");
}

describe("readPage", () => {
  it.each([
    ["64 at once", {}, 150, { number: 1, count: 3, total: 150, size: 64 }, [0, 64]],
    ["the last one with what is left", { page: "3" }, 150, { number: 3, count: 3, total: 150, size: 64 }, [128, 150]],
    ["as many as somebody wants", { page: "10", "page-size": "16" }, 150, { number: 10, count: 10, total: 150, size: 16 }, [144, 150]],
    ["all of them", { "page-size": "all" }, 150, { number: 1, count: 1, total: 150, size: 150 }, [0, 150]],
    ["few channels at once", { "page-size": "256" }, 32, { number: 1, count: 1, total: 32, size: 32 }, [0, 32]],
  ])("shows %s", (_, attributes, channels, expected, span) => {
    const found = page(attributes as Record<string, string>, channels);
    expect(found).toEqual(expected);
    expect(spanOf(found)).toEqual(span);
  });

  it("shows all units of a dense layer, which are cells", () => {
    expect(page({}, 1000, 1)).toMatchObject({ count: 1, size: 1000 });
  });

  it.each([
    [{ page: "4" }, "page '4': 'conv' has 3 of 64 channels, counted from 1"],
    [{ page: "0" }, "page '0'"],
    [{ page: "first" }, "page 'first'"],
    [{ "page-size": "0" }, "page-size '0': expected how many channels are shown at once"],
    [{ "page-size": "few" }, "page-size 'few'"],
  ])("says what is wrong with %j", (attributes, message) => {
    expect(() => page(attributes as Record<string, string>)).toThrow(message);
  });
});

describe("channelsOn", () => {
  it("takes them as they lie, or in another order", () => {
    const second = page({ page: "2", "page-size": "3" }, 7);
    expect(channelsOn(second, undefined)).toEqual([3, 4, 5]);
    expect(channelsOn(second, [6, 5, 4, 3, 2, 1, 0])).toEqual([3, 2, 1]);
  });

  it("is everything where there is one page", () => {
    expect(channelsOn(page({}, 7), undefined)).toBeUndefined();
    expect(channelsOn(page({}, 3), [2, 0, 1])).toEqual([2, 0, 1]);
  });
});

it("turns from the last page to the first, and back", () => {
  const last = page({ page: "3" });
  expect(turned(last, 1)).toBe(1);
  expect(turned(page({}), -1)).toBe(3);
  expect(turned(last, -1)).toBe(2);
});
