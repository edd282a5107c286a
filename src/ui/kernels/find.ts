// Which node's kernels a layer's value is computed with. Pure.
import type { LayerSummary } from "../../engine/summary.ts";

/** Those whose second input holds a kernel for each output channel. */
export const weighted: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);
/** Arithmetic with a constant only shifts or scales what a layer has computed. */
const scaling: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div"]);

/**
 * Back over activations, normalisations and biases to the node with the kernels.
 *
 * @param rows of a summary: their inputs are those that are computed, constants are not among them
 * @returns undefined where a value has none, or they are computed
 */
export function kernelRow(rows: readonly LayerSummary[], value: string): LayerSummary | undefined {
  const producers = producersIn(rows);
  let name = value;
  for (let i = 0; i <= rows.length; i++) {
    const row = producers.get(name);
    if (!row || row.outputs[0] !== name) return undefined;
    if (weighted.has(row.operator)) return row.inputs.length === 1 ? row : undefined;
    const input = row.inputs.length === 1 ? row.inputs[0] : gatedIn(row, producers);
    const isLonger = row.isView || row.continuesLayer || scaling.has(row.operator);
    if (input === undefined || !isLonger) return undefined;
    name = input;
  }
  return undefined;
}

/** Of x · f(x), the x. */
function gatedIn({ operator, inputs }: LayerSummary, producers: ReadonlyMap<string, LayerSummary>): string | undefined {
  if (operator !== "Mul") return undefined;
  return inputs.find((x) => inputs.some((other) => other !== x && producers.get(other)?.inputs.every((one) => one === x)));
}

/** What a value is computed from through nodes with one input each that have no kernels: a picture that is only normalised, a map that is flattened. */
export function sourcesOf(rows: readonly LayerSummary[], value: string, follows: (row: LayerSummary) => boolean): readonly string[] {
  const producers = producersIn(rows);
  const found = [value];
  for (let row = producers.get(value); row && found.length <= rows.length; row = producers.get(found.at(-1) as string)) {
    const [input, ...others] = row.inputs;
    if (input === undefined || others.length > 0 || weighted.has(row.operator) || !follows(row)) break;
    found.push(input);
  }
  return found;
}

function producersIn(rows: readonly LayerSummary[]): ReadonlyMap<string, LayerSummary> {
  return new Map(rows.flatMap((row) => row.outputs.map((output) => [output, row] as const)));
}
