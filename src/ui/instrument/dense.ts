// The sum of a dense layer: the largest products one by one, the rest as one number. What it reads behind maps is called by channel, row and column.
import { html, nothing, type TemplateResult } from "lit";
import type { DenseStep, Step } from "../../engine/elements/index.ts";
import { countOf } from "../count-of.ts";
import type { Explained } from "./formula.ts";
import { short, signed } from "./numbers.ts";
import { foldTemplate, type Term, termsTable } from "./terms.ts";

const mostShown = 6;

export function denseTemplate(step: Step & DenseStep, { links, folds, origins }: Explained): TemplateResult {
  const { inputs, weights, products, alpha, beta, addend } = step;
  const order = Array.from(products, (_, i) => i).sort((a, b) => Math.abs(products[b] as number) - Math.abs(products[a] as number));
  const rest = order.slice(mostShown);
  const sum = rest.reduce((total, i) => total + (products[i] as number), 0);
  const rows = (some: readonly number[]) =>
    some.map((i): Term => {
      const place = origins.get(i) ?? { value: inputs.value, index: inputs.start.with(inputs.axis, i) };
      return {
        link: links.to(place.value, place.index),
        name: `${i}`,
        x: inputs.numbers[i] as number,
        weight: weights.numbers[i] as number,
      };
    });
  return html`
    <p class="about">Every one of ${countOf(products.length, "input")} times its weight, added up; the largest first.</p>
    ${termsTable(rows(order.slice(0, mostShown)), "input")}
    ${foldTemplate(`${step.node} rest`, rest, sum, folds, (shown) => termsTable(rows(shown), "input"))}
    <p class="terms">
      ${alpha === 1 ? nothing : html`<span>× ${short(alpha)}</span>`}
      ${addend === undefined ? nothing : html`<span>${signed(addend * beta)} bias</span>`}
      <span>= <b class="result">${short(step.result)}</b></span>
    </p>
  `;
}
