// The formula of one element with all of its numbers, step by step, and beside it what the GPU computed.
import { html, nothing, type TemplateResult } from "lit";
import type { Step } from "../../engine/elements/index.ts";
import { formatNumber } from "../format-number.ts";
import { convolutionTemplate } from "./convolution.ts";
import { denseTemplate } from "./dense.ts";
import { stepTemplate } from "./step.ts";

/** How far the GPU's 32 bits may be from the formula's 64, as a part of the largest number of the sum. */
const tolerance = 1e-4;

/** @param element what the GPU computed */
export function formulaTemplate(steps: readonly Step[], element: number): TemplateResult {
  const last = steps.at(-1);
  return html`
    <ol class="formula">
      ${steps.map((step) => html`<li><h3>${step.operator} <code>${step.node}</code></h3>${templateOf(step)}</li>`)}
    </ol>
    ${last ? checkTemplate(last.result, element, sizeOf(steps)) : nothing}
  `;
}

function templateOf(step: Step): TemplateResult {
  if (step.kind === "convolution") return convolutionTemplate(step);
  if (step.kind === "dense") return denseTemplate(step);
  return stepTemplate(step);
}

/** The largest number that the steps have to do with: rounding is relative to it. */
function sizeOf(steps: readonly Step[]): number {
  const sizes = steps.flatMap((step) => [
    step.result,
    ...(step.kind === "convolution" ? step.channels.map(({ sum }) => sum) : []),
    ...(step.kind === "dense" ? [...step.products] : []),
  ]);
  return sizes.reduce((most, one) => Math.max(most, Number.isFinite(one) ? Math.abs(one) : 0), 0);
}

function checkTemplate(formula: number, element: number, size: number): TemplateResult {
  const isSame = Object.is(formula, element) || Math.abs(formula - element) <= tolerance * Math.max(size, 1e-6);
  return html`<p class=${isSame ? "check" : "check alarm"}>
    GPU ${formatNumber(element)} · formula ${formatNumber(formula)} ${isSame ? "✓" : "differ"}
  </p>`;
}
