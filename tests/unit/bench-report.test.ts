// What becomes of results: statistics, errors, tables, charts, links, comparisons.
import { describe, expect, test } from "vitest";
import { filesOf } from "../../bench/downloads.ts";
import { formatReport, gpuRatioOf, ratioOf } from "../../bench/markdown.ts";
import { decades, layerBars, mergeDispatches, place, ratioDots, roofline } from "../../bench/page/charts.ts";
import { fromFragment, parseReport, toFragment } from "../../bench/page/share.ts";
import { compareReports, comparisonView, ownView, problemsView, timesView } from "../../bench/page/views.ts";
import { reorder } from "../../bench/tensorflow/layout.ts";
import { maxErrorOf } from "../../src/bench/compare.ts";
import { type BenchReport, type BenchResult, type EngineName, emptyResult, formatMs } from "../../src/bench/report.ts";
import { roofShare } from "../../src/bench/roof.ts";
import { median, quantile } from "../../src/engine/statistics.ts";

const layers = [
  { name: "conv <1>", kernel: "direct", gpuMs: 2, macs: 1e6, bytes: 1e4 },
  { name: "add", kernel: "element-wise", gpuMs: 1, macs: 0, bytes: 1e6 },
];

function row(name: string, engine: EngineName, medianMs: number | null, more: Partial<BenchResult> = {}): BenchResult {
  return { ...emptyResult({ name, kind: "network" }, engine, ""), medianMs, createMs: 1.23456789, firstRunMs: 2, p95Ms: medianMs, ...more };
}

const report: BenchReport = {
  adapter: "adapter & co",
  browser: "browser",
  commit: "abc",
  conditions: "conditions",
  ceilings: { flops: 1e10, bytesPerSecond: 1e9 },
  results: [
    row("mnist", "convcam", 2, { layers, maxError: 1e-6, downloadBytes: 40_000 }),
    row("mnist", "ort-webgpu", 40, { note: "jsep build" }),
    row("mnist", "tfjs-webgl", 10),
    row("mnist", "tfjs-wasm", 1),
    row("mnist", "tfjs-webgpu", null, { note: "wrong by 0.3 of the largest element" }),
  ],
};

test("Convcam's own rows tell their precision", () => {
  const rows = [row("mnist", "convcam", 2), row("mnist", "convcam-float16", 3)];
  const text = formatReport({ ...report, results: rows });
  expect(text).toContain("| case | convcam | convcam-float16 |");
  expect(text).toContain("| mnist | 2.00 | 3.00 (1.5×) |");
  expect(text).toMatch(/\| mnist \| 2.00 .*\n\| mnist, float16 \| 3.00 /);
  expect(ownView({ ...report, results: rows })).toContain("mnist, float16");
});

test("median and quantile", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
  expect(quantile([5, 1, 4, 2, 3], 0.95)).toBe(5);
  expect(quantile([7], 0.95)).toBe(7);
});

describe("the largest error", () => {
  const reference = [Float32Array.of(1, -4)];
  const cases: readonly (readonly [why: string, actual: readonly Float32Array[], error: number])[] = [
    ["is a part of the largest element", [Float32Array.of(1, -3)], 0.25],
    ["is 0 for equal outputs", [Float32Array.of(1, -4)], 0],
    ["is infinite for NaN", [Float32Array.of(Number.NaN, -4)], Number.POSITIVE_INFINITY],
    ["is infinite for another length", [Float32Array.of(1)], Number.POSITIVE_INFINITY],
    ["is infinite for a missing output", [], Number.POSITIVE_INFINITY],
  ];
  test.each(cases)("%s", (_, actual, error) => expect(maxErrorOf(actual, reference)).toBe(error));
});

test("ratios: to one peer, and to the fastest on the GPU, whatever WebAssembly does", () => {
  expect(ratioOf(report.results, "mnist", "ort-webgpu")).toBe(20);
  expect(ratioOf(report.results, "mnist", "tfjs-webgpu")).toBeUndefined();
  expect(gpuRatioOf(report.results, "mnist")).toBe(5);
});

test("the markdown table shows medians, ratios and what is wrong", () => {
  const text = formatReport(report);
  expect(text).toContain("| mnist | 2.00 | 40.0 (20×) | wrong | 10.0 (5.0×) | 1.00 (0.50×) |");
  expect(text).toContain("- mnist, tfjs-webgpu: wrong by 0.3 of the largest element");
  expect(text).toContain("convcam 40");
});

test("milliseconds have three significant digits", () =>
  expect([0.1234, 1.234, 12.34, 123.4, null].map(formatMs)).toEqual(["0.123", "1.23", "12.3", "123", "–"]));

test("the roof is arithmetic or memory, whichever takes longer", () => {
  const ceilings = { flops: 1e9, bytesPerSecond: 1e9 };
  expect(roofShare({ macs: 5e5, bytes: 10, gpuMs: 2 }, ceilings)).toBeCloseTo(0.5);
  expect(roofShare({ macs: 0, bytes: 1e6, gpuMs: 4 }, ceilings)).toBeCloseTo(0.25);
});

describe("charts", () => {
  test("logarithmic axes", () => {
    expect(decades([0.3, 40])).toEqual({ from: 0.1, to: 100, ticks: [0.1, 1, 10, 100].map((t) => expect.closeTo(t)) });
    expect(place(10, { from: 1, to: 100, start: 0, end: 200 })).toBeCloseTo(100);
    expect(place(1e9, { from: 1, to: 100, start: 0, end: 200 })).toBe(200);
  });

  test("bars tell name, kernel, time, share and rate, and escape what a model's file says", () => {
    const chart = layerBars("mnist", layers);
    expect(chart).toContain("conv &#60;1&#62; (direct): 2.00 ms, 66.7 %, 1.0 GFLOP/s");
    expect(chart).toContain('role="img" aria-label="GPU time of each layer of mnist, 2 in all, 3.00 ms together"');
    expect(chart).not.toContain("<1>");
  });

  test("a kernel's dispatches are one layer, named after the one that multiplies", () => {
    const winograd = [
      { name: "conv", kernel: "copy", gpuMs: 1, macs: 0, bytes: 10 },
      { name: "conv", kernel: "winograd", gpuMs: 2, macs: 5, bytes: 20 },
    ];
    expect(mergeDispatches(winograd)).toEqual([{ name: "conv", kernel: "winograd", gpuMs: 3, macs: 5, bytes: 30 }]);
  });

  test("the roofline draws layers that multiply, and the roof where there is one", () => {
    expect(roofline("mnist", layers, report.ceilings).match(/<circle/g)).toHaveLength(1);
    expect(roofline("mnist", layers, report.ceilings)).toContain("10 GFLOP/s");
    expect(roofline("mnist", layers, undefined)).not.toContain('class="roof"');
  });

  test("ratios: a dot per peer that has a time, and its place in the legend", () => {
    const chart = ratioDots(report.results);
    expect(chart).toContain("mnist: ort-webgpu takes 20× Convcam's time");
    expect(chart.match(/<circle/g)).toHaveLength(3 + 4);
  });
});

describe("sharing", () => {
  test("a link holds all but the layers, and numbers whole", async () => {
    const back = await fromFragment(`https://example.org/bench.html#${await toFragment(report)}`);
    expect(back?.results).toHaveLength(report.results.length);
    expect(back?.results[0]).toMatchObject({ case: "mnist", engine: "convcam", medianMs: 2, createMs: 1.23456789 });
    expect(back?.results[0]?.layers).toBeUndefined();
    expect(back?.ceilings).toEqual(report.ceilings);
  });

  test.each(["", "#", "#result=", "#result=!!!", `#result=${btoa("{}")}`])("%j is no result", async (fragment) => {
    expect(await fromFragment(fragment)).toBeUndefined();
  });

  test("JSON that is something else says so", () => expect(() => parseReport('{"adapter":"x"}')).toThrow(/no list of results/));
});

describe("tables", () => {
  test("a cell has median and ratio, or a word for what went wrong", () => {
    const html = timesView(report);
    expect(html).toContain("40.0 <small>20×</small>");
    expect(html).toMatch(/title="wrong by 0\.3 of the largest element">wrong</);
    expect(problemsView(report)).toContain("mnist, tfjs-webgpu");
  });

  test("two results are compared where both have a median", () => {
    const before: BenchReport = { ...report, results: [row("mnist", "convcam", 4), row("resnet18", "convcam", 9)] };
    expect(compareReports(before, report)).toEqual([{ case: "mnist", engine: "convcam", beforeMs: 4, afterMs: 2 }]);
    expect(comparisonView(before, report)).toContain('class="faster">2.0× faster');
    expect(comparisonView({ ...report, results: [] }, report)).toContain("no case and engine in common");
  });
});

test("downloads count what a page really loads", () => {
  expect(filesOf("ort-webgpu", "jspi", true)).toEqual([
    ["onnxruntime-web", "ort.jspi.min.mjs"],
    ["onnxruntime-web", "ort-wasm-simd-threaded.jspi.mjs"],
    ["onnxruntime-web", "ort-wasm-simd-threaded.jspi.wasm"],
  ]);
  expect(filesOf("tfjs-wasm", undefined, false).map(([, file]) => file)).toContain("tfjs-backend-wasm-simd.wasm");
});

test("pictures turn from ONNX's order to TensorFlow.js's and back", () => {
  const nchw = Float32Array.from({ length: 12 }, (_, i) => i);
  const nhwc = reorder(nchw, [1, 3, 2, 2], "nhwc");
  expect([...nhwc]).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
  expect(reorder(nhwc, [1, 3, 2, 2], "nchw")).toEqual(nchw);
});
