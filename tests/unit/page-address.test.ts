// What the page's address holds comes back as it was, and what it cannot hold is said.
import { describe, expect, it } from "vitest";
import { type PageState, readAddress, writeAddress } from "../../src/ui/page/address.ts";

const full: PageState = {
  network: "squeezenet",
  compare: "squeezenet-blank",
  checkpoints: true,
  preparation: { mean: [0.5, 0.4, 0.3], std: 2, scale: 1, channels: "bgr", fit: "contain" },
  state: {
    view: "pixel",
    layer: "features.4/expand & squeeze, 1×1",
    channel: "37",
    pixel: "20,31",
    order: "activity",
    page: "2",
    pageSize: "16",
    beforeActivation: "",
    smooth: "",
    mapOverlay: "0.5",
    layers: "conv_1,a+b",
    range: "0..6",
    colors: "magma",
    compareAs: "difference",
    checkpoint: "2",
    explain: "grad-cam",
    explainClass: "207",
    overlay: "0.4",
    patterns: "",
    patternSize: "96",
    blank: 7,
    gates: [{ value: "conv_1", channel: 3, scale: 0 }],
  },
};

describe("the page's address", () => {
  it("gives back what it was written from", () => {
    const { problem, ...back } = readAddress(`#${writeAddress(full)}`);
    expect(back).toEqual(full);
    expect(problem).toBeUndefined();
  });

  it("is empty for what the page shows by itself", () => {
    expect(writeAddress({ state: { view: "overview" } })).toBe("");
    expect(readAddress("")).toEqual({ state: { view: "overview" } });
  });

  it("leaves out what the page has of its own: sources, labels, a preparation that nobody chose", () => {
    expect(writeAddress({ state: { src: "a.onnx", input: "b.png", labels: ["a"], preparation: { scale: 1 } } })).toBe("");
  });

  it.each([
    ["gates=%7B", "gates '{'"],
    ["gates=[1]", "gates '[1]'"],
    ["blank=%22seven%22", "blank '\"seven\"'"],
    ["preparation=%7B%22mean%22:%22a%22%7D", 'preparation \'{"mean":"a"}\''],
    ["preparation=%7B%22other%22:1%7D", "preparation '{\"other\":1}'"],
    ["preparation=[]", "preparation '[]'"],
  ])("says what of %s it cannot read, and reads the rest", (hash, problem) => {
    const read = readAddress(`#layer=conv_1&${hash}`);
    expect(read.problem).toContain(problem);
    expect(read.state).toMatchObject({ layer: "conv_1" });
    expect(read.state.gates ?? read.state.blank).toBeUndefined();
  });
});
