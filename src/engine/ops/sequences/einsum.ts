// Einsum: sums of products, written as an equation. Each pair of operands becomes a product of matrices, with axes turned into place.
// https://onnx.ai/onnx/operators/onnx__Einsum.html
import { sizeOf } from "../../shapes.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { defineComposed, type Writer } from "../on-demand/composed.ts";
import type { OperatorContext } from "../operator.ts";

/** A value and what its axes are called. */
interface Term {
  readonly value: string;
  readonly labels: readonly string[];
}

type Extents = ReadonlyMap<string, number>;

/** Axes that `...` stands for are called 0, 1, … from the last. */
function labelsOf(context: OperatorContext, text: string, rank: number): readonly string[] {
  const [head = "", tail, more] = text.split("...");
  if (more !== undefined || /[^a-zA-Z]/.test(head + (tail ?? ""))) context.invalid(`'${text}' is no list of letters`);
  const named = head.length + (tail?.length ?? 0);
  if (named > rank || (tail === undefined && named < rank)) context.invalid(`'${text}' does not fit ${rank} axes`);
  const others = Array.from({ length: tail === undefined ? 0 : rank - named }, (_, i, count = rank - named) => String(count - 1 - i));
  return [...head, ...others, ...(tail ?? "")];
}

export const einsum = defineComposed("Einsum", { since: 12 }, (context) => {
  const equation = context.attributes.string("equation").replaceAll(" ", "");
  const [left = "", right, rest] = equation.split("->");
  const texts = left.split(",");
  if (rest !== undefined || texts.length !== context.inputs.length)
    context.invalid(`the equation '${equation}' does not fit ${context.inputs.length} operands`);
  const operands = texts.map((_, i) => floatInput(context, i));
  checkSameType(context, ...texts.keys());
  const lists = texts.map((text, i) => labelsOf(context, text, operands[i]?.shape.length ?? 0));
  const extents = new Map<string, number>();
  for (const [i, labels] of lists.entries()) {
    const { shape = [] } = operands[i] ?? {};
    const other = labels.find((label, axis) => shape[labels.indexOf(label)] !== shape[axis]);
    if (other) context.invalid(`'${other}' stands for axes of operand ${i} that differ in length: [${shape}]`);
  }
  for (const [i, labels] of lists.entries())
    for (const [axis, label] of labels.entries()) {
      const extent = operands[i]?.shape[axis] as number;
      const known = extents.get(label) ?? 1;
      if (known !== 1 && extent !== 1 && known !== extent) context.invalid(`'${label}' is ${known} long, and ${extent}`);
      extents.set(label, known === 1 ? extent : known);
    }
  const all = lists.flat();
  const dots = [...new Set(all)].filter((label) => /\d/.test(label)).sort((a, b) => Number(b) - Number(a));
  const once = [...new Set(all)].filter((label) => !dots.includes(label) && all.filter((other) => other === label).length === 1).sort();
  const output =
    right === undefined
      ? [...dots, ...once]
      : labelsOf(context, right, right.replace("...", "").length + (right.includes("...") ? dots.length : 0));
  if (right !== undefined && !right.includes("...") && dots.length > 0)
    context.invalid(`the result '${right}' of '${equation}' leaves out the axes of '...'`);
  if (new Set(output).size !== output.length || output.some((label) => !extents.has(label)))
    context.invalid(`the result '${right}' of '${equation}' names an axis twice, or one that there is not`);
  const { dtype } = operands[0] ?? context.input(0);
  return {
    outputs: [{ dtype, shape: output.map((label) => extents.get(label) as number) }],
    nonnegative: () => ({ whereAll: [...operands.keys()] }),
    macs: sizeOf([...extents.values()]),
    write: (writer, inputs) => {
      const terms = lists.map((labels, i) => single(writer, { value: inputs[i] as string, labels }, operands[i]?.shape ?? [], extents));
      let [result, ...others] = terms as [Term, ...Term[]];
      while (others.length > 0) {
        const [next, ...later] = others as [Term, ...Term[]];
        const wanted = new Set([...output, ...later.flatMap(({ labels }) => labels)]);
        result = product(writer, result, next, wanted, extents);
        others = later;
      }
      const summed = sumBut(writer, result, new Set(output), extents);
      const missing = output.filter((label) => !summed.labels.includes(label));
      if (missing.length > 0) throw new Error(`nothing has the axes ${missing}`);
      return [
        writer.transpose(
          summed.value,
          output.map((label) => summed.labels.indexOf(label)),
        ),
      ];
    },
  };
});

/** The diagonal of axes that are called alike, and all axes as long as elsewhere. */
function single(writer: Writer, { value, labels }: Term, shape: readonly number[], extents: Extents): Term {
  let [current, names, own] = [value, [...labels], [...shape]];
  for (;;) {
    const second = names.findIndex((label, i) => names.indexOf(label) < i);
    if (second < 0) break;
    // The two axes side by side at the end: with n zeros behind them, n × n elements are n rows of n + 1 that begin with the diagonal.
    const first = names.indexOf(names[second] as string);
    const extent = own[first] as number;
    const kept = names.map((_, i) => i).filter((i) => i !== first && i !== second);
    const outer = kept.map((i) => own[i] as number);
    const row = writer.reshape(writer.transpose(current, [...kept, first, second]), [...outer, extent * extent]);
    const pads = [...new Array<number>(2 * outer.length + 1).fill(0), extent];
    const square = writer.reshape(writer.node("Pad", [row, writer.integers(...pads)]), [...outer, extent, extent + 1]);
    current = writer.reshape(writer.slice(square, outer.length + 1, 0, 1), [...outer, extent]);
    names = [...kept, first].map((i) => names[i] as string);
    own = [...outer, extent];
  }
  const whole = names.map((label) => extents.get(label) as number);
  const isShort = whole.some((extent, i) => extent !== own[i]);
  return { value: isShort ? writer.node("Expand", [current, writer.integers(...whole)]) : current, labels: names };
}

function sumBut(writer: Writer, { value, labels }: Term, kept: ReadonlySet<string>, extents: Extents): Term {
  const axes = labels.flatMap((label, axis) => (kept.has(label) ? [] : [axis]));
  if (axes.length === 0) return { value, labels };
  const rest = labels.filter((label) => kept.has(label));
  const shape = rest.map((label) => extents.get(label) as number);
  return { value: writer.reshape(writer.reduce("ReduceSum", value, axes), shape), labels: rest };
}

/** What two operands share is gone through side by side where it is wanted later, and summed up where not. */
function product(writer: Writer, left: Term, right: Term, wanted: ReadonlySet<string>, extents: Extents): Term {
  const a = sumBut(writer, left, new Set([...wanted, ...right.labels]), extents);
  const b = sumBut(writer, right, new Set([...wanted, ...left.labels]), extents);
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => wanted.has(label));
  const summed = shared.filter((label) => !wanted.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const size = (labels: readonly string[]) => sizeOf(labels.map((label) => extents.get(label) as number));
  const matrix = (term: Term, first: readonly string[], second: readonly string[]) => {
    const order = [...batch, ...first, ...second].map((label) => term.labels.indexOf(label));
    return writer.reshape(writer.transpose(term.value, order), [size(batch), size(first), size(second)]);
  };
  const result = writer.node("MatMul", [matrix(a, rows, summed), matrix(b, summed, columns)]);
  const labels = [...batch, ...rows, ...columns];
  return {
    value: writer.reshape(
      result,
      labels.map((label) => extents.get(label) as number),
    ),
    labels,
  };
}
