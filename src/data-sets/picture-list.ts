// A list of pictures with what is right for each: rows of a path, and a class or numbers. Pure.
import { ModelError } from "../engine/errors.ts";
import { type NetworkClasses, numberClasses, numbersTo } from "./class-names.ts";
import { type CsvRow, parseCsv } from "./csv.ts";

/** By the end of its name; whether it can be read shows when it is. */
export const isPicturePath = (path: string) => /\.(png|jpe?g|webp|gif|bmp|avif|tiff?)$/i.test(path);

export interface ListedPicture {
  /** From the list on, with slashes. */
  readonly path: string;
  /** Of the list. */
  readonly line: number;
  /** Whether it is held back; undefined where the list says nothing. */
  readonly isTest: boolean | undefined;
  /** The number of its class, or 0. */
  readonly label: number;
  /** What is to be answered, where there are no classes. */
  readonly numbers: readonly number[];
}

export interface PictureList {
  readonly pictures: readonly ListedPicture[];
  /** Names of the classes; none where numbers are to be answered. */
  readonly classes: readonly string[];
  /** What the numbers are called. */
  readonly columns: readonly string[];
  /** What is wrong with rows that are left out. */
  readonly leftOut: readonly string[];
  /** What is to be told of the order of the classes. */
  readonly told?: string;
}

const pathNames = /^(path|file|filename|file[_ ]?name|file[_ ]?path|image|img|picture|image[_ ]?path)$/i;
const partNames = /^(test|split|part|set|subset|partition|is[_ ]?test)$/i;
const className = /^(class|label|category|class[_ ]?name)$/i;
const testWords = /^(test|testing|val|valid|validation|eval|evaluation|dev|held[_ ]?back|1|true|yes|x)$/i;
const trainWords = /^(train|training|learn|0|false|no|-|)$/i;
/** The share of rows of one column that must have numbers, for the others to be mistakes and no names of classes. */
const leastNumbers = 0.9;
/** So many classes there may be: a number beyond is no class. */
const mostClasses = 10_000;

/** Which column holds what. */
interface Columns {
  readonly path: number;
  readonly part: number;
  readonly right: readonly number[];
  readonly names: readonly string[];
  /** Whether the head says that there are classes. */
  readonly isOfClasses: boolean;
}

/**
 * The first row may name the columns: `path` or `file`; `class` or `label`; and `test` or `split`, for what is held back. A single column of whole numbers from 0
 * on are classes, other numbers are what is to be answered.
 *
 * @param known classes of what is trained on, where this list is of what is held back
 * @param network what is known of the network that learns, or is tried
 * @throws ModelError for a list that has no pictures, or nothing to learn of them
 */
export function readPictureList(text: string, known?: readonly string[], network: NetworkClasses = {}): PictureList {
  const rows = parseCsv(text);
  const [first] = rows;
  if (!first) throw new ModelError("the list is empty.");
  const hasHead = !first.cells.some(isPicturePath);
  const body = hasHead ? rows.slice(1) : rows;
  if (body.length === 0) throw new ModelError("the list has a head, and no rows below it.");
  const columns = columnsOf(hasHead ? first.cells : undefined, body);
  const leftOut: string[] = [];
  const cellsOf = ({ line, cells }: CsvRow) => {
    const path = (cells[columns.path] ?? "").replaceAll("\\", "/").replace(/^(\.\/)+/, "");
    const right = columns.right.map((at) => cells[at] ?? "");
    const part = columns.part < 0 ? undefined : (cells[columns.part] ?? "");
    const isTest = part === undefined ? undefined : testWords.test(part);
    const wrong =
      path === ""
        ? "there is no path"
        : right.includes("")
          ? right.length > 1
            ? "a number is missing"
            : "it has no class"
          : part === undefined || isTest || trainWords.test(part)
            ? undefined
            : `'${part}' in the column '${first.cells[columns.part]}' is neither train nor test`;
    if (wrong) leftOut.push(`line ${line}: ${wrong}`);
    return wrong ? [] : [{ path, line, isTest, right }];
  };
  const entries = inOnePart(body.flatMap(cellsOf), leftOut);
  nonEmpty(entries, leftOut);
  const count = entries.filter(({ right }) => right.every(isNumber)).length;
  const hasSeveral = columns.right.length > 1;
  const hasNumbers = hasSeveral ? count > 0 : count >= leastNumbers * entries.length && !(columns.isOfClasses && count < entries.length);
  if (!hasNumbers) {
    if (hasSeveral)
      throw new ModelError(
        `columns ${columns.names.map((one) => `'${one}'`).join(", ")}: expected one of classes, or several of numbers. Name the one of classes 'class'.`,
      );
    return named(entries, known, leftOut, network);
  }
  const sound = entries.filter((entry) => {
    const wrong = entry.right.find((one) => !Number.isFinite(Math.fround(numberOf(one))) || one === "");
    if (wrong !== undefined)
      leftOut.push(`line ${entry.line}: '${wrong}' is ${isNumber(wrong) ? "beyond what 32 bits hold" : "no number"}`);
    return wrong === undefined;
  });
  const isClass = ([one = "", other]: readonly string[]) => other === undefined && /^\d+$/.test(one) && Number(one) < mostClasses;
  if (known ? known.length > 0 : sound.every((entry) => isClass(entry.right))) return numbered(sound, known, leftOut, network);
  // One that is a whole number is meant as a class, where the head says so.
  const odd =
    columns.isOfClasses && sound.every(({ right }) => /^[-+]?\d+$/.test(right[0] as string)) && sound.find((one) => !isClass(one.right));
  if (odd)
    throw new ModelError(
      `line ${odd.line}: '${odd.right[0]}' in the column '${columns.names[0]}' is no number of a class; expected 0 to ${mostClasses - 1}, or names. Numbers to be answered stand in a column by another name.`,
    );
  const pictures = sound.map(({ right: numbers, ...entry }) => ({ ...entry, label: 0, numbers: numbers.map(numberOf) }));
  return { pictures: nonEmpty(pictures, leftOut), classes: [], columns: columns.names, leftOut };
}

/** Spreadsheets write a comma for the point in many countries. */
const numberOf = (text: string) => Number(text.replace(/^([-+]?\d*),(\d+)$/, "$1.$2"));

const isNumber = (text: string) => text !== "" && Number.isFinite(numberOf(text));

function columnsOf(head: readonly string[] | undefined, body: readonly CsvRow[]): Columns {
  const cells = body[0]?.cells ?? [];
  const byName = head?.findIndex((name) => pathNames.test(name)) ?? -1;
  const path = byName >= 0 ? byName : cells.findIndex(isPicturePath);
  if (path < 0)
    throw new ModelError(
      `there is no column of pictures; expected rows such as cats/one.png,cat${cells.length > 0 ? `, not ${cells.join(",").slice(0, 60)}` : ""}.`,
    );
  const part = head?.findIndex((name, i) => i !== path && partNames.test(name)) ?? -1;
  const others = Array.from({ length: Math.max(head?.length ?? 0, cells.length) }, (_, i) => i).filter((i) => i !== path && i !== part);
  const ofClass = others.find((i) => className.test(head?.[i] ?? ""));
  const right = ofClass === undefined ? others : [ofClass];
  if (right.length === 0)
    throw new ModelError("there is only a column of pictures; expected one more, of their classes, or some of numbers.");
  return { path, part, right, names: right.map((i) => head?.[i] || `column ${i + 1}`), isOfClasses: ofClass !== undefined };
}

type Entry = Omit<ListedPicture, "label" | "numbers"> & { readonly right: readonly string[] };

function named(
  entries: readonly Entry[],
  known: readonly string[] | undefined,
  leftOut: readonly string[],
  network: NetworkClasses,
): PictureList {
  if (known) return withClasses(entries, known, leftOut);
  const { classes, told } = numberClasses([...new Set(entries.map(({ right }) => right[0] as string))].sort(), network);
  return { ...withClasses(entries, classes, leftOut), ...(told && { told }) };
}

/** Classes that are numbers have these in the network, too. */
function numbered(
  entries: readonly Entry[],
  known: readonly string[] | undefined,
  leftOut: readonly string[],
  { scores = 0, isTried = false }: NetworkClasses,
): PictureList {
  const short = entries.map(({ right, ...entry }) => ({ ...entry, right: [String(Number(right[0]))] }));
  const count = 1 + short.reduce((most, { right }) => Math.max(most, Number(right[0])), 0);
  return withClasses(short, known ?? numbersTo(count <= scores || (isTried && scores > 0) ? scores : count), leftOut);
}

function withClasses(entries: readonly Entry[], classes: readonly string[], leftOut: readonly string[]): PictureList {
  if (classes.length < 2) throw new ModelError(`all pictures are of one class, '${classes[0] ?? ""}'; expected at least two.`);
  const labels = new Map(classes.map((name, i) => [name, i]));
  const unknown = entries.filter(({ right }) => !labels.has(right[0] as string));
  const pictures = entries.flatMap(({ right, ...entry }) => {
    const label = labels.get(right[0] as string);
    return label === undefined ? [] : [{ ...entry, label, numbers: [] }];
  });
  const said = unknown.map(({ line, right }) => `line ${line}: '${right[0]}' is none of the classes`);
  return { pictures: nonEmpty(pictures, [...leftOut, ...said]), classes, columns: [], leftOut: [...leftOut, ...said] };
}

/** @param leftOut what is wrong with rows, of which the first is told. @throws ModelError where none is left */
function nonEmpty<T>(pictures: readonly T[], leftOut: readonly string[]): readonly T[] {
  if (pictures.length === 0) throw new ModelError(`no row of the list can be used${leftOut[0] ? `: ${leftOut[0]}` : ""}.`);
  return pictures;
}

/**
 * What is learned from is not what is held back: of rows of one picture in both parts the first counts, and where the list does not say what is held back,
 * the first of all.
 *
 * @param leftOut where it is told of the others
 */
function inOnePart(entries: readonly Entry[], leftOut: string[]): readonly Entry[] {
  const seen = new Map<string, Entry>();
  return entries.filter((entry) => {
    const before = seen.get(entry.path);
    if (!before) seen.set(entry.path, entry);
    const isLeft = !before || (entry.isTest !== undefined && entry.isTest === before.isTest);
    if (!isLeft)
      leftOut.push(
        entry.isTest === undefined
          ? `line ${entry.line}: '${entry.path}' stands in line ${before.line}, too`
          : `line ${entry.line}: '${entry.path}' is ${before.isTest ? "held back" : "learned from"} in line ${before.line}`,
      );
    return isLeft;
  });
}
