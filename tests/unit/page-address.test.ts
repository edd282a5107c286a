// What the page's address holds comes back as it was, and what it cannot hold is said.
import { describe, expect, it } from "vitest";
import { type PageState, readAddress, restOfSearch, writeAddress } from "../../src/ui/page/address.ts";

const full: PageState = {
  network: "squeezenet",
  compare: "squeezenet-blank",
  labels: "https://example.org/names.txt?a=1&b=2",
  checkpoints: true,
  input: "drawing:AbC-_.d",
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
    inputShape: "x=1,3,320,320",
    hide: "presets",
    range: "0..6",
    colors: "magma",
    gamma: "0.5",
    compareAs: "difference",
    compareRange: "common",
    checkpoint: "2",
    boxes: "0.3",
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

  it.each<[string, PageState]>([
    ["a network at an address", { src: "https://example.org/nets/a b.onnx?download=true#trained", state: { view: "overview" } }],
    ["one in several files", { src: ["net.onnx", "weights, all.bin"], state: { view: "overview" } }],
    ["checkpoints at addresses", { src: "b.onnx", checkpoints: "a.onnx b.onnx", state: { view: "overview", checkpoint: "1" } }],
  ])("gives back %s", (_, wanted) => {
    expect(readAddress(`#${writeAddress(wanted)}`)).toEqual(wanted);
  });

  it("can be read by people: addresses stand in it as they are, and a drawing comes last", () => {
    expect(writeAddress({ src: "https://example.org/net.onnx", input: "drawing:AAAA", state: { view: "layer", layer: "conv_1" } })).toBe(
      "src=https://example.org/net.onnx&view=layer&layer=conv_1&input=drawing:AAAA",
    );
  });

  it("may be written behind the ?, too, by the names of attributes, which come first", () => {
    const search = "?src=net.onnx&input=road&view=layer&normalize=channel&colormap=magma&explain-class=3&input-shape=1,3,64,64&blank=7";
    expect(readAddress("#view=channel&channel=2&range=layer", search)).toEqual({
      ...{ src: "net.onnx", input: "road" },
      state: { view: "layer", channel: "2", range: "channel", colors: "magma", explainClass: "3", inputShape: "1,3,64,64", blank: 7 },
    });
    expect(readAddress("", "?mean=0.5,0.4,0.3&std=2&channels=bgr").preparation).toEqual({
      ...{ mean: [0.5, 0.4, 0.3], std: [2], channels: "bgr" },
    });
    expect(readAddress("", "?mean=much&src=a.onnx")).toMatchObject({ src: "a.onnx", problem: expect.stringContaining('"mean":"much"') });
  });

  it.each([
    ["?src=a.onnx&input=road&normalize=layer&mean=1", ""],
    ["?worker&src=a.onnx", "?worker"],
    ["?from=mail&network=mnist-early&view=layer", "?from=mail"],
    ["", ""],
  ])("leaves of %s what says nothing of what is shown", (search, rest) => {
    expect(restOfSearch(search)).toBe(rest);
  });

  it("is empty for what the page shows by itself", () => {
    expect(writeAddress({ state: { view: "overview" } })).toBe("");
    expect(readAddress("")).toEqual({ state: { view: "overview" } });
    // A place in the page, as a browser goes to while the page does not answer yet.
    expect(readAddress("#layers")).toEqual({ state: { view: "overview" } });
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
