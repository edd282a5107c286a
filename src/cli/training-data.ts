// Reads the data that `train` and `evaluate` name: idx:DIR, folder:DIR, csv:FILE, shapes.
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type NetworkClasses, numberClasses } from "../data-sets/class-names.ts";
import {
  type BytesSet,
  checkLearningSeed,
  type DataSet,
  fromIdx,
  heldBackSeed,
  type NumbersSet,
  type Picture,
  type Preparation,
} from "../data-sets/data-set.ts";
import { type BytesArray, decodeIdx } from "../data-sets/idx.ts";
import { isPicturePath } from "../data-sets/picture-list.ts";
import { ShapesSet } from "../data-sets/shapes-set.ts";
import { ModelError } from "../engine/errors.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { isFloat } from "../engine/tensor.ts";
import { readListed } from "./listed-pictures.ts";
import { readBytes } from "./model-file.ts";
import { type Decoded, NoneHeldBack, type Part, readPictures } from "./read-pictures.ts";
import { UsageError } from "./usage.ts";

export interface DataOptions extends Preparation {
  /** What the model takes. */
  readonly picture: Picture;
  /** Of what is drawn to train on, and of what is held back of a list or a folder that does not say. */
  readonly seed?: number;
  /** Pictures that were read before, of either part. */
  readonly decoded?: Decoded;
  /** What is known of the classes of the network that learns, or is tried. */
  readonly network?: NetworkClasses;
  /** Whether what is wrong with a list was said before. */
  readonly isRepeated?: boolean;
}

/** What `--data` may be. */
export const dataHelp =
  "idx:DIR, a folder with MNIST's four files; folder:DIR, a folder of pictures for each class, of which one of five is held back (or DIR/train and DIR/test with such folders); csv:FILE, rows of a picture's path, and its class or numbers; or drawn without end: shapes, or road, for a model that answers with steering and throttle";

export function isRoad(source: string): boolean {
  return source === "road";
}

/** KIND:FOLDER */
function parseSource(source: string) {
  const [, kind, folder = ""] = /^(\w+):(.+)$/.exec(source) ?? [];
  return { kind, folder };
}

/** Whether the data has pictures that are held back. */
export function hasTestPart(source: string): boolean {
  if (source === "shapes") return true;
  const { kind, folder } = parseSource(source);
  if (kind === "folder") return isDivided(folder) || existsSync(join(folder, "test"));
  if (kind === "csv") return true;
  return ["t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"].some((name) => existsSync(join(folder, name)));
}

/** How many shapes are held back. */
const heldBackShapes = 600;

/**
 * @param source idx:DIR, folder:DIR, csv:FILE or shapes
 * @throws ModelError for data that is not there, is damaged or does not fit the model
 */
export async function readDataSet(source: string, part: Part, options: DataOptions): Promise<DataSet | NumbersSet> {
  const { kind, folder } = parseSource(source);
  for (const [name, numbers] of [
    ["--mean", options.mean],
    ["--std", options.std],
  ] as const)
    if (numbers.length !== 1 && numbers.length !== options.picture.channels)
      throw new ModelError(`${name}: ${numbers.length} numbers, but the model's pictures have ${options.picture.channels} channels.`);
  if (kind === "idx") return checked(source, await readIdxSet(folder, part, options), options.picture);
  if (kind === "folder") return readFolder(folder, part, options);
  if (kind === "csv") return readListed(folder, part, options);
  if (source === "shapes") return drawnShapes(part, options);
  throw new UsageError(
    `--data '${source}': expected idx:DIR, with MNIST's four files, folder:DIR, with a folder of pictures for each class, csv:FILE, shapes or road.`,
  );
}

export function hasNumbers(set: DataSet | NumbersSet): set is NumbersSet {
  return "columns" in set;
}

function drawnShapes(part: Part, { picture: { channels, height, width }, seed = 0, mean, std }: DataOptions): ShapesSet {
  if (channels !== 3 || height !== width)
    throw new ModelError(`shapes are square and in colour; the model takes ${channels} × ${height} × ${width}.`);
  const preparation = { mean, std };
  return part === "train"
    ? new ShapesSet(height, checkLearningSeed(seed), preparation)
    : new ShapesSet(height, heldBackSeed, preparation, heldBackShapes);
}

function checked(source: string, set: BytesSet, { channels, height, width }: Picture): BytesSet {
  const { picture } = set;
  if (picture.channels === channels && picture.height === height && picture.width === width) return set;
  const say = (one: Picture) => `${one.channels} × ${one.height} × ${one.width}`;
  throw new ModelError(`--data '${source}': its pictures are ${say(picture)}, but the model takes ${say({ channels, height, width })}.`);
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new ModelError(`data '${folder}': ${found ? "it is no folder" : "there is no such folder"}.`);
}

async function readIdxSet(folder: string, part: Part, preparation: Preparation): Promise<BytesSet> {
  await checkFolder(folder);
  const prefix = part === "train" ? "train" : "t10k";
  const images = await readIdx(folder, `${prefix}-images-idx3-ubyte`);
  const labels = await readIdx(folder, `${prefix}-labels-idx1-ubyte`);
  if (part === "test" && images.shape[0] === 0 && labels.shape[0] === 0)
    throw new NoneHeldBack(
      `data '${folder}': none of its pictures is held back, as ${prefix}-images-idx3-ubyte has none. Add --part train.`,
    );
  return ofData(folder, () => fromIdx(images, labels, preparation));
}

/** Of a file that is unpacked: 20 times MNIST's. */
const mostBytes = 2 ** 30;

/** The file, or the one that ends in .gz beside it. */
async function readIdx(folder: string, name: string): Promise<BytesArray> {
  const plain = join(folder, name);
  const path = existsSync(plain) ? plain : `${plain}.gz`;
  if (!existsSync(path)) throw new ModelError(`data '${folder}': there is neither ${name} nor ${name}.gz in it.`);
  const bytes = await readBytes(path, "data");
  return ofData(path, () => decodeIdx(path.endsWith(".gz") ? unpack(bytes) : bytes));
}

/** @throws ModelError for what is no gzip file, or not whole */
function unpack(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const known = {
      Z_BUF_ERROR: "the file is cut off",
      ERR_BUFFER_TOO_LARGE: `unpacked it has more than ${mostBytes} bytes`,
    };
    throw new ModelError(`${known[code as keyof typeof known] ?? "this is no gzip file, or it is damaged"}. Download it again.`);
  }
}

/** @throws ModelError that names the data, where `make` throws one */
function ofData<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof ModelError ? new ModelError(`data '${path}': ${error.message}`) : error;
  }
}

/** Whether a folder leaves open what is held back of it. */
function isDivided(folder: string): boolean {
  return !["train", "test"].some((name) => existsSync(join(folder, name)));
}

/**
 * DIR/train/CLASS/PICTURE and DIR/test/CLASS/PICTURE, whose classes are numbered alike: by what is trained on, where there is any; or DIR/CLASS/PICTURE, of
 * which one of five of each class is held back, by the seed. Pictures that cannot be read are named and left out.
 */
async function readFolder(folder: string, part: Part, options: DataOptions): Promise<BytesSet> {
  await checkFolder(folder);
  const held = join(folder, "test");
  const isHeldBack = part === "test" && existsSync(held) && (await foldersOf(folder, ["test"])).length === 0;
  const trained = existsSync(join(folder, "train")) ? join(folder, "train") : isHeldBack ? held : folder;
  const root = part === "train" || isDivided(folder) ? trained : held;
  if (!existsSync(root)) throw new ModelError(`data '${folder}': there is no folder 'test' in it. Add --part train.`);
  const parts = part === "train" ? [] : ["train", "test"];
  const { classes, areOwn, told } = numberClasses([...(await picturesByClass(trained, parts)).keys()], options.network);
  if (classes.length < 2) throw new ModelError(`data '${trained}': ${await whyNoClasses(trained, options)}`);
  if (told) console.error(`convcam: data '${trained}': ${told}`);
  const all: { path: string; label: number; isTest: undefined }[] = [];
  for (const [name, files] of await picturesByClass(root, root === trained ? parts : [])) {
    const label = classes.indexOf(name);
    if (label >= 0) for (const file of files) all.push({ path: join(root, name, file), label, isTest: undefined });
    else if (areOwn) console.error(`convcam: '${join(root, name)}' is left out: the network has no class '${name}'`);
    else throw new ModelError(`data '${root}': '${name}' is none of the classes of '${trained}'.`);
  }
  if (all.length === 0 && part === "test" && !isDivided(folder))
    throw new NoneHeldBack(`data '${folder}': none of its pictures is held back, as there is none in '${root}'. Add --part train.`);
  return (await readPictures(root, all, classes, { part, seed: isDivided(folder) ? (options.seed ?? 0) : undefined }, options)).set;
}

/** The pictures in each folder of a folder that has any. */
async function picturesByClass(root: string, others: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = await foldersOf(root, others);
  const files = await Promise.all(names.map((name) => readdir(join(root, name)).catch(() => [])));
  const pictures = files.map((all) => all.filter(isPicturePath).sort());
  return new Map(names.flatMap((name, i) => (pictures[i]?.length ? [[name, pictures[i]] as const] : [])));
}

/** What is said of a folder in which there are no classes to tell apart. */
async function whyNoClasses(folder: string, { network }: DataOptions): Promise<string> {
  const expected = `expected a folder of pictures for each of at least two classes${network?.isTried ? ", or for one that the network calls so" : ""}.`;
  const lies = (await readdir(folder)).find(isPicturePath);
  return lies === undefined ? expected : `'${lies}' lies in it, not in a folder for its class; ${expected}`;
}

/** Names of the folders in a folder, sorted; links lead to folders, too. */
async function foldersOf(root: string, others: readonly string[]): Promise<readonly string[]> {
  const names = (await readdir(root)).filter((name) => !name.startsWith(".") && !others.includes(name)).sort();
  const kinds = await Promise.all(names.map((name) => stat(join(root, name)).catch(() => undefined)));
  return names.filter((_, i) => kinds[i]?.isDirectory());
}

/** The picture that a model's one input takes. */
export function pictureOf({ inputs }: Graph): Picture {
  const [input, other] = inputs;
  const [, channels, height, width] = input?.shape ?? [];
  const isPicture = typeof channels === "number" && [1, 3, 4].includes(channels) && typeof height === "number" && typeof width === "number";
  if (other || input?.shape.length !== 4 || !isFloat(input.dtype) || !isPicture)
    throw new ModelError(
      `the model takes ${inputs.map(({ name, dtype, shape }) => `'${name}' ${dtype} [${shape.join(", ")}]`).join(", ") || "nothing"}; expected one input of pictures as floats, [batch, 1 or 3 channels, rows, columns].`,
    );
  return { channels, height, width };
}
