// One step of a formula that is no long sum: pools, activations, normalizations, arithmetic, softmax, moved elements, gates.
import { html, nothing, type TemplateResult } from "lit";
import type { Elements, GateStep, Operand, Step } from "../../engine/elements/index.ts";
import { countOf } from "../count-of.ts";
import { linkTemplate, moveAmongTerms } from "./element-links.ts";
import type { Explained } from "./formula.ts";
import { short, signed } from "./numbers.ts";

/** Elements that are written out before somebody asks for all. */
const mostWritten = 25;
/** And then. */
const mostUnfolded = 400;

export function stepTemplate(step: Step, explained: Explained): TemplateResult {
  return html`<p class="terms" @keydown=${moveAmongTerms}>
    ${new StepWords(step, explained).template} <span>= <b class="result">${short(step.result)}</b></span>
  </p>`;
}

class StepWords {
  readonly #step: Step;
  readonly #explained: Explained;

  constructor(step: Step, explained: Explained) {
    this.#step = step;
    this.#explained = explained;
  }

  get template(): TemplateResult | string {
    const step = this.#step;
    switch (step.kind) {
      case "max":
      case "min":
        return html`<span>${step.kind}(${this.#list(step.elements, step.winner)})</span>`;
      case "mean":
        return html`<span>(${this.#list(step.elements, undefined, " + ")}) / ${step.count}</span>`;
      case "reduction":
        return html`<span>${step.formula}${namesOf(step.constants)} over x = ${this.#list(step.elements)}</span>`;
      case "function":
        return html`<span>${step.formula}${namesOf(step.constants)} at x = ${this.#operand(step)}</span>`;
      case "affine":
        return html`<span>
          (${this.#operand(step)} − mean ${short(step.mean)}) / √(variance ${short(step.variance)} + ${short(step.epsilon)}) × ${short(step.scale)}
          ${signed(step.bias)}
        </span>`;
      case "normalization":
        return html`<span>
          (${this.#operand(step)} − mean ${short(step.mean)}) / √(variance ${short(step.variance)} + ${short(step.epsilon)}) × ${short(step.scale)}
          ${signed(step.bias)}; mean and variance of ${countOf(step.elements.numbers.length, "element")}
        </span>`;
      case "response":
        return html`<span>${step.formula}${namesOf(step.constants)} at x = ${this.#operand(step)}, e = ${this.#list(step.elements)}</span>`;
      case "arithmetic":
        return step.sign
          ? html`<span>${step.operands.map((operand, i) => html`${i > 0 ? ` ${step.sign} ` : ""}${this.#operand(operand, i === 0)}`)}</span>`
          : html`<span>
              ${step.formula} at
              ${step.operands.map((operand, i) => html`${i > 0 ? ", " : ""}${"abcdefgh"[i]} = ${this.#operand(operand, i === 0)}`)}
            </span>`;
      case "softmax":
        return html`<span>
          ${{ largest: "1 for the largest of", logarithm: "log of", softmax: "" }[step.form]}
          e^${short(step.elements.numbers[step.own] ?? Number.NaN)} / Σ e^x over ${this.#list(step.elements, step.own)}
        </span>`;
      case "interpolation":
        return html`<span>
          ${Array.from(step.elements.numbers, (x, i) => {
            const operand = { value: step.elements.value, index: step.elements.indices[i] ?? [], x };
            return html`${i > 0 ? " + " : ""}${this.#operand(operand, i === 0)} × ${short(step.weights[i] ?? 0)}`;
          })}
        </span>`;
      case "copy":
        return step.from
          ? html`<span>moved from <code>${step.from.value}</code>: ${this.#operand(step.from)}</span>`
          : html`<span>added by padding</span>`;
      case "gate":
        return html`<span>${gateWords(step)}</span>`;
      default:
        return "";
    }
  }

  #operand({ value, index, x }: Operand, isReachable = true): TemplateResult {
    return linkTemplate(short(x), this.#explained.links.to(value, index), isReachable);
  }

  #list({ value, numbers, indices }: Elements, marked?: number, between = ", "): TemplateResult {
    const { folds } = this.#explained;
    const name = `${this.#step.node} all`;
    const isOpen = folds.isOpen(name);
    const count = Math.min(numbers.length, isOpen ? mostUnfolded : mostWritten);
    const more = numbers.length - count;
    const shown = Array.from(numbers.subarray(0, count), (x, i) => {
      const term = this.#operand({ value, index: indices[i] ?? [], x }, i === 0);
      return html`${i > 0 ? between : ""}${i === marked ? html`<b>${term}</b>` : term}`;
    });
    const winner =
      marked !== undefined && marked >= count ? { value, index: indices[marked] ?? [], x: numbers[marked] as number } : undefined;
    return html`${shown}${more > 0 ? html`${between}… ${this.#more(name, more, isOpen)}` : nothing}${
      winner ? html`, among them <b>${this.#operand(winner, false)}</b>` : nothing
    }`;
  }

  #more(name: string, count: number, isOpen: boolean): TemplateResult {
    const text = `${count.toLocaleString("en")} more`;
    if (isOpen) return html`${text}`;
    return html`<button type="button" class="link" @click=${() => this.#explained.folds.toggle(name, true)}>${text}</button>`;
  }
}

/** A gate is the reader's own doing: silence, solo, louder, or a mask over the picture. */
function gateWords({ x, scale, shift, share }: GateStep): string {
  if (share === 0) return `The gate does not act here: ${short(x)} stays`;
  const term = shift === 0 ? "" : ` ${signed(shift)}`;
  const gated = scale === 0 && shift === 0 ? `${short(x)} is silenced by a gate: × 0` : `A gate: ${short(x)} × ${short(scale)}${term}`;
  return share === undefined || share === 1 ? gated : `${gated}, of which ${short(share)} counts here`;
}

function namesOf(constants: Readonly<Record<string, number>>): string {
  const names = Object.entries(constants).map(([name, value]) => `${name} = ${short(value)}`);
  return names.length > 0 ? ` with ${names.join(", ")}` : "";
}
