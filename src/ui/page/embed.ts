// The page for frames: one element, as the address says. Behind the # stands what the demo page writes there; behind the ? are attributes of the
// element by their names, and `network` for one of ours.
import { digit } from "../../../models/digit.ts";
import "../element.ts";
import type { AttributeName } from "../attributes.ts";
import { writeCheckpoints } from "../checkpoints/list.ts";
import { readWithin } from "../compare/within.ts";
import { ConvCam } from "../element.ts";
import { setAttribute } from "../state.ts";
import { readAddress } from "./address.ts";
import { DrawingPad } from "./drawing-pad.ts";
import { find } from "./listen.ts";
import { checkpointsOf, findNetwork, labelsOf, openNetwork, preparationOf } from "./networks.ts";

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
  const {
    network = query.get("network") ?? undefined,
    compare,
    checkpoints,
    preparation: chosen,
    state,
    problem,
  } = readAddress(location.hash);
  if (problem) report(problem);
  setAttributes();
  const src = query.get("src");
  if (!src) {
    const name = network ?? firstNetwork;
    const entry = findNetwork(name);
    viewer.src = await open(name);
    if (entry) viewer.labels = labelsOf(entry);
    if (entry) viewer.preparation = preparationOf(entry);
  }
  if (chosen) viewer.preparation = chosen;
  if (compare) viewer.compare = readWithin(compare) ? compare : await open(compare);
  if (!query.has("input")) viewer.input = drawing();
  if (!location.hash) return;
  const entry = src ? undefined : findNetwork(network ?? firstNetwork);
  const compared = compare === undefined ? undefined : findNetwork(compare);
  const { src: own, compare: other, input, labels, parameters, preparation } = viewer.state;
  viewer.state = {
    ...{ ...state, src: own, compare: other, input, labels, parameters, preparation },
    ...(entry && compared && { compareNames: `${entry.title} | ${compared.title}` }),
    ...(checkpoints && { checkpoints: writeCheckpoints(checkpointsOf(entry)) }),
  };
  // A state takes away what it does not hold.
  setAttributes();
}

/** Those behind the ?, which whoever wrote the frame has set for it. */
function setAttributes(): void {
  for (const [name, value] of query) if (isAttribute(name)) setAttribute(viewer, name, value);
}

function isAttribute(name: string): name is AttributeName {
  return ConvCam.observedAttributes.includes(name);
}

/** A digit, until somebody says what the network shall look at. */
function drawing(): HTMLCanvasElement {
  const pad = new DrawingPad(document.createElement("canvas"), () => viewer.refresh());
  pad.show(digit.strokes);
  return pad.picture;
}

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const [picture] = event.dataTransfer?.files ?? [];
  if (picture) viewer.input = picture;
});

find<HTMLAnchorElement>("whole").href = `./${location.search}${location.hash}`;
show().catch((error: Error) => report(error.message));
