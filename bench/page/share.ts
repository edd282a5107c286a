// A report as the fragment of a link, and back. Nothing is sent anywhere: what follows the # stays in the browser.
import type { BenchReport, BenchResult } from "../../src/bench/report.ts";

const prefix = "result=";

/** Times per layer are left out, so that the link stays short. Numbers are whole: rounded twice, a time would be another one for who follows the link. */
export async function toFragment(report: BenchReport): Promise<string> {
  const results = report.results.map(({ layers: _, ...result }) => result);
  const json = new TextEncoder().encode(JSON.stringify({ ...report, results }));
  const packed = await transform(json, new CompressionStream("deflate-raw"));
  return (
    prefix +
    btoa(String.fromCharCode(...packed))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "")
  );
}

/** Undefined for a fragment that is no result. */
export async function fromFragment(fragment: string): Promise<BenchReport | undefined> {
  const start = fragment.indexOf(prefix);
  if (start < 0) return undefined;
  try {
    const base64 = fragment
      .slice(start + prefix.length)
      .replace(/-/g, "+")
      .replace(/_/g, "/");
    const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return parseReport(new TextDecoder().decode(await transform(packed, new DecompressionStream("deflate-raw"))));
  } catch {
    return undefined;
  }
}

/** @throws Error that says what is wrong with the text */
export function parseReport(json: string): BenchReport {
  const report = JSON.parse(json) as Partial<BenchReport> | null;
  if (!report || !Array.isArray(report.results)) throw new Error("this is no result of the bench: it has no list of results");
  const texts = ["adapter", "browser", "commit", "conditions"] as const;
  const head = Object.fromEntries(texts.map((key) => [key, typeof report[key] === "string" ? report[key] : "unknown"]));
  return {
    ...(head as Record<(typeof texts)[number], string>),
    results: report.results.filter(isResult),
    ...(report.ceilings && { ceilings: report.ceilings }),
  };
}

function isResult(row: unknown): row is BenchResult {
  const { case: name, engine } = (row ?? {}) as Partial<BenchResult>;
  return typeof name === "string" && typeof engine === "string";
}

async function transform(bytes: Uint8Array<ArrayBuffer>, stream: GenericTransformStream): Promise<Uint8Array> {
  const through = new Blob([bytes]).stream().pipeThrough(stream as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await new Response(through).arrayBuffer());
}
