// The table under an overview: whether it is there, how it is sorted, and which layer's name is being changed.
import { nothing, render } from "lit";
import { make } from "../make.ts";
import { isBlock, nodesOf } from "../overview/blocks.ts";
import type { BlockedOverview } from "../overview/fold.ts";
import type { Measured } from "../overview/layer-numbers.ts";
import { everyItem } from "../overview/search.ts";
import { tableRows } from "../overview/table.ts";
import { type TableState, tableTemplate } from "./band-table.ts";
import type { GivenNames } from "./given-names.ts";
import { focusRename } from "./rename.ts";

/** As the network has them. */
const unsorted: TableState = { by: undefined, order: "ascending" };

export interface BandLayersHost {
  readonly names: GivenNames;
  /** Another table is to be drawn, or none. */
  onChange(): void;
  /** Undefined where the layer cannot be looked at. */
  go(id: string): (() => void) | undefined;
}

export class BandLayers {
  readonly element = make("div", "band-table");
  readonly #host: BandLayersHost;
  /** Undefined where there is no table. */
  #state: TableState | undefined;

  constructor(host: BandLayersHost) {
    this.#host = host;
  }

  get isOpen(): boolean {
    return this.#state !== undefined;
  }

  toggle(isOpen = !this.isOpen): void {
    this.#show(isOpen ? unsorted : undefined);
  }

  #show(state: TableState | undefined): void {
    this.#state = state;
    this.#host.onChange();
    if (state?.renamed !== undefined) focusRename(this.element);
  }

  /** @param search what was found; all layers where nobody searches */
  draw({ nodes, items }: BlockedOverview, measured: Measured, search: readonly string[] | undefined): void {
    const state = this.#state;
    if (!state) {
      render(nothing, this.element);
      return;
    }
    const found = search && new Set(search);
    // A block that is found stands for what is in it.
    if (found)
      for (const item of everyItem(items)) if (isBlock(item) && found.has(item.id)) for (const { id } of nodesOf(item)) found.add(id);
    const host = {
      show: (next: TableState) => this.#show(next),
      go: (id: string) => this.#host.go(id),
      rename: (id: string, name: string, isByKey: boolean) => this.#rename(id, name, isByKey),
    };
    render(tableTemplate(tableRows(nodes, measured, this.#host.names.names), state, found, host), this.element);
  }

  #rename(id: string, name: string, isByKey: boolean): void {
    if (this.#state?.renamed !== id) return;
    this.#show({ ...this.#state, renamed: undefined });
    this.#host.names.rename(id, name);
    if (isByKey) this.element.querySelector<HTMLElement>(`[data-rename="${CSS.escape(id)}"]`)?.focus();
  }
}
