// The page on which a network learns: what is chosen stands in the address behind the #, and the element does the rest.
import fashionUrl from "../../../models/data/fashion-mnist.bin?url&no-inline";
import { loadPart } from "../../engine/errors.ts";
import "../element.ts";
import type { ConvCam } from "../element.ts";
import { find, listen } from "./listen.ts";
import { findNetwork, openNetwork, preparationOf } from "./networks.ts";

/** What is chosen, as texts. */
interface Choices {
  network: string;
  data: string;
  optimizer: string;
  batch: string;
  seed: string;
  twin: string;
  blank: string;
}

const usual: Choices = { network: "mnist-blank", data: "fashion", optimizer: "adam", batch: "32", seed: "1", twin: "side", blank: "yes" };
const options: Readonly<Partial<Record<keyof Choices, Readonly<Record<string, string>>>>> = {
  network: { "mnist-blank": "Small ConvNet, 28 × 28", file: "Open .onnx…" },
  data: { fashion: "Articles of clothing (Fashion-MNIST)", teach: "What I show it: drawings, camera", folder: "A folder of my pictures…" },
  optimizer: { adam: "Adam", sgd: "SGD with momentum", adamw: "AdamW", adagrad: "Adagrad" },
  twin: { side: "Beside it", colors: "In the same tiles, two colours", none: "Not shown" },
};
const about: Readonly<Record<string, string>> = {
  fashion:
    "3,000 pictures of ten kinds of clothing to learn from, and 500 to try it on: a part of Fashion-MNIST by Zalando SE, under the MIT licence.",
  folder: "Your pictures: a folder for each class. One of five of each is held back. They stay on this machine.",
};

const viewer = find<ConvCam>("learner");
const form = find<HTMLFormElement>("choices");
let file: File | undefined;
let pictures: readonly File[] = [];

const field = (name: keyof Choices) => find<HTMLSelectElement | HTMLInputElement>(name);
for (const [name, texts] of Object.entries(options))
  field(name as keyof Choices).append(...Object.entries(texts).map(([value, text]) => new Option(text, value)));

function readAddress(): Choices {
  const query = new URLSearchParams(location.hash.slice(1));
  const known = Object.entries(usual).map(([name, standard]) => {
    const text = query.get(name) ?? standard;
    const isKnown = !(name in options) || text in (options[name as keyof Choices] ?? {});
    return [name, isKnown && !["file", "folder"].includes(text) ? text : standard];
  });
  return Object.fromEntries(known) as unknown as Choices;
}

function readForm(): Choices {
  const texts = Object.keys(usual).map((name) => {
    const one = field(name as keyof Choices);
    return [name, one instanceof HTMLInputElement && one.type === "checkbox" ? (one.checked ? "yes" : "no") : one.value];
  });
  return Object.fromEntries(texts) as unknown as Choices;
}

function fill(choices: Choices): void {
  for (const [name, text] of Object.entries(choices)) {
    const one = field(name as keyof Choices);
    if (one instanceof HTMLInputElement && one.type === "checkbox") one.checked = text === "yes";
    else one.value = text;
  }
}

function complain(text: string): void {
  find("problem").textContent = text;
  find("problem").hidden = text === "";
}

/** Where somebody teaches: the pad, the camera, and the classes. */
let teaching: Promise<import("./teaching.ts").Teaching> | undefined;

async function show(choices: Choices): Promise<void> {
  const { network, data, optimizer, batch, seed, twin, blank } = choices;
  complain("");
  find("about").textContent = about[data] ?? "";
  const isTaught = data === "teach";
  find("teach").hidden = !isTaught;
  for (const name of ["blank", "twin"] as const) (field(name).closest("label") as HTMLElement).hidden = isTaught;
  (find("all").closest("label") as HTMLElement).hidden = !isTaught;
  viewer.removeAttribute("train-freeze");
  viewer.removeAttribute("train-store");
  viewer.setAttribute("train-optimizer", optimizer);
  viewer.setAttribute("train-batch", batch);
  viewer.setAttribute("train-seed", seed);
  const entry = findNetwork(network);
  if (isTaught) {
    teaching ??= loadPart("to teach", async () => new (await import("./teaching.ts")).Teaching(viewer, complain));
    (await teaching).offer(entry ? (findNetwork("mnist-trained") ?? entry) : file, Number(seed));
    return;
  }
  (await teaching)?.close();
  viewer.setAttribute("train-store", "page");
  const isBlank = entry !== undefined || blank === "yes";
  field("blank").disabled = entry !== undefined;
  const src = entry ? await openNetwork(entry) : file;
  viewer.preparation = entry ? preparationOf(entry) : {};
  viewer.blank = isBlank ? Number(seed) : undefined;
  viewer.setAttribute("compare-as", twin === "none" ? "side" : twin);
  viewer.setAttribute("compare-names", "learning | blank twin");
  viewer.compare = twin === "none" ? undefined : `blank:${seed}`;
  viewer.trainFiles = data === "folder" ? pictures : undefined;
  viewer.setAttribute("train", data === "folder" ? "" : fashionUrl);
  if (viewer.src !== src) viewer.src = src;
}

function begin(choices: Choices): void {
  const query = new URLSearchParams(Object.entries(choices).filter(([name, text]) => text !== usual[name as keyof Choices]));
  history.replaceState(null, "", `#${query}`);
  show(choices).catch((error: Error) => complain(error.message));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  begin(readForm());
});
form.addEventListener("change", ({ target }) => {
  const one = target as HTMLSelectElement;
  if (one.value === "file") find("network-file").click();
  else if (one.value === "folder") find("picture-folder").click();
  else if (form.checkValidity()) begin(readForm());
});

function offerChoice(id: string, name: keyof Choices, take: (files: readonly File[]) => void): void {
  const input = find<HTMLInputElement>(id);
  input.addEventListener("change", () => {
    take([...(input.files ?? [])]);
    input.value = "";
    if (form.checkValidity()) begin(readForm());
  });
  // Nothing was chosen: what is shown stays.
  input.addEventListener("cancel", () => {
    field(name).value = readAddress()[name];
  });
}
offerChoice("network-file", "network", ([chosen]) => {
  file = chosen;
});
offerChoice("picture-folder", "data", (files) => {
  pictures = files;
});

addEventListener("hashchange", () => {
  fill(readAddress());
  begin(readForm());
});
listen(viewer, "error", () => complain(""));

fill(readAddress());
begin(readForm());
