// What is said of channels that have gone silent while a network learned. Pure.
import { countOf } from "../count-of.ts";
import type { Silence } from "../statistics/count-silence.ts";

/** Layers that are named. */
const mostNamed = 6;

export function silenceText(values: readonly string[], counts: readonly (Silence | undefined)[]): string {
  const silent = counts.flatMap((count, i) => (count && count.silent > 0 ? [`${values[i]} ${count.silent} of ${count.channels}`] : []));
  const broken = counts.reduce((sum, count) => sum + (count?.nonFinite ?? 0), 0);
  const more = silent.length - mostNamed;
  const others = more > 0 ? `, and of ${more} more ${more === 1 ? "layer" : "layers"}` : "";
  return [
    silent.length > 0 ? `Silent channels on this picture: ${silent.slice(0, mostNamed).join(", ")}${others}.` : "",
    broken > 0 ? `${countOf(broken, "channel")} ${broken === 1 ? "holds" : "hold"} numbers that are not finite.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}
