// From the terms of a formula to the elements that they are: a click or Enter goes there, and what the pointer is over is marked wherever it is shown.
import { html, type TemplateResult } from "lit";
import { mapBoxOf } from "../elements/places.ts";
import type { DrawableLayer } from "../layers.ts";
import { describeElement } from "./element-words.ts";
import type { Highlights } from "./highlights.ts";
import { mapsOfLayer, type Place } from "./place.ts";

export interface ElementLink {
  /** "conv_1, channel 8, y 4, x 6". */
  readonly text: string;
  /** Without the value's name. */
  readonly name: string;
  readonly value: string;
  readonly channel: number;
  go(): void;
  show(isOver: boolean): void;
}

interface LinksHost {
  readonly loaded: { readonly layers: readonly DrawableLayer[] };
  readonly highlights: Highlights;
  go(place: Place): void;
}

export class ElementLinks {
  readonly #host: LinksHost;
  readonly #layers: ReadonlyMap<string, DrawableLayer>;

  constructor(host: LinksHost) {
    this.#host = host;
    this.#layers = new Map(host.loaded.layers.map((layer) => [layer.value, layer]));
  }

  has(value: string): boolean {
    return this.#layers.has(value);
  }

  /** @param index in the value's own axes. @returns undefined where the value has no maps, as what a gate has between */
  to(value: string, index: readonly number[]): ElementLink | undefined {
    const layer = this.#layers.get(value);
    if (!layer || layer.shape.length !== index.length) return undefined;
    const box = mapBoxOf(
      layer,
      index,
      index.map((one) => one + 1),
    );
    const point = { channel: box.channels[0], y: box.y[0], x: box.x[0] };
    const name = describeElement(layer, point);
    const text = `${value}, ${name}`;
    return {
      text,
      name,
      value,
      channel: point.channel,
      go: () => this.#host.go({ view: "pixel", layer, maps: mapsOfLayer(layer), ...point }),
      show: (isOver) => this.#host.highlights.pass(isOver ? [{ value, box, kind: "term", text }] : []),
    };
  }
}

/** @param isReachable whether the Tab key stops at it; arrow keys go from term to term */
export function linkTemplate(content: string, link: ElementLink | undefined, isReachable = true): TemplateResult {
  if (!link) return html`${content}`;
  const show = () => link.show(true);
  const hide = () => link.show(false);
  return html`<button
    type="button"
    class="term"
    tabindex=${isReachable ? 0 : -1}
    title=${link.text}
    aria-label="${content}: ${link.text}"
    @click=${() => link.go()}
    @pointerenter=${show}
    @pointerleave=${hide}
    @focus=${show}
    @blur=${hide}
  >${content}</button>`;
}

/** Arrow keys among the terms of a table, or of a list. */
export function moveAmongTerms(event: KeyboardEvent): void {
  const terms = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>(".term")];
  const at = terms.indexOf(event.target as HTMLElement);
  const row = (event.target as Element).closest("tr");
  const across = row && row.querySelectorAll(".term").length > 1 ? row.querySelectorAll(".term").length : 1;
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across };
  const next = at >= 0 ? terms[at + (steps[event.key] ?? Number.NaN)] : undefined;
  if (!next) return;
  event.preventDefault();
  for (const term of terms) term.tabIndex = term === next ? 0 : -1;
  next.focus();
}
