// The formula of one element with all of its numbers, step by step, and beside it what the GPU computed.
import { html, nothing, type TemplateResult } from "lit";
import type { Step } from "../../engine/elements/index.ts";
import type { Precision } from "../../engine/precision.ts";
import type { Origin } from "../elements/answer.ts";
import { formatNumber } from "../format-number.ts";
import { agree } from "./agreement.ts";
import { convolutionTemplate } from "./convolution.ts";
import { denseTemplate } from "./dense.ts";
import type { ElementLinks } from "./element-links.ts";
import { stepTemplate } from "./step.ts";
import type { Folds } from "./terms.ts";

/** What a formula is shown with. */
export interface Explained {
  readonly links: ElementLinks;
  readonly folds: Folds;
  /** Of a dense layer, by the number of the input: where the element was computed that it reads. */
  readonly origins: ReadonlyMap<number, Origin>;
  /** The map beside that of the element: of what the formula reads. */
  readonly source: Source | undefined;
  /** Of the network's weights on the GPU; the formula has those of the file. */
  readonly precision: Precision;
}

export interface Source {
  readonly value: string;
  readonly channel: number;
  show(channel: number): void;
}

/** @param element what the GPU computed */
export function formulaTemplate(steps: readonly Step[], element: number, explained: Explained): TemplateResult {
  const last = steps.at(-1);
  return html`
    <ol class="formula">
      ${steps.map((step) => html`<li><h3>${step.operator} <code>${step.node}</code></h3>${templateOf(step, explained)}</li>`)}
    </ol>
    ${last ? checkTemplate(last.result, element, agree(steps, element, explained.precision), explained.precision) : nothing}
  `;
}

function templateOf(step: Step, explained: Explained): TemplateResult {
  if (step.kind === "convolution") return convolutionTemplate(step, explained);
  if (step.kind === "dense") return denseTemplate(step, explained);
  return stepTemplate(step, explained);
}

function checkTemplate(formula: number, element: number, isSame: boolean, precision: Precision): TemplateResult {
  const same = precision === "float16" ? "✓ as far as 16 bits go" : "✓";
  return html`<p class=${isSame ? "check" : "check alarm"}>
    GPU ${formatNumber(element)} · formula ${formatNumber(formula)} ${isSame ? same : "differ"}
  </p>`;
}
