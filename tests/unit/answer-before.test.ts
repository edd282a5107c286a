// What a change does to the answer, in words.
import { expect, test } from "vitest";
import { AnswerBefore } from "../../src/ui/answer-before.ts";

const labels = ["cat", "dog", "cup"];
const answered = (...scores: number[]) => ({ outputs: [Float32Array.from(scores)], isTrained: true });
const clean = { labels, isChanged: false, isStill: true };
const changed = { labels, isChanged: true, isStill: true };

test("tells the top class before and now, and the one that took its place", () => {
  const answer = new AnswerBefore();
  expect(answer.tell(answered(0.8, 0.15, 0.05), clean)).toBe("");
  expect(answer.tell(answered(0.6, 0.3, 0.1), changed)).toBe("cat 80.0% → 60.0%");
  expect(answer.tell(answered(0.2, 0.7, 0.1), changed)).toBe("cat 80.0% → 20.0%; now dog 70.0%");
});

test("scores before a softmax are told as probabilities", () => {
  const answer = new AnswerBefore();
  answer.tell(answered(Math.log(8), Math.log(1), Math.log(1)), clean);
  expect(answer.tell(answered(Math.log(4), Math.log(4), Math.log(2)), changed)).toBe("cat 80.0% → 40.0%");
});

test("of a picture that stays, a late result of a frame with the change is not taken for the answer before", () => {
  const answer = new AnswerBefore();
  answer.tell(answered(0.8, 0.15, 0.05), clean);
  answer.tell(answered(0.2, 0.7, 0.1), changed);
  answer.tell(answered(0.2, 0.7, 0.1), clean);
  expect(answer.tell(answered(0.6, 0.3, 0.1), changed)).toBe("cat 80.0% → 60.0%");
});

test("what moves has another answer before each time", () => {
  const answer = new AnswerBefore();
  answer.tell(answered(0.8, 0.15, 0.05), { ...clean, isStill: false });
  answer.tell(answered(0.2, 0.7, 0.1), { ...changed, isStill: false });
  answer.tell(answered(0.1, 0.9, 0), { ...clean, isStill: false });
  expect(answer.tell(answered(0.5, 0.5, 0), { ...changed, isStill: false })).toBe("dog 90.0% → 50.0%; now cat 50.0%");
});

test("says how to see the answer before where nobody knows it, or nothing where it is not to", () => {
  expect(new AnswerBefore().tell(answered(0.8, 0.15, 0.05), changed)).toBe("");
  const answer = new AnswerBefore("Clear the brush");
  expect(answer.tell(answered(0.8, 0.15, 0.05), changed)).toBe("Now cat 80.0%. Clear the brush to see the answer without it.");
  answer.tell(answered(0.5, 0.4, 0.1), clean);
  answer.forget();
  expect(answer.tell(answered(0.8, 0.15, 0.05), changed)).toContain("Now cat 80.0%.");
});

test.each([
  ["without classes", { outputs: [], isTrained: true }],
  ["of random weights", { outputs: [Float32Array.of(0.8, 0.2)], isTrained: false }],
  ["of no numbers", { outputs: [Float32Array.of(Number.NaN, Number.NaN)], isTrained: true }],
])("has nothing to say %s", (_, results) => expect(new AnswerBefore().tell(results, changed)).toBe(""));

test("says that the answer stays where it moves by less than a tenth of a percent, with digits that tell the two apart", () => {
  const answer = new AnswerBefore();
  answer.tell(answered(0.9998, 0.0002, 0), clean);
  expect(answer.tell(answered(0.9995, 0.0005, 0), changed)).toBe("stays cat, 99.98% → 99.95%");
  expect(answer.tell(answered(0.9998, 0.0002, 0), changed)).toBe("cat 100%, unchanged");
  expect(answer.tell(answered(0.999799, 0.000201, 0), changed)).toBe("stays cat, 100%");
  expect(answer.tell(answered(0.99978, 0.00022, 0), changed)).toBe("stays cat, 99.980% → 99.978%");
});
