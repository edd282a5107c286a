// The demo page: a drawing, picture, video or camera on the left, the network's layers on the right.
import { digit } from "../../../models/digit.ts";
import type { ManifestEntry } from "../../../models/manifest.ts";
import { loadPart } from "../../engine/errors.ts";
import "../element.ts";
import { inOrder } from "../checkpoints/list.ts";
import type { ConvCam } from "../element.ts";
import { AboutLine } from "./about-line.ts";
import type { PageState } from "./address.ts";
import { showAnswers } from "./answer.ts";
import { offerCheckpoints } from "./checkpoints.ts";
import { offerLooks } from "./choices.ts";
import { ChosenNetwork, type OwnNetwork } from "./chosen-network.ts";
import { ClassNames, offerNames } from "./class-names.ts";
import { offerCommonRange } from "./common-range.ts";
import { Comparing } from "./comparing.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { filesOf, filesOfFolder, networksAmong, sortFiles, withTypes } from "./dropped-files.ts";
import { KeptHistory } from "./history.ts";
import { keepInSight } from "./in-sight.ts";
import { offerInputs } from "./input-tabs.ts";
import { keepNames } from "./kept-names.ts";
import { closeMenus, listLayers } from "./layer-list.ts";
import { find, listen } from "./listen.ts";
import { offerMeasuring } from "./measure-link.ts";
import { aboutText, fillNetworks } from "./network-lists.ts";
import { labelsOf, pictureInputOf, preparationOf } from "./networks.ts";
import { offerAddress } from "./offer-address.ts";
import { offerBrush } from "./offer-brush.ts";
import { offerHelp } from "./offer-help.ts";
import { offerPatterns } from "./offer-patterns.ts";
import { offerPrepare, offerSeen } from "./offer-prepare.ts";
import { offerWhy } from "./offer-why.ts";
import { once } from "./once.ts";
import { askOwnNetworks, forgetChoices } from "./own-network.ts";
import { Prepared } from "./prepared.ts";
import { offerSaving } from "./saving.ts";
import { offerSkip } from "./skip-link.ts";

const viewer = find<ConvCam>("layers");
const pad = new DrawingPad(find<HTMLCanvasElement>("pad"), () => viewer.refresh());
const { say, complain: report, settle } = new AboutLine(find("about"));

// ── Networks ──

const prepared = new Prepared({ viewer, line: find("prepared"), text: find("prepared-text") });
const classNames = new ClassNames({ viewer, text: find("names-source") });
const askOwnNetwork = askOwnNetworks(viewer, {
  async onHints(hints) {
    prepared.guess(hints.input);
    await classNames.guess(hints);
  },
  onFail: report,
});
const keepNamesOf = keepNames(viewer);

const networkSelect = find<HTMLSelectElement>("network");
fillNetworks();
const network = new ChosenNetwork({ viewer, list: networkSelect, say, onChange: expectNetwork });
const comparing = new Comparing({
  viewer,
  list: find("compare"),
  as: find("compare-as"),
  colors: find("compare-colors"),
  ranges: find("compare-range"),
  looks: [find("colors"), find("brightness")],
  file: find("compare-file"),
  report,
  settle,
  title: () => network.title,
});
const checkpoints = offerCheckpoints(
  viewer,
  find("checkpoints"),
  () => network.entry,
  (entry) => say(entry === network.entry ? aboutText(entry) : `${entry.title}: ${aboutText(entry)}`),
);

function expectNetwork(entry: ManifestEntry | undefined, own?: OwnNetwork): void {
  pad.isCentered = !entry || entry.input.shape[2] === 28;
  forgetChoices(viewer);
  askOwnNetwork(own?.source);
  keepNamesOf(own?.files);
  classNames.know(entry ? labelsOf(entry) : []);
  if (entry) prepared.know(preparationOf(entry), pictureInputOf(entry));
  else prepared.expect(own?.files);
  comparing.forget(entry);
  checkpoints.forget();
}

networkSelect.addEventListener("change", () => network.choose(networkSelect.value).catch(report));

// ── Files ──

const inputs = offerInputs(viewer, pad);
const openNames = offerNames(classNames);
offerPrepare(prepared, find);
offerSeen(viewer, find);
offerBrush(viewer);

/** Whether an error of the network is shown in place of it. */
let hasFailed = false;

function openCheckpoints(files: readonly File[]): void {
  const sorted = inOrder(files);
  network.openFiles(sorted.slice(-1));
  checkpoints.open(sorted);
}

async function openFiles(files: readonly File[]): Promise<void> {
  const { network: parts, pictures, names } = sortFiles(await withTypes(files));
  const { networks, isSeries } = networksAmong(parts);
  const areSeveral = networks.length > 1;
  if (files.length > 0 && parts.length + pictures.length === 0 && !names)
    throw new Error("Nothing of this can be opened: there is no network, no picture and no list of names in it.");
  // Of checkpoints of one network the last by name is opened, and all are on the slider. Of several networks somebody chooses.
  if (isSeries) openCheckpoints(parts);
  else if (parts.length > 0 && !areSeveral) network.openFiles(parts);
  if (names) openNames(names);
  const [picture] = pictures;
  if (picture) inputs.show(picture);
  if (pictures.length > 1) {
    find("input-problem").textContent = `Of ${pictures.length} pictures the first one is shown, ${pictures[0]?.name}.`;
    find("input-problem").hidden = false;
  }
  if (!areSeveral) return;
  help.endTour();
  // What is wrong with the network before has nothing to do with these.
  if (!isSeries && hasFailed) network.close();
  (await loadChecks()).show(networks, !isSeries);
}

const loadChecks = once(async () => {
  const { CheckedFiles } = await loadPart("that checks files", () => import("./check-files.ts"));
  return new CheckedFiles(find("file-check"), (files) => network.openFiles(files));
});

/** @param choose the files that are opened of those chosen */
function offerFiles(button: string, input: string, choose: (files: FileList) => readonly File[]): void {
  const chosen = find<HTMLInputElement>(input);
  chosen.addEventListener("change", () => {
    try {
      if (chosen.files) openFiles(choose(chosen.files)).catch(report);
    } catch (error) {
      report(error);
    }
    chosen.value = "";
  });
  find(button).addEventListener("click", () => chosen.click());
}
offerFiles("open", "model-file", (files) => [...files]);
offerAddress((address) => network.openAddress(address));
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

offerLooks(find<HTMLSelectElement>("normalize"), find<HTMLSelectElement>("colors"), find<HTMLInputElement>("brightness"), viewer);
offerCommonRange(find<HTMLSelectElement>("normalize"), viewer, report);
offerWhy(viewer, find);
offerPatterns(viewer, find);
listLayers(viewer);
closeMenus([...document.querySelectorAll<HTMLDetailsElement>("details.layers")]);
offerSaving({
  viewer,
  title: () => network.entry?.name ?? network.title,
});
offerMeasuring(find("measure"), viewer, () => network.entry, report);

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
const help = offerHelp(viewer, () => network.title, report);
offerSkip();

// ── Answer ──

classNames.onChange = showAnswers(viewer, {
  isEmpty: () => viewer.input === pad.picture && pad.isEmpty,
  names: () => comparing.names,
});
listen(viewer, "load", ({ adapter }) => {
  hasFailed = false;
  const line = find("adapter");
  line.textContent = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(" ");
  // There may be room for its beginning only.
  line.title = line.textContent;
});
listen(viewer, "frame", ({ ms, fps }) => {
  const duration = ms < 2000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
  find("speed").textContent = fps > 1 ? `${fps} fps · ${duration}` : duration;
});
listen(viewer, "error", ({ part }) => {
  // A picture or names that cannot be read leave the network as it is, and so does what fails beside it.
  if (part === "network" || part === "scene") hasFailed = true;
  find("speed").textContent = "";
});

// ── Address ──

const loadSharing = once(() => loadPart("to share", async () => new (await import("./share.ts")).Sharing()));
find("share").addEventListener("click", async () => {
  kept.flush();
  try {
    (await loadSharing()).open({ isFile: network.isFile, input: inputs.written });
  } catch (error) {
    report(error);
  }
});

/** Shows what an address says, the network first: choosing another one forgets what was chosen of it. */
async function showState(wanted: PageState, isLatest: () => boolean): Promise<void> {
  // The picture comes by itself, as soon as it is there.
  if (viewer.input === undefined || inputs.written !== wanted.input) inputs.open(wanted.input);
  if (viewer.src === undefined || !network.is(wanted)) {
    try {
      await network.open(wanted);
    } catch (error) {
      if (viewer.src === undefined && isLatest()) await network.open({});
      throw error;
    }
  }
  // Somebody chose another one meanwhile, which the rest is not of.
  if (!isLatest() || !network.is(wanted)) return;
  const { compare = "", labels, preparation: chosen, state } = wanted;
  let problem: unknown;
  if (comparing.chosen !== compare)
    await comparing.choose(compare).catch((error: unknown) => {
      problem = error;
    });
  if (!isLatest()) return;
  if (classNames.address !== labels) classNames.take(labels ?? (network.entry ? labelsOf(network.entry) : []));
  if (JSON.stringify(prepared.chosen) !== JSON.stringify(chosen)) prepared.choose(chosen);
  const { src, compare: other, compareNames, input, labels: names, parameters, preparation, bars, boxes } = viewer.state;
  // Whether there are boxes the network's file tells; an address holds the score that somebody chose.
  const shown = { boxes: boxes && "", ...state, ...checkpoints.stateFor(wanted.checkpoints) };
  viewer.state = { ...shown, src, compare: other, compareNames, input, labels: names, parameters, preparation, bars };
  // The rest of it is shown.
  if (problem) throw problem;
}

keepInSight(viewer, find("preview").closest("section") as HTMLElement);
viewer.toggleAttribute("worker", new URLSearchParams(location.search).has("worker"));
pad.show(digit.strokes);
const kept = new KeptHistory(viewer, {
  chosen: () => ({
    ...network.written,
    compare: comparing.chosen || undefined,
    checkpoints: checkpoints.written,
    labels: classNames.address,
    preparation: prepared.chosen,
    input: inputs.written,
  }),
  show: showState,
  report,
  settle,
});
void kept.start();
