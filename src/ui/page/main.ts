// The demo page: a drawing, picture, video or camera on the left, the network's layers on the right.
import { digit } from "../../../models/digit.ts";
import { isStored, type ManifestEntry } from "../../../models/manifest.ts";
import { ClassBars } from "../class-bars.ts";
import "../element.ts";
import type { ConvCam, ConvCamEvents } from "../element.ts";
import { percentOf } from "../format-number.ts";
import { make } from "../panel.ts";
import type { SourceLike } from "../sources.ts";
import { offerLooks } from "./choices.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { filesOf, filesOfFolder, namesOf, sortFiles } from "./dropped-files.ts";
import { findNetwork, labelsOf, networks, openNetwork, preparationOf } from "./networks.ts";
import { offerPatterns } from "./offer-patterns.ts";
import { offerWhy } from "./offer-why.ts";

/** The page's elements by id. */
function find<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

const viewer = find<ConvCam>("layers");
const pad = new DrawingPad(find<HTMLCanvasElement>("pad"), () => viewer.refresh());
const bars = new ClassBars();
const comparedBars = new ClassBars();
find("bars").append(bars.element);
find("compared-bars").append(comparedBars.element);

type Listener<Name extends keyof ConvCamEvents> = (detail: ConvCamEvents[Name], event: Event) => void;

function on<Name extends keyof ConvCamEvents>(name: Name, listener: Listener<Name>): void {
  viewer.addEventListener(name, (event) => listener((event as CustomEvent<ConvCamEvents[Name]>).detail, event));
}

// ── Networks ──

const networkSelect = find<HTMLSelectElement>("network");
const compareSelect = find<HTMLSelectElement>("compare");

/** The title, with the size where building takes a while. */
function optionText(entry: ManifestEntry): string {
  const megabytes = (entry.parameterCount * 4) / 1e6;
  return isStored(entry) || megabytes < 10 ? entry.title : `${entry.title} · ${Math.round(megabytes)} MB`;
}

function addOptions(select: HTMLSelectElement, title: string, entries: readonly ManifestEntry[]): void {
  if (entries.length === 0) return;
  const group = Object.assign(document.createElement("optgroup"), { label: title });
  for (const entry of entries) group.append(new Option(optionText(entry), entry.name));
  select.append(group);
}

addOptions(networkSelect, "Trained by us, and how it learned", networks.filter(isStored));
addOptions(
  networkSelect,
  "Blank: random weights, built in your browser",
  networks.filter((entry) => !isStored(entry)),
);

/** Networks of the same architecture, whose layers can share tiles. */
function listComparable(entry: ManifestEntry | undefined): void {
  compareSelect.replaceChildren(new Option("Nothing", ""));
  const family = (one: ManifestEntry) => (isStored(one) ? one.network : one.builder);
  const others = entry ? networks.filter((one) => one !== entry && family(one) === family(entry)) : [];
  for (const other of others) compareSelect.append(new Option(other.title, other.name));
  compareSelect.disabled = others.length === 0;
}

/** Counts choices, so that a slow network does not replace one picked later. */
let choiceCount = 0;

async function chooseNetwork(name: string): Promise<void> {
  const entry = findNetwork(name);
  if (!entry) return;
  const choice = ++choiceCount;
  networkSelect.value = name;
  listComparable(entry);
  const isBuilt = !isStored(entry);
  find("about").textContent = isBuilt ? `Building ${entry.title} with random weights…` : aboutText(entry);
  // Clears what the network before has shown, before the new name appears.
  if (isBuilt) viewer.src = undefined;
  const source = await openNetwork(entry);
  if (choice !== choiceCount) return;
  find("about").textContent = aboutText(entry);
  pad.isCentered = entry.input.shape[2] === 28;
  forgetChoices();
  viewer.labels = labelsOf(entry);
  viewer.preparation = preparationOf(entry);
  viewer.compare = undefined;
  viewer.src = source;
}

/** Names of layers and classes belong to one network. */
function forgetChoices(): void {
  for (const name of ["layers", "explain-layer", "explain-class", "explain-against"]) viewer.removeAttribute(name);
}

function aboutText(entry: ManifestEntry): string {
  const count = entry.parameterCount.toLocaleString("en");
  if (!isStored(entry)) return `${count} parameters, random: what the layers show is the architecture, not knowledge.`;
  return `${count} parameters. Reads ${(entry.testAccuracy * 100).toFixed(1)}% of MNIST's 10,000 test digits correctly.`;
}

async function compareWith(name: string): Promise<void> {
  const entry = findNetwork(name);
  const choice = choiceCount;
  const source = entry && (await openNetwork(entry));
  if (choice !== choiceCount) return;
  viewer.compare = source;
  const own = findNetwork(networkSelect.value);
  find("about").textContent = entry
    ? `${own?.title} in magenta, ${entry.title} in green; white where both agree.`
    : own
      ? aboutText(own)
      : "";
}

function openModelFiles(files: readonly File[]): void {
  choiceCount++;
  const name = (files.find((file) => file.name.endsWith(".onnx")) ?? files[0])?.name ?? "";
  const sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
  const option = networkSelect.querySelector<HTMLOptionElement>('option[value="file"]') ?? new Option("", "file");
  option.textContent = name;
  networkSelect.prepend(option);
  networkSelect.value = "file";
  listComparable(undefined);
  find("about").textContent = `${namesOf(files)}, ${(sizeBytes / 1e6).toFixed(1)} MB. It stays on this machine.`;
  pad.isCentered = true;
  forgetChoices();
  viewer.labels = [];
  viewer.preparation = {};
  viewer.compare = undefined;
  viewer.src = files;
}

function report(error: unknown): void {
  find("about").textContent = error instanceof Error ? error.message : String(error);
}

networkSelect.addEventListener("change", () => chooseNetwork(networkSelect.value).catch(report));
compareSelect.addEventListener("change", () => compareWith(compareSelect.value).catch(report));

// ── Input ──

const tabs = { draw: find("draw"), pick: find("pick"), camera: find("camera") };

function showInput(tab: keyof typeof tabs, source: SourceLike): void {
  for (const [name, button] of Object.entries(tabs)) button.ariaPressed = String(name === tab);
  find("pad").hidden = tab !== "draw";
  find("preview").hidden = tab === "draw";
  find<HTMLButtonElement>("clear").disabled = tab !== "draw";
  find<HTMLButtonElement>("redraw").disabled = tab !== "draw";
  find("input-problem").hidden = true;
  find("preview").replaceChildren();
  viewer.input = source;
}

tabs.draw.addEventListener("click", () => showInput("draw", pad.picture));
tabs.pick.addEventListener("click", () => find("picture-file").click());
tabs.camera.addEventListener("click", () => showInput("camera", "camera"));
find("clear").addEventListener("click", () => pad.clear());
find("redraw").addEventListener("click", () => pad.show(digit.strokes));

on("input", () => {
  const image = viewer.picture;
  if (image instanceof HTMLVideoElement) find("preview").replaceChildren(image);
  else if (image instanceof ImageBitmap) {
    const share = Math.min(1, 1024 / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * share))) as [number, number];
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
    find("preview").replaceChildren(canvas);
  }
});

function openFiles(files: readonly File[]): void {
  const { network, pictures } = sortFiles(files);
  if (network.length > 0) openModelFiles(network);
  const [picture] = pictures;
  if (picture) showInput("pick", picture);
}

const pictureFile = find<HTMLInputElement>("picture-file");
pictureFile.addEventListener("change", () => {
  const [file] = pictureFile.files ?? [];
  if (file) showInput("pick", file);
  pictureFile.value = "";
});
const modelFile = find<HTMLInputElement>("model-file");
modelFile.addEventListener("change", () => {
  openFiles([...(modelFile.files ?? [])]);
  modelFile.value = "";
});
find("open").addEventListener("click", () => modelFile.click());
const modelFolder = find<HTMLInputElement>("model-folder");
modelFolder.addEventListener("change", () => {
  try {
    openFiles(filesOfFolder(modelFolder.files ?? []));
  } catch (error) {
    report(error);
  }
  modelFolder.value = "";
});
find("open-folder").hidden = !("webkitdirectory" in modelFolder);
find("open-folder").addEventListener("click", () => modelFolder.click());

addEventListener("dragover", (event) => {
  event.preventDefault();
  find("drop").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) find("drop").hidden = true;
});
addEventListener("drop", (event) => {
  event.preventDefault();
  find("drop").hidden = true;
  filesOf(event.dataTransfer).then(openFiles).catch(report);
});

// ── Drawing ──

offerLooks(find<HTMLSelectElement>("normalize"), find<HTMLSelectElement>("colors"), viewer);

offerWhy(viewer, find, report);
offerPatterns(viewer, find, report);

function setPaused(isPaused: boolean): void {
  viewer.paused = isPaused;
  find("pause").ariaPressed = String(isPaused);
  find("pause").textContent = isPaused ? "Play" : "Pause";
  find<HTMLButtonElement>("step").disabled = !isPaused;
}

find("pause").addEventListener("click", () => setPaused(!viewer.paused));
find("step").addEventListener("click", () => void viewer.step());
/** Closes the list of layers, and moves the focus from inside it to its summary. */
function closeLayerList(): void {
  const details = find("layer-list").closest("details");
  if (details?.open && details.contains(document.activeElement)) find("layer-summary").focus();
  details?.removeAttribute("open");
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeLayerList();
  const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "p") setPaused(!viewer.paused);
  if (event.key === "s" && viewer.paused) void viewer.step();
});

/** The checkboxes of a network's layers. For the same network they are kept, so that the focus is not lost. */
function listLayers(layers: ConvCamEvents["load"]["layers"], shown: readonly string[]): void {
  const list = find("layer-list");
  let boxes = [...list.querySelectorAll<HTMLInputElement>("input")];
  if (boxes.length !== layers.length || boxes.some(({ value }, i) => value !== layers[i]?.value)) {
    boxes = layers.map(({ value }) => Object.assign(document.createElement("input"), { type: "checkbox", value }));
    const labels = layers.map(({ value, operator, shape }, i) => {
      const label = document.createElement("label");
      label.append(boxes[i] ?? "", value, make("small", "", `${operator} ${shape.slice(1).join("×")}`));
      return label;
    });
    list.replaceChildren(list.querySelector("legend") ?? "", ...labels);
  }
  for (const box of boxes) box.checked = shown.includes(box.value);
}

/** Of a network that could not be loaded there are none. */
function showLayers(layers: ConvCamEvents["load"]["layers"], shown: readonly string[]): void {
  listLayers(layers, shown);
  find("layer-summary").textContent = layers.length > 0 ? `Layers ${shown.length} of ${layers.length}` : "Layers";
}

on("load", ({ layers, shown, adapter }) => {
  showLayers(layers, shown);
  find("adapter").textContent = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(" ");
});

find("layer-list").addEventListener("change", () => {
  const checked = find("layer-list").querySelectorAll<HTMLInputElement>("input:checked");
  if (checked.length > 0) viewer.setAttribute("layers", Array.from(checked, ({ value }) => value).join(","));
});
addEventListener("click", (event) => {
  const details = document.querySelector("details.layers");
  if (event.target instanceof Node && !details?.contains(event.target)) details?.removeAttribute("open");
});

// ── Answer ──

let spokenTimer = 0;
let lastSpoken = "";

/** Tells a screen reader the answer once it has stayed the same for a moment. */
function speak(text: string): void {
  if (text === lastSpoken) return;
  lastSpoken = text;
  clearTimeout(spokenTimer);
  spokenTimer = window.setTimeout(() => {
    find("spoken").textContent = text;
  }, 800);
}

on("reset", () => {
  find("answer").hidden = true;
  speak("");
});

on("results", ({ outputs, top, isTrained }) => {
  const [scores, others] = outputs;
  const [best] = top;
  find("answer").hidden = !scores;
  if (!scores || !best) return;
  bars.isTrained = isTrained;
  bars.update(scores, viewer.labels);
  const isEmpty = viewer.input === pad.picture && pad.isEmpty;
  const isNumber = Number.isFinite(best.probability);
  const isAnswer = isTrained && isNumber && !isEmpty;
  find("top-label").textContent = isEmpty ? "Draw something" : !isNumber ? "No numbers" : isTrained ? best.label : "Not trained";
  find("top-share").textContent = isAnswer ? percentOf(best.probability) : "";
  speak(isAnswer ? `The network answers ${best.label}.` : isNumber ? "" : "The network's scores are not numbers.");
  find("compared-bars").hidden = !others;
  find("own-name").hidden = !others;
  if (!others) return;
  comparedBars.update(others, viewer.labels);
  find("own-name").textContent = networkSelect.selectedOptions[0]?.textContent ?? "";
  find("other-name").textContent = compareSelect.selectedOptions[0]?.textContent ?? "";
});

on("frame", ({ ms, fps }) => {
  const duration = ms < 2000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
  find("speed").textContent = fps > 1 ? `${fps} fps · ${duration}` : duration;
});

on("error", ({ error }, event) => {
  find("speed").textContent = "";
  if (viewer.availableLayers.length === 0) showLayers([], []);
  if (viewer.picture) return;
  // Problems of the input are shown beside the input; the element shows those of the network.
  event.preventDefault();
  find("input-problem").textContent = error.message;
  find("input-problem").hidden = false;
});

const query = new URLSearchParams(location.search);
viewer.toggleAttribute("worker", query.has("worker"));
pad.show(digit.strokes);
viewer.input = pad.picture;
chooseNetwork(query.get("network") ?? "mnist-trained").catch(report);
