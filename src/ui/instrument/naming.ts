// Above the maps of a layer: what somebody calls it, and a button to change that.
import { html, nothing, render } from "lit";
import { make } from "../make.ts";
import type { LayerNames } from "../overview/layer-names.ts";
import { namingWords } from "./band-words.ts";
import { focusRename, renameTemplate } from "./rename.ts";

export class Naming {
  readonly element = make("p", "naming");
  readonly #onRename: (value: string, name: string) => void;
  #value: string | undefined;
  #names: LayerNames = new Map();
  #isRenaming = false;

  /** @param onRename told the new name, empty for the file's own */
  constructor(onRename: (value: string, name: string) => void) {
    this.#onRename = onRename;
  }

  /** @param value the layer that is looked at; undefined for none */
  show(value: string | undefined, names: LayerNames): void {
    if (value !== this.#value) this.#isRenaming = false;
    this.#value = value;
    this.#names = names;
    this.#draw();
  }

  #draw(): void {
    const value = this.#value;
    if (value === undefined) {
      render(nothing, this.element);
      return;
    }
    const name = this.#names.get(value);
    const field = () => renameTemplate(value, name ?? value, (text, isByKey) => this.#end(value, text, isByKey));
    const line = () => html`
      ${name === undefined ? nothing : html`<strong>${name}</strong> <span>${namingWords.beside(value)}</span>`}
      <button type="button" class="link" @click=${() => this.#begin()}>${name === undefined ? namingWords.name : namingWords.rename}</button>
    `;
    render(this.#isRenaming ? field() : line(), this.element);
  }

  #begin(): void {
    this.#isRenaming = true;
    this.#draw();
    focusRename(this.element);
  }

  #end(value: string, name: string, isByKey: boolean): void {
    if (!this.#isRenaming) return;
    this.#isRenaming = false;
    this.#onRename(value, name);
    this.#draw();
    if (isByKey) this.element.querySelector("button")?.focus();
  }
}
