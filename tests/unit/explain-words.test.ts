// What the element says of explanations, and how it reads what is asked for.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { explanationMethods, resultOf } from "../../src/engine/explanation.ts";
import { type MethodText, methodTexts } from "../../src/ui/explain/texts.ts";
import { readClass, readOverlay } from "../../src/ui/explain/wish.ts";
import { sentencesFor, tileLabel, wordsFor } from "../../src/ui/explain/words.ts";

test("every method with places in the picture has its words, and docs/explanations.md has the same", () => {
  const docs = readFileSync("docs/explanations.md", "utf8");
  expect(Object.keys(methodTexts).toSorted()).toEqual(explanationMethods.filter((method) => resultOf(method) !== "channels").toSorted());
  for (const [method, texts] of Object.entries<MethodText>(methodTexts))
    for (const { seen, limit } of [texts, texts.ofLayer ?? texts]) expect(docs).toContain(`| \`${method}\` | ${seen} | ${limit} |`);
});

const names = ["tench", "house finch", "indigo bunting", "zebra finch", "12"];

test.each([
  ["an index", "3", 3],
  ["an index that no name has yet", "999", 999],
  ["an index, though another class has that name", "12", 12],
  ["a name", "indigo bunting", 2],
  ["the top one", "top", undefined],
  ["nothing", " ", undefined],
  ["nothing at all", undefined, undefined],
])("%s is a class", (_, text, index) => expect(readClass("explain-class", text, names)).toBe(index));

test.each([
  [
    "a name that there is not",
    "gorilla",
    names,
    "explain-class 'gorilla': no class is called so. Expected the index of a class, its name, or top.",
  ],
  ["a part of names", "Finch", names, "Did you mean 'house finch', 'zebra finch'? Expected"],
  ["a name where there are none", "tench", [], "explain-class 'tench': the classes have no names here. Expected"],
  ["a negative index", "-1", [], "explain-class '-1'"],
])("%s is none, and the message says what is", (_, text, given, message) =>
  expect(() => readClass("explain-class", text, given)).toThrow(message),
);

test("a class to compare with has no top one, and none where nothing is said", () => {
  expect(readClass("explain-against", "zebra finch", names)).toBe(3);
  expect(readClass("explain-against", undefined, names)).toBeUndefined();
  expect(() => readClass("explain-against", "top", names)).toThrow(
    "explain-against 'top': no class is called so. Expected the index of a class or its name.",
  );
});

test.each([
  [undefined, 0.6, false],
  ["0", 0, false],
  ["0.25", 0.25, false],
  ["1", 1, false],
  ["alone", 1, true],
])("the overlay %s is heat of opacity %s, without the picture: %s", (text, opacity, isAlone) =>
  expect(readOverlay(text)).toEqual({ opacity, isAlone }),
);

test.each(["", "2", "-0.1", "half"])("the opacity '%s' is refused", (text) =>
  expect(() => readOverlay(text)).toThrow(`overlay '${text}': expected a number from 0 to 1, such as 0.6, or alone`),
);

const one = {
  layers: ["conv_1"],
  layerCount: 1,
  isOfPicture: false,
  isProbability: false,
  number: undefined,
  tiles: [],
  colorMap: "magma",
  needsRun: false,
  width: 1,
  height: 1,
} as const;
const told = {
  ...{ id: 1, pictureId: 1, class: 3, label: "hen, fowl", isTop: true, score: 0.9, againstScore: undefined, against: undefined },
  ...{ layers: [{ full: 2.5, nonFiniteCount: 0 }], done: 1, total: 1 },
} as const;
const cock = { againstScore: 0.05, against: { class: 5, label: "cock" } } as const;
const [map, difference, sizes] = [
  { isMap: true, sides: "above" },
  { isMap: true, sides: "both" },
  { isMap: false, sides: "size" },
] as const;

test.each([
  [
    "a class by its first name",
    told,
    map,
    { title: "Why hen?", low: "0", high: "2.5", scope: "what speaks for the class, up to the largest" },
  ],
  [
    "a class rather than another",
    { ...told, ...cock },
    difference,
    {
      title: "Why hen rather than cock?",
      detail: "Grad-CAM by conv_1 · the top class · score 0.9, 0.05 for cock",
      ...{ low: "−2.5", high: "2.5" },
      scope: "red speaks for hen rather than cock, blue for cock rather than hen, up to the largest",
    },
  ],
  [
    "how much a difference depends on elements",
    { ...told, ...cock },
    sizes,
    { low: "0", scope: "how much the difference depends on it; 1% of what is not 0 lies above" },
  ],
  [
    "the top class, which is the other one itself",
    { ...told, ...cock, class: 5, label: "cock", layers: [{ full: 0, nonFiniteCount: 0 }] },
    difference,
    {
      ...{ title: "Why cock?", low: "0", high: "0", scope: "the difference is 0 everywhere" },
      status: "cock is the top class, so there is nothing to tell it from. Choose another class.",
    },
  ],
  [
    "nothing",
    { ...told, layers: [{ full: 0, nonFiniteCount: 3 }] },
    map,
    { status: "Nothing in this layer speaks for the class. 3 of its elements are not finite." },
  ],
  ["not all runs", { ...told, done: 2, total: 9 }, map, { detail: "Grad-CAM by conv_1 · the top class · score 0.9 · run 2 of 9" }],
] as const)("the words tell %s", (_, given, kind, words) => {
  expect(wordsFor(given, { ...one, kind }, "grad-cam")).toMatchObject(words);
});

test.each([
  ["occlusion", "the picture", true, sizes, "Bright where covering a patch of the picture lowers the score most."],
  ["occlusion", "a layer", false, sizes, "Bright where covering a patch of the layer's maps lowers the score most."],
  ["cam", "a layer", false, map, "Bright where the last maps add most to the score."],
  [
    "cam",
    "a difference",
    false,
    difference,
    "Coloured where the last maps add most to the score. Red is for the class, blue for the other one.",
  ],
] as const)("what is seen of %s of %s", (method, _, isOfPicture, kind, sentence) =>
  expect(sentencesFor(method, { isOfPicture, kind, number: undefined }).seen).toBe(sentence),
);

test("the words tell which of two networks is explained", () => {
  const { detail } = wordsFor({ ...told, isCompared: true }, { ...one, kind: map }, "grad-cam");
  expect(detail).toBe("Grad-CAM by conv_1 · the top class · score 0.9 · of the first network");
});

test("the words tell a probability where the network gives one", () => {
  const { detail } = wordsFor({ ...told, score: 0.998 }, { ...one, kind: map, isProbability: true }, "grad-cam");
  expect(detail).toBe("Grad-CAM by conv_1 · the top class · probability 99.8%");
});

test("the words tell how many layers there are, and that each has a largest of its own", () => {
  const layers = [
    { full: 1, nonFiniteCount: 0 },
    { full: 0, nonFiniteCount: 0 },
  ];
  const explained = { ...one, layers: ["a", "b"], kind: map };
  expect(wordsFor({ ...told, layers }, { ...explained, layerCount: 2 }, "grad-cam")).toMatchObject({
    detail: "Grad-CAM by 2 convolution layers · the top class · score 0.9",
    status: "",
    high: "largest",
    scope: "what speaks for the class, each layer up to its own largest",
  });
  const { detail } = wordsFor({ ...told, layers }, { ...explained, layerCount: 7 }, "grad-cam");
  expect(detail).toContain("by 2 of 7 convolution layers, evenly in depth");
});

test.each([
  ["with heat", false, "conv_1: show it alone"],
  ["without", true, "conv_1, nothing: show it alone"],
])("the button of a layer's picture %s says so", (_, isNothing, label) => expect(tileLabel("conv_1", isNothing)).toBe(label));

describe("an answer that is one number", () => {
  const explained = { ...one, kind: map, number: "steering" };
  const numbers = { ...told, ...{ class: 0, label: "steering", score: undefined, layers: [{ full: 0, nonFiniteCount: 0 }] } };

  test("is called by its name, and no class", () =>
    expect(wordsFor(numbers, explained, "grad-cam")).toMatchObject({
      title: "Why steering?",
      detail: "Grad-CAM by conv_1 · one number, no class",
      status: "Nothing in this layer speaks for a larger steering.",
      scope: "what speaks for a larger steering, up to the largest",
    }));

  test.each(Object.keys(methodTexts))("has no class and no score in what is said of %s", (method) => {
    for (const isOfPicture of [true, false]) {
      const { seen, limit } = sentencesFor(method, { ...explained, isOfPicture });
      expect(`${seen} ${limit}`).not.toMatch(/\bclass\b|\bthe score/i);
    }
  });

  test.each(["a$&b", "the score", "against the class"])("may be called '%s'", (number) =>
    expect(sentencesFor("grad-cam", { ...explained, number }).seen).toBe(
      `Bright where the layer's maps speak for a larger ${number}, each map weighed by its mean effect on ${number}.`,
    ),
  );

  test("says what its heat is", () =>
    expect(sentencesFor("grad-cam", explained).seen).toBe(
      "Bright where the layer's maps speak for a larger steering, each map weighed by its mean effect on steering.",
    ));
});
