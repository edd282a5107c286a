// What the element says of explanations, and how it reads what is asked for.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { explanationMethods, resultOf } from "../../src/engine/explanation.ts";
import { methodTexts } from "../../src/ui/explain/texts.ts";
import { readClass, readOverlay } from "../../src/ui/explain/wish.ts";

test("every method with places in the picture has its words, and docs/explanations.md has the same", () => {
  const docs = readFileSync("docs/explanations.md", "utf8");
  expect(Object.keys(methodTexts).toSorted()).toEqual(explanationMethods.filter((method) => resultOf(method) !== "channels").toSorted());
  for (const [method, { seen, limit }] of Object.entries(methodTexts)) expect(docs).toContain(`| \`${method}\` | ${seen} | ${limit} |`);
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
