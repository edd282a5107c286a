// Runs a list of cases, each in a frame of its own that is thrown away afterwards: engines start as new, and their memory goes.

import { type BenchReport, type BenchResult, buildsOf, type Ceilings, emptyResult, withDownloads } from "../../src/bench/report.ts";
import type { FrameApi, FrameRequest } from "../frame.ts";

export interface Measurement {
  readonly requests: readonly FrameRequest[];
  readonly onProgress: (message: string, done: number) => void;
  /** After every case. */
  readonly onResults: (report: BenchReport) => void;
  readonly signal: AbortSignal;
}

export async function measureAll({ requests, onProgress, onResults, signal }: Measurement): Promise<BenchReport> {
  const { conditions, ceilings } = await inFrame(signal, async (frame) => {
    onProgress("what this device does at best", 0);
    const found = await frame.conditions();
    return { conditions: found, ceilings: found.adapter.startsWith("no ") ? undefined : await frame.ceilings() };
  });
  const [first] = requests;
  const limits = `up to ${first?.maxSamples} runs or ${(first?.budgetMs ?? 0) / 1000} s each`;
  let report: BenchReport = {
    adapter: conditions.adapter,
    browser: conditions.browser,
    commit: "the page as served",
    conditions: `${navigator.hardwareConcurrency} logical cores; engines by turns in one page, ${limits}; a run uploads the input and reads the output back; loading an engine's code and opening its device come before the clock${conditions.isIsolated ? "" : "; WebAssembly without threads, as the page is not cross-origin isolated"}`,
    results: [],
    ...(ceilings && ({ ceilings } satisfies { ceilings: Ceilings })),
  };
  for (const [done, request] of requests.entries()) {
    const rows = await inFrame<readonly BenchResult[]>(signal, (frame) =>
      frame.measure(request, (message) => {
        if (!signal.aborted) onProgress(message, done);
      }),
    ).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return request.engines.map((engine) =>
        emptyResult(request.case, engine, `failed: ${error instanceof Error ? error.message : error}`),
      );
    });
    report = { ...report, results: [...report.results, ...rows] };
    onResults(report);
  }
  onProgress("downloads", requests.length);
  const sizes = await inFrame(signal, (frame) =>
    frame.downloads([...new Set(report.results.map(({ engine }) => engine))], buildsOf(report.results)),
  );
  report = { ...report, results: withDownloads(report.results, sizes) };
  onResults(report);
  return report;
}

/** @throws the signal's reason as soon as it is aborted; removing the frame ends whatever ran in it */
async function inFrame<T>(signal: AbortSignal, work: (frame: FrameApi) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const frame = document.createElement("iframe");
  frame.title = "Measures one case";
  frame.className = "worker";
  frame.src = "bench/frame.html";
  const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  try {
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    document.body.append(frame);
    await Promise.race([loaded, aborted]);
    const { convcamBench } = frame.contentWindow as unknown as { convcamBench?: FrameApi };
    if (!convcamBench) throw new Error("the measuring page did not load");
    return await Promise.race([work(convcamBench), aborted]);
  } finally {
    frame.remove();
  }
}
