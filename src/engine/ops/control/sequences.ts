// Sequences and optional values: which values they hold is known at load. https://onnx.ai/onnx/operators/onnx__SequenceAt.html and others
import { normalizeAxis } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { type Expansion, mostNodes } from "./expansion.ts";

/** A place in a list, counted from the end where negative. @param last the length of the list where one may be put in behind all */
function placeOf(expansion: Expansion, name: string, length: number, last = length - 1): number {
  const place = expansion.number(name, "its position");
  const index = place < 0 ? place + length : place;
  if (index < 0 || index > last) expansion.invalid(`position ${place} is not in a sequence of ${length}`);
  return index;
}

function splitSizes(expansion: Expansion, extent: number, split: string): readonly number[] {
  if (!split) return new Array<number>(checked(expansion, extent)).fill(1);
  const { shape } = expansion.type(split);
  const sizes = expansion.numbers(split, "its sizes");
  if (shape.length === 1) {
    if (sizes.some((size) => size < 0) || sizes.reduce((a, b) => a + b, 0) !== extent)
      expansion.invalid(`the sizes [${sizes}] are not ${extent} in all`);
    return sizes;
  }
  const [size = 0] = sizes;
  if (!(size > 0)) expansion.invalid(`a size of ${size}`);
  const count = checked(expansion, Math.ceil(extent / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, extent - i * size));
}

function checked(expansion: Expansion, count: number): number {
  return count <= expansion.left
    ? count
    : expansion.unsupported(`${count} parts are more than the ${mostNodes} nodes that a graph may come to`);
}

const first = ({ node }: Expansion): string => node.outputs[0] ?? "";

export const sequenceOperators: Readonly<Record<string, (expansion: Expansion) => void>> = {
  SequenceConstruct: (expansion) => {
    for (const name of expansion.node.inputs) expansion.type(name);
    expansion.setList(first(expansion), expansion.node.inputs);
  },
  SequenceEmpty: (expansion) => expansion.setList(first(expansion), []),
  SequenceInsert(expansion) {
    const [sequence = "", tensor = "", position = ""] = expansion.node.inputs;
    const values = expansion.sequence(sequence);
    const { dtype } = expansion.type(tensor);
    const other = values[0] === undefined ? dtype : expansion.type(values[0]).dtype;
    if (dtype !== other) expansion.invalid(`a ${dtype} among ${other}`);
    const place = position ? placeOf(expansion, position, values.length, values.length) : values.length;
    expansion.setList(first(expansion), values.toSpliced(place, 0, tensor));
  },
  SequenceErase(expansion) {
    const [sequence = "", position = ""] = expansion.node.inputs;
    const values = expansion.sequence(sequence);
    const place = position ? placeOf(expansion, position, values.length) : values.length - 1;
    expansion.setList(first(expansion), values.toSpliced(place, 1));
  },
  SequenceAt(expansion) {
    const [sequence = "", position = ""] = expansion.node.inputs;
    const values = expansion.sequence(sequence);
    expansion.alias(values[placeOf(expansion, position, values.length)] as string, first(expansion));
  },
  SequenceLength(expansion) {
    const { length } = expansion.sequence(expansion.node.inputs[0] ?? "");
    expansion.setConstant(first(expansion), Tensor.int64([], [length]));
  },
  SplitToSequence(expansion) {
    const [value = "", split = ""] = expansion.node.inputs;
    const { attributes } = expansion;
    const { shape } = expansion.type(value);
    const axis = normalizeAxis(attributes.integer("axis", 0), shape.length);
    const sizes = splitSizes(expansion, shape[axis] as number, split);
    const keepsAxis = split !== "" || attributes.flag("keepdims", true);
    expansion.setList(first(expansion), sizes.length === 0 ? [] : expansion.split(0, axis, sizes, keepsAxis));
  },
  ConcatFromSequence(expansion) {
    const values = expansion.sequence(expansion.node.inputs[0] ?? "");
    const { attributes } = expansion;
    const [axis, isNew] = [attributes.integer("axis"), attributes.flag("new_axis", false)];
    if (values.length === 0) expansion.invalid("a sequence without values has nothing to join");
    const rank = expansion.type(values[0] as string).shape.length + Number(isNew);
    expansion.join(values, normalizeAxis(axis, rank), isNew, first(expansion));
  },
  Optional(expansion) {
    const [value = ""] = expansion.node.inputs;
    // With a value, which may be a sequence, it is that value.
    if (value) expansion.alias(value, first(expansion));
    else expansion.setList(first(expansion), [], true);
  },
  OptionalGetElement(expansion) {
    const [value = ""] = expansion.node.inputs;
    if (!value || expansion.list(value)?.isNone) expansion.invalid("the optional value is absent");
    expansion.alias(value, first(expansion));
  },
  OptionalHasElement(expansion) {
    const [value = ""] = expansion.node.inputs;
    const has = value !== "" && expansion.list(value)?.isNone !== true;
    expansion.setConstant(first(expansion), Tensor.from("bool", [], [Number(has)]));
  },
};
