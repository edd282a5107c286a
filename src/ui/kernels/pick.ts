// Which numbers of a layer's weights are seen, as tiles. Pure.
import type { InputChoice, KernelPick, Kernels } from "./request.ts";
import type { WeightsView } from "./weights.ts";

/** Weights that are drawn; of layers with more, the first output channels are. */
const mostNumbers = 1_000_000;

type Tiles = Pick<Kernels, "pick" | "numbers" | "tiles" | "planes" | "rows" | "columns" | "channels" | "largest">;

/** @param isPicture whether the layer reads the picture, whose three channels are colours */
export function pickKernels(weights: Float32Array, view: WeightsView, input: InputChoice | undefined, isPicture: boolean): Tiles {
  const pick = pickOf(view, input, isPicture);
  const { rows, columns, planes } = sizeOf(view, pick);
  const area = rows * columns;
  const tiles = Math.max(1, Math.min(view.outputs, Math.floor(mostNumbers / (area * planes))));
  const numbers = new Float32Array(tiles * planes * area).fill(Number.NaN);
  const taps = view.rows * view.columns;
  const weight = (output: number, channel: number, tap: number) => weights[view.at(output, channel) + tap * view.step] as number;
  const channels: number[] = [];
  for (let output = 0; output < tiles; output++) {
    const start = output * planes * area;
    if (pick === "colors" || pick === "all")
      for (let i = 0; i < view.inputs * taps; i++) numbers[start + i] = weight(output, Math.floor(i / taps), i % taps);
    else if (pick === "mean")
      for (let tap = 0; tap < taps; tap++) numbers[start + tap] = meanOf(view.inputs, (channel) => weight(output, channel, tap));
    else {
      const channel = pick === "strongest" ? strongestOf(view, (one, tap) => weight(output, one, tap)) : pick === "one" ? Number(input) : 0;
      channels.push(view.inputOf(output, channel));
      for (let tap = 0; tap < taps; tap++) numbers[start + tap] = weight(output, channel, tap);
    }
  }
  const largest = numbers.reduce((most, one) => (Math.abs(one) > most && Math.abs(one) < Infinity ? Math.abs(one) : most), 0);
  return { pick, numbers, tiles, planes, rows, columns, largest, ...(channels.length > 0 && { channels }) };
}

/** A window of one weight is no picture: a tile then has the weights of all input channels. */
function pickOf({ inputs, rows, columns }: WeightsView, input: InputChoice | undefined, isPicture: boolean): KernelPick {
  if (inputs === 1) return "only";
  if (rows * columns === 1) return "all";
  if (input === undefined) return isPicture && inputs === 3 ? "colors" : "strongest";
  return typeof input === "number" ? "one" : input;
}

function sizeOf({ inputs, rows, columns }: WeightsView, pick: KernelPick) {
  if (pick !== "all") return { rows, columns, planes: pick === "colors" ? 3 : 1 };
  const across = Math.ceil(Math.sqrt(inputs));
  return { rows: Math.ceil(inputs / across), columns: across, planes: 1 };
}

function meanOf(count: number, at: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += at(i);
  return sum / count;
}

/** The input channel whose weights are largest, by the sum of their squares. */
function strongestOf({ inputs, rows, columns }: WeightsView, at: (channel: number, tap: number) => number): number {
  let [best, most] = [0, -1];
  for (let channel = 0; channel < inputs; channel++) {
    let sum = 0;
    for (let tap = 0; tap < rows * columns; tap++) sum += at(channel, tap) ** 2;
    if (sum > most) [best, most] = [channel, sum];
  }
  return best;
}
