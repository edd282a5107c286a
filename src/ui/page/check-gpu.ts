// The dialog that checks the GPU: each layer of the network that is shown, computed again in double precision. Loaded when somebody asks.
import { html, nothing, render, type TemplateResult } from "lit";
import type { VerifiedLayer } from "../../checks/run.ts";
import { errorTexts, verificationText } from "../../checks/words.ts";
import { asSentence } from "../as-sentence.ts";
import type { ConvCam } from "../element.ts";
import { make } from "../make.ts";
import type { TakenValue } from "../session/read-value.ts";
import type { CheckEvent } from "./check-messages.ts";
import { runCheck } from "./run-check.ts";

const words = {
  title: "Check this GPU",
  about: (name: string) =>
    `Each layer of “${name}” is computed again by the CPU, in double precision, from the numbers that the GPU has read for it, with the weights in its file, in 32 bits. It may take a minute.`,
  nothingShown: "No network is shown: choose one, whose layers the check is of.",
  notShown: "This network is not shown, so its layers cannot be checked. Choose one that is, and check again.",
  preparing: "Starting…",
  cancel: "Cancel",
  close: "Close",
  copy: "Copy the report",
  copied: "Copied.",
  table: "All layers",
  columns: ["Layer", "Operators", "Error", "May be", "Verdict"],
} as const;

export class GpuCheckDialog {
  readonly #dialog = make("dialog", "check-dialog");
  readonly #name: string;
  #layers: readonly VerifiedLayer[] = [];
  #total = 0;
  #result = "";
  #note = "";
  #end: () => void = () => {};

  /**
   * Checks the network that an element shows, on its picture, until somebody closes it.
   *
   * @throws Error where no network is shown
   */
  static async open(viewer: ConvCam, name: string): Promise<void> {
    const { src } = viewer;
    if (src === undefined) throw new Error(words.nothingShown);
    const names = viewer.availableLayers.filter(({ operator }) => operator === "Input").map(({ value }) => value);
    const values = await Promise.all(names.map((value) => viewer.ask({ kind: "value", value }))).catch((error: Error) => {
      throw error.name === "AbortError" ? new Error(words.notShown) : error;
    });
    if (values.length === 0) throw new Error(words.notShown);
    const inputs = Object.fromEntries(values.map((value, i): [string, TakenValue] => [names[i] as string, value]));
    new GpuCheckDialog(name).#begin(absolute(src), inputs);
  }

  private constructor(name: string) {
    this.#name = name;
  }

  #begin(source: NonNullable<ConvCam["src"]>, inputs: Readonly<Record<string, TakenValue>>): void {
    this.#dialog.setAttribute("aria-labelledby", "check-title");
    this.#dialog.addEventListener("close", () => {
      this.#end();
      this.#dialog.remove();
    });
    document.body.append(this.#dialog);
    this.#show();
    this.#dialog.showModal();
    this.#end = runCheck({ kind: "gpu", source, inputs }, (event) => this.#onEvent(event));
  }

  #onEvent(event: CheckEvent): void {
    if (event.event === "layer") {
      this.#layers = [...this.#layers, event.layer];
      this.#total = event.total;
    } else if (event.event === "end") this.#result = verificationText(this.#layers, event.adapter);
    else if (event.event === "failed") this.#result = `The check ended: ${asSentence(event.message)}`;
    this.#show();
  }

  #show(): void {
    const [done, total] = [this.#layers.length, this.#total];
    const isOver = this.#result !== "";
    const progress = total === 0 ? words.preparing : `${done} of ${total} layers, the last one ${this.#layers.at(-1)?.name}`;
    render(
      html`<h2 id="check-title">${words.title}</h2>
        <p class="check-quiet">${words.about(this.#name)}</p>
        ${isOver ? nothing : total === 0 ? html`<progress aria-label=${words.title}></progress>` : html`<progress aria-label=${words.title} max=${total} value=${done}></progress>`}
        <p class="check-quiet">${isOver ? nothing : progress}</p>
        <p class="check-result" role="status">${this.#result}</p>
        ${isOver && done > 0 ? this.#table() : nothing}
        <div class="check-buttons">
          <button type="button" @click=${() => this.#dialog.close()}>${isOver ? words.close : words.cancel}</button>
          ${isOver ? html`<button type="button" @click=${() => this.#copy()}>${words.copy}</button>` : nothing}
          <span role="status">${this.#note}</span>
        </div>`,
      this.#dialog,
    );
  }

  #table(): TemplateResult {
    return html`<details>
      <summary>${words.table}</summary>
      <div class="check-rows" tabindex="0" role="region" aria-label=${words.table}>
        <table>
          <thead>
            <tr>${words.columns.map((title) => html`<th scope="col">${title}</th>`)}</tr>
          </thead>
          <tbody>
            ${this.#layers.map((layer) => html`<tr>${cellsOf(layer).map((text) => html`<td>${text}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  async #copy(): Promise<void> {
    const rows = [words.columns, ...this.#layers.map(cellsOf)].map((cells) => cells.join("\t"));
    const text = [`${words.title}: ${this.#name}`, this.#result, navigator.userAgent, "", ...rows].join("\n");
    this.#note = await navigator.clipboard.writeText(text).then(
      () => words.copied,
      () => "The browser does not let this page copy.",
    );
    this.#show();
  }
}

function cellsOf(layer: VerifiedLayer): readonly string[] {
  const { name, operator, verdict, reason } = layer;
  return [name, operator, ...errorTexts(layer), reason ? `${verdict}: ${reason}` : verdict];
}

/** A worker does not know the page's base address. */
function absolute(source: NonNullable<ConvCam["src"]>): NonNullable<ConvCam["src"]> {
  const resolve = <T>(part: T) => (typeof part === "string" || part instanceof URL ? new URL(part, document.baseURI).href : part);
  return Array.isArray(source) ? source.map(resolve) : resolve(source);
}
