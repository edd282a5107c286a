// A report as markdown: one row per case, one column per engine, and what could not be measured below.
import {
  type BenchReport,
  type BenchResult,
  type EngineName,
  engineNames,
  formatMs,
  gpuPeers,
  isOwn,
  ownCase,
} from "../src/bench/report.ts";

export function formatReport(report: BenchReport): string {
  const { adapter, browser, commit, conditions, results } = report;
  const roof = report.ceilings
    ? `\nCeilings: ${(report.ceilings.flops / 1e9).toFixed(0)} GFLOP/s, ${(report.ceilings.bytesPerSecond / 1e9).toFixed(1)} GB/s.`
    : "";
  const head = `Adapter: ${adapter}. Browser: ${browser}. Commit: ${commit}.\nConditions: ${conditions}.${roof}`;
  return [
    head,
    "Median of a run, ms (times Convcam's in brackets):",
    timesTable(results),
    gradientTable(results),
    "Convcam:",
    ownTable(results),
    startTable(results),
    downloads(results),
    notes(results),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** The cases in the order measured. */
export function casesOf(results: readonly BenchResult[]): readonly string[] {
  return [...new Set(results.map((result) => result.case))];
}

export function find(results: readonly BenchResult[], name: string, engine: EngineName): BenchResult | undefined {
  return results.find((result) => result.case === name && result.engine === engine);
}

/** How many times as long as Convcam a peer takes; undefined where either was not measured. */
export function ratioOf(results: readonly BenchResult[], name: string, engine: EngineName): number | undefined {
  const own = find(results, name, "convcam")?.medianMs;
  const other = find(results, name, engine)?.medianMs;
  return own && other ? other / own : undefined;
}

/** Of the fastest peer on the GPU. */
export function gpuRatioOf(results: readonly BenchResult[], name: string): number | undefined {
  const ratios = gpuPeers.map((peer) => ratioOf(results, name, peer)).filter((ratio) => ratio !== undefined);
  return ratios.length > 0 ? Math.min(...ratios) : undefined;
}

function timesTable(results: readonly BenchResult[]): string {
  const engines = engineNames.filter((engine) => results.some((result) => result.engine === engine));
  const rows = casesOf(results).map((name) => [
    name,
    ...engines.map((engine) => {
      const result = find(results, name, engine);
      if (!result?.medianMs) return result?.note.includes("wrong") ? "wrong" : result ? "fails" : "";
      const ratio = engine === "convcam" ? undefined : ratioOf(results, name, engine);
      return `${formatMs(result.medianMs)}${ratio ? ` (${formatRatio(ratio)})` : ""}`;
    }),
  ]);
  return table(["case", ...engines], rows);
}

/** What the gradient, or a step of training, takes beside the forward run, for each engine that tells both. */
function gradientTable(results: readonly BenchResult[]): string {
  const rows = results.flatMap(({ case: name, engine, medianMs, forwardMs }) =>
    medianMs && forwardMs ? [[name, engine, formatMs(forwardMs), formatMs(medianMs), (medianMs / forwardMs).toFixed(2)]] : [],
  );
  if (rows.length === 0) return "";
  return `Forward alone, by turns with the gradient or step, ms:\n\n${table(["case", "engine", "forward", "gradient or step", "times"], rows)}`;
}

function ownTable(results: readonly BenchResult[]): string {
  const rows = results
    .filter(({ engine }) => isOwn(engine))
    .map((r) => [
      ownCase(r),
      formatMs(r.medianMs),
      formatMs(r.p95Ms),
      String(r.sampleCount ?? 0),
      formatMs(r.gpuMs),
      formatMs(r.encodeMs),
      formatMs(r.settleMs ?? null),
      formatMegabytes(r.gpuBytes),
      r.maxError?.toExponential(1) ?? "–",
    ]);
  return table(["case", "median", "p95", "runs", "GPU ms", "encode ms", "settle ms", "GPU MB", "max error"], rows);
}

function startTable(results: readonly BenchResult[]): string {
  const engines = engineNames.filter((engine) => results.some((result) => result.engine === engine));
  const rows = casesOf(results).map((name) => [
    name,
    ...engines.map((engine) => {
      const result = find(results, name, engine);
      return result?.createMs != null && result.firstRunMs != null ? `${formatMs(result.createMs)} + ${formatMs(result.firstRunMs)}` : "–";
    }),
  ]);
  return `Creation + first run, ms:\n\n${table(["case", ...engines], rows)}`;
}

function downloads(results: readonly BenchResult[]): string {
  const sizes = new Map(results.flatMap(({ engine, downloadBytes }) => (downloadBytes ? [[engine, downloadBytes] as const] : [])));
  if (sizes.size === 0) return "";
  return `Code to download, kB gzip: ${[...sizes].map(([engine, bytes]) => `${engine} ${(bytes / 1000).toFixed(0)}`).join(", ")}.`;
}

function notes(results: readonly BenchResult[]): string {
  const lines = results.filter(({ note }) => note).map((r) => `- ${r.case}, ${r.engine}: ${r.note}`);
  return lines.length > 0 ? `Notes:\n\n${lines.join("\n")}` : "";
}

export function formatRatio(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio >= 1 ? ratio.toFixed(1) : ratio.toPrecision(2)}×`;
}

function formatMegabytes(bytes: number | null): string {
  return bytes === null ? "–" : (bytes / 1e6).toFixed(1);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
