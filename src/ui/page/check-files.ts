// Several networks that were dropped or chosen: says of each whether it runs here, is refused and why, or is broken, and opens the one that is clicked.
// Loaded when there are several.

import { html, nothing, render, type TemplateResult } from "lit";
import type { FileCheck, Verdict } from "../../checks/check-file.ts";
import { notesOf, runText } from "../../checks/words.ts";
import { asSentence } from "../as-sentence.ts";
import { countOf } from "../count-of.ts";
import type { CheckEvent, NetworkFiles } from "./check-messages.ts";
import { runCheck } from "./run-check.ts";

/** The page goes on with one of them. */
type Open = (files: NetworkFiles) => void;

export class CheckedFiles {
  readonly #section: HTMLElement;
  readonly #open: Open;
  #networks: readonly NetworkFiles[] = [];
  #checks: readonly (FileCheck | undefined)[] = [];
  /** Those that are left to check, while they are. */
  #running: (() => void) | undefined;
  #adapter = "";
  #problem = "";
  /** Where the keyboard was before the list came. */
  #before: Element | null = null;

  constructor(section: HTMLElement, open: Open) {
    this.#section = section;
    this.#open = open;
  }

  /** Lists other networks. @param isBegun whether their check begins by itself */
  show(networks: readonly NetworkFiles[], isBegun: boolean): void {
    this.#stop();
    this.#networks = networks;
    this.#checks = networks.map(() => undefined);
    this.#adapter = this.#problem = "";
    this.#section.hidden = false;
    this.#before = document.activeElement;
    if (isBegun) this.#begin();
    this.#render();
    if (isBegun) this.#focusHeading();
  }

  #focusHeading(): void {
    this.#section.querySelector("h2")?.focus();
  }

  /** Checks those that are not checked yet. */
  #begin(): void {
    const left = this.#networks.flatMap((files, index) => (this.#checks[index] ? [] : [{ files, index }]));
    this.#problem = "";
    this.#running = runCheck({ kind: "files", networks: left.map(({ files }) => files) }, (event) => this.#onEvent(event, left));
  }

  #onEvent(event: CheckEvent, left: readonly { readonly index: number }[]): void {
    if (event.event === "file") this.#checks = this.#checks.with(left[event.index]?.index ?? 0, event.check);
    else {
      this.#running = undefined;
      if (event.event === "end") this.#adapter = event.adapter;
      if (event.event === "failed") this.#problem = event.message;
    }
    this.#render();
  }

  #stop(): void {
    this.#running?.();
    this.#running = undefined;
  }

  #close(): void {
    this.#stop();
    this.#section.hidden = true;
    render(nothing, this.#section);
    if (this.#before instanceof HTMLElement) this.#before.focus();
  }

  get #summary(): string {
    const done = this.#checks.filter((check) => check !== undefined);
    const count = (verdict: Verdict) => done.filter((check) => check.verdict === verdict).length;
    const on = this.#adapter ? ` on ${this.#adapter}` : "";
    const text = `${count("runs")} run${count("runs") === 1 ? "s" : ""}${on}, ${count("refused")} refused, ${count("broken")} broken`;
    const { length } = this.#checks;
    if (done.length === length) return `${text}.`;
    if (done.length === 0) return this.#running ? `${length} networks are being checked…` : "Each is read, planned and run once on noise.";
    return `${done.length} of ${length} checked${this.#running ? "" : ", then stopped"}: ${text}.`;
  }

  #render(): void {
    const done = this.#checks.filter((check) => check !== undefined).length;
    const { length } = this.#checks;
    const control = (label: string, act: () => void) => html`<button type="button" @click=${act}>${label}</button>`;
    const stop = () => {
      this.#stop();
      this.#render();
    };
    const begin = () => {
      this.#begin();
      this.#render();
    };
    const hadFocus = this.#section.contains(document.activeElement);
    render(
      html`<h2 tabindex="-1">${countOf(length, "network")}</h2>
        ${this.#running ? html`<progress aria-label="Networks checked" max=${length} value=${done}></progress>` : nothing}
        <p class="check-quiet" role="status">${this.#summary}</p>
        ${this.#problem ? html`<p class="problem" role="alert">The check ended: ${asSentence(this.#problem)}</p>` : nothing}
        <ul class="check-list">
          ${this.#networks.map((files, index) => this.#row(files, this.#checks[index]))}
        </ul>
        <div class="check-buttons">
          ${this.#running ? control("Stop", stop) : done < length ? control(done === 0 ? "Check which of them run" : "Go on checking", begin) : nothing}
          ${control("Close this list", () => this.#close())}
        </div>`,
      this.#section,
    );
    // The button that was pressed may be gone.
    if (hadFocus && !this.#section.contains(document.activeElement)) this.#focusHeading();
  }

  #row(files: NetworkFiles, check: FileCheck | undefined): TemplateResult {
    const name = files[0]?.name ?? "";
    const notes = check ? [...(check.verdict === "runs" ? [runText(check)] : []), ...notesOf(check)] : [];
    return html`<li>
      <strong class=${check?.verdict ?? ""}>${check?.verdict ?? "…"}</strong>
      <span class="check-name">${name}</span>
      <button type="button" aria-label=${`Open ${name}`} @click=${() => this.#open(files)}>Open</button>
      ${notes.length > 0 ? html`<ul class="check-reasons">${notes.map((note) => html`<li>${note}</li>`)}</ul>` : nothing}
    </li>`;
  }
}
