// The bench's page: choose, measure, look, share, compare.

import { namedCases, networkNames } from "../../src/bench/cases.ts";
import { layerNames } from "../../src/bench/layers.ts";
import { type BenchReport, type EngineName, engineNames, peerNames } from "../../src/bench/report.ts";
import type { FrameRequest } from "../frame.ts";
import { formatReport } from "../markdown.ts";
import { escapeText, layerBars, ratioDots, roofline } from "./charts.ts";
import { type Given, readGiven } from "./given.ts";
import { measureAll } from "./measure.ts";
import { fromFragment, parseReport, toFragment } from "./share.ts";
import { comparisonView, downloadsView, ownView, problemsView, startView, timesView } from "./views.ts";

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

const form = element<HTMLFormElement>("choice");
const start = element<HTMLButtonElement>("start");
const stop = element<HTMLButtonElement>("stop");
const bar = element<HTMLProgressElement>("progress");
const status = element("status");
const layersOf = element<HTMLSelectElement>("layers-of");
const files = element<HTMLInputElement>("files");

let report: BenchReport | undefined;
let other: BenchReport | undefined;
let running: AbortController | undefined;
/** What the page was opened with. */
let given: Given | undefined;

fillChoices("networks", networkNames, ["mnist", "squeezenet1_1"]);
fillChoices("layers", layerNames, []);
fillChoices("peers", ["convcam-float16", ...peerNames], peerNames);
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-all]"))
  button.addEventListener("click", () => {
    const boxes = [...element(button.dataset["all"] as string).querySelectorAll<HTMLInputElement>("input")];
    const isOn = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !isOn;
  });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void measure();
});
stop.addEventListener("click", () => running?.abort(new Error("stopped")));
layersOf.addEventListener("change", drawLayers);
element("copy-text").addEventListener("click", () => void copy("the tables", async (r) => formatReport(r)));
element("copy-json").addEventListener("click", () => void copy("the results as JSON", async (r) => JSON.stringify(r)));
element("copy-link").addEventListener(
  "click",
  () => void copy("a link", async (r) => `${location.href.split("#")[0]}#${await toFragment(r)}`),
);
element<HTMLInputElement>("other-file").addEventListener(
  "change",
  (event) => void readOther((event.target as HTMLInputElement).files?.[0]),
);
element<HTMLInputElement>("other-link").addEventListener("input", (event) => void readLink((event.target as HTMLInputElement).value));
addEventListener("hashchange", () => void showLinked());
void showLinked();
void showGiven();

function fillChoices(id: string, names: readonly string[], chosen: readonly string[]): void {
  element(id).innerHTML = names
    .map((name) => `<label><input type="checkbox" name="${id}" value="${name}"${chosen.includes(name) ? " checked" : ""}> ${name}</label>`)
    .join("");
}

/** A network that the page was opened with is what is measured, unless others are chosen, too. */
async function showGiven(): Promise<void> {
  const label = element("given-label");
  try {
    given = await readGiven(location.search);
  } catch (error) {
    status.textContent = (error as Error).message;
  }
  if (!given) return;
  label.hidden = false;
  element("given-name").textContent = given.case.name;
  for (const box of element("networks").querySelectorAll<HTMLInputElement>("input")) box.checked = false;
}

async function requestsOf(): Promise<FrameRequest[]> {
  const data = new FormData(form);
  const chosen = (name: string): string[] => data.getAll(name).map(String);
  const batch = String(data.get("batch"));
  const sized = (names: readonly string[]): string[] => names.map((name) => (batch === "1" ? name : `${name}@${batch}`));
  const peers = chosen("peers");
  const engines: readonly EngineName[] = engineNames.filter((name) => name === "convcam" || peers.includes(name));
  const common = { engines, maxSamples: Number(data.get("samples")), budgetMs: Number(data.get("budget")) * 1000 };
  const own = await Promise.all(
    [...(files.files ?? [])].map(async (file) => ({
      case: { name: file.name, kind: "network" as const },
      file: new Uint8Array(await file.arrayBuffer()),
      ...common,
    })),
  );
  if (given && element<HTMLInputElement>("given").checked) own.unshift({ ...given, ...common });
  const cases = [...namedCases("network", sized(chosen("networks"))), ...namedCases("layer", sized(chosen("layers")))];
  return [...own, ...cases.map((one) => ({ case: one, ...common }))];
}

async function measure(): Promise<void> {
  const requests = await requestsOf();
  if (requests.length === 0) {
    status.textContent = "Choose a network, a layer or a file first.";
    return;
  }
  running = new AbortController();
  setRunning(true);
  bar.max = requests.length;
  try {
    await measureAll({
      requests,
      signal: running.signal,
      onProgress: (message, done) => {
        bar.value = done;
        status.textContent = `${Math.min(done + 1, requests.length)} of ${requests.length}: ${message}`;
      },
      onResults: show,
    });
    status.textContent = "Done.";
  } catch (error) {
    status.textContent = running.signal.aborted
      ? "Stopped. What was measured stays."
      : error instanceof Error
        ? error.message
        : String(error);
  } finally {
    setRunning(false);
  }
}

function setRunning(isRunning: boolean): void {
  start.disabled = isRunning;
  stop.disabled = !isRunning;
  bar.hidden = !isRunning;
}

function show(next: BenchReport): void {
  report = next;
  element("results").hidden = false;
  element("conditions").textContent = `${next.adapter}. ${next.browser}. ${next.commit}. ${next.conditions}.`;
  element("tables").innerHTML = [timesView(next), problemsView(next), startView(next), ownView(next), downloadsView(next)].join("");
  element("ratios").innerHTML = next.results.some(({ engine, medianMs }) => engine !== "convcam" && medianMs)
    ? ratioDots(next.results)
    : "";
  const profiled = next.results.filter(({ layers }) => layers && layers.length > 0).map((result) => result.case);
  const chosen = layersOf.value;
  layersOf.innerHTML = profiled.map((name) => `<option${name === chosen ? " selected" : ""}>${escapeText(name)}</option>`).join("");
  element("per-layer").hidden = profiled.length === 0;
  drawLayers();
  compare();
}

function drawLayers(): void {
  const layers = report?.results.find(({ engine, case: name }) => engine === "convcam" && name === layersOf.value)?.layers ?? [];
  if (layers.length === 0) return;
  element("bars").innerHTML = layerBars(layersOf.value, layers);
  element("roofline").innerHTML = roofline(layersOf.value, layers, report?.ceilings);
}

function compare(): void {
  element("comparison").innerHTML = report && other ? comparisonView(other, report) : "";
}

async function copy(what: string, make: (report: BenchReport) => Promise<string>): Promise<void> {
  if (!report) return;
  const text = await make(report);
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = `Copied ${what}.`;
  } catch {
    element<HTMLTextAreaElement>("copied").value = text;
    element("copied").hidden = false;
    status.textContent = `The browser keeps the clipboard to itself: ${what} is in the box below.`;
  }
}

async function readOther(file: File | undefined): Promise<void> {
  if (!file) return;
  try {
    other = parseReport(await file.text());
    compare();
  } catch (error) {
    status.textContent = `${file.name}: ${error instanceof Error ? error.message : error}`;
  }
}

async function readLink(link: string): Promise<void> {
  other = await fromFragment(link);
  if (!other && link) status.textContent = "That link holds no result of the bench.";
  compare();
}

async function showLinked(): Promise<void> {
  const linked = await fromFragment(location.hash);
  if (linked) show(linked);
}
