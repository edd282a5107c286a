// TfIdfVectorizer: how often each n-gram of a pool occurs in rows of whole numbers. https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html
import { sizeOf } from "../../shapes.ts";
import { defineComposed, type Writer } from "../on-demand/composed.ts";
import type { OperatorContext } from "../operator.ts";

/** Comparisons of a part of a row with the pool: one for each number of an n-gram, and each way to skip. */
const mostComparisons = 1000;

/** Numbers of the matrix that takes n-grams to where they are counted. */
const mostPlaces = 1 << 22;

/** The n-grams of one length. */
interface Grams {
  readonly length: number;
  /** By place in an n-gram, the number there of each. */
  readonly columns: readonly (readonly number[])[];
  /** Where each is counted. */
  readonly places: readonly number[];
}

export default defineComposed("TfIdfVectorizer", { since: 9 }, (context) => {
  const { attributes } = context;
  const x = context.input(0);
  if (attributes.has("pool_strings")) return context.unsupported("n-grams of strings. Count words elsewhere, and feed their numbers");
  if (!/^int(32|64)$/.test(x.dtype) || x.shape.length === 0 || x.shape.length > 2)
    return context.invalid(`its input must be one or two axes of int32 or int64, got ${x.dtype} [${x.shape}]`);
  const mode = attributes.choice("mode", ["TF", "IDF", "TFIDF"], "TF");
  const places = attributes.integers("ngram_indexes", [], 0);
  const weights = attributes.numbers("weights");
  if (weights && weights.length !== places.length) return context.invalid(`it has ${places.length} n-grams and ${weights.length} weights`);
  const [rows = 1, length = 0] = x.shape.length === 2 ? x.shape : [1, x.shape[0]];
  const width = places.reduce((most, place) => Math.max(most, place + 1), 0);
  const skips = attributes.integer("max_skip_count", undefined, 0);
  const grams = gramsOf(context, places);
  if (grams.some((own) => own.places.length * width > mostPlaces)) return context.unsupported(`a pool of ${places.length} n-grams`);
  // Of single numbers none is skipped.
  const ways = grams.flatMap((own) =>
    Array.from({ length: own.length === 1 ? 1 : Math.min(skips + 1, length) }, (_, i) => ({ own, step: i + 1 })).filter(
      ({ step }) => length > (own.length - 1) * step,
    ),
  );
  if (ways.reduce((sum, { own }) => sum + own.length, 0) > mostComparisons)
    return context.unsupported(`n-grams in ${ways.length} ways to skip. Skip less`);
  return {
    outputs: [{ dtype: "float32", shape: x.shape.length === 2 ? [rows, width] : [width] }],
    nonnegative: () => (weights ? undefined : "always"),
    write: (writer, [input = ""]) => {
      const whole = writer.reshape(writer.cast(input, "int32"), [rows, length]);
      const parts = ways.map(({ own, step }) =>
        writer.node("MatMul", [occurrences(writer, whole, own, { rows, length, step }), toPlaces(writer, own, width)]),
      );
      const counts = parts.length > 0 ? parts.reduce(writer.add) : writer.floats("float32", [rows, width], new Float32Array(rows * width));
      const told = mode === "IDF" ? writer.cast(writer.node("Greater", [counts, writer.number("float32", 0)]), "float32") : counts;
      const share = new Float32Array(width);
      for (const [gram, place] of places.entries()) share[place] = weights?.[gram] ?? 0;
      const weighted = weights && mode !== "TF" ? writer.multiply(told, writer.floats("float32", [width], share)) : told;
      return [x.shape.length === 2 ? weighted : writer.reshape(weighted, [width])];
    },
  };
});

/** The pool's n-grams of the lengths that count. */
function gramsOf(context: OperatorContext, places: readonly number[]): readonly Grams[] {
  const { attributes } = context;
  const [least, most] = [attributes.integer("min_gram_length", undefined, 1), attributes.integer("max_gram_length", undefined, 1)];
  const starts = attributes.integers("ngram_counts", [], 0);
  const pool = attributes.integers("pool_int64s") ?? context.invalid("it has no pool of n-grams");
  // Beyond 32 bits numbers saturate, and would be taken for each other.
  const large = pool.find((number) => Math.abs(number) >= 2 ** 31 - 1);
  if (large !== undefined) return context.unsupported(`the number ${large} in its pool. Count in 32 bits`);
  let first = 0;
  return starts.flatMap((start, i) => {
    const [length, end] = [i + 1, starts[i + 1] ?? pool.length];
    const count = (end - start) / length;
    const own = places.slice(first, first + count);
    if (!Number.isInteger(count) || count < 0 || end > pool.length || own.length < count)
      return context.invalid(`from ${start} to ${end} of ${pool.length} numbers there are no n-grams of ${length}, or no places for them`);
    first += count;
    if (length < least || length > most || count === 0) return [];
    const columns = Array.from({ length }, (_, at) => own.map((_, gram) => pool[start + gram * length + at] as number));
    return [{ length, columns, places: own }];
  });
}

/** How often each n-gram occurs in a row, with steps of one length between its numbers: [rows, n-grams]. */
function occurrences(
  writer: Writer,
  whole: string,
  { columns, places, length: size }: Grams,
  { rows, length, step }: { readonly rows: number; readonly length: number; readonly step: number },
): string {
  const windows = length - (size - 1) * step;
  const same = columns.map((column, at) => {
    const part = writer.reshape(writer.slice(whole, 1, at * step, at * step + windows), [rows, windows, 1]);
    return writer.node("Equal", [part, writer.floats("int32", [column.length], column)]);
  });
  const found = writer.cast(
    same.reduce((a, b) => writer.node("And", [a, b])),
    "float32",
  );
  return writer.reshape(writer.reduce("ReduceSum", found, [1]), [rows, places.length]);
}

/** 1 where an n-gram is counted. */
function toPlaces(writer: Writer, { places }: Grams, width: number): string {
  const matrix = new Float32Array(sizeOf([places.length, width]));
  for (const [gram, place] of places.entries()) matrix[gram * width + place] = 1;
  return writer.floats("float32", [places.length, width], matrix);
}
