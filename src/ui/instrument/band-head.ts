// Above an overview: what is seen of it, what is looked for, and what can be asked of it.
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { type Item, isBlock } from "../overview/blocks.ts";
import type { BlockedOverview } from "../overview/fold.ts";
import type { BandSearch } from "./band-search.ts";
import { bandWords } from "./band-words.ts";
import type { Measuring } from "./measuring.ts";

export interface HeadState {
  readonly inputs: number;
  readonly layers: number;
  /** Whether blocks are shown as one. */
  readonly isFolded: boolean;
  /** Whether blocks are unfolded. */
  readonly isUnfolded: boolean;
  /** Why not all blocks are unfolded that somebody wants to see. */
  readonly refusal: string | undefined;
  /** How many nodes have no thumbnail, for want of memory. */
  readonly left: number;
  readonly hasTable: boolean;
  /** How many layers are computed after values were read back. */
  readonly later: number;
  /** Whether it runs, so that it can be measured. */
  readonly canRun: boolean;
  readonly search: BandSearch;
  readonly measuring: Measuring;
}

export interface HeadHost {
  find(text: string): void;
  /** Goes to the next of those found. */
  next(): void;
  foldAll(): void;
  unfoldAll(): void;
  zoom(isLarger: boolean): void;
  toggleTable(): void;
  measure(): void;
}

/** What is seen of a network while some of its blocks are unfolded. */
export function countsOf({ nodes, items }: BlockedOverview, shown: readonly Item[], unfolded: ReadonlySet<string>) {
  const layers = nodes.filter(({ role }) => role === "layer").length;
  return {
    inputs: nodes.length - layers,
    layers,
    isFolded: shown.some(isBlock),
    isUnfolded: items.some(isBlock) && unfolded.size > 0,
  };
}

export function headTemplate(state: HeadState, host: HeadHost): TemplateResult {
  const { search, measuring } = state;
  const submit = (event: Event) => {
    event.preventDefault();
    host.next();
  };
  return html`
    <h2>${bandWords.head(state.inputs, state.layers, state.isFolded)}</h2>
    <form role="search" @submit=${submit}>
      <input
        type="search"
        aria-label=${bandWords.find}
        placeholder=${bandWords.findHint}
        .value=${live(search.text)}
        @input=${(event: Event) => host.find((event.target as HTMLInputElement).value)}
      />
      <span role="status">${search.found ? bandWords.found(search.found.length) : ""}</span>
    </form>
    <span class="buttons">
      ${zoomTemplate(false, host)}${zoomTemplate(true, host)}
      ${state.isFolded ? foldTemplate(bandWords.unfoldAll, host.unfoldAll) : nothing}
      ${state.isUnfolded ? foldTemplate(bandWords.foldAll, host.foldAll) : nothing}
      ${
        state.canRun
          ? html`<button
              type="button"
              class="part-button"
              title=${bandWords.measureHint}
              aria-disabled=${measuring.isTiming ? "true" : nothing}
              @click=${host.measure}
            >${measuring.isTiming ? bandWords.measuring : bandWords.measure}</button>`
          : nothing
      }
      <button type="button" class="part-button" aria-pressed=${state.hasTable} @click=${host.toggleTable}>${bandWords.table}</button>
    </span>
    <p class="band-note" aria-live="polite">${state.refusal ?? (noteOf(measuring, state.later) || (state.left > 0 ? bandWords.left(state.left) : ""))}</p>
  `;
}

function zoomTemplate(isLarger: boolean, host: HeadHost): TemplateResult {
  const { title, sign } = isLarger ? bandWords.zoomIn : bandWords.zoomOut;
  return html`<button type="button" class="part-button" aria-label=${title} title=${`${title}: ${sign}, or Ctrl and the wheel`} @click=${() => host.zoom(isLarger)}>
    ${sign}
  </button>`;
}

function foldTemplate(title: string, act: () => void): TemplateResult {
  return html`<button type="button" class="part-button" data-fold="all" @click=${act}>${title}</button>`;
}

function noteOf({ times, problem }: Measuring, later: number): string {
  if (problem !== undefined) return bandWords.notMeasured(problem);
  if (!times) return "";
  const sumMs = [...times.nodes.values()].reduce((sum, ms) => sum + ms, 0);
  return bandWords.measured(times, sumMs) + (later > 0 ? bandWords.notIncluded(later) : "");
}
