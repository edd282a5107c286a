// The sum of a convolution: windows times kernels, the largest two in full, the rest as one number.
import { html, nothing, type TemplateResult } from "lit";
import type { ChannelSum, ConvolutionStep } from "../../engine/elements/index.ts";
import { kernelsTemplate } from "./kernels.ts";
import { gridTemplate, largestOf, short, signed } from "./numbers.ts";

/** Channels that are shown in full. */
const mostOpen = 2;
/** Elements of a window that fit beside its kernel. */
const largestWindow = 81;

export function convolutionTemplate(step: ConvolutionStep & { readonly result: number }): TemplateResult {
  const { channels, taps, bias, window } = step;
  const sorted = [...channels].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  const open = taps.length <= largestWindow ? sorted.slice(0, mostOpen) : [];
  const rest = sorted.slice(open.length);
  const restSum = rest.reduce((sum, one) => sum + one.sum, 0);
  const largest = largestOf(channels.flatMap(({ kernel }) => [...kernel]));
  const extents = window.join(" × ");
  const paddingCount = taps.filter(({ isPadding }) => isPadding).length;
  return html`
    <p class="about">
      ${channels.length === 1 ? "One input channel" : `${channels.length} input channels`}: a window of ${extents}, times its kernel, added up.
      ${paddingCount > 0 ? `${paddingCount} of its places lie beside the input and count as 0.` : ""}
    </p>
    ${open.map((channel) => channelTemplate(channel, step, largest))}
    <p class="terms">
      ${open.length > 0 && rest.length > 0 ? html`<span>+ ${rest.length} smaller ${rest.length === 1 ? "term" : "terms"} <b>${short(restSum)}</b></span>` : nothing}
      ${open.length === 0 ? html`<span>${channels.length} terms <b>${short(restSum)}</b></span>` : nothing}
      ${bias === undefined ? nothing : html`<span>${signed(bias)} bias</span>`}
      <span>= <b class="result">${short(step.result)}</b></span>
    </p>
    ${channels.length > 1 && taps.length > 1 && isWhole(step) ? kernelsTemplate(step, sorted, 16) : nothing}
  `;
}

/** Whether every element of the kernel is used: of a ConvTranspose only some are. */
export function isWhole({ taps, window }: ConvolutionStep): boolean {
  return taps.length === window.reduce((product, extent) => product * extent, 1);
}

function channelTemplate({ channel, inputs, kernel, sum }: ChannelSum, step: ConvolutionStep, largest: number): TemplateResult {
  const { taps } = step;
  const columns = isWhole(step) ? (step.window.at(-1) ?? 1) : taps.length;
  return html`<div class="product">
    <span class="input-name">input ${channel}</span>
    ${gridTemplate(inputs, columns, { isFaint: (i) => taps[i]?.isPadding === true })} <span>×</span>
    ${gridTemplate(kernel, columns, { largest })} <span>= <b>${short(sum)}</b></span>
  </div>`;
}
