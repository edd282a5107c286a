// What checks of files and of a GPU come to, in words, and which of several files are networks.
import { describe, expect, it } from "vitest";
import type { FileCheck } from "../../src/checks/check-file.ts";
import { errorTexts, notesOf, runText, verificationText } from "../../src/checks/words.ts";
import type { VerifiedLayer } from "../../src/engine/verify/verify.ts";
import { networksAmong } from "../../src/ui/page/dropped-files.ts";

const runs: FileCheck = {
  file: "a.onnx",
  verdict: "runs",
  reasons: [],
  nodes: 1,
  inputs: [{ name: "x", dtype: "float32", shape: [1, 3, 8, 8] }],
  outputs: [
    { name: "y", dtype: "float32", shape: [1, 5], nonFinite: 2 },
    { name: "z", dtype: "float32", shape: [], nonFinite: 0 },
  ],
  ms: 12.4,
};

it("says what a file that runs takes and gives, and what of it is not finite", () => {
  expect(runText(runs)).toBe("1 node, 1×3×8×8 → 1×5, scalar, 12 ms");
  expect(notesOf(runs)).toEqual(["2 elements of 'y' not finite"]);
  expect(notesOf({ ...runs, reasons: ["why"], outputs: [] })).toEqual(["why"]);
});

const layer = (name: string, verdict: VerifiedLayer["verdict"], relative = 0, tolerance = 1e-5, reason?: string): VerifiedLayer => ({
  ...{ name, operator: "Conv + Relu", kernel: "", elements: 10, verdict, error: relative, relative, tolerance },
  ...(reason && { reason }),
});

describe("a check of the GPU", () => {
  it("names the layer with the largest error for its place", () => {
    const layers = [layer("a", "right", 2e-6), layer("b", "right", 1e-6, 2e-6), layer("c", "left out", 0, 0, "it is long.")];
    expect(verificationText(layers, "SwiftShader")).toBe(
      "All 2 layers that were checked are right on SwiftShader. The largest error for its place is in b: 1.0e-6 of the largest number there, where up to 2.0e-6 is rounding. 1 layer left out: the table says why.",
    );
  });

  it("says which is wrong, where, and what to do", () => {
    const text = verificationText([layer("a", "right"), layer("b", "wrong", 0.5, 1e-5, "element 7 of 10 is 2, expected 1")], "A GPU");
    expect(text).toMatch(
      /^1 of 2 layers is wrong on A GPU\. The worst is b \(Conv \+ Relu\), off by 5\.0e-1 of .*: element 7 of 10 is 2, expected 1\. Update/,
    );
  });

  it("writes an error with two digits, and none of a layer that is left out", () => {
    expect(errorTexts(layer("a", "right", 0, 1.26e-6))).toEqual(["0", "1.3e-6"]);
    expect(errorTexts(layer("a", "wrong", Infinity, 0))).toEqual(["∞", "0"]);
    expect(errorTexts(layer("a", "left out", 0, 0, "it is long."))).toEqual(["", ""]);
  });

  it("does not take infinity for little, nor nothing for right", () => {
    expect(verificationText([layer("a", "wrong", Infinity, 0, "its shape is another")], "A GPU")).toContain("off by ∞");
    expect(verificationText([layer("a", "left out", 0, 0, "it is long.")], "A GPU")).toMatch(/^No layer could be checked\./);
  });
});

describe("networksAmong", () => {
  const file = (name: string, size: number) => new File([new Uint8Array(size)], name);
  const namesOf = (files: readonly File[]) => networksAmong(files).networks.map((network) => network.map(({ name }) => name));

  it("gives each network all files that may hold its weights", () => {
    const files = [file("a/one.onnx", 10), file("a/weights.bin", 5), file("b/two.ONNX", 99)];
    expect(namesOf(files)).toEqual([
      ["a/one.onnx", "a/weights.bin"],
      ["b/two.ONNX", "a/weights.bin"],
    ]);
  });

  it.each<[why: string, files: readonly File[], isSeries: boolean]>([
    ["files of about one size are checkpoints", [file("a.onnx", 1000), file("b.onnx", 1004)], true],
    ["files of other sizes are not", [file("a.onnx", 1000), file("b.onnx", 1100)], false],
    ["nor those with weights beside them", [file("a.onnx", 1000), file("b.onnx", 1000), file("a.data", 7)], false],
    ["nor is one", [file("a.onnx", 1000)], false],
  ])("%s", (_, files, isSeries) => {
    expect(networksAmong(files).isSeries).toBe(isSeries);
  });
});
