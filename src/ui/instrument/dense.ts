// The sum of a dense layer: the largest products one by one, the rest as one number.
import { html, nothing, type TemplateResult } from "lit";
import type { DenseStep } from "../../engine/elements/index.ts";
import { short, signed } from "./numbers.ts";

const mostShown = 6;

export function denseTemplate(step: DenseStep & { readonly result: number }): TemplateResult {
  const { inputs, weights, products, alpha, beta, addend } = step;
  const order = Array.from(products, (_, i) => i).sort((a, b) => Math.abs(products[b] as number) - Math.abs(products[a] as number));
  const shown = order.slice(0, mostShown);
  const rest = order.slice(mostShown).reduce((sum, i) => sum + (products[i] as number), 0);
  const restCount = products.length - shown.length;
  return html`
    <p class="about">Every one of ${products.length.toLocaleString("en")} inputs times its weight, added up; the largest first.</p>
    <table class="numbers products">
      <thead><tr><th>input</th><th>x</th><th>weight</th><th>product</th></tr></thead>
      <tbody>
        ${shown.map((i) => {
          const place = [...inputs.start];
          place[inputs.axis] = (place[inputs.axis] ?? 0) + i;
          return html`<tr>
            <th scope="row">${i}</th><td>${short(inputs.numbers[i] as number)}</td><td>${short(weights.numbers[i] as number)}</td>
            <td>${short(products[i] as number)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
    <p class="terms">
      ${restCount > 0 ? html`<span>+ ${restCount.toLocaleString("en")} smaller terms <b>${short(rest)}</b></span>` : nothing}
      ${alpha === 1 ? nothing : html`<span>× ${short(alpha)}</span>`}
      ${addend === undefined ? nothing : html`<span>${signed(addend * beta)} bias</span>`}
      <span>= <b class="result">${short(step.result)}</b></span>
    </p>
  `;
}
