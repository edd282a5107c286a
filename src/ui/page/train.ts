// The page on which a network learns: what is chosen stands in the address behind the #, and the element does the rest.
import type { ManifestEntry } from "../../../models/manifest.ts";
import { loadPart } from "../../engine/errors.ts";
import "../element.ts";
import { asSentence } from "../as-sentence.ts";
import type { ConvCam } from "../element.ts";
import { percentOf } from "../format-number.ts";
import { fashionUrl } from "./fashion.ts";
import { find, listen } from "./listen.ts";
import { findNetwork, labelsOf, openNetwork, preparationOf } from "./networks.ts";
import { once } from "./once.ts";
import { offerSkip } from "./skip-link.ts";
import { type Choices, leadOf, options, readChoices, scheduleText, usual, usualFor } from "./train-choices.ts";
import { aboutOf, isOwn, lessonOf } from "./train-lessons.ts";
import { secondOf } from "./train-second.ts";

const viewer = find<ConvCam>("learner");
const form = find<HTMLFormElement>("choices");

/** What was chosen from this machine. */
interface Own {
  readonly file?: File | undefined;
  readonly pictures?: readonly File[];
}
let own: Own = {};

const field = (name: keyof Choices) => find<HTMLSelectElement | HTMLInputElement | HTMLTextAreaElement>(name);
for (const [name, texts] of Object.entries(options))
  find(name).append(...Object.entries(texts).map(([value, text]) => new Option(text, value)));

/** What lies on this machine is in no address, and a network that is not there for these pictures cannot be chosen. */
function readAddress(): Choices {
  const choices = readChoices(location.hash.slice(1));
  if (isOwn(choices.data)) choices.data = usual.data;
  if (choices.network === "file" || !isOffered(choices)) choices.network = usual.network;
  return choices;
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

function complain(text: string, ...more: readonly Element[]): void {
  find("problem").replaceChildren(text, ...more);
  find("problem").hidden = text === "";
}

/** Where somebody teaches: the pad, the camera, and the classes. Undefined until somebody does. */
let teach: import("./teaching.ts").Teaching | undefined;
/** Where somebody drives. Undefined until somebody does. */
let drive: import("./drive.ts").Drive | undefined;
const loadTeaching = once(() => loadPart("to teach", async () => new (await import("./teaching.ts")).Teaching(viewer, complain)));
const loadDriving = once(() => loadPart("to drive", async () => new (await import("./drive.ts")).Drive(viewer)));
const loadDescribed = once(() => loadPart("to write a network", async () => new (await import("./described.ts")).Described()));
/** Networks that are built are built once. */
const built = new Map<string, ReturnType<typeof openNetwork>>();

function sourceOf(entry: ManifestEntry): ReturnType<typeof openNetwork> {
  const known = built.get(entry.name) ?? openNetwork(entry);
  built.set(entry.name, known);
  known.catch(() => built.delete(entry.name));
  return known;
}

/** Whether one's own lines can learn it: the road takes two outputs, and what is taught takes a network that knows something. */
const canBeWritten = (data: string) => !["road", "teach"].includes(data);
const isWritten = ({ network, data }: Pick<Choices, "network" | "data">) => network === "lines" && canBeWritten(data);

function isOffered({ network, data }: Pick<Choices, "network" | "data">): boolean {
  if (network === "learned") return lessonOf(data).learned !== undefined;
  return network !== "lines" || canBeWritten(data);
}

/** What a choice is called, where that hangs on other choices. */
function call(list: keyof Choices, value: string, text: string): void {
  const option = field(list).querySelector<HTMLOptionElement>(`option[value=${value}]`);
  if (option) option.text = text;
}

/** What of the page belongs to what is learned. */
function arrange(choices: Choices): void {
  const { network, data, twin, second } = choices;
  // On the road two colours are those of the two halves, where no second network learns.
  const hasHalves = data === "road" && second === "blank";
  call("second", "blank", hasHalves && twin === "colors" ? "None: its halves are shown" : (options.second?.["blank"] as string));
  call("twin", "colors", hasHalves ? "Steering and throttle in the same tiles" : (options.twin?.["colors"] as string));
  find("drive-first").hidden = network !== "";
  for (const option of find<HTMLSelectElement>("network").options)
    option.hidden = option.disabled = !isOffered({ network: option.value, data });
  find("written").hidden = !isWritten({ network, data });
  // What is wrong with lines stands below them.
  if (isWritten({ network, data })) find("write").closest(".row")?.before(find("problem"));
  else find("about").before(find("problem"));
  find("lead").textContent = leadOf(choices);
  find("about").textContent = aboutOf(choices);
  // Nothing stands there before it answers.
  find("teach").hidden = data !== "teach" || !teach;
  find("drive").hidden = data !== "road" || !drive;
  // Where somebody draws, the answer is what one looks for, once there is a drawing; else the curves are.
  if (data !== "teach") viewer.setAttribute("bars", "none");
  const offer = (isOffered: boolean, ...names: readonly (keyof Choices)[]) => {
    for (const name of names) (field(name).closest("label") as HTMLElement).hidden = !isOffered;
  };
  // One that has learned learns no more.
  const learns = network !== "learned";
  offer(learns, "optimizer", "batch", "schedule", "warm");
  offer(learns && choices.schedule !== "constant", "length");
  offer(data !== "teach", "twin");
  offer(data !== "teach" && learns, "blank", "second");
  offer(data === "teach", "all");
}

/** How the learning rate goes on: nothing begins anew for it. */
function setSchedule(choices: Choices): void {
  const text = scheduleText(choices);
  if (text === undefined) viewer.removeAttribute("train-schedule");
  else viewer.setAttribute("train-schedule", text);
}

/** The call of {@link show} that counts: what is chosen while another one waits takes its place. */
let latest: Choices | undefined;
/** What is learned. */
let shown: string | undefined;
/** What was chosen for it, also from this machine. */
let standing: { readonly choices: Choices; readonly own: Own } | undefined;

/** What a choice takes that may not load. */
async function load(choices: Choices, { file }: Own) {
  const { network, data } = choices;
  const { network: made, learned } = lessonOf(data);
  const hasLearned = network === "learned" && learned !== undefined;
  const usualEntry = findNetwork(hasLearned ? learned : made);
  const entry = network === "file" || isWritten(choices) ? undefined : usualEntry;
  if (data === "teach") teach = await loadTeaching();
  if (data === "road") drive = await loadDriving();
  const written = isWritten(choices) ? await loadDescribed() : undefined;
  return { hasLearned, usualEntry, entry, written, src: entry && data !== "teach" ? await sourceOf(entry) : file };
}

/** What was chosen does not load, or cannot be taught: what learns goes on, and its choices come back. */
function giveUp(asked: Choices, { message }: Error, ...more: readonly Element[]): void {
  if (standing) {
    const { choices } = standing;
    own = standing.own;
    fill({ ...choices, lines: asked.lines });
    tellAddress(choices);
    arrange(choices);
    setSchedule(choices);
    latest = choices;
  }
  complain(`${message} `, ...more);
}

/** Loads the page anew with what was chosen: what of it did not load is fetched again. */
function reloadButton(asked: Choices): Element {
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Reload the page" });
  again.addEventListener("click", () => {
    tellAddress(asked);
    location.reload();
  });
  return again;
}

async function show(choices: Choices): Promise<void> {
  const { data, optimizer, batch, seed, twin, blank, draws } = choices;
  const chosen = own;
  latest = choices;
  complain("");
  arrange(choices);
  const refuse = (error: Error, ...more: readonly Element[]) => void (latest === choices && giveUp(choices, error, ...more));
  const loaded = await load(choices, chosen).catch((error: Error) => refuse(error, reloadButton(choices)));
  if (!loaded || latest !== choices) return;
  const { hasLearned, usualEntry, entry, written } = loaded;
  const [shape, classes] = [usualEntry?.input.shape.slice(1) ?? [1, 28, 28], usualEntry ? labelsOf(usualEntry).length : 10];
  const src = written ? written.build(Number(seed), shape, classes) : loaded.src;
  const teaches = entry ?? chosen.file;
  const prepared = data === "teach" ? await teach?.prepare(teaches, Number(seed)).catch(refuse) : undefined;
  if (latest !== choices) return;
  const before = standing;
  standing = { choices, own: chosen };
  arrange(choices);
  viewer.removeAttribute("train-freeze");
  viewer.removeAttribute("train-store");
  viewer.removeAttribute("train-rival");
  viewer.setAttribute("train-optimizer", optimizer);
  viewer.setAttribute("train-batch", batch);
  viewer.setAttribute("train-seed", seed);
  setSchedule(choices);
  if (draws === usual.draws) viewer.removeAttribute("train-draws");
  else viewer.setAttribute("train-draws", draws);
  // A picture of what was learned before is none of what is learned now.
  if (shown !== undefined && shown !== data) viewer.input = undefined;
  shown = data;
  if (data !== "road") drive?.close();
  if (data === "teach") {
    teach?.offer(teaches, Number(seed), prepared);
    return;
  }
  teach?.close();
  if (data === "road") drive?.open();
  // Who chooses another network wants to see how it drives.
  const isAnother = before?.choices.network !== choices.network || before.own.file !== chosen.file;
  if (data === "road" && isAnother) drive?.letNetworkDrive();
  const isBlank = !hasLearned && (entry !== undefined || blank === "yes");
  (field("blank") as HTMLInputElement).disabled = entry !== undefined;
  const { compare, names, rival } = secondOf(hasLearned ? { ...choices, second: "blank" } : choices, isBlank ? `blank:${seed}` : src);
  viewer.setAttribute("train-store", "page");
  viewer.preparation = entry ? preparationOf(entry) : {};
  viewer.blank = isBlank ? Number(seed) : undefined;
  viewer.setAttribute("compare-as", twin === "none" ? "side" : twin);
  viewer.setAttribute("compare-names", names);
  if (viewer.compare !== compare) viewer.compare = compare;
  if (rival === undefined) viewer.removeAttribute("train-rival");
  else viewer.setAttribute("train-rival", rival);
  viewer.trainFiles = isOwn(data) ? chosen.pictures : undefined;
  if (hasLearned) viewer.removeAttribute("train");
  else viewer.setAttribute("train", data === "fashion" ? fashionUrl : isOwn(data) ? "" : data);
  if (viewer.src !== src) viewer.src = src;
}

function tellAddress(choices: Choices): void {
  const told = isWritten(choices) ? choices : { ...choices, lines: "" };
  const unsaid = usualFor(choices);
  const query = new URLSearchParams(Object.entries(told).filter(([name, text]) => text !== unsaid[name as keyof Choices]));
  history.replaceState(null, "", `#${query}`);
}

function begin(choices: Choices): void {
  tellAddress(choices);
  show(choices).catch((error: Error) => latest === choices && complain(error.message));
}

/** Goes on with what is chosen of the rate alone. */
function follow(choices: Choices): void {
  if (!form.reportValidity()) return;
  const { schedule, length, warm } = readForm();
  Object.assign(choices, { schedule, length, warm });
  tellAddress(choices);
  arrange(choices);
  setSchedule(choices);
}

listen(viewer, "reset", () => {
  find("says").hidden = true;
});
// Where somebody teaches, bars say it, and on the road two numbers steer.
listen(viewer, "results", ({ top: [first] }) => {
  const { data } = readForm();
  find("says").hidden = !first || ["road", "teach"].includes(data);
  if (first) find("says").textContent = `Its answer to this picture: ${first.label}, ${percentOf(first.probability)}.`;
});

// What is chosen begins at once: there is nothing to send. “Begin anew” stands beside the curves.
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
  const one = target as HTMLSelectElement;
  // The address and the schedule read digits alone, but a field takes 1e3, too.
  if (target instanceof HTMLInputElement && target.type === "number" && target.value !== "") target.value = `${target.valueAsNumber}`;
  if (one.id === "data" && ["learned", "lines"].includes(field("network").value)) field("network").value = "";
  // A twin that learns no more is shown as the one before was.
  if (one.id === "data" || (one.id === "second" && one.value !== "blank")) field("twin").value = usualFor(readForm()).twin;
  if (["schedule", "length", "warm"].includes(one.id) && latest) follow(latest);
  else if (one.value === "file") find("network-file").click();
  else if (isOwn(one.value)) find(`picture-${one.value}`).click();
  else if (form.reportValidity()) begin(readForm());
});

function offerChoice(id: string, take: (files: readonly File[]) => void): void {
  const input = find<HTMLInputElement>(id);
  input.addEventListener("change", () => {
    take([...(input.files ?? [])]);
    input.value = "";
    if (form.reportValidity()) begin(readForm());
  });
  // Nothing was chosen: what is shown stays, and so does what somebody writes.
  input.addEventListener("cancel", () => latest && fill({ ...latest, lines: field("lines").value }));
}
find("write").addEventListener("click", () => form.reportValidity() && begin(readForm()));
offerChoice("network-file", ([file]) => {
  own = { ...own, file };
});
for (const id of ["picture-folder", "picture-zip"])
  offerChoice(id, (files) => {
    own = { ...own, pictures: files };
  });

addEventListener("hashchange", () => {
  fill(readAddress());
  begin(readForm());
});
// Chosen beside the curves, and in the link like all else.
new MutationObserver(() => {
  const draws = viewer.getAttribute("train-draws") ?? usual.draws;
  if (!latest || draws === field("draws").value) return;
  field("draws").value = draws;
  latest.draws = draws;
  tellAddress(latest);
}).observe(viewer, { attributeFilter: ["train-draws"] });
listen(viewer, "error", ({ error, part }, event) => {
  const isOfLines = part === "train" && latest !== undefined && isWritten(latest) && error.name === "ClassesError";
  complain(isOfLines ? asSentence(error.message) : "");
  // It is told once, beside the lines.
  if (isOfLines) event.preventDefault();
});

offerSkip();
fill(readAddress());
begin(readForm());
