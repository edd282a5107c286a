// Attention and RotaryEmbedding, written as products, sums and a Softmax. https://onnx.ai/onnx/operators/onnx__Attention.html
import { type Shape, sameShape } from "../../shapes.ts";
import { type DataType, largestFloat, Tensor } from "../../tensor.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { defineComposed, type Writer } from "../on-demand/composed.ts";
import type { Operand, OperatorContext } from "../operator.ts";
import { repeatsTo } from "./normalization.ts";

/** How a value of [batch, places, heads · size] or [batch, heads, places, size] is parted. */
interface Heads {
  readonly batch: number;
  readonly count: number;
  readonly length: number;
  readonly size: number;
}

function headsOf(context: OperatorContext, { shape }: Operand, attribute: string): Heads {
  const [batch = 0, second = 0, third = 0, fourth] = shape;
  if (shape.length === 4) {
    context.attributes.ignore(attribute);
    return { batch, count: second, length: third, size: fourth as number };
  }
  if (shape.length !== 3) context.invalid(`an input of shape [${shape}], expected 3 or 4 axes`);
  const count = context.attributes.integer(attribute, undefined, 1);
  if (third % count !== 0) context.invalid(`${third} numbers do not divide into ${count} heads`);
  return { batch, count, length: second, size: third / count };
}

/** [batch, heads, places, size] of either form. */
function parted(writer: Writer, value: string, isFlat: boolean, { batch, count, length, size }: Heads): string {
  return isFlat ? writer.transpose(writer.reshape(value, [batch, length, count, size]), [0, 2, 1, 3]) : value;
}

/** The lowest finite number: masks may be full of it, and keys that they hide share alike where there is no other. */
const lowestFloat = -largestFloat;
const lowest: Partial<Record<DataType, number>> = { float16: -65504, bfloat16: -3.3895313892515355e38 };

/** Queries, or keys: their places are numbered. */
const mostPlaces = 1 << 20;

/** Whole numbers, each one more than the one before. */
function countedFrom(writer: Writer, first: number, shape: Shape): string {
  const length = shape[0] as number;
  return writer.constant(
    Tensor.from(
      "int32",
      shape,
      Array.from({ length }, (_, i) => first + i),
    ),
  );
}

/** What is computed from the scores can be asked for. */
const scoreKinds = { raw: 0, capped: 1, masked: 2, shares: 3 } as const;

export const attention = defineComposed("Attention", { since: 23 }, (context) => {
  const [q, k, v] = [floatInput(context, 0), floatInput(context, 1), floatInput(context, 2)];
  const [mask, pastKey, pastValue, lengths] = [3, 4, 5, 6].map((index) => context.inputs[index]);
  checkSameType(context, 0, 1, 4);
  checkSameType(context, 2, 5);
  const { attributes, opset } = context;
  attributes.ignore("softmax_precision");
  const isCausal = attributes.flag("is_causal", false);
  const softcap = attributes.number("softcap", 0);
  const kind = attributes.integer("qk_matmul_output_mode", 0, 0);
  const isFlat = q.shape.length === 3;
  if (k.shape.length !== q.shape.length || v.shape.length !== q.shape.length)
    context.invalid(`inputs of shapes [${q.shape}], [${k.shape}] and [${v.shape}] do not fit`);
  const [own, keys, values] = [
    headsOf(context, q, "q_num_heads"),
    headsOf(context, k, "kv_num_heads"),
    headsOf(context, v, "kv_num_heads"),
  ];
  const shares = own.count / keys.count;
  const isFit = own.size === keys.size && keys.count === values.count && keys.length === values.length && Number.isInteger(shares);
  if (!isFit || own.batch !== keys.batch || own.batch !== values.batch)
    context.invalid(`heads of [${q.shape}], [${k.shape}] and [${v.shape}] do not fit each other`);
  if (kind > 3) context.invalid(`qk_matmul_output_mode is ${kind}, expected 0 to 3`);
  const scale = attributes.number("scale", 1 / Math.sqrt(own.size));
  const past = pastKey?.shape[2] ?? 0;
  if ((pastKey === undefined) !== (pastValue === undefined)) context.invalid("past_key and past_value come together");
  const shapeOf = (heads: Heads, length: number): Shape => [heads.batch, heads.count, length, heads.size];
  if (pastKey && pastValue && !(sameShape(pastKey.shape, shapeOf(keys, past)) && sameShape(pastValue.shape, shapeOf(values, past))))
    context.invalid(`past_key [${pastKey.shape}] and past_value [${pastValue.shape}] do not fit the inputs`);
  const length = past + keys.length;
  if (Math.max(own.length, length) > mostPlaces)
    context.unsupported(`${own.length} queries and ${length} keys. Make them at most ${mostPlaces}`);
  const scores = [own.batch, own.count, own.length, length];
  const maskLength = mask?.shape.at(-1) ?? length;
  // Since opset 24 a mask may be shorter than what it masks, which then counts as masked.
  const isShort = mask !== undefined && opset >= 24 && maskLength < length && maskLength > 1;
  if (mask && !repeatsTo(isShort ? mask.shape.with(-1, length) : mask.shape, scores))
    context.invalid(`a mask of shape [${mask.shape}] does not fit scores of shape [${scores}]`);
  if (mask && mask.dtype !== "bool" && mask.dtype !== q.dtype) context.invalid(`the mask is ${mask.dtype}, expected bool or ${q.dtype}`);
  if (lengths && !sameShape(lengths.shape, [own.batch]))
    context.invalid(`nonpad_kv_seqlen has the shape [${lengths.shape}], expected [${own.batch}]`);
  const output = isFlat ? [own.batch, own.length, own.count * values.size] : [own.batch, own.count, own.length, values.size];
  const { dtype } = q;
  return {
    outputs: [
      { dtype, shape: output },
      { dtype: k.dtype, shape: shapeOf(keys, length) },
      { dtype: v.dtype, shape: shapeOf(values, length) },
      { dtype, shape: scores },
    ].slice(0, Math.max(1, context.outputCount)),
    macs: own.batch * own.count * own.length * length * (own.size + values.size),
    write: (writer, inputs) => {
      const [query = "", key = "", value = "", given = "", before = "", beforeValue = "", counted = ""] = inputs;
      const joined = (head: string, tail: string) => (head ? writer.concat([head, tail], 2) : tail);
      const allKeys = joined(before, parted(writer, key, isFlat, keys));
      const allValues = joined(beforeValue, parted(writer, value, isFlat, values));
      // Several heads of the query may share one of the keys.
      const groups = (one: string, shape: Shape, count: number) =>
        shares === 1 ? one : writer.reshape(one, [shape[0] as number, keys.count, count, ...shape.slice(2)]);
      const queries = writer.multiply(parted(writer, query, isFlat, own), writer.number(dtype, scale));
      const perGroup = groups(queries, shapeOf(own, own.length), shares);
      const turned = groups(writer.transpose(allKeys, [0, 1, 3, 2]), [own.batch, keys.count, own.size, length], 1);
      const product = writer.node("MatMul", [perGroup, turned]);
      const raw = shares === 1 ? product : writer.reshape(product, scores);
      const cap = writer.number(dtype, softcap || 1);
      const capped = softcap ? writer.multiply(writer.node("Tanh", [writer.divide(raw, cap)]), cap) : raw;
      const never = writer.number(dtype, Number.NEGATIVE_INFINITY);
      let masked = capped;
      const allow = (condition: string) => {
        masked = writer.node("Where", [condition, masked, never]);
      };
      if (given) {
        const rank = mask?.shape.length ?? 0;
        const missing = isShort ? [...new Array<number>(2 * rank - 1).fill(0), length - maskLength] : undefined;
        const whole = (filler: string) => (missing ? writer.node("Pad", [given, writer.integers(...missing), filler]) : given);
        if (mask?.dtype === "bool")
          allow(missing ? writer.cast(writer.node("Pad", [writer.cast(given, "int32"), writer.integers(...missing)]), "bool") : given);
        else masked = writer.add(masked, whole(never));
      }
      const filled = counted && writer.reshape(writer.cast(counted, "int32"), [own.batch, 1, 1, 1]);
      const column = isCausal || filled ? countedFrom(writer, 0, [length]) : "";
      if (isCausal) {
        // The last query is at the place of the last key that counts, as ONNX corrected version 24 (onnx/onnx#8068); those before it count as well then.
        const isAtEnd = filled && !before;
        const row = countedFrom(writer, isAtEnd ? -own.length : past, [own.length, 1]);
        allow(writer.node("LessOrEqual", [column, isAtEnd ? writer.add(row, filled) : row]));
      }
      if (filled && (before || !isCausal)) allow(writer.node("Less", [column, filled]));
      let weights = writer.node("Softmax", [masked], { axis: -1 });
      if (given || filled) {
        // A query that has no key answers with zeros.
        const hasNone = writer.node("Less", [writer.reduce("ReduceMax", masked, [3]), writer.number(dtype, lowest[dtype] ?? lowestFloat)]);
        weights = writer.node("Where", [hasNone, writer.number(dtype, 0), weights]);
      }
      const mixed = writer.node("MatMul", [groups(weights, scores, shares), groups(allValues, shapeOf(values, length), 1)]);
      const apart = shares === 1 ? mixed : writer.reshape(mixed, [own.batch, own.count, own.length, values.size]);
      const result = isFlat ? writer.reshape(writer.transpose(apart, [0, 2, 1, 3]), output) : apart;
      const asked = { [scoreKinds.raw]: raw, [scoreKinds.masked]: masked, [scoreKinds.capped]: capped, [scoreKinds.shares]: weights }[kind];
      return [result, allKeys, allValues, asked as string];
    },
  };
});

export const rotaryEmbedding = defineComposed("RotaryEmbedding", { since: 23 }, (context) => {
  const x = floatInput(context, 0);
  const [cos, sin, positions] = [floatInput(context, 1), floatInput(context, 2), context.inputs[3]];
  checkSameType(context, 0, 1, 2);
  const isFlat = x.shape.length === 3;
  const heads = headsOf(context, x, "num_heads");
  const isInterleaved = context.attributes.flag("interleaved", false);
  const turned = context.attributes.integer("rotary_embedding_dim", 0, 0) || heads.size;
  const half = turned / 2;
  if (!Number.isInteger(half) || turned > heads.size) context.invalid(`${turned} of ${heads.size} numbers of a head are turned`);
  const places = [heads.batch, heads.length];
  if (positions && !sameShape(positions.shape, places))
    context.invalid(`position_ids have the shape [${positions.shape}], expected [${places}]`);
  const expected = positions ? [cos.shape[0] as number, half] : [...places, half];
  for (const cache of [cos, sin])
    if (!sameShape(cache.shape, expected)) context.invalid(`a cache has the shape [${cache.shape}], expected [${expected}]`);
  return {
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    macs: heads.batch * heads.count * heads.length * turned * 2,
    write: (writer, [value = "", cosines = "", sines = "", ids = ""]) => {
      // The numbers of a head lie last in either form, and the heads before them or before the places.
      const outer = isFlat ? [heads.batch, heads.length, heads.count] : [heads.batch, heads.count, heads.length];
      const whole = isFlat ? writer.reshape(value, [...outer, heads.size]) : value;
      const aside = isFlat ? [...places, 1, half] : [heads.batch, 1, heads.length, half];
      const factors = (cache: string) => writer.reshape(ids ? writer.node("Gather", [cache, ids]) : cache, aside);
      const [c, s] = [factors(cosines), factors(sines)];
      const part = turned === heads.size ? whole : writer.slice(whole, 3, 0, turned);
      const paired = writer.reshape(part, [...outer, ...(isInterleaved ? [half, 2] : [2, half])]);
      const axis = isInterleaved ? 4 : 3;
      const [first, second] = [0, 1].map((i) => writer.reshape(writer.slice(paired, axis, i, i + 1), [...outer, half])) as [string, string];
      const real = writer.subtract(writer.multiply(first, c), writer.multiply(second, s));
      const imaginary = writer.add(writer.multiply(first, s), writer.multiply(second, c));
      const unit = isInterleaved ? [...outer, half, 1] : [...outer, 1, half];
      const both = writer.concat([writer.reshape(real, unit), writer.reshape(imaginary, unit)], axis);
      const joined = writer.reshape(both, [...outer, turned]);
      const all = turned === heads.size ? joined : writer.concat([joined, writer.slice(whole, 3, turned, heads.size)], 3);
      return [isFlat ? writer.reshape(all, x.shape) : all];
    },
  };
});
