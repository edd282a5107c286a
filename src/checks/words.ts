// What checks have found, in words: of files, and of a GPU. Pure.
import type { VerifiedLayer } from "../engine/verify/verify.ts";
import { countOf } from "../ui/count-of.ts";
import type { FileCheck } from "./check-file.ts";

/** An error, or what it may be, with two digits. */
function errorText(value: number): string {
  return Number.isFinite(value) ? (value === 0 ? "0" : value.toExponential(1)) : "∞";
}

/** A layer's error, and what it may be; both are empty where the layer is left out. */
export function errorTexts({ verdict, relative, tolerance }: VerifiedLayer): readonly [error: string, tolerance: string] {
  return verdict === "left out" ? ["", ""] : [errorText(relative), errorText(tolerance)];
}

/** Of a file that runs: its size, what it takes and gives, and how long that took. */
export function runText({ nodes, inputs, outputs, ms }: FileCheck): string {
  const shapes = (values: readonly { readonly shape: readonly number[] }[]) =>
    values.map(({ shape }) => (shape.length === 0 ? "scalar" : shape.join("×"))).join(", ");
  return `${countOf(nodes ?? 0, "node")}, ${shapes(inputs)} → ${shapes(outputs)}, ${ms.toFixed(0)} ms`;
}

/** Why a file does not run, or which outputs of one that does are not finite. */
export function notesOf({ reasons, outputs }: FileCheck): readonly string[] {
  const odd = outputs.filter(({ nonFinite }) => nonFinite > 0);
  return [...reasons, ...odd.map(({ name, nonFinite }) => `${countOf(nonFinite, "element")} of '${name}' not finite`)];
}

/** What a check of a GPU comes to, in a few sentences: the largest error, in which layer, and what to do. */
export function verificationText(layers: readonly VerifiedLayer[], adapter: string): string {
  const of = (verdict: VerifiedLayer["verdict"]) => layers.filter((layer) => layer.verdict === verdict);
  const [right, wrong, out] = [of("right"), of("wrong"), of("left out")];
  const checked = [...right, ...wrong];
  const rest = out.length > 0 ? ` ${countOf(out.length, "layer")} left out: the table says why.` : "";
  const excess = ({ relative, tolerance }: VerifiedLayer) => (tolerance === 0 ? (relative === 0 ? 0 : Infinity) : relative / tolerance);
  const [worst] = checked.toSorted((a, b) => excess(b) - excess(a));
  if (!worst) return `No layer could be checked.${rest}`;
  const size = `${errorText(worst.relative)} of the largest number there, where up to ${errorText(worst.tolerance)} is rounding`;
  if (wrong.length === 0) {
    const which = checked.length === 1 ? "The layer that was checked is" : `All ${checked.length} layers that were checked are`;
    return `${which} right on ${adapter}. The largest error for its place is in ${worst.name}: ${size}.${rest}`;
  }
  return `${wrong.length} of ${countOf(checked.length, "layer")} ${wrong.length === 1 ? "is" : "are"} wrong on ${adapter}. The worst is ${worst.name} (${worst.operator}), off by ${size}: ${worst.reason}. Update the graphics driver or the browser and check again; if it stays, another browser or GPU computes right, and we would like to see the report.${rest}`;
}
