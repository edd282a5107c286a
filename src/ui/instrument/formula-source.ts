// The value that a formula begins with, and which of its channels it reads. Pure.
import type { ChannelSum, Step } from "../../engine/elements/index.ts";
import { mapBoxOf } from "../elements/places.ts";
import type { DrawableLayer } from "../layers.ts";

interface FormulaSource {
  readonly value: string;
  /** Those that count most first. */
  readonly channels: readonly number[];
}

/** The channels of a convolution as its formula has them. */
export function largestFirst(channels: readonly ChannelSum[]): readonly ChannelSum[] {
  return [...channels].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
}

/** @returns undefined where it reads a vector, or what is not shown */
export function sourceOf([first]: readonly Step[], layers: readonly DrawableLayer[]): FormulaSource | undefined {
  const found = first && placesOf(first);
  const layer = found && layers.find(({ value }) => value === found.value);
  if (!found || !layer) return undefined;
  const channels = found.indices.map((index) => {
    const box = mapBoxOf(
      layer,
      index,
      index.map((one) => one + 1),
    );
    return box.channels[0];
  });
  return { value: found.value, channels };
}

interface Places {
  readonly value: string;
  readonly indices: readonly (readonly number[])[];
}

/** An element of each channel that is read. */
function placesOf(step: Step): Places | undefined {
  switch (step.kind) {
    case "convolution": {
      const tap = step.taps.find(({ isPadding }) => !isPadding);
      return (
        tap && {
          value: step.input,
          indices: largestFirst(step.channels).map(({ channel }) => [step.outputIndex[0] ?? 0, channel, ...tap.input]),
        }
      );
    }
    case "max":
    case "min":
    case "mean":
    case "reduction":
    case "interpolation":
      return { value: step.elements.value, indices: step.elements.indices.slice(0, 1) };
    case "arithmetic": {
      const [operand] = step.operands;
      return operand && { value: operand.value, indices: [operand.index] };
    }
    case "copy":
      return step.from && { value: step.from.value, indices: [step.from.index] };
    case "dense":
    case "softmax":
      return undefined;
    default:
      return { value: step.value, indices: [step.index] };
  }
}
