// The page for frames: one element, as the address says. Behind the # stands what the demo page writes there; behind the ? are attributes of the
// element by their names, and `network` for one of ours.
import { digit } from "../../../models/digit.ts";
import { loadPart } from "../../engine/errors.ts";
import "../element.ts";
import { type AttributeName, attributes, preparationNames } from "../attributes.ts";
import { writeCheckpoints } from "../checkpoints/list.ts";
import { readWithin } from "../compare/within.ts";
import { ConvCam } from "../element.ts";
import { setAttribute } from "../state.ts";
import { isAddress, readAddress } from "./address.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { readDrawing } from "./drawing-text.ts";
import { find } from "./listen.ts";
import { checkpointsOf, findNetwork, labelsOf, openNetwork, preparationOf } from "./networks.ts";
import { isCamera, isGalleryName, notHeld, ownPicture } from "./written-input.ts";

const viewer = find<ConvCam>("layers");
const firstNetwork = "mnist-trained";
const query = new URLSearchParams(location.search);

function report(problem: string): void {
  find("problem").textContent = problem;
  find("problem").hidden = false;
}

/** @returns undefined for none */
async function open(name: string | undefined): Promise<string | Uint8Array | undefined> {
  const entry = name === undefined ? undefined : findNetwork(name);
  if (name !== undefined && !entry) throw new Error(`There is no network '${name}' here. An address of yours goes behind ?src=.`);
  return entry && openNetwork(entry);
}

async function show(): Promise<void> {
  const wanted = readAddress(location.hash);
  const { network = query.get("network") ?? undefined, compare, checkpoints, preparation: chosen, state, problem } = wanted;
  if (problem) report(problem);
  const src = query.get("src") || wanted.src;
  const entry = src ? undefined : findNetwork(network ?? firstNetwork);
  const labels = query.get("labels") || wanted.labels;
  const isPrepared = chosen !== undefined || preparationNames.some((name) => query.has(name));
  // It asks the network when it is loaded, so it comes first.
  const own = src ? await ownNetworks({ hasPreparation: isPrepared, hasLabels: labels !== undefined }) : undefined;
  setAttributes();
  if (!src) {
    viewer.src = await open(network ?? firstNetwork);
    if (entry) viewer.labels = labelsOf(entry);
    if (entry) viewer.preparation = preparationOf(entry);
  } else if (!query.get("src")) viewer.src = src;
  if (viewer.src !== undefined) own?.expect(viewer.src);
  if (labels) viewer.labels = labels;
  if (chosen) viewer.preparation = chosen;
  if (compare) viewer.compare = readWithin(compare) || isAddress(compare) ? attributes.compare.read(compare) : await open(compare);
  showPicture(query.get("input") || wanted.input).catch((error: Error) => report(error.message));
  if (!location.hash) return;
  const compared = compare === undefined ? undefined : findNetwork(compare);
  const { src: given, compare: other, input, labels: names, parameters, preparation } = viewer.state;
  viewer.state = {
    ...{ ...state, src: given, compare: other, input, labels: names, parameters, preparation },
    ...(entry && compared && { compareNames: `${entry.title} | ${compared.title}` }),
    ...(checkpoints && { checkpoints: checkpoints === true ? writeCheckpoints(checkpointsOf(entry)) : checkpoints }),
  };
  // A state takes away what it does not hold.
  setAttributes();
}

/** Those behind the ?, which whoever wrote the frame has set for it. A picture may be called otherwise there than in the attribute. */
function setAttributes(): void {
  for (const [name, value] of query) if (isAttribute(name) && name !== "input") setAttribute(viewer, name, value);
}

function isAttribute(name: string): name is AttributeName {
  return ConvCam.observedAttributes.includes(name);
}

/** @param written as the demo page's address has it; undefined for a digit */
async function showPicture(written: string | undefined): Promise<void> {
  const strokes = written === undefined || written === ownPicture ? digit.strokes : readDrawing(written);
  if (written === ownPicture) report(notHeld);
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

let loading: Promise<import("./embed-own.ts").OwnInFrame> | undefined;

function ownNetworks(known: { readonly hasPreparation: boolean; readonly hasLabels: boolean }) {
  loading ??= loadPart(
    "for networks of one's own",
    async () => new (await import("./embed-own.ts")).OwnInFrame({ viewer, report, ...known }),
  );
  return loading.catch((error) => {
    loading = undefined;
    throw error;
  });
}

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
