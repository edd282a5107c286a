// Where a map is largest: its peaks, against a search of all places, and presets of layers that are made from a network's overview.
import { describe, expect, it } from "vitest";
import { presetsOf } from "../../src/ui/instrument/presets.ts";
import { parseLayerChoices } from "../../src/ui/layers.ts";
import type { OverviewNode } from "../../src/ui/overview/condense.ts";
import { peaksOf } from "../../src/ui/statistics/strongest.ts";

const size = { height: 7, width: 9 };
const bumpy = Array.from({ length: 63 }, (_, i) => Math.sin(i * 1.3) + Math.cos(i * 0.7));

describe("peaksOf", () => {
  it("finds every element without a larger neighbour, the largest first", () => {
    const at = (y: number, x: number) => (y < 0 || x < 0 || y >= 7 || x >= 9 ? -Infinity : (bumpy[y * 9 + x] as number));
    const all = bumpy.flatMap((element, i) => {
      const [y, x] = [Math.floor(i / 9), i % 9];
      const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => at(y + dy, x + dx)));
      return Math.max(...around) === element ? [{ y, x, element }] : [];
    });
    all.sort((a, b) => b.element - a.element);
    expect(peaksOf(bumpy, size, 100)).toEqual(all);
    expect(peaksOf(bumpy, size, 3)).toEqual(all.slice(0, 3));
  });

  it.each([
    ["a plateau counts once", [0, 6, 6, 0, 6, 6], { height: 2, width: 3 }, [{ y: 0, x: 1, element: 6 }]],
    ["a silent map has none", [0, 0, 0, 0], { height: 2, width: 2 }, []],
    ["what is not finite is none", [Number.NaN, 1, 0, Infinity], { height: 1, width: 4 }, [{ y: 0, x: 1, element: 1 }]],
    ["of numbers below 0 the nearest to 0", [-3, -1, -2], { height: 1, width: 3 }, [{ y: 0, x: 1, element: -1 }]],
    ["one element is the same everywhere", [5], { height: 1, width: 1 }, []],
  ])("%s", (_, map, extent, expected) => {
    expect(peaksOf(map, extent, 5)).toEqual(expected);
  });
});

const node = (id: string, shape: readonly number[], operators = "Conv Relu", role: OverviewNode["role"] = "layer") => ({
  ...{ id, title: id, role, names: [id], operators: operators.split(" "), values: [id], outputs: [], shape },
  ...{ parameterCount: 0, macs: 0, obstacles: [] },
});

describe("presetsOf", () => {
  const nodes = [
    node("x", [1, 3, 32, 32], "", "input"),
    node("c1", [1, 16, 32, 32]),
    node("c2", [1, 16, 32, 32]),
    node("p1", [1, 16, 16, 16], "MaxPool"),
    node("c3", [1, 6, 16, 16]),
    node("scores", [1, 10], "Gemm"),
  ];
  const layers = nodes.map(({ id, shape }) => ({ value: id, operator: "Conv", shape, isView: false, isInsideLayer: false }));
  const looks = Object.fromEntries(presetsOf(nodes, layers).map(({ title, look }) => [title, look]));

  it("takes the first maps of the first convolution of each block", () => {
    expect(looks["VGG article"]).toMatchObject({ view: "overview", layers: "c1[0-7],c3[0-5]", columns: "8" });
  });

  it("takes all maps of the first layers, 16 in a row", () => {
    expect(looks["Chollet"]).toMatchObject({ layers: "c1,c2,p1,c3", columns: "16", normalize: "chollet", colormap: "viridis" });
  });

  it("takes the last convolution as one grey mosaic", () => {
    expect(looks["Convcam"]).toMatchObject({ view: "layer", layer: "c3", "page-size": "all", colormap: "gray" });
  });

  it("offers nothing for a network without convolutions", () => {
    expect(presetsOf([node("scores", [1, 10], "Gemm")], layers)).toEqual([]);
  });

  it("names channels in a way that lists of layers read", () => {
    const { choices, unknown } = parseLayerChoices("c1[0-2], c3[4-5], c9[0-1], odd[0-1]", new Set(["c1", "c3", "odd[0-1]"]));
    expect(choices).toEqual([{ value: "c1", channels: [0, 1, 2] }, { value: "c3", channels: [4, 5] }, { value: "odd[0-1]" }]);
    expect(unknown).toEqual(["c9[0-1]"]);
  });
});
