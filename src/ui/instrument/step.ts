// One step of a formula that is no long sum: pools, activations, normalizations, arithmetic, softmax, moved elements.
import { html, nothing, type TemplateResult } from "lit";
import type { Elements, GateStep, Step } from "../../engine/elements/index.ts";
import { short, signed } from "./numbers.ts";

/** Elements that are written out. */
const mostWritten = 25;

export function stepTemplate(step: Step): TemplateResult {
  return html`<p class="terms">${wordsOf(step)} <span>= <b class="result">${short(step.result)}</b></span></p>`;
}

function wordsOf(step: Step): TemplateResult | string {
  switch (step.kind) {
    case "max":
    case "min":
      return html`<span>${step.kind}(${list(step.elements, step.winner)})</span>`;
    case "mean":
      return html`<span>(${list(step.elements, undefined, " + ")}) / ${step.count}</span>`;
    case "reduction":
      return html`<span>${step.formula}${namesOf(step.constants)} over x = ${list(step.elements)}</span>`;
    case "function":
      return html`<span>${step.formula}${namesOf(step.constants)} at x = ${short(step.x)}</span>`;
    case "affine":
      return html`<span>
        (${short(step.x)} − mean ${short(step.mean)}) / √(variance ${short(step.variance)} + ${short(step.epsilon)}) × ${short(step.scale)} +
        ${short(step.bias)}
      </span>`;
    case "normalization":
      return html`<span>
        (${short(step.x)} − ${short(step.mean)}) / √(${short(step.variance)} + ${short(step.epsilon)}) × ${short(step.scale)} + ${short(step.bias)}; mean and
        variance of ${step.elements.numbers.length.toLocaleString("en")} elements
      </span>`;
    case "response":
      return html`<span>${step.formula}${namesOf(step.constants)} at x = ${short(step.x)}, e = ${list(step.elements)}</span>`;
    case "arithmetic":
      return step.sign
        ? html`<span>${step.operands.map(({ x, value }, i) => html`${i > 0 ? ` ${step.sign} ` : ""}<span title=${value}>${short(x)}</span>`)}</span>`
        : html`<span>${step.formula} at ${step.operands.map(({ x }, i) => `${i > 0 ? ", " : ""}${"abcdefgh"[i]} = ${short(x)}`)}</span>`;
    case "softmax":
      return html`<span>
        ${step.form === "largest" ? "1 for the largest of" : step.form === "logarithm" ? "log of" : ""} e^${short(step.elements.numbers[step.own] ?? Number.NaN)} /
        Σ e^x over ${list(step.elements, step.own)}
      </span>`;
    case "interpolation":
      return html`<span>
        ${Array.from(step.elements.numbers, (x, i) => html`${i > 0 ? " + " : ""}${short(x)} × ${short(step.weights[i] ?? 0)}`)}
      </span>`;
    case "copy":
      return step.from
        ? html`<span>moved from <code>${step.from.value}</code> at ${step.from.index.join(", ")}</span>`
        : html`<span>added by padding</span>`;
    case "gate":
      return html`<span>${gateWords(step)}</span>`;
    default:
      return "";
  }
}

/** A gate is the reader's own doing: silence, solo, louder, or a mask over the picture. */
function gateWords({ x, scale, shift, share }: GateStep): string {
  if (share === 0) return `The gate does not act here: ${short(x)} stays`;
  const term = shift === 0 ? "" : ` ${signed(shift)}`;
  const gated = scale === 0 && shift === 0 ? `${short(x)} is switched off by a gate: × 0` : `A gate: ${short(x)} × ${short(scale)}${term}`;
  return share === undefined || share === 1 ? gated : `${gated}, of which ${short(share)} counts here`;
}

function list({ numbers }: Elements, marked?: number, between = ", "): TemplateResult {
  const more = numbers.length - mostWritten;
  const shown = Array.from(numbers.subarray(0, mostWritten));
  const isBeyond = marked !== undefined && marked >= mostWritten;
  return html`${shown.map((x, i) => html`${i > 0 ? between : ""}${i === marked ? html`<b>${short(x)}</b>` : short(x)}`)}${
    more > 0
      ? html`${between}… ${more.toLocaleString("en")} more${isBeyond ? html`, among them <b>${short(numbers[marked] as number)}</b>` : nothing}`
      : nothing
  }`;
}

function namesOf(constants: Readonly<Record<string, number>>): string {
  const names = Object.entries(constants).map(([name, value]) => `${name} = ${short(value)}`);
  return names.length > 0 ? ` with ${names.join(", ")}` : "";
}
