// Every operator, and every block that the overview knows, has a sentence; what it leads to is in the article.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sentenceOfBlock, sentenceOfLayer } from "../../src/ui/instrument/layer-words.ts";
import { runningNames } from "../support/catalog.ts";

const article = readFileSync(new URL("../../learn.html", import.meta.url), "utf8");
const chapters = new Set([...article.matchAll(/<h2 id="(\w+)"/g)].map(([, id]) => id));
const blocks = [
  "residual block",
  "bottleneck",
  "inverted residual",
  "Fire",
  "inception",
  "dense layer",
  "squeeze and excite",
  "gated block",
];

test("every operator of ONNX that runs has a sentence, and what it leads to is there", () => {
  expect(runningNames.length).toBeGreaterThan(100);
  for (const name of ["Input", ...runningNames]) {
    const sentence = sentenceOfLayer([name]);
    expect(sentence?.text, name).toMatch(/^[A-Z1].*\.$/);
    if (sentence?.chapter) expect(chapters).toContain(sentence.chapter);
  }
});

test("every block has one, too, and others are said to be several layers", () => {
  const other = sentenceOfBlock("block").text;
  for (const kind of blocks) {
    expect(sentenceOfBlock(kind).text).not.toBe(other);
    expect(chapters).toContain(sentenceOfBlock(kind).chapter);
  }
});

test.each<[readonly string[], string, RegExp]>([
  [["Conv", "BatchNormalization", "Relu"], "of the convolution and of what ends it", /^A convolution: .* ReLU: /],
  [["Conv"], "of the convolution alone", /^A convolution: [^:]*\.$/],
  [["Relu"], "once", /^ReLU: [^:]*\.$/],
  [["Add", "Relu"], "of the sum and the activation", /^Adds what two ways bring.*ReLU: /],
  [["Unheard", "MaxPool"], "of what is known", /^Keeps the largest/],
])("of %j it says %s", (operators, _, expected) => {
  expect(sentenceOfLayer(operators)?.text).toMatch(expected);
});

test("of what is not known nothing is said", () => {
  expect(sentenceOfLayer([])).toBeUndefined();
  expect(sentenceOfLayer(["Unheard"])).toBeUndefined();
  expect(sentenceOfBlock("constructor").text).toBe(sentenceOfBlock("block").text);
});
