// The formula of one element with all of its numbers, step by step, and beside it what the GPU computed.
import { html, nothing, type TemplateResult } from "lit";
import type { Step } from "../../engine/elements/index.ts";
import { formatNumber } from "../format-number.ts";
import { agree } from "./agreement.ts";
import { convolutionTemplate } from "./convolution.ts";
import { denseTemplate } from "./dense.ts";
import { stepTemplate } from "./step.ts";

/** @param element what the GPU computed */
export function formulaTemplate(steps: readonly Step[], element: number): TemplateResult {
  const last = steps.at(-1);
  return html`
    <ol class="formula">
      ${steps.map((step) => html`<li><h3>${step.operator} <code>${step.node}</code></h3>${templateOf(step)}</li>`)}
    </ol>
    ${last ? checkTemplate(last.result, element, agree(steps, element)) : nothing}
  `;
}

function templateOf(step: Step): TemplateResult {
  if (step.kind === "convolution") return convolutionTemplate(step);
  if (step.kind === "dense") return denseTemplate(step);
  return stepTemplate(step);
}

function checkTemplate(formula: number, element: number, isSame: boolean): TemplateResult {
  return html`<p class=${isSame ? "check" : "check alarm"}>
    GPU ${formatNumber(element)} · formula ${formatNumber(formula)} ${isSame ? "✓" : "differ"}
  </p>`;
}
