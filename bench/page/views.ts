// A report as the page shows it: tables as HTML text, and the comparison of two reports. Pure.

import { type BenchReport, type BenchResult, engineNames, formatMs, isOwn, ownCase } from "../../src/bench/report.ts";
import { casesOf, find, formatRatio, gpuRatioOf, ratioOf } from "../markdown.ts";
import { escapeText } from "./charts.ts";

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = ([first = "", ...rest]: readonly string[]): string =>
    `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  return `<table><caption>${caption}</caption><thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join("")}</tr></thead><tbody>${rows.map(cells).join("")}</tbody></table>`;
}

/** Medians with their ratio to Convcam's; a cell that has no number says why. */
export function timesView({ results }: BenchReport): string {
  const engines = engineNames.filter((engine) => results.some((result) => result.engine === engine));
  const rows = casesOf(results).map((name) => {
    const gpuRatio = gpuRatioOf(results, name);
    return [
      escapeText(name),
      ...engines.map((engine) => {
        const result = find(results, name, engine);
        if (!result) return "";
        if (result.medianMs === null)
          return `<span class="problem" title="${escapeText(result.note)}">${result.note.includes("wrong by") ? "wrong" : "fails"}</span>`;
        const ratio = engine === "convcam" ? undefined : ratioOf(results, name, engine);
        const told = `95 % of ${result.sampleCount ?? 0} runs within ${formatMs(result.p95Ms)} ms${result.note ? `; ${result.note}` : ""}`;
        return `<span title="${escapeText(told)}">${formatMs(result.medianMs)}${ratio ? ` <small>${formatRatio(ratio)}</small>` : ""}</span>`;
      }),
      gpuRatio ? formatRatio(gpuRatio) : "",
    ];
  });
  return table("Median of a run in milliseconds; small: as a multiple of Convcam's", ["Case", ...engines, "fastest GPU peer"], rows);
}

export function startView({ results }: BenchReport): string {
  const engines = engineNames.filter((engine) => results.some((result) => result.engine === engine));
  const rows = casesOf(results).map((name) => [
    escapeText(name),
    ...engines.map((engine) => {
      const result = find(results, name, engine);
      return result?.createMs != null && result.firstRunMs != null ? `${formatMs(result.createMs)} + ${formatMs(result.firstRunMs)}` : "";
    }),
  ]);
  return table("Creating the session + first run, milliseconds", ["Case", ...engines], rows);
}

export function ownView({ results }: BenchReport): string {
  const rows = results
    .filter(({ engine }) => isOwn(engine))
    .map((r) => [
      escapeText(ownCase(r)),
      formatMs(r.gpuMs),
      formatMs(r.encodeMs),
      formatMs(r.settleMs ?? null),
      r.gpuBytes === null ? "–" : (r.gpuBytes / 1e6).toFixed(1),
      r.maxError === null ? "–" : r.maxError.toExponential(1),
    ]);
  return table(
    "Convcam itself",
    ["Case", "GPU ms", "CPU ms to encode and submit", "ms until its final pipelines are in use", "MB on the GPU", "largest error"],
    rows,
  );
}

export function downloadsView({ results }: BenchReport): string {
  const sizes = new Map(results.flatMap(({ engine, downloadBytes }) => (downloadBytes ? [[engine, downloadBytes] as const] : [])));
  if (sizes.size === 0) return "";
  return table(
    "Code to download, kB compressed with gzip",
    ["Engine", "kB"],
    [...sizes].map(([engine, bytes]) => [engine, (bytes / 1000).toFixed(0)]),
  );
}

/** What could not be measured and why. */
export function problemsView({ results }: BenchReport): string {
  const lines = results
    .filter(({ medianMs }) => medianMs === null)
    .map(({ case: name, engine, note }) => `<li>${escapeText(`${name}, ${engine}: ${note}`)}</li>`);
  return lines.length > 0 ? `<ul class="problems">${lines.join("")}</ul>` : "";
}

export interface Difference {
  readonly case: string;
  readonly engine: string;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Rows that both reports have a median for. */
export function compareReports(before: BenchReport, after: BenchReport): readonly Difference[] {
  return after.results.flatMap(({ case: name, engine, medianMs }) => {
    const other = before.results.find((r: BenchResult) => r.case === name && r.engine === engine)?.medianMs;
    return medianMs && other ? [{ case: name, engine, beforeMs: other, afterMs: medianMs }] : [];
  });
}

export function comparisonView(before: BenchReport, after: BenchReport): string {
  const rows = compareReports(before, after).map(({ case: name, engine, beforeMs, afterMs }) => {
    const ratio = beforeMs / afterMs;
    const kind = ratio > 1.1 ? "faster" : ratio < 1 / 1.1 ? "slower" : "same";
    return [
      `${escapeText(name)}, ${escapeText(engine)}`,
      formatMs(beforeMs),
      formatMs(afterMs),
      `<span class="${kind}">${formatRatio(Math.max(ratio, 1 / ratio))} ${kind}</span>`,
    ];
  });
  if (rows.length === 0) return "<p>The two results have no case and engine in common.</p>";
  const told = `Other: ${before.adapter}, ${before.browser}, ${before.commit}. This: ${after.adapter}, ${after.browser}, ${after.commit}.`;
  return `<p>${escapeText(told)}</p>${table("Medians in milliseconds", ["Case, engine", "Other", "This", "This is"], rows)}`;
}
