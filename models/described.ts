// A network from a short text: a line for each layer, as one would say it. Everything else (shapes, names, padding) follows.
import { ModelError } from "../src/engine/errors.ts";
import { encodeModel } from "../src/engine/onnx/encode.ts";
import { sizeOf } from "../src/engine/shapes.ts";
import { type Activation, type BuiltGraph, countParameters, GraphBuilder, type Padding, type Value } from "./builder.ts";

/** A network to begin with, for pictures of this size: what a first network looks like. */
export function firstDescription([channels, rows, columns]: readonly number[], classes: number): string {
  return `input ${channels} ${rows} ${columns}
conv 16 3 norm relu
pool 2
conv 32 3 norm relu
pool 2
dense 64 relu
dense ${classes} softmax
`;
}

/** Each takes four bytes, and as many again for its gradient and each state of the optimiser. */
const mostWeights = 20e6;
const mostPixels = 2 ** 24;
const mostCharacters = 20_000;
const mostLines = 500;
const activations: readonly string[] = ["relu", "sigmoid", "softmax", "tanh"] satisfies readonly Activation[];

/** What a line says: `name: kind 16 3 stride 2 norm relu`. */
interface Line {
  readonly kind: string;
  /** Of the layer; undefined where the line gives none. */
  readonly name: string | undefined;
  /** Bare numbers, in their order. */
  readonly numbers: readonly number[];
  /** Words with a number behind them. */
  readonly settings: ReadonlyMap<string, number>;
  /** Other words, in their order. */
  readonly words: readonly string[];
}

/** What is built so far. */
interface Building {
  readonly graph: GraphBuilder;
  /** What each layer hands on, by its name. */
  readonly layers: Map<string, Value>;
  /** Weights that layers have so far. */
  weightCount: number;
  /** The layer before. */
  x: Value | undefined;
}

interface Kind {
  /** What its bare numbers are. */
  readonly numbers: readonly string[];
  readonly settings?: readonly string[];
  /** Words besides activations; undefined for any: names of layers. */
  readonly words?: readonly string[] | undefined;
  readonly takesActivation?: boolean;
  build(building: Building, name: string, line: Line): Value;
}

const window = { settings: ["stride", "pad"], words: ["same", "valid"] } as const;

const kinds: Readonly<Record<string, Kind>> = {
  input: {
    ...{ numbers: ["channels", "rows", "columns"], words: [] },
    build: ({ graph, layers }, name, { numbers }) => {
      if (layers.size > 0) throw new ModelError("there is an input already.");
      if (sizeOf(numbers) > mostPixels) throw new ModelError(`up to ${mostPixels.toLocaleString("en")} numbers go in.`);
      return graph.input(name, numbers);
    },
  },
  conv: {
    ...{
      ...window,
      numbers: ["filters", "kernel"],
      settings: [...window.settings, "groups"],
      words: [...window.words, "norm", "depthwise"],
    },
    takesActivation: true,
    build: buildConv,
  },
  pool: {
    ...{ ...window, numbers: ["kernel"], words: [...window.words, "max", "mean"] },
    build(building, name, line) {
      const kernel = line.numbers[0] as number;
      const pad = line.settings.get("pad") ?? 0;
      if (pad >= kernel) throw new ModelError(`a pad of ${pad} is too large: a window of ${kernel} would lie on nothing but borders.`);
      const options = { kernel, ...slideOf(line) };
      const x = mapsBefore(building);
      return line.words.includes("mean") ? building.graph.averagePool(name, x, options) : building.graph.maxPool(name, x, options);
    },
  },
  mean: { numbers: [], words: [], build: (building, name) => building.graph.globalAveragePool(name, mapsBefore(building)) },
  flatten: { numbers: [], words: [], build: (building, name) => building.graph.flatten(name, before(building)) },
  dropout: {
    ...{ numbers: ["share"], words: [] },
    build: (building, name, { numbers: [share = 0] }) => building.graph.dropout(name, before(building), share),
  },
  norm: {
    ...{ numbers: [], words: [] },
    build(building, name) {
      const x = before(building);
      countWeights(building, 4 * (x.shape[1] as number));
      return building.graph.batchNorm(name, x, { epsilon: 1e-3 });
    },
  },
  dense: {
    ...{ numbers: ["units"], words: [], takesActivation: true },
    build(building, name, line) {
      const x = before(building);
      // Maps become one row of numbers by themselves.
      const row = x.shape.length === 2 ? x : building.graph.flatten(`${name}/flatten`, x);
      const activation = activationOf(line);
      const [units = 1] = line.numbers;
      countWeights(building, units * (row.shape[1] as number));
      return building.graph.dense(name, row, units, activation ? { activation } : {});
    },
  },
  add: { numbers: [], build: (building, name, line) => joined(building, name, line, "add") },
  concat: { numbers: [], build: (building, name, line) => joined(building, name, line, "concat") },
  from: {
    ...{ numbers: [] },
    build: (building, _name, { words: [name = ""] }) => layerOf(building, name),
  },
  ...Object.fromEntries(
    activations.map((activation) => [
      activation,
      {
        ...{ numbers: [], words: [] },
        build: (building: Building, name: string) => building.graph.activate(name, before(building), activation as Activation),
      },
    ]),
  ),
};

/** Kinds that make no layer of their own. */
const isPassing = (kind: string) => kind === "from";

/**
 * The network that a text describes, one layer a line, each after the one before. `#` begins a remark. A line may name its layer, `early: conv 16 3`,
 * for `add early`, `concat early` and `from early` later on.
 *
 * @param options.seed of the weights
 * @throws ModelError that says which line is wrong, and what is accepted there
 */
export function buildDescribed(text: string, { seed }: { readonly seed: number }): BuiltGraph {
  const building: Building = { graph: new GraphBuilder("described", { seed }), layers: new Map(), weightCount: 0, x: undefined };
  if (text.length > mostCharacters)
    throw new ModelError(`a network is described in up to ${mostCharacters.toLocaleString("en")} characters.`);
  const lines = text.split(/\r?\n/);
  if (lines.length > mostLines) throw new ModelError(`a network may have up to ${mostLines} lines; this one has ${lines.length}.`);
  const counts = new Map<string, number>();
  for (const [i, whole] of lines.entries()) {
    const words = whole.replace(/#.*/, "").trim();
    if (words === "") continue;
    try {
      addLayer(building, readLine(words), counts);
    } catch (error) {
      throw new ModelError(`line ${i + 1}, “${words}”: ${(error as Error).message}`);
    }
  }
  const { x, graph, layers } = building;
  if (!x || layers.size < 2)
    throw new ModelError("a network has an input and at least one layer, such as “input 1 28 28” and “dense 10 softmax”.");
  return graph.build([x]);
}

/** The same as the bytes of an .onnx file, and how many parameters it has. */
export function buildDescribedModel(
  text: string,
  options: { readonly seed: number },
): { readonly bytes: Uint8Array; readonly parameterCount: number } {
  const graph = buildDescribed(text, options);
  return { bytes: encodeModel(graph), parameterCount: countParameters(graph) };
}

const isNumber = (text: string | undefined) => text !== undefined && text !== "" && Number.isFinite(Number(text));

function readLine(text: string): Line {
  const [, name, rest = ""] = /^(?:([^\s:]+)\s*:)?\s*(.*)$/.exec(text) ?? [];
  if (name !== undefined && !/^[\p{L}_][\p{L}\p{N}_/.-]*$/u.test(name))
    throw new ModelError(`“${name}” is no name: it begins with a letter, and has letters, digits and _ . / - in it.`);
  const [kind = "", ...others] = rest.split(/\s+/);
  const takesNumber = kindOf(kind)?.settings ?? [];
  const numbers: number[] = [];
  const settings = new Map<string, number>();
  const words: string[] = [];
  for (let i = 0; i < others.length; i++) {
    const token = others[i] as string;
    // Sizes may be written as 1x28x28, too.
    const parts = token.split(/[x×]/);
    const next = others[i + 1];
    if (settings.has(token) || words.includes(token)) throw new ModelError(`“${token}” is said twice.`);
    if (parts.every(isNumber)) numbers.push(...parts.map(Number));
    else if (takesNumber.includes(token) && isNumber(next)) settings.set(token, Number(others[++i]));
    else words.push(token);
  }
  return { kind, name, numbers, settings, words };
}

const kindOf = (name: string) => (Object.hasOwn(kinds, name) ? kinds[name] : undefined);

function addLayer(building: Building, line: Line, counts: Map<string, number>): void {
  const { kind: name } = line;
  const kind = kindOf(name);
  if (!kind) throw new ModelError(`there is no layer “${name}”. There are ${Object.keys(kinds).join(", ")}.`);
  if (building.layers.size === 0 && name !== "input") throw new ModelError("the first line says the input, such as “input 1 28 28”.");
  check(name, kind, line);
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  const own = line.name ?? (name === "input" ? "input" : `${name}_${count}`);
  if (!isPassing(name) && building.layers.has(own)) throw new ModelError(`there is a layer “${own}” already.`);
  const value = kind.build(building, own, line);
  if (sizeOf(value.shape) > mostPixels)
    throw new ModelError(`the layer has ${sizeText(value)}; up to ${mostPixels.toLocaleString("en")} numbers are computed.`);
  building.x = value;
  if (!isPassing(name)) building.layers.set(own, value);
}

/** @throws ModelError for numbers and words that the layer does not take, or that contradict each other */
function check(name: string, kind: Kind, { name: own, numbers, settings, words }: Line): void {
  const known = [...(kind.words ?? []), ...(kind.takesActivation ? activations : [])];
  const wrong = kind.words === undefined ? undefined : words.find((word) => !known.includes(word));
  if (wrong !== undefined) {
    const accepted = [...(kind.settings ?? []).map((word) => `${word} 2`), ...known];
    throw new ModelError(`“${wrong}” is unknown here. ${accepted.length > 0 ? `Accepted: ${accepted.join(", ")}.` : "Nothing follows."}`);
  }
  if (numbers.length !== kind.numbers.length) {
    const wanted = kind.numbers.length > 0 ? `“${name} ${kind.numbers.join(" ")}”` : `“${name}” without numbers`;
    throw new ModelError(`expected ${wanted}.`);
  }
  const isShare = name === "dropout";
  for (const number of [...numbers, ...settings.values()]) {
    const isRight = isShare ? number >= 0 && number < 1 : Number.isInteger(number) && number >= 0 && number <= 65_536;
    if (!isRight) throw new ModelError(`${number} is not ${isShare ? "a share from 0 to less than 1" : "a whole number from 0 to 65536"}.`);
  }
  if (!isShare && numbers.includes(0)) throw new ModelError("0 is too small.");
  const said = [...words, ...settings.keys()];
  for (const rivals of exclusive) {
    const [one, other] = said.filter((word) => rivals.includes(word));
    if (other !== undefined) throw new ModelError(`“${one}” and “${other}” contradict each other: say one of them.`);
  }
  if (isPassing(name) && (words.length !== 1 || own !== undefined))
    throw new ModelError(`expected “${name}” and one name of a layer, without a name of its own.`);
}

/** Of each at most one is said of a layer. */
const exclusive: readonly (readonly string[])[] = [activations, ["same", "valid", "pad"], ["max", "mean"], ["depthwise", "groups"]];

function buildConv(building: Building, name: string, line: Line): Value {
  const { graph } = building;
  const x = mapsBefore(building);
  const [filters = 1, kernel = 1] = line.numbers;
  const channels = x.shape[1] as number;
  const groups = line.words.includes("depthwise") ? channels : (line.settings.get("groups") ?? 1);
  if (groups < 1 || channels % groups > 0 || filters % groups > 0)
    throw new ModelError(`${channels} channels and ${filters} filters do not divide into ${groups} groups.`);
  countWeights(building, (filters * channels * kernel * kernel) / groups);
  const options = { kernel, groups, ...slideOf(line) };
  const activation = activationOf(line);
  if (!line.words.includes("norm")) return graph.conv(name, x, filters, activation ? { ...options, activation } : options);
  const convolved = graph.conv(`${name}/convolution`, x, filters, { ...options, bias: false });
  const normed = graph.batchNorm(activation ? `${name}/norm` : name, convolved, { epsilon: 1e-3 });
  return activation ? graph.activate(name, normed, activation) : normed;
}

/** How a window goes over maps. */
function slideOf({ settings, words }: Line): { stride?: number; padding?: Padding } {
  const [stride, pad] = [settings.get("stride"), settings.get("pad")];
  if (stride === 0) throw new ModelError("a stride of 0 goes nowhere.");
  const padding = pad ?? (words.includes("same") ? "same" : undefined);
  return { ...(stride !== undefined && { stride }), ...(padding !== undefined && { padding }) };
}

function activationOf({ words }: Line): Activation | undefined {
  return words.find((word): word is Activation => activations.includes(word));
}

/** The layer before and the one that is named, added or side by side. */
function joined(building: Building, name: string, { words }: Line, how: "add" | "concat"): Value {
  const x = before(building);
  if (words.length === 0)
    throw new ModelError(`expected “${how}” and the name of a layer, such as “${how} early”, where a line before begins with “early:”.`);
  const others = words.map((word) => layerOf(building, word));
  const from = how === "add" ? 0 : 2;
  const wrong = others.find(({ shape }) => shape.slice(from).join() !== x.shape.slice(from).join());
  if (wrong) throw new ModelError(`“${wrong.name}” has ${sizeText(wrong)}, and the layer before has ${sizeText(x)}.`);
  if (how === "concat") return building.graph.concat(name, [x, ...others]);
  // All but the last sum have names that nobody asks for.
  return others.reduce((sum, other, i) => building.graph.add(i === others.length - 1 ? name : `${name}/${i + 1}`, sum, other), x);
}

function layerOf({ layers }: Building, name: string): Value {
  const value = layers.get(name);
  if (!value) throw new ModelError(`no line before is called “${name}”. There are ${[...layers.keys()].join(", ")}.`);
  return value;
}

function before({ x }: Building): Value {
  if (!x) throw new ModelError("the first line says the input.");
  return x;
}

/** @throws ModelError behind a dense layer, which has no rows and columns */
function mapsBefore(building: Building): Value {
  const x = before(building);
  if (x.shape.length !== 4) throw new ModelError(`it works on maps, and the layer before has ${sizeText(x)}.`);
  return x;
}

const sizeText = ({ shape }: Value) => (shape.length === 4 ? shape.slice(1).join(" × ") : `${shape[1]} numbers`);

/** @throws ModelError for more than a page can train */
function countWeights(building: Building, count: number): void {
  building.weightCount += count;
  if (building.weightCount <= mostWeights) return;
  const [all, most] = [building.weightCount, mostWeights].map((one) => one.toLocaleString("en"));
  throw new ModelError(`the network has ${all} weights up to here; up to ${most} are built.`);
}
