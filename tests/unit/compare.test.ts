// Comparisons as data: which branches a network has, what panels show of two networks, and what these are called.
import { describe, expect, it, test } from "vitest";
import { arrangeCompared, checkWithin, readComparedAs } from "../../src/ui/compare/arrange.ts";
import { findBranches, pairBranches, readBranches, textOf } from "../../src/ui/compare/branches.ts";
import { namesIn, namesOf } from "../../src/ui/compare/names.ts";
import { readWithin } from "../../src/ui/compare/within.ts";
import type { DrawableLayer } from "../../src/ui/layers.ts";

function layer(value: string, shape: readonly number[] = [1, 8, 4, 4]): DrawableLayer {
  return { value, shape, operator: value === "x" ? "Input" : "Conv", isView: false, isInsideLayer: false };
}
const layers = (names: string) => names.split(" ").map((name) => layer(name));

describe("branches", () => {
  it.each<[string, readonly DrawableLayer[], readonly string[]]>([
    ["by a word before a line", layers("x a_conv b_conv a_relu b_relu y"), ["branches:a_+b_"]],
    ["by a scope", layers("x left/conv right/conv left/pool right/pool"), ["branches:left/+right/"]],
    ["three of them, in pairs", layers("a.1 a.2 b.1 b.2 c.1 c.2"), ["branches:a.+b.", "branches:a.+c.", "branches:b.+c."]],
    ["by a number, where the word says so", layers("branch1.a branch1.b branch2.a branch2.b"), ["branches:branch1.+branch2."]],
    ["none where stages are numbered", layers("block5_a block5_b block6_a block6_b"), []],
    ["none where single layers are called alike", layers("conv_1 pool_1 dense_1"), []],
    ["none where shapes differ", [layer("a_1"), layer("a_2"), layer("b_1", [1, 4, 4, 4]), layer("b_2", [1, 4, 2, 2])], []],
    ["none where most of a stage has no partner", layers("s1_a s1_b s1_c s1_d s2_a s2_b s2_e s2_f"), []],
  ])("are found %s", (_, given, expected) => expect(findBranches(given).map(textOf)).toEqual(expected));

  it("are read as the attribute says them, also by a part of a word", () => {
    const given = layers("ax ay bx by");
    expect([...readBranches("a+b", given).pairs]).toEqual([
      ["ax", "bx"],
      ["ay", "by"],
    ]);
  });

  it("without a name are the first that are found", () =>
    expect(textOf(readBranches("", layers("a_1 a_2 b_1 b_2")))).toBe("branches:a_+b_"));

  it.each([
    ["c_+d_", "no layer that begins with 'c_' has one like it with 'd_'. It has branches:a_+b_."],
    ["a_", "'a_' has one like it with ''"],
    ["a_+a_", "no layer that begins with 'a_'"],
  ])("that there are not, '%s', are refused in a sentence", (text, says) =>
    expect(() => readBranches(text, layers("a_1 a_2 b_1 b_2"))).toThrow(says),
  );
});

test("a seed of random weights is a number", () => {
  expect(() => checkWithin(readWithin("blank:1"))).not.toThrow();
  expect(() => checkWithin(readWithin("branches:x"))).not.toThrow();
  expect(() => checkWithin(readWithin("blank:x"))).toThrow("compare 'blank:x': expected a number behind 'blank:'");
});

describe("panels of a comparison", () => {
  const names = { first: "trained", second: "blank" };
  const branches = pairBranches(layers("a_1 b_1 a_2 b_2"), "a_", "b_");
  const choices = [{ value: "x" }, { value: "conv", share: 1 }];

  it("in two colours are those of one network", () =>
    expect(arrangeCompared(choices, { as: "colors", branches: undefined, picture: "x", names })).toEqual(choices));

  it("side by side are two for each value but the picture, called by whose they are", () =>
    expect(arrangeCompared(choices, { as: "side", branches: undefined, picture: "x", names })).toEqual([
      { value: "conv", share: 2, shows: "first", title: "conv · trained" },
      { value: "conv", share: 2, shows: "second", title: "conv · blank" },
      { value: "x" },
    ]));

  it("as a difference say so", () =>
    expect(arrangeCompared(choices, { as: "difference", branches: undefined, picture: "x", names })[1]).toEqual({
      ...{ value: "conv", share: 1, shows: "difference", title: "conv · difference" },
    }));

  it("of branches stand once for both partners, and alone for what has none", () =>
    expect(
      arrangeCompared([{ value: "x" }, { value: "a_1" }, { value: "b_1" }, { value: "b_2" }, { value: "y" }], {
        ...{ as: "difference", branches, picture: "x", names },
      }),
    ).toEqual([
      { value: "x" },
      { value: "a_1", compare: "b_1", shows: "difference", title: "b_1 − a_1 · difference" },
      { value: "a_2", compare: "b_2", shows: "difference", title: "b_2 − a_2 · difference" },
      { value: "y" },
    ]));

  it("of branches side by side are called by their own names", () =>
    expect(arrangeCompared([{ value: "a_1" }], { as: "side", branches, picture: undefined, names }).map(({ title }) => title)).toEqual([
      "a_1",
      "b_1",
    ]));

  it("in a way that there is not are refused", () =>
    expect(() => readComparedAs("both")).toThrow("compare-as 'both': expected colors, side, difference."));
});

test.each<[string, string | null, unknown, unknown, string, string]>([
  ["what the page says", "A | B", "a.onnx", "b.onnx", "A", "B"],
  ["files", null, new File([], "folder/a.onnx"), "https://x.y/n/b%20c.onnx?v=1", "a.onnx", "b c.onnx"],
  ["a name behind #", null, "blob:http://x/123#early.onnx", new URL("http://x/b.onnx"), "early.onnx", "b.onnx"],
  ["several files, by the network among them", null, ["w.data", "net.onnx"], "b.onnx", "net.onnx", "b.onnx"],
  ["two of one name", null, "a/net.onnx", "b/net.onnx", "net.onnx (first)", "net.onnx (second)"],
  ["bytes", null, new Uint8Array(3), new Uint8Array(3), "the first network", "the second network"],
  ["a blank twin", null, "a.onnx", "blank:1", "a.onnx", "its blank twin"],
  ["branches", null, "a.onnx", "branches:a_+b_", "a_", "b_"],
])("networks are called by %s", (_, said, src, compare, first, second) => expect(namesOf(said, src, compare)).toEqual({ first, second }));

type Attributes = Readonly<Record<string, string | null>>;
const attributesOf = (given: Attributes) => (name: string) => given[name] ?? null;

test.each<[string, Attributes, unknown, string, string]>([
  ["optimiser", { "train-rival": "optimizer:sgd" }, "blank:2", "Adam", "SGD with momentum"],
  [
    "optimiser, where the first has another",
    { "train-rival": "optimizer:adam", "train-optimizer": "adagrad" },
    "a.onnx",
    "Adagrad",
    "Adam",
  ],
  ["rate", { "train-rival": "rate:0.01" }, "blank:2", "first", "second, rate 0.01"],
  ["first weights", { "train-rival": "seed" }, "blank:2", "its own weights", "weights of seed 2"],
  [
    "first weights, where those of both are random",
    { "train-rival": "seed", blank: "1" },
    "blank:2",
    "weights of seed 1",
    "weights of seed 2",
  ],
  ["file", { "train-rival": "optimizer:sgd" }, "b.onnx", "a.onnx", "b.onnx"],
  ["names", { "train-rival": "rate:0.01", "compare-names": "slow | fast" }, "blank:2", "slow", "fast"],
  ["not learning", {}, "blank:2", "a.onnx", "its blank twin"],
  ["not learning any more", { train: null, "train-rival": "optimizer:sgd" }, "blank:2", "a.onnx", "its blank twin"],
])("two networks that learn are called by what is another about the second: its %s", (_, given, compare, first, second) => {
  const blank = given["blank"] ? Number(given["blank"]) : undefined;
  const element = { src: "a.onnx", blank, parameters: undefined, getAttribute: attributesOf({ train: "shapes", ...given }) };
  expect(namesIn({ ...element, compare } as never)).toEqual({ first, second });
});

test.each([
  ["blank:7", { kind: "blank", text: "7" }],
  ["branches:a_+b_", { kind: "branches", text: "a_+b_" }],
  ["blank.onnx", undefined],
  ["models/branches:1.onnx", undefined],
  [new Uint8Array(1), undefined],
  [["blank:7"], undefined],
])("what is compared within one network: %s", (compare, expected) => expect(readWithin(compare)).toEqual(expected));
