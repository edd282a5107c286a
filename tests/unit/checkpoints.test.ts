// Checkpoints as texts: lists of addresses, the one that is looked at, and the order of files.
import { expect, test } from "vitest";
import { inOrder, readCheckpoint, readCheckpoints, writeCheckpoints } from "../../src/ui/checkpoints/list.ts";

test.each([
  ["", []],
  [" a.onnx  b.onnx\n", ["a.onnx", "b.onnx"]],
  ['["step 1.onnx","b.onnx"]', ["step 1.onnx", "b.onnx"]],
])("the list '%s' is read, and written so that it is read again", (text, expected) => {
  expect(readCheckpoints(text)).toEqual(expected);
  expect(readCheckpoints(writeCheckpoints(expected))).toEqual(expected);
});

test.each(["[1]", "[", '{"a":1}]'.replace("{", "[{")])("a list that is none, '%s', is refused", (text) =>
  expect(() => readCheckpoints(text)).toThrow("expected addresses with spaces between, or a list of them as JSON"),
);

test.each([
  [null, undefined],
  ["", undefined],
  ["2", 2],
])("the checkpoint %s is read", (text, expected) => expect(readCheckpoint(text, 3)).toBe(expected));

test.each(["3", "-1", "1.5", "late"])("the checkpoint '%s' that there is not is refused", (text) =>
  expect(() => readCheckpoint(text, 3)).toThrow(`checkpoint '${text}': there are 3, counted from 0.`),
);

test("files stand by the numbers in their names", () => {
  const names = ["step-100.onnx", "step-20.onnx", "step-3.onnx"];
  expect(inOrder(names.map((name) => new File([], name))).map(({ name }) => name)).toEqual(names.toReversed());
});
