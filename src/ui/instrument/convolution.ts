// The sum of a convolution: windows times kernels, the largest two in full; of windows of one element, and of very large ones, a row for each product.
import { html, nothing, type TemplateResult } from "lit";
import type { ChannelSum, ConvolutionStep, Step } from "../../engine/elements/index.ts";
import { countOf } from "../count-of.ts";
import { moveAmongTerms } from "./element-links.ts";
import type { Explained } from "./formula.ts";
import { largestFirst } from "./formula-source.ts";
import { kernelsTemplate } from "./kernels.ts";
import { largestSize } from "./largest-size.ts";
import { gridTemplate, short, signed } from "./numbers.ts";
import { foldTemplate, type Term, termsTable } from "./terms.ts";

/** Channels that are shown in full, and products one by one. */
const mostOpen = 2;
const mostRows = 6;
/** Elements of a window that fit beside its kernel. */
const largestWindow = 81;

export function convolutionTemplate(step: Step & ConvolutionStep, { links, folds, source }: Explained): TemplateResult {
  const { channels, taps, bias } = step;
  const sorted = largestFirst(channels);
  const isGrid = taps.length > 1 && taps.length <= largestWindow;
  const first = step.outputIndex[0] ?? 0;
  const linkOf = (channel: number, tap: readonly number[]) => links.to(step.input, [first, channel, ...tap]);
  const open = sorted.slice(0, mostOpen);
  const rest = sorted.slice(mostOpen);
  const largest = largestSize(channels.flatMap(({ kernel }) => [...kernel]));
  return html`
    <p class="about">${introduction(step)}</p>
    ${
      isGrid
        ? html`${open.map((one) => channelTemplate(one, step, { largest, linkOf, source }))}
            ${foldTemplate(`${step.node} rest`, rest, sumOf(rest), folds, (shown) => sumsTable(shown, step, { linkOf, source }))}`
        : productsTemplate(step, folds, linkOf)
    }
    <p class="terms">
      ${bias === undefined ? nothing : html`<span>${signed(bias)} bias</span>`}
      <span>= <b class="result">${short(step.result)}</b></span>
    </p>
    ${channels.length > 1 && taps.length > 1 && isWhole(step) ? kernelsTemplate(step, sorted, 16) : nothing}
  `;
}

type LinkOf = (channel: number, tap: readonly number[]) => ReturnType<Explained["links"]["to"]>;

function introduction({ operator, channels, taps, window }: Step & ConvolutionStep): string {
  const inputs = channels.length === 1 ? "One input channel" : countOf(channels.length, "input channel");
  if (operator === "ConvTranspose") {
    if (taps.length === 0) return "No input reaches this place, so nothing is added up.";
    const size = window.reduce((product, extent) => product * extent, 1);
    const reach = taps.length === size ? "all of the kernel" : `${taps.length} of the kernel's ${size} elements`;
    return `${inputs}: every input that reaches this place, times the element of the kernel that carries it here (${reach}), added up.`;
  }
  const paddingCount = taps.filter(({ isPadding }) => isPadding).length;
  const beside = paddingCount === 1 ? "1 of its places lies" : `${paddingCount} of its places lie`;
  const padding = paddingCount > 0 ? ` ${beside} beside the input and ${paddingCount === 1 ? "counts" : "count"} as 0.` : "";
  if (taps.length === 1) return `${inputs}: the element at the same place, times its weight, added up.${padding}`;
  return `${inputs}: a window of ${window.join(" × ")}, times its kernel, added up.${padding}`;
}

/** Whether every element of the kernel is used: of a ConvTranspose only some are. */
export function isWhole({ taps, window }: ConvolutionStep): boolean {
  return taps.length === window.reduce((product, extent) => product * extent, 1);
}

function sumOf(channels: readonly ChannelSum[]): number {
  return channels.reduce((sum, one) => sum + one.sum, 0);
}

/** Elements of the window in a row: as many as meet the last axis. */
function columnsOf({ taps }: ConvolutionStep): number {
  return new Set(taps.map(({ kernel }) => kernel.at(-1))).size;
}

interface Shown {
  readonly linkOf: LinkOf;
  readonly source: Explained["source"];
}

function channelTemplate(
  { channel, inputs, kernel, sum }: ChannelSum,
  step: Step & ConvolutionStep,
  { largest, linkOf, source }: Shown & { readonly largest: number },
): TemplateResult {
  const { taps } = step;
  const columns = columnsOf(step);
  return html`<div class="product" @keydown=${moveAmongTerms}>
    ${sourceTemplate(channel, step, { linkOf, source })}
    ${gridTemplate(inputs, columns, {
      isFaint: (i) => taps[i]?.isPadding === true,
      linkOf: (i) => (taps[i]?.isPadding ? undefined : linkOf(channel, taps[i]?.input ?? [])),
    })} <span class="times">×</span>
    ${gridTemplate(kernel, columns, { largest })} <span class="sum">= <b>${short(sum)}</b></span>
  </div>`;
}

/** The name of an input channel, which shows its map beside the element's. */
function sourceTemplate(channel: number, { taps }: ConvolutionStep, { linkOf, source }: Shown): TemplateResult {
  const link = linkOf(channel, taps.find(({ isPadding }) => !isPadding)?.input ?? []);
  if (!source || !link || source.value !== link.value) return html`<span class="input-name">input ${channel}</span>`;
  const isShown = source.channel === link.channel;
  const title = isShown ? "This input's map is the one beside" : "Show this input's map";
  return html`<button type="button" class="input-name link" aria-pressed=${isShown} title=${title} @click=${() => source.show(link.channel)}>
    input ${channel}
  </button>`;
}

function sumsTable(channels: readonly ChannelSum[], step: ConvolutionStep, shown: Shown): TemplateResult {
  return html`<table class="numbers products">
    <tbody>
      ${channels.map(({ channel, sum }) => html`<tr><th scope="row">${sourceTemplate(channel, step, shown)}</th><td>${short(sum)}</td></tr>`)}
    </tbody>
  </table>`;
}

function productsTemplate({ channels, taps, node }: Step & ConvolutionStep, folds: Explained["folds"], linkOf: LinkOf): TemplateResult {
  const terms = channels.flatMap(({ channel, inputs, kernel }) =>
    taps.flatMap(({ input, isPadding }, i) => (isPadding ? [] : [{ channel, input, x: inputs[i] ?? 0, weight: kernel[i] ?? 0 }])),
  );
  terms.sort((a, b) => Math.abs(b.x * b.weight) - Math.abs(a.x * a.weight));
  const rest = terms.slice(mostRows);
  const sum = rest.reduce((total, { x, weight }) => total + x * weight, 0);
  // What is folded has no link before somebody looks.
  const rows = (some: typeof terms) =>
    some.map(({ channel, input, x, weight }): Term => ({ link: linkOf(channel, input), name: `channel ${channel}`, x, weight }));
  return html`
    ${terms.length > 0 ? termsTable(rows(terms.slice(0, mostRows)), "input") : nothing}
    ${foldTemplate(`${node} rest`, rest, sum, folds, (shown) => termsTable(rows([...shown]), "input"))}
  `;
}
