// Finds the output of a network that holds scores of classes. Boxes, embeddings, indices and maps are not taken for scores. Pure.
import type { LayerRow } from "./drawable-layers.ts";

type Row = Pick<LayerRow, "operator" | "inputs" | "outputs" | "shape">;

/** Longer outputs are not taken for classes: bars could not show them, and they would cost a copy in every frame. */
const mostClasses = 4096;

/** Operators that pass on the scores of the node before them. */
const passOn = new Set(["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast"]);
/** Operators whose output is probabilities or their logarithms. */
const probabilities = new Set(["Softmax", "LogSoftmax"]);
/** Operators that end a classifier: with scores before any softmax, or one probability per class. */
const scores = new Set(["Gemm", "MatMul", "Add", "Conv", "GlobalAveragePool", "AveragePool", "ReduceMean", "Sigmoid", "HardSigmoid"]);

const saysClasses = /prob|score|logit|class|cls|softmax/i;
const saysOther =
  /embed|feat|descriptor|vector|latent|hidden|code|norm|box|loc|coord|landmark|keypoint|point|anchor|offset|delta|pose|angle/i;
/** Usual sizes of embeddings, which lists of classes hardly ever have. */
const embeddingSizes = new Set([64, 128, 256, 512, 768, 1024, 2048]);

/**
 * The output that holds class scores of one picture, if one does: what a softmax ends, else the first that a classifier's last layer
 * makes and whose name says nothing else.
 *
 * @param rows the network's nodes; the shape of a row is that of its first output
 * @param labelCount how many class names are known, 0 where none are
 */
export function findClassScores(outputs: readonly string[], rows: readonly Row[], labelCount = 0): string | undefined {
  const producers = new Map(rows.map((row) => [row.outputs[0] ?? "", row]));
  const candidates = outputs.flatMap((name) => {
    const row = producers.get(name);
    const count = row?.shape && classCount(row.shape);
    // Of a list of boxes these are the scores.
    if (outputs.some((other) => `,${producers.get(other)?.shape}`.endsWith(`,${count},4`))) return [];
    const operator = row && endOf(row, producers);
    return count && operator ? [{ name, count, operator }] : [];
  });
  const certain = candidates.find(({ operator }) => probabilities.has(operator)) ?? candidates.find(({ count }) => count === labelCount);
  const likely = candidates.filter(({ operator }) => scores.has(operator));
  const named = likely.find(({ name }) => saysClasses.test(name));
  const plain = likely.find(({ name, count }) => !saysOther.test(name) && !embeddingSizes.has(count));
  return (certain ?? named ?? plain)?.name;
}

/** The number of classes where a shape may be scores: one picture, and one axis that is longer than 1. */
function classCount(shape: readonly number[]): number | undefined {
  const long = shape.filter((extent) => extent !== 1);
  const [count = 0] = long;
  const isLastOfPicture = shape.length === 1 || shape[0] === 1;
  return long.length === 1 && isLastOfPicture && count > 1 && count <= mostClasses && shape[1] !== 1 ? count : undefined;
}

/** The operator that computed the numbers, behind those that only pass them on. */
function endOf(row: Row, producers: ReadonlyMap<string, Row>): string {
  let at = row;
  while (passOn.has(at.operator)) {
    const before = producers.get(at.inputs[0] ?? "");
    if (!before) return "";
    at = before;
  }
  return at.operator;
}
