// What two networks that are compared are called.
import type { ConvCam } from "../element.ts";
import { readWithin } from "./within.ts";

export interface Names {
  readonly first: string;
  readonly second: string;
}

/** What optimisers are called. */
export const optimizerTitles: Readonly<Record<string, string>> = {
  adam: "Adam",
  sgd: "SGD with momentum",
  adamw: "AdamW",
  adagrad: "Adagrad",
};

/**
 * @param said the attribute `compare-names`, such as "trained | blank"
 * @param src the first network
 * @param compare what it is compared with
 * @param known what they are called otherwise
 */
export function namesOf(said: string | null, src: unknown, compare: unknown, known = guess(src, compare)): Names {
  const [first = "", second = ""] = (said ?? "").split("|").map((name) => name.trim());
  return { first: first || known.first, second: second || known.second };
}

/** What the two are called in an element, whose first one may compute with other weights than its own. */
export function namesIn(element: Pick<ConvCam, "src" | "compare" | "blank" | "parameters" | "getAttribute">): Names {
  const { src, compare, blank, parameters } = element;
  const names = namesOf(element.getAttribute("compare-names"), src, compare, learnersIn(element));
  // One that learns has other weights than it began with.
  if (readWithin(compare)?.kind === "branches" || element.getAttribute("train") !== null) return names;
  const other = blank !== undefined ? `random weights ${blank}` : nameOf(parameters);
  return other === undefined ? names : { ...names, first: other };
}

/** What two are called that both learn, by what is another about the second; undefined where it is their files. */
function learnersIn(element: Pick<ConvCam, "src" | "compare" | "blank" | "getAttribute">): Names | undefined {
  const { src, compare, blank } = element;
  if (element.getAttribute("train") === null) return undefined;
  const attribute = (name: string) => element.getAttribute(name)?.trim() ?? "";
  const within = readWithin(compare);
  const [what, given = ""] = attribute("train-rival").split(":");
  if (within?.kind === "branches" || (!within && nameOf(src) !== nameOf(compare))) return undefined;
  if (what === "seed" && within)
    return { first: blank === undefined ? "its own weights" : `weights of seed ${blank}`, second: `weights of seed ${within.text}` };
  if (what === "rate") return { first: "first", second: `second, rate ${given}` };
  const nameOfOne = (optimizer: string) => optimizerTitles[optimizer] ?? optimizer;
  if (what === "optimizer") return { first: nameOfOne(attribute("train-optimizer") || "adam"), second: nameOfOne(given) };
  return undefined;
}

function guess(src: unknown, compare: unknown): Names {
  const within = readWithin(compare);
  const own = nameOf(src);
  if (within?.kind === "blank") return { first: own ?? "the network", second: "its blank twin" };
  if (within) {
    const [first = "", second = ""] = within.text.split("+");
    return { first: first || "the one branch", second: second || "the other" };
  }
  const other = nameOf(compare);
  if (own !== undefined && own === other) return { first: `${own} (first)`, second: `${other} (second)` };
  return { first: own ?? "the first network", second: other ?? "the second network" };
}

/** A file's name, or the end of an address; a name behind # comes before that. */
export function nameOf(source: unknown): string | undefined {
  if (Array.isArray(source)) return nameOf(source.find((part) => /\.onnx$/i.test(nameOf(part) ?? "")) ?? source[0]);
  if (source instanceof Blob) return (source as Partial<File>).name?.split("/").at(-1);
  if (typeof source !== "string" && !(source instanceof URL)) return undefined;
  const [, path = "", fragment] = /^([^?#]*)[^#]*#?(.*)$/s.exec(`${source}`) ?? [];
  const last = fragment || path.split("/").at(-1);
  if (!last || path.startsWith("data:")) return undefined;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
