// Names of classes as files hold them: a line for each, JSON, or the dictionary of Python that ultralytics writes into a network's metadata. Pure.
import { ModelError } from "../../engine/errors.ts";

/** Where exporters write them. */
const keys = [
  "names",
  "classes",
  "labels",
  "class_names",
  "label_names",
  "id2label",
  "idx_to_class",
  "categories",
  "pretrained_cfg",
  "config",
];

/** The names that a network's metadata holds; undefined where it has none. */
export function labelsInMetadata(metadata: ReadonlyMap<string, string>): readonly string[] | undefined {
  for (const key of keys) {
    const text = metadata.get(key)?.trim();
    const value = text && (parseJson(text) ?? parsePython(text));
    const names = value ? namesIn(value) : text && /[\n,;]/.test(text) && !/^[[{(]/.test(text) ? splitNames(text) : undefined;
    if (names && names.length > 1) return names;
  }
  return undefined;
}

/**
 * The names in a file of them.
 *
 * @throws ModelError that says what is accepted
 */
export function readLabels(text: string, fileName: string): readonly string[] {
  const trimmed = text.replace(/^\uFEFF/, "").trimEnd();
  const accepted = 'Expected one name per line, or JSON: ["cat", "dog"] or {"0": "cat", "1": "dog"}.';
  if (trimmed === "") throw new ModelError(`labels '${fileName}': the file is empty. ${accepted}`);
  if (/[\0\uFFFD]/.test(trimmed)) throw new ModelError(`labels '${fileName}': this is no text in UTF-8. ${accepted}`);
  if (/^\s*<(!doctype|html)/i.test(trimmed)) throw new ModelError(`labels '${fileName}': this is a web page. ${accepted}`);
  if (!/^\s*[[{]/.test(trimmed)) return trimmed.split(/\r?\n/).map((line) => line.trim());
  const names = namesIn(parseJson(trimmed) ?? parsePython(trimmed));
  if (!names) throw new ModelError(`labels '${fileName}': this JSON holds no names of classes. ${accepted}`);
  return names;
}

/** Commas part names only where neither lines nor semicolons do: "tench, Tinca tinca" is one name. */
function splitNames(text: string): string[] {
  const parts = [/\r?\n/, ";", ","].find((part) => text.split(part).length > 1) ?? "\n";
  return text.split(parts).map((name) => name.trim());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A list or dictionary as Python writes it: `{0: 'person', 1: "driver's seat"}`, `['a', 'b']`. */
function parsePython(text: string): unknown {
  const string = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
  const entry = new RegExp(String.raw`(?:(\d+|${string})\s*:\s*)?(${string})\s*(?:,|$)`, "y");
  const inner = /^[[{(]([\s\S]*)[\]})]$/.exec(text.trim())?.[1]?.trim();
  if (inner === undefined) return undefined;
  const entries: [string, string][] = [];
  while (entry.lastIndex < inner.length) {
    const from = entry.lastIndex;
    entry.lastIndex = from + (/^\s*/.exec(inner.slice(from, from + 99))?.[0].length ?? 0);
    const [, key = String(entries.length), value = ""] = entry.exec(inner) ?? [];
    if (entry.lastIndex === 0) return undefined;
    entries.push([unquote(key), unquote(value)]);
  }
  return Object.fromEntries(entries);
}

const unquote = (text: string) => (/^['"]/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text);

/** Of a list, of a map from numbers, of a map to numbers, or of one that holds either under a usual name. */
function namesIn(value: unknown): readonly string[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return value.length > 0 && value.every((name) => typeof name === "string") ? value : namesOfRecords(value);
  const entries = Object.entries(value);
  const byNumber = entries.map(([key, name]): [number, unknown] => [Number(key), Array.isArray(name) ? name.at(-1) : name]);
  if (isNumbered(byNumber)) return inOrder(byNumber);
  const toNumber = entries.map(([name, index]): [number, unknown] => [typeof index === "number" ? index : Number.NaN, name]);
  // Every class has one there: other settings map names to numbers, too.
  if (isNumbered(toNumber) && inOrder(toNumber).length === entries.length) return inOrder(toNumber);
  for (const key of [...keys, "label_names", "label_descriptions"]) {
    const names = key in value ? namesIn((value as Record<string, unknown>)[key]) : undefined;
    if (names) return names;
  }
  return undefined;
}

/** A list of objects with a name each, as COCO's categories are. */
function namesOfRecords(list: readonly unknown[]): readonly string[] | undefined {
  const names = list.map((one) => (typeof one === "object" && one !== null && "name" in one ? one.name : undefined));
  return names.length > 0 && names.every((name) => typeof name === "string") ? (names as string[]) : undefined;
}

/** Far more than any network has classes. */
const most = 1_000_000;

function isNumbered(entries: readonly [number, unknown][]): entries is [number, string][] {
  return (
    entries.length > 0 &&
    entries.every(([index, name]) => Number.isInteger(index) && index >= 0 && index < most && typeof name === "string")
  );
}

/** Numbers that are not there are told as numbers. */
function inOrder(entries: readonly [number, string][]): readonly string[] {
  const count = entries.reduce((largest, [index]) => Math.max(largest, index + 1), 0);
  const names = new Map(entries);
  return Array.from({ length: count }, (_, index) => names.get(index) ?? `class ${index}`);
}
