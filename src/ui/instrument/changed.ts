// Which channels are silenced, boosted or heard alone, what the answer was before, and how to put all back, as one line; and their tiles are marked.
// Loaded with the first change.
import { html, nothing, render, type TemplateResult } from "lit";
import { AnswerBefore } from "../answer-before.ts";
import { namesIn } from "../compare/names.ts";
import { readWithin } from "../compare/within.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import type { FrameSource } from "../sources.ts";
import { printOf } from "./answer-print.ts";
import { type ChangedChannel, type ChangedChannels, changesOf, countText, type ValueChanges } from "./changes.ts";

export interface ChangedMark extends ChangedChannel {
  readonly value: string;
}

/** What knows places and names, and marks tiles. */
interface Around {
  readonly source: FrameSource | undefined;
  /** Whether anything is looked at. */
  readonly isSomewhere: boolean;
  /** Channels of a value; undefined where there is none of this name. */
  countOf(value: string): number | undefined;
  nameOf(value: string): string;
  /** @param channel undefined for the layer */
  go(value: string, channel: number | undefined): void;
  mark(marks: readonly ChangedMark[]): void;
}

/** Channels of a group that are named one by one, and tiles of a value that are marked. */
const mostNamed = 12;
const mostMarked = 256;

export class Changed {
  readonly #line: HTMLElement;
  readonly #viewer: ConvCam;
  readonly #around: Around;
  readonly #answer = new AnswerBefore();
  #changes: readonly ValueChanges[] = [];
  /** What the answer before was of, once something is changed; undefined where that is not known any more. */
  #print: string | undefined;
  #answerText = "";

  constructor(line: HTMLElement, viewer: ConvCam, around: Around) {
    this.#line = line;
    this.#viewer = viewer;
    this.#around = around;
    line.role = "group";
    line.ariaLabel = "What is changed in the network";
  }

  /** Brings it up to date with the gates. @param isShown whether anything is looked at */
  show(isShown: boolean): void {
    this.#read(isShown);
    this.#draw();
    this.#around.mark(this.#changes.flatMap(({ value, marks }) => marks.slice(0, mostMarked).map((mark) => ({ ...mark, value }))));
  }

  /**
   * Another answer has come, or, where undefined, the last one holds no more. Of what moves, or is another since, there is no answer to compare with.
   *
   * @param isBefore whether it is known to be of the network as it was
   */
  note(results: ConvCamEvents["results"] | undefined, isBefore = false): void {
    if (!results) {
      this.#forgetAnswer();
      return;
    }
    const { labels } = this.#viewer;
    if (isBefore) {
      this.#answer.tell(results, { labels, isChanged: false, isStill: true });
      return;
    }
    // It may come before all else is brought up to date.
    this.#read(this.#around.isSomewhere);
    if (this.#print !== undefined && this.#print !== printOf(this.#viewer, this.#around.source)) this.#forgetAnswer();
    if (this.#isChanged && this.#print === undefined) return;
    this.#tell(this.#answer.tell(results, { labels, isChanged: this.#isChanged, isStill: true }));
  }

  get #isChanged(): boolean {
    return this.#changes.length > 0;
  }

  #read(isShown: boolean): void {
    const wasChanged = this.#isChanged;
    this.#changes = isShown ? changesOf(this.#viewer.gates, (value) => this.#around.countOf(value)) : [];
    if (!this.#isChanged) this.#answerText = "";
    else if (!wasChanged) this.#beginChange();
  }

  #beginChange(): void {
    const print = printOf(this.#viewer, this.#around.source);
    if (this.#print !== undefined && print !== this.#print) this.#answer.forget();
    this.#print = print;
  }

  #forgetAnswer(): void {
    this.#answer.forget();
    this.#print = undefined;
    this.#tell("");
  }

  #tell(text: string): void {
    if (text === this.#answerText) return;
    this.#answerText = text;
    this.#draw();
  }

  #draw(): void {
    render(this.#isChanged ? this.#template() : nothing, this.#line);
  }

  #template(): TemplateResult {
    return html`
      <p>
        <strong role="status">${countText(this.#changes)}${this.#whose}:</strong>
        ${this.#changes.map((changes, i) => html`${i > 0 ? " · " : ""}${this.#valueTemplate(changes)}`)}
      </p>
      ${this.#answerText ? html`<p class="answer-change">Answer: ${this.#answerText}</p>` : nothing}
      <button type="button" class="part-button" @click=${() => this.#putBack()}>All as they were</button>
    `;
  }

  /** Of two networks the first is changed. Of two branches of one network both are parts of it. */
  get #whose(): string {
    const { compare } = this.#viewer;
    return compare === undefined || readWithin(compare)?.kind === "branches" ? "" : ` in ${namesIn(this.#viewer).first} alone`;
  }

  #putBack(): void {
    const root = this.#line.getRootNode() as ShadowRoot;
    const hadFocus = this.#line.contains(root.activeElement);
    this.#viewer.gates = [];
    // The button goes, and the focus with it.
    if (hadFocus) root.querySelector<HTMLElement>(".grid canvas")?.focus({ preventScroll: true });
  }

  #valueTemplate({ value, groups }: ValueChanges): TemplateResult {
    return html`<bdi>${this.#around.nameOf(value)}</bdi> ${groups.map((group, i) => html`${i > 0 ? "; " : ""}${this.#groupTemplate(value, group)}`)}`;
  }

  #groupTemplate(value: string, { words, channels }: ChangedChannels): TemplateResult {
    const link = (text: string, label: string, channel?: number) =>
      html`<button type="button" class="link" aria-label=${label} @click=${() => this.#around.go(value, channel)}>${text}</button>`;
    if (!channels) return link(words, `${value}: ${words}`);
    const named = channels
      .slice(0, mostNamed)
      .map((channel, i) => html`${i > 0 ? ", " : ""}${link(`${channel}`, `Channel ${channel} of ${value}`, channel)}`);
    const more = channels.length - named.length;
    return html`${words} ${named}${more > 0 ? html` and ${link(`${more} more`, `${more} more of ${value}`)}` : nothing}`;
  }
}
