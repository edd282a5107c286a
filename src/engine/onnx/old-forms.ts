// What ONNX wrote in another way before opset 9, operator by operator, and what it is since. Attributes `consumed_inputs` are gone already.
import type { AttributeValue, Body, Node } from "../graph/graph.ts";
import { dataTypeCode, elementTypes, Tensor } from "../tensor.ts";
import type { Rewriting } from "./rewriting.ts";

export interface Form {
  /** The first opset that has it no more. */
  readonly before: number;
  readonly rewrite: (old: Rewriting) => void;
}

/** The forms of an operator that a file of opset 1 has, oldest first. */
export const forms: ReadonlyMap<string, readonly Form[]> = new Map<string, readonly Form[]>([
  ...["Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"].map((name): [string, Form[]] => [
    name,
    [{ before: 7, rewrite: broadcast }],
  ]),
  ...["RNN", "GRU", "LSTM"].map((name): [string, Form[]] => [name, [{ before: 7, rewrite: without("output_sequence") }]]),
  ["BatchNormalization", [{ before: 7, rewrite: testOnly }]],
  ["Cast", [{ before: 6, rewrite: castByName }]],
  ["Concat", [{ before: 4, rewrite: defaults({ axis: 1 }) }]],
  ["Dropout", [{ before: 7, rewrite: without("is_test") }]],
  ["Gemm", [{ before: 7, rewrite: without("broadcast") }]],
  ["Pad", [{ before: 2, rewrite: (old) => old.set({ pads: old.attributes.integers("paddings"), paddings: undefined }) }]],
  ["PRelu", [{ before: 7, rewrite: slopePerChannel }]],
  ["Reshape", [{ before: 5, rewrite: reshape }]],
  ["Scan", [{ before: 9, rewrite: scanBatch }]],
  ["Selu", [{ before: 6, rewrite: defaults({ alpha: 1.6732, gamma: 1.0507 }) }]],
  ["Split", [{ before: 2, rewrite: splitByInput }]],
  ["Tile", [{ before: 6, rewrite: tile }]],
  [
    "Upsample",
    [
      { before: 7, rewrite: upsampleImage },
      { before: 9, rewrite: upsample },
    ],
  ],
  // Experiments of the first opsets that tools went on writing.
  ["Affine", [{ before: 9, rewrite: affine }]],
  ["Crop", [{ before: 9, rewrite: crop }]],
  ["ImageScaler", [{ before: 9, rewrite: scaleImage }]],
  ["ParametricSoftplus", [{ before: 9, rewrite: scaled("Softplus") }]],
  ["ScaledTanh", [{ before: 9, rewrite: scaled("Tanh") }]],
]);

/** Attributes that have another default since, or none. */
function defaults(values: Readonly<Record<string, AttributeValue>>): Form["rewrite"] {
  return (old) => old.set({ ...values, ...Object.fromEntries(old.node.attributes) });
}

/** An attribute that says nothing more than what is so since. */
function without(name: string): Form["rewrite"] {
  return (old) => old.set({ [name]: undefined });
}

/** B was like a part of A's axes: from `axis` on, or the last ones. */
function broadcast(old: Rewriting): void {
  const { attributes } = old;
  const axis = attributes.flag("broadcast", false) && attributes.has("axis") ? attributes.integer("axis") : undefined;
  old.set({ broadcast: undefined, axis: undefined });
  if (axis !== undefined) align(old, axis);
}

/** A slope per channel had one axis, that of the channels. */
function slopePerChannel(old: Rewriting): void {
  if (old.constant(old.input(1))?.size !== 1) align(old, 1);
}

/**
 * Gives B as many axes of extent 1 at its end as let its first meet `axis` of A. How many, shapes say: constants once types are known.
 *
 * @param axis from behind where it is negative
 */
function align(old: Rewriting, axis: number): void {
  const [a, b] = [old.input(0), old.input(1)];
  const upTo = axis < 0 ? old.integers(-axis) : old.add("Sub", [rankOf(old, a), old.integers(axis)]);
  const ones = onesOf(old, old.add("Sub", [upTo, rankOf(old, b)]));
  old.read(a, old.add("Reshape", [b, old.add("Concat", [old.add("Shape", [b]), ones], { axis: 0 })]));
}

/** How many axes a value has, as a vector of one number. */
function rankOf(old: Rewriting, value: string): string {
  return old.add("Shape", [old.add("Shape", [value])]);
}

/** A vector of ones, as many as a vector of one number says. */
function onesOf(old: Rewriting, count: string): string {
  return old.add("ConstantOfShape", [count], { value: Tensor.int64([1], [1]) });
}

/** What a test does not compute are the statistics. */
function testOnly(old: Rewriting): void {
  if (old.attributes.flag("is_test", false)) old.keepOutputs(1);
  old.set({ is_test: undefined });
}

/** A number of the element type that a value has. */
function number(old: Rewriting, like: string, value: number): string {
  return old.tensor(Tensor.from(old.typeOf(like), [], [value]));
}

/** Types had names. */
function castByName(old: Rewriting): void {
  const to = old.node.attributes.get("to");
  if (typeof to !== "string") return;
  const others: Readonly<Record<string, string>> = { FLOAT: "float32", DOUBLE: "float64" };
  const code = elementTypes.indexOf(others[to] ?? to.toLowerCase());
  if (code < 1) old.unsupported(`casts to '${to}', which is no element type`);
  old.set({ to: code });
}

function reshape(old: Rewriting): void {
  const shape = old.attributes.integers("shape");
  if (shape) old.read(old.input(0), old.integers(...shape));
  old.set({ shape: undefined });
}

/** Each element of a batch was gone through by itself: a Scan over the batch of a Scan over what is in it. */
function scanBatch(old: Rewriting): void {
  const { attributes, node } = old;
  const [lengths, ...inputs] = node.inputs;
  const [value, count] = [node.attributes.get("body"), attributes.integer("num_scan_inputs", undefined, 1)];
  if (lengths) old.unsupported(`sequences of their own lengths ('${lengths}') in a Scan of opset 8. Convert the model to a newer opset`);
  const scan_input_directions = attributes.integers("directions") ?? new Array<number>(count).fill(0);
  const inner: Node = {
    ...node,
    name: old.fresh("sequence"),
    inputs: inputs.map(() => old.fresh("element")),
    outputs: node.outputs.map(() => old.fresh("result")),
    attributes: new Map(Object.entries({ body: value ?? "", num_scan_inputs: count, scan_input_directions })),
  };
  const types = typeof value === "object" && "subgraph" in value ? (value.body?.outputTypes ?? []) : [];
  const outputTypes = node.outputs.map((_, i) => (i < inputs.length - count ? types[i] : undefined));
  const body: Body = { inputs: inner.inputs, outputs: inner.outputs, outputTypes, nodes: [inner] };
  old.become("Scan", inputs, { body: { subgraph: old.fresh("batch"), body }, num_scan_inputs: inputs.length });
}

/** Sizes were an input, of the type that the data has. */
function splitByInput(old: Rewriting): void {
  const [x = "", sizes] = old.node.inputs;
  if (!sizes) return;
  const known = old.constant(sizes) ?? old.unsupported(`split (input '${sizes}') is no constant of the file`);
  old.set({ split: known.toNumbers() });
  old.read(x);
}

/** How often, and along which axis, were numbers of the type that the data has. */
function tile(old: Rewriting): void {
  const int64 = { to: dataTypeCode("int64") };
  const vector = (index: number) => old.add("Reshape", [old.add("Cast", [old.input(index)], int64), old.integers(1)]);
  const [x, tiles, axis] = [old.input(0), vector(1), vector(2)];
  const behind = old.add("Sub", [old.add("Sub", [rankOf(old, x), axis]), old.integers(1)]);
  old.read(x, old.add("Concat", [onesOf(old, axis), tiles, onesOf(old, behind)], { axis: 0 }));
}

function upsampleImage(old: Rewriting): void {
  const { attributes } = old;
  const scales = [1, 1, attributes.number("height_scale"), attributes.number("width_scale")];
  const mode = attributes.string("mode", "nearest");
  old.set({ height_scale: undefined, width_scale: undefined, scales, mode: mode === "bilinear" ? "linear" : mode });
}

function upsample(old: Rewriting): void {
  const scales = old.attributes.numbers("scales");
  if (scales) old.read(old.input(0), old.tensor(Tensor.from("float32", [scales.length], scales)));
  old.set({ scales: undefined });
}

/** y = α · x + β */
function affine(old: Rewriting): void {
  const { attributes } = old;
  const [x, alpha, beta] = [old.input(0), attributes.number("alpha", 1), attributes.number("beta", 0)];
  old.become("Add", [old.add("Mul", [x, number(old, x, alpha)]), number(old, x, beta)]);
}

/** y = α · f(β · x) */
function scaled(operator: string): Form["rewrite"] {
  return (old) => {
    const { attributes } = old;
    const [x, alpha, beta] = [old.input(0), attributes.number("alpha", 1), attributes.number("beta", 1)];
    old.become("Mul", [old.add(operator, [old.add("Mul", [x, number(old, x, beta)])]), number(old, x, alpha)]);
  };
}

/** y = scale · x + bias, of which each channel has its own. */
function scaleImage(old: Rewriting): void {
  const { attributes } = old;
  const [x, scale, bias] = [old.input(0), attributes.number("scale", 1), attributes.numbers("bias", [0])];
  const perChannel = old.tensor(Tensor.from(old.typeOf(x), [bias.length, 1, 1], bias));
  old.become("Add", [old.add("Mul", [x, number(old, x, scale)]), perChannel]);
}

/** What is left of an image without a border, or a part of it with this size. */
function crop(old: Rewriting): void {
  const { attributes } = old;
  const [left = 0, top = 0, right = 0, bottom = 0] = attributes.integers("border", []);
  const [height, width] = attributes.integers("scale", []);
  const end = (start: number, size: number | undefined, border: number) =>
    size === undefined ? (border > 0 ? -border : Number.MAX_SAFE_INTEGER) : start + size;
  const ends = [end(top, height, bottom), end(left, width, right)];
  old.become("Slice", [old.input(0)], { starts: [top, left], ends, axes: [2, 3] });
}
