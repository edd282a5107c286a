// What can be chosen of a network that learns, as the address of its page holds it. Pure.
import { optimizerTitles } from "../compare/names.ts";
import { drawnParts } from "../train/drawn-parts.ts";

/** What is chosen, as texts. */
export interface Choices {
  network: string;
  data: string;
  optimizer: string;
  batch: string;
  seed: string;
  twin: string;
  /** What the second network does: it stays as it is, or learns, too, with one thing that is another. */
  second: string;
  blank: string;
  /** Whether all layers learn what is shown to the network, not the last alone. */
  all: string;
  /** A network, a line for each layer. */
  lines: string;
  /** How the learning rate goes on, over how many steps, and in how many it grows first. */
  schedule: string;
  length: string;
  warm: string;
  /** As the attribute `train-draws`, which is chosen beside the curves. */
  draws: string;
}

export const usual: Choices = {
  network: "",
  data: "fashion",
  optimizer: "adam",
  batch: "32",
  seed: "1",
  twin: "side",
  second: "blank",
  blank: "yes",
  all: "no",
  lines: "",
  schedule: "constant",
  length: "1000",
  warm: "0",
  draws: "maps",
};
/** Of lists. */
export const options: Readonly<Partial<Record<keyof Choices, Readonly<Record<string, string>>>>> = {
  network: { "": "One made for it", learned: "One that has learned it", lines: "One in my own lines", file: "Open .onnx…" },
  data: {
    fashion: "Clothing (Fashion-MNIST)",
    shapes: "Shapes in colours",
    road: "A road: learn to drive",
    teach: "What I show it: drawings, camera",
    folder: "A folder of my pictures…",
    zip: "A .zip of my pictures…",
  },
  optimizer: optimizerTitles,
  schedule: { constant: "Stays as it is", step: "A tenth after each third", cosine: "Falls along a cosine" },
  twin: { side: "Beside it", colors: "In the same tiles, two colours", none: "Not shown" },
  second: {
    blank: "Stays blank",
    seed: "Learns from other weights",
    slower: "Learns at a tenth of the rate",
    faster: "Learns at ten times the rate",
    optimizer: "Learns by another optimiser",
  },
};

/** Whole numbers, from and to, as their fields say. */
const numbers: Readonly<Partial<Record<keyof Choices, readonly [least: number, most: number]>>> = {
  batch: [1, 1024],
  // The second network may begin with the next one.
  seed: [0, 2 ** 32 - 2],
  length: [1, 1_000_000],
  warm: [0, 1_000_000],
};

/** What is usual where the network learns this, beside this second one: two halves of one network, and two that learn, are told apart by their colours. */
export function usualFor({ data, second }: Pick<Choices, "data" | "second">): Choices {
  return { ...usual, twin: data === "road" || second !== "blank" ? "colors" : usual.twin };
}

/** @param text of the address, behind its #. @returns what it asks for, and what is usual for what it does not, or where it makes no sense */
export function readChoices(text: string): Choices {
  const query = new URLSearchParams(text);
  const read = (name: string, standard: string) => {
    const given = query.get(name) ?? standard;
    const [list, range] = [options[name as keyof Choices], numbers[name as keyof Choices]];
    const isKnown = !list || Object.hasOwn(list, given);
    const isWithin = !range || (/^\d+$/.test(given) && Number(given) >= range[0] && Number(given) <= range[1]);
    return isKnown && isWithin && (name !== "draws" || Object.hasOwn(drawnParts, given)) ? given : standard;
  };
  const standards = usualFor({ data: read("data", usual.data), second: read("second", usual.second) });
  const known = Object.entries(standards).map(([name, standard]) => [name, read(name, standard)]);
  return Object.fromEntries(known) as unknown as Choices;
}

/** What a network learns, by what it learns from. */
const tasks: Readonly<Record<string, string>> = {
  fashion: "to tell pictures of clothing apart",
  shapes: "to tell shapes apart",
  road: "to drive",
  teach: "what you show it",
};

/** What the page shows, as its first sentence begins. */
export function leadOf({ network, data, blank }: Pick<Choices, "network" | "data" | "blank">): string {
  if (network === "learned") return "A network that has learned to drive drives";
  const own = network === "file" && (data === "teach" || blank === "no");
  const who = own ? "Your network" : data === "teach" ? "A network that knows pictures" : "A network with random weights";
  return `${who} learns ${tasks[data] ?? "from your pictures"}`;
}

/** As the attribute `train-schedule`; undefined where the rate stays as it is. */
export function scheduleText({ schedule, length, warm }: Pick<Choices, "schedule" | "length" | "warm">): string | undefined {
  const name = schedule === "constant" ? schedule : `${schedule}:${length}`;
  if (Number(warm) > 0) return `${name},warm-up:${warm}`;
  return schedule === "constant" ? undefined : name;
}
