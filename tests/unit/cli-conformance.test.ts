// How conformance cases are found, what counts as equal, and how results are held to the list of refused cases.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findCases } from "../../src/cli/conformance/cases.ts";
import { compareTensors } from "../../src/cli/conformance/compare.ts";
import { judge, type Listed, listed } from "../../src/cli/conformance/listed.ts";
import { type CaseResult, nothingExpected } from "../../src/cli/conformance/run-case.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";

test("finds cases at any depth, data sets and files in numeric order", () => {
  const root = mkdtempSync(join(tmpdir(), "convcam-cases-"));
  try {
    const files = [
      "b/test_two/model.onnx",
      ...[0, 1, 2, 10].map((i) => `b/test_two/test_data_set_0/input_${i}.pb`),
      "b/test_two/test_data_set_0/output_0.pb",
      "b/test_two/test_data_set_10/output_0.pb",
      "b/test_two/test_data_set_2/output_0.pb",
      "b/README.md",
      "a/deep/test_one/model.onnx",
    ];
    for (const file of files) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), "");
    }
    const found = findCases(root);
    expect(found.map(({ name }) => name)).toEqual(["test_one", "test_two"]);
    expect(found.map(({ id }) => id)).toEqual(["deep/test_one", "b/test_two"]);
    const [one, two] = found;
    expect(one?.dataSets).toEqual([]);
    expect(two?.dataSets[0]?.inputs.map((path) => path.replace(/.*_/, ""))).toEqual(["0.pb", "1.pb", "2.pb", "10.pb"]);
    expect(two?.dataSets.map(({ outputs }) => outputs[0]?.split(/[\\/]/).at(-2))).toEqual([
      "test_data_set_0",
      "test_data_set_2",
      "test_data_set_10",
    ]);
    expect(findCases(join(root, "a/deep/test_one")).map(({ name }) => name)).toEqual(["test_one"]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

const float = (...values: number[]): Tensor => Tensor.from("float32", [values.length], values);
const of = (dtype: DataType, ...values: number[]): Tensor => Tensor.from(dtype, [values.length], values);

const comparisons: readonly (readonly [what: string, actual: Tensor, expected: Tensor, reason: string | undefined])[] = [
  ["equal floats", float(1, 2), float(1, 2), undefined],
  ["within relative tolerance", float(1000.9), float(1000), undefined],
  ["beyond relative tolerance", float(1001.1), float(1000), "1 of 1 elements differ; element 0"],
  ["within absolute tolerance", float(9e-6), float(0), undefined],
  ["beyond absolute tolerance", float(2e-5), float(0), "1 of 1 elements differ"],
  ["NaN and NaN", float(NaN), float(NaN), undefined],
  ["NaN and a number", float(NaN), float(1), "got NaN"],
  ["a number and NaN", float(1), float(NaN), "expected NaN"],
  ["infinity and infinity", float(Infinity, -Infinity), float(Infinity, -Infinity), undefined],
  ["infinities of two signs", float(Infinity), float(-Infinity), "got Infinity"],
  ["a large number and infinity", float(3e38), float(Infinity), "expected Infinity"],
  ["zeros of two signs", float(-0), float(0), undefined],
  ["the worst element is named", float(0, 5, 9), float(0, 1, 1), "2 of 3 elements differ; element 2: expected 1, got 9"],
  ["integers off by one in a million", of("int32", 1_000_001), of("int32", 1_000_000), "elements differ"],
  ["booleans", of("bool", 1), of("bool", 0), "elements differ"],
  ["float16 one rounding off", of("float16", 1.0009765625), of("float16", 1), undefined],
  ["another type", of("int32", 1), float(1), "expected float32, got int32"],
  ["another shape", float(1, 2), float(1, 2).reshape([2, 1]), "expected shape [2,1], got [2]"],
  ["nothing", float(), float(), undefined],
];

test.each(comparisons)("compares %s", (_what, actual, expected, reason) => {
  const comparison = compareTensors(actual, expected);
  if (reason === undefined) expect(comparison.reason).toBeUndefined();
  else expect(comparison.reason).toContain(reason);
});

test("reports the largest errors of a pass as well", () => {
  const { maxAbsError, maxRelError, reason } = compareTensors(float(100.05, 1), float(100, 1));
  expect(reason).toBeUndefined();
  expect(maxAbsError).toBeCloseTo(0.05, 4);
  expect(maxRelError).toBeCloseTo(5e-4, 6);
});

const list: readonly Listed[] = [
  { why: "because", cases: ["a/refused", "b/refused"] },
  { why: "nothing to see", cases: ["a/runs"], runs: true },
];
const result = (status: CaseResult["status"], reason = ""): CaseResult => ({
  name: "name",
  status,
  reason,
  maxAbsError: 0,
  maxRelError: 0,
  ms: 0,
});

const judgements: readonly (readonly [
  what: string,
  id: string,
  one: CaseResult,
  why: string | undefined,
  objection: string | undefined,
])[] = [
  ["a refused case that is listed says why", "b/refused", result("unsupported", "no strings"), "because", undefined],
  [
    "one of another suite is not listed",
    "c/refused",
    result("unsupported", "no strings"),
    undefined,
    "c/refused is refused, and not listed.",
  ],
  ["a case that passes is not listed", "a/passes", result("pass"), undefined, undefined],
  ["a listed case that passes is to be taken off", "a/refused", result("pass"), undefined, "a/refused passes, but is listed as refused"],
  ["a case that fails is not excused", "a/refused", result("fail", "wrong"), undefined, undefined],
  ["a case without expected outputs that runs says why", "a/runs", result("fail", nothingExpected), "nothing to see", undefined],
  ["one that fails otherwise is not excused", "a/runs", result("fail", "wrong"), undefined, undefined],
  [
    "one that is refused does not run",
    "a/runs",
    result("unsupported", "opset"),
    undefined,
    "a/runs is refused, but is listed as one that runs.",
  ],
];

test.each(judgements)("%s", (_, id, one, why, objection) => {
  const other = result("pass");
  const judged = judge(id, [one, other], list);
  expect(judged.results.map(({ listed }) => listed)).toEqual([why, undefined]);
  expect(judged.results[0]?.status).toBe(why === undefined ? one.status : "unsupported");
  if (objection === undefined) expect(judged.objection).toBeUndefined();
  else expect(judged.objection).toContain(objection);
});

test("no case is listed twice, and each reason is a sentence", () => {
  const ids = listed.flatMap(({ cases }) => cases);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[^/]+\/[^/]+$/);
  for (const { why } of listed) expect(why).toMatch(/^[A-Z].*\.$/);
});
