// The demo page: a drawing, picture, video or camera on the left, the network's layers on the right.
import { digit } from "../../../models/digit.ts";
import { isStored } from "../../../models/manifest.ts";
import { loadPart } from "../../engine/errors.ts";
import "../element.ts";
import { inOrder } from "../checkpoints/list.ts";
import type { ConvCam } from "../element.ts";
import type { PageState } from "./address.ts";
import { showAnswers } from "./answer.ts";
import { offerCheckpoints } from "./checkpoints.ts";
import { offerLooks } from "./choices.ts";
import { ClassNames, offerNames } from "./class-names.ts";
import { Comparing } from "./comparing.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { filesOf, filesOfFolder, namesOf, sortFiles } from "./dropped-files.ts";
import { KeptHistory } from "./history.ts";
import { offerInputs } from "./input-tabs.ts";
import { keepNames } from "./kept-names.ts";
import { closeMenus, listLayers } from "./layer-list.ts";
import { find, listen } from "./listen.ts";
import { offerMeasuring } from "./measure-link.ts";
import { aboutText, fillNetworks, showOwnNetwork } from "./network-lists.ts";
import { findNetwork, labelsOf, openNetwork, pictureInputOf, preparationOf } from "./networks.ts";
import { offerBrush } from "./offer-brush.ts";
import { offerHelp } from "./offer-help.ts";
import { offerPatterns } from "./offer-patterns.ts";
import { offerPrepare, offerSeen } from "./offer-prepare.ts";
import { offerWhy } from "./offer-why.ts";
import { askOwnNetworks } from "./own-network.ts";
import { Prepared } from "./prepared.ts";
import { offerSaving } from "./saving.ts";

const viewer = find<ConvCam>("layers");
const pad = new DrawingPad(find<HTMLCanvasElement>("pad"), () => viewer.refresh());
const query = new URLSearchParams(location.search);
const firstNetwork = "mnist-trained";
const ownFile = "file";

function report(error: unknown): void {
  find("about").textContent = error instanceof Error ? error.message : String(error);
}

// ── Networks ──

const prepared = new Prepared({ viewer, line: find("prepared"), text: find("prepared-text") });
const classNames = new ClassNames({ viewer, text: find("names-source") });
const askOwnNetwork = askOwnNetworks(viewer, prepared, classNames, report);
const keepNamesOf = keepNames(viewer);

/** @param files undefined for a network of the page */
function expectOwnNetwork(files: readonly File[] | undefined): void {
  askOwnNetwork(files);
  keepNamesOf(files);
}

const networkSelect = find<HTMLSelectElement>("network");
fillNetworks();
const titleIn = (select: HTMLSelectElement) => select.selectedOptions[0]?.textContent ?? "";
const comparing = new Comparing({
  ...{ viewer, list: find("compare"), as: find("compare-as"), file: find("compare-file"), report },
  title: () => findNetwork(networkSelect.value)?.title ?? titleIn(networkSelect),
});

const checkpoints = offerCheckpoints(
  viewer,
  find("checkpoints"),
  () => findNetwork(networkSelect.value),
  (entry) => {
    find("about").textContent = aboutText(entry);
  },
);

/** Counts choices, so that a slow network does not replace one picked later. */
let choiceCount = 0;

async function chooseNetwork(name: string): Promise<void> {
  const entry = findNetwork(name);
  if (!entry) throw new Error(`There is no network '${name}' here. Choose one of the list, or open a file.`);
  const choice = ++choiceCount;
  networkSelect.value = name;
  const isBuilt = !isStored(entry);
  find("about").textContent = isBuilt ? `Building ${entry.title} with random weights…` : aboutText(entry);
  // Clears what the network before has shown, before the new name appears.
  if (isBuilt) viewer.src = undefined;
  const source = await openNetwork(entry).catch((error) => {
    if (choice === choiceCount) throw error;
  });
  if (choice !== choiceCount || source === undefined) return;
  find("about").textContent = aboutText(entry);
  pad.isCentered = entry.input.shape[2] === 28;
  forgetChoices();
  expectOwnNetwork(undefined);
  classNames.know(labelsOf(entry));
  prepared.know(preparationOf(entry), pictureInputOf(entry));
  comparing.forget(entry);
  checkpoints.forget();
  viewer.src = source;
}

/** Names of layers and classes belong to one network. */
function forgetChoices(): void {
  const names = ["layers", "layer", "channel", "pixel", "page", "layer-names", "explain-layer", "explain-class", "explain-against"];
  for (const name of names) viewer.removeAttribute(name);
  viewer.setAttribute("view", "overview");
  if (viewer.gates.length > 0) viewer.gates = [];
}

function openModelFiles(files: readonly File[]): void {
  choiceCount++;
  const sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
  showOwnNetwork((files.find((file) => file.name.endsWith(".onnx")) ?? files[0])?.name ?? "");
  find("about").textContent = `${namesOf(files)}, ${(sizeBytes / 1e6).toFixed(1)} MB. It stays on this machine.`;
  pad.isCentered = true;
  forgetChoices();
  expectOwnNetwork(files);
  comparing.forget(undefined);
  checkpoints.forget();
  viewer.src = files;
}

networkSelect.addEventListener("change", () => chooseNetwork(networkSelect.value).catch(report));

// ── Files ──

const showPicture = offerInputs(viewer, pad);
const openNames = offerNames(classNames);
offerPrepare(prepared, find);
offerSeen(viewer, find);
offerBrush(viewer);

function openCheckpoints(files: readonly File[]): void {
  const sorted = inOrder(files);
  openModelFiles(sorted.slice(-1));
  checkpoints.open(sorted);
}

function openFiles(files: readonly File[]): void {
  const { network, pictures, names } = sortFiles(files);
  const isSeries = network.length > 1 && network.every(({ name }) => name.endsWith(".onnx"));
  // Several networks at once are checkpoints of one: the last by name is opened, and all are on the slider.
  if (isSeries) openCheckpoints(network);
  else if (network.length > 0) openModelFiles(network);
  if (names) openNames(names);
  const [picture] = pictures;
  if (picture) showPicture(picture);
  if (pictures.length > 1) {
    find("input-problem").textContent = `Of ${pictures.length} pictures the first one is shown, ${pictures[0]?.name}.`;
    find("input-problem").hidden = false;
  }
}

/** @param choose the files that are opened of those chosen */
function offerFiles(button: string, input: string, choose: (files: FileList) => readonly File[]): void {
  const chosen = find<HTMLInputElement>(input);
  chosen.addEventListener("change", () => {
    try {
      if (chosen.files) openFiles(choose(chosen.files));
    } catch (error) {
      report(error);
    }
    chosen.value = "";
  });
  find(button).addEventListener("click", () => chosen.click());
}
offerFiles("open", "model-file", (files) => [...files]);
offerFiles("open-folder", "model-folder", filesOfFolder);
find("open-folder").hidden = !("webkitdirectory" in find("model-folder"));

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
offerWhy(viewer, find);
offerPatterns(viewer, find);
listLayers(viewer);
closeMenus([...document.querySelectorAll<HTMLDetailsElement>("details.layers")]);
offerSaving({
  ...{ viewer, summary: find("save-summary"), sheet: find("save-sheet"), video: find("save-video"), note: find("save-note") },
  title: () => findNetwork(networkSelect.value)?.name ?? titleIn(networkSelect),
});
offerMeasuring(find("measure"), viewer, () => findNetwork(networkSelect.value), report);

find("pause").addEventListener("click", () => {
  viewer.paused = !viewer.paused;
});
find("step").addEventListener("click", () => void viewer.step());
// Its keys pause it, too.
new MutationObserver(() => {
  const { paused } = viewer;
  find("pause").ariaPressed = String(paused);
  find("pause").textContent = paused ? "Play" : "Pause";
  find<HTMLButtonElement>("step").disabled = !paused;
}).observe(viewer, { attributeFilter: ["paused"] });
offerHelp(viewer, report);

// ── Answer ──

classNames.onChange = showAnswers(viewer, {
  isEmpty: () => viewer.input === pad.picture && pad.isEmpty,
  names: () => comparing.names,
});
listen(viewer, "load", ({ adapter }) => {
  find("adapter").textContent = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(" ");
});
listen(viewer, "frame", ({ ms, fps }) => {
  const duration = ms < 2000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
  find("speed").textContent = fps > 1 ? `${fps} fps · ${duration}` : duration;
});
listen(viewer, "error", () => {
  find("speed").textContent = "";
});

// ── Address ──

let sharing: Promise<import("./share.ts").Sharing> | undefined;
find("share").addEventListener("click", async () => {
  sharing ??= loadPart("to share", async () => new (await import("./share.ts")).Sharing());
  const isOwn = networkSelect.value === ownFile;
  kept.flush();
  try {
    (await sharing).open(
      isOwn ? "The network is a file of yours, which a link does not hold: who follows it has to open the file, too." : "",
    );
  } catch (error) {
    sharing = undefined;
    report(error);
  }
});

/** Shows what an address says, the network first: choosing another one forgets what was chosen of it. */
async function showState(
  { network, compare = "", checkpoints: areStored, preparation: chosen, state }: PageState,
  isLatest: () => boolean,
): Promise<void> {
  const wanted = network ?? query.get("network") ?? firstNetwork;
  if (wanted === ownFile && networkSelect.value !== ownFile) {
    await chooseNetwork(firstNetwork);
    throw new Error("This address is of a network in a file, which it does not hold: open the file again.");
  }
  if (viewer.src === undefined || networkSelect.value !== wanted) {
    try {
      await chooseNetwork(wanted);
    } catch (error) {
      if (viewer.src === undefined && isLatest()) await chooseNetwork(firstNetwork);
      throw error;
    }
  }
  // Somebody chose another one meanwhile, which the rest is not of.
  if (!isLatest() || networkSelect.value !== wanted) return;
  let problem: unknown;
  if (comparing.chosen !== compare)
    await comparing.choose(compare).catch((error: unknown) => {
      problem = error;
    });
  if (!isLatest()) return;
  if (JSON.stringify(prepared.chosen) !== JSON.stringify(chosen)) prepared.choose(chosen);
  const { src, compare: other, compareNames, input, labels, parameters, preparation, bars } = viewer.state;
  const shown = checkpoints.stateFor(areStored);
  viewer.state = { ...state, ...shown, src, compare: other, compareNames, input, labels, parameters, preparation, bars };
  // The rest of it is shown.
  if (problem) throw problem;
}

viewer.toggleAttribute("worker", query.has("worker"));
pad.show(digit.strokes);
viewer.input = pad.picture;
const kept = new KeptHistory(viewer, {
  chosen: () => ({
    network: networkSelect.value === firstNetwork ? undefined : networkSelect.value,
    compare: comparing.chosen || undefined,
    checkpoints: checkpoints.areStored || undefined,
    preparation: prepared.chosen,
  }),
  show: showState,
  report,
});
void kept.start();
