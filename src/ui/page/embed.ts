// The page for frames: one element, as the address says. Behind the # stands what the demo page writes there. Behind the ? may stand the same, and
// attributes of the element by their names.
import { digit } from "../../../models/digit.ts";
import { loadPart } from "../../engine/errors.ts";
import { once } from "./once.ts";
import "../element.ts";
import { type AttributeName, attributes, preparationNames } from "../attributes.ts";
import { writeCheckpoints } from "../checkpoints/list.ts";
import { readWithin } from "../compare/within.ts";
import { ConvCam } from "../element.ts";
import { setAttribute } from "../state.ts";
import { isAddress, isHeld, readAddress } from "./address.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { isDrawing, readDrawing } from "./drawing-text.ts";
import { find } from "./listen.ts";
import { checkpointsOf, findNetwork, labelsOf, openNetwork, preparationOf } from "./networks.ts";
import { isCamera, isGalleryName, notDrawn, notHeld, ownPicture } from "./written-input.ts";

const viewer = find<ConvCam>("layers");
const firstNetwork = "mnist-trained";
const query = new URLSearchParams(location.search);

function report(problem: string): void {
  find("problem").textContent = problem;
  find("problem").hidden = false;
}

async function open(name: string, unknown: string): Promise<string | Uint8Array> {
  const entry = findNetwork(name);
  if (!entry) throw new Error(`There is no network '${name}' here${unknown}`);
  return openNetwork(entry);
}

async function openCompared(compare: string): Promise<ConvCam["compare"]> {
  return readWithin(compare) || isAddress(compare)
    ? attributes.compare.read(compare)
    : open(compare, " to compare with: give a name of the demo page's list, an address, or blank:1.");
}

/** What stands behind the ? and is neither a part of a link nor an attribute is a slip: the frame would show something else than was meant. */
function checkNames(): void {
  const unknown = [...new Set(query.keys())].filter((name) => !isHeld(name) && !isPreparation(name) && !isAttribute(name));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `'${name}'`).join(", ");
  report(
    `Behind the ? of this frame's address stands ${names}, which it does not know and leaves out. It takes network, and attributes of <conv-cam>.`,
  );
}

async function show(): Promise<void> {
  checkNames();
  const wanted = readAddress(location.hash, `?${new URLSearchParams([...query].filter(([name]) => !isPreparation(name)))}`);
  const { network = firstNetwork, src, labels, compare, checkpoints, preparation: chosen, state, problem } = wanted;
  if (problem) report(problem);
  const entry = src ? undefined : findNetwork(network);
  const isPrepared = chosen !== undefined || [...query.keys()].some(isPreparation);
  // It asks the network when it is loaded, so it comes first.
  const own = src ? await ownNetworks({ hasPreparation: isPrepared, hasLabels: labels !== undefined }) : undefined;
  setAttributes();
  viewer.src = src ?? (await open(network, ". An address of yours goes behind ?src="));
  if (entry) viewer.labels = labelsOf(entry);
  if (entry) viewer.preparation = preparationOf(entry);
  own?.expect(viewer.src);
  if (labels) viewer.labels = labels;
  if (chosen) viewer.preparation = chosen;
  if (compare)
    viewer.compare = await openCompared(compare).catch((error: Error) => {
      report(error.message);
      return undefined;
    });
  showPicture(wanted.input).catch((error: Error) => report(error.message));
  const compared = compare === undefined ? undefined : findNetwork(compare);
  const { src: given, compare: other, input, labels: names, parameters, preparation, boxes } = viewer.state;
  viewer.state = {
    // Whether there are boxes the network's file tells.
    boxes: boxes && "",
    ...{ ...state, src: given, compare: other, input, labels: names, parameters, preparation },
    ...(entry && compared && { compareNames: `${entry.title} | ${compared.title}` }),
    ...(checkpoints && { checkpoints: checkpoints === true ? writeCheckpoints(checkpointsOf(entry)) : checkpoints }),
  };
  // A state takes away what it does not hold.
  setAttributes();
}

/** Those behind the ? that links do not hold. */
function setAttributes(): void {
  for (const [name, value] of query) if (isAttribute(name) && !isHeld(name)) setAttribute(viewer, name, value);
}

function isAttribute(name: string): name is AttributeName {
  return ConvCam.observedAttributes.includes(name);
}

function isPreparation(name: string): boolean {
  return preparationNames.some((one) => one === name);
}

/** @param written as the demo page's address has it; undefined for a digit */
async function showPicture(written: string | undefined): Promise<void> {
  const drawn = written === undefined || written === ownPicture ? digit.strokes : readDrawing(written);
  const isUnreadable = !drawn && written !== undefined && isDrawing(written);
  if (written === ownPicture) report(notHeld);
  if (isUnreadable) report(notDrawn);
  const strokes = isUnreadable ? digit.strokes : drawn;
  if (strokes) {
    const pad = new DrawingPad(document.createElement("canvas"), () => viewer.refresh());
    pad.show(strokes);
    viewer.input = pad.picture;
  } else if (written && isGalleryName(written) && !isCamera(written)) {
    const { galleryPicture } = await loadPart("with the gallery", () => import("./gallery-pictures.ts"));
    const opened = await galleryPicture(written).open({ onChange: () => viewer.refresh(), isShown: (canvas) => viewer.input === canvas });
    viewer.input = "canvas" in opened ? opened.canvas : opened;
  } else viewer.input = written;
}

const ownNetworks = once((known: { readonly hasPreparation: boolean; readonly hasLabels: boolean }) =>
  loadPart("for networks of one's own", async () => new (await import("./embed-own.ts")).OwnInFrame({ viewer, report, ...known })),
);

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  event.preventDefault();
  const files = [...(event.dataTransfer?.files ?? [])];
  find("problem").hidden = true;
  try {
    const own = await ownNetworks({ hasPreparation: false, hasLabels: false });
    // A link holds no file.
    if (await own.open(files)) find("whole").hidden = true;
  } catch (error) {
    report((error as Error).message);
  }
});

find<HTMLAnchorElement>("whole").href = `./${location.search}${location.hash}`;
show().catch((error: Error) => report(error.message));
