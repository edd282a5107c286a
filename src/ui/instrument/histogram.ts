// A histogram as a small drawing: heights are logarithms, so that the rare and large elements are seen.
import { html, svg, type TemplateResult } from "lit";
import { formatNumber } from "../format-number.ts";
import type { Histogram } from "../statistics/histogram.ts";

const height = 48;

export function histogramTemplate({ low, high, counts, isWithoutZeros }: Histogram): TemplateResult {
  const tallest = Math.log1p(counts.reduce((most, count) => Math.max(most, count), 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const what = `${total.toLocaleString("en")} elements${isWithoutZeros ? " other than 0" : ""}`;
  return html`<figure class="histogram">
    <svg viewBox="0 0 ${counts.length} ${height}" preserveAspectRatio="none" role="img" aria-label="Histogram of ${what}">
      ${counts.map((count, i) => {
        const tall = tallest > 0 ? (height * Math.log1p(count)) / tallest : 0;
        return svg`<rect x=${i} y=${height - tall} width="0.9" height=${tall} />`;
      })}
    </svg>
    <figcaption><span>${formatNumber(low)}</span><span>${what}, log scale</span><span>${formatNumber(high)}</span></figcaption>
  </figure>`;
}
