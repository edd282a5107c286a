// A line that says, wherever one looks, which channels are silent, boosted or heard alone, what the answer was before, and how to put all back. Their
// tiles are marked.
import { html, nothing, render, type TemplateResult } from "lit";
import { AnswerBefore } from "../answer-before.ts";
import type { ConvCam, ConvCamEvents } from "../element.ts";
import { make } from "../make.ts";
import type { FrameSource } from "../sources.ts";
import { printOf } from "./answer-print.ts";
import { type ChangedChannels, changesOf, countText, type ValueChanges } from "./changes.ts";
import type { GivenNames } from "./given-names.ts";
import { boxOfChannel, type Highlights, type ValueMark } from "./highlights.ts";
import { mapsOfLayer, type Place, placeOfChannel } from "./place.ts";
import type { Places } from "./places.ts";

export interface ChangedHost {
  readonly source: FrameSource | undefined;
}

/** What knows places and names, and marks tiles. */
interface Around {
  readonly places: Places;
  readonly highlights: Highlights;
  readonly given: GivenNames;
  go(place: Place): void;
}

/** Channels of a group that are named one by one, and tiles of a value that are marked. */
const mostNamed = 12;
const mostMarked = 256;

export class Changed {
  readonly element = make("div", "changes");
  readonly #host: ChangedHost;
  readonly #viewer: ConvCam;
  readonly #around: Around;
  readonly #answer = new AnswerBefore();
  #changes: readonly ValueChanges[] = [];
  /** What the answer before was of, once something is changed; undefined where that is not known any more. */
  #print: string | undefined;
  #answerText = "";

  constructor(host: ChangedHost, viewer: ConvCam, around: Around) {
    this.#host = host;
    this.#viewer = viewer;
    this.#around = around;
    this.element.role = "group";
    this.element.ariaLabel = "What is changed in the network";
    viewer.addEventListener("results", (event) => this.#compare((event as CustomEvent<ConvCamEvents["results"]>).detail));
    viewer.addEventListener("reset", () => this.#forgetAnswer());
  }

  /** Brings it up to date with the gates. @param place undefined where nothing is looked at */
  show(place: Place | undefined): void {
    this.#read(place);
    render(place && this.#isChanged ? this.#template(place) : nothing, this.element);
    this.#around.highlights.stand(this.#changes.flatMap((changes) => this.#marksOf(changes)));
  }

  get #isChanged(): boolean {
    return this.#changes.length > 0;
  }

  #read(place: Place | undefined): void {
    const countOf = (value: string) => {
      const layer = this.#around.places.layerOf(value);
      return layer && mapsOfLayer(layer).channels;
    };
    const wasChanged = this.#isChanged;
    this.#changes = place ? changesOf(this.#viewer.gates, countOf) : [];
    if (!this.#isChanged) this.#answerText = "";
    else if (!wasChanged) this.#beginChange();
  }

  #beginChange(): void {
    const print = printOf(this.#viewer, this.#host.source);
    if (this.#print !== undefined && print !== this.#print) this.#answer.forget();
    this.#print = print;
  }

  /** Of what moves, or is another since, there is no answer to compare with. */
  #compare(results: ConvCamEvents["results"]): void {
    // They may come before all else is brought up to date.
    this.#read(this.#around.places.here);
    if (this.#print !== undefined && this.#print !== printOf(this.#viewer, this.#host.source)) this.#forgetAnswer();
    if (this.#isChanged && this.#print === undefined) return;
    this.#tell(this.#answer.tell(results, { labels: this.#viewer.labels, isChanged: this.#isChanged, isStill: true }));
  }

  #forgetAnswer(): void {
    this.#answer.forget();
    this.#print = undefined;
    this.#tell("");
  }

  #tell(text: string): void {
    if (text === this.#answerText) return;
    this.#answerText = text;
    const { here } = this.#around.places;
    if (here && this.#isChanged) render(this.#template(here), this.element);
  }

  #template(place: Place): TemplateResult {
    const putBack = ({ detail }: MouseEvent) => {
      this.#viewer.gates = [];
      // By key: the button goes, and the focus with it.
      if (detail === 0)
        (this.element.getRootNode() as ShadowRoot).querySelector<HTMLElement>(".grid canvas")?.focus({ preventScroll: true });
    };
    return html`
      <p>
        <strong role="status">${countText(this.#changes)}:</strong>
        ${this.#changes.map((changes, i) => html`${i > 0 ? " · " : ""}${this.#valueTemplate(place, changes)}`)}
      </p>
      ${this.#answerText ? html`<p class="answer-change">Answer: ${this.#answerText}</p>` : nothing}
      <button type="button" class="part-button" @click=${putBack}>All as they were</button>
    `;
  }

  #valueTemplate(place: Place, { value, groups }: ValueChanges): TemplateResult {
    const name = this.#around.given.names.get(value) ?? value;
    return html`<bdi>${name}</bdi> ${groups.map((group, i) => html`${i > 0 ? "; " : ""}${this.#groupTemplate(place, value, group)}`)}`;
  }

  #groupTemplate(place: Place, value: string, { words, channels }: ChangedChannels): TemplateResult {
    const layer = this.#around.places.layerOf(value);
    if (!layer) return html`${words}`;
    const to = (channel: number | undefined) => this.#around.go(placeOfChannel(place, layer, channel));
    if (!channels)
      return html`<button type="button" class="link" aria-label="${value}: ${words}" @click=${() => to(undefined)}>${words}</button>`;
    const link = (channel: number) =>
      html`<button type="button" class="link" aria-label="Channel ${channel} of ${value}" @click=${() => to(channel)}>${channel}</button>`;
    const more = channels.length - mostNamed;
    return html`${words} ${channels.slice(0, mostNamed).map((channel, i) => html`${i > 0 ? ", " : ""}${link(channel)}`)}${
      more > 0
        ? html` and <button type="button" class="link" aria-label="${more} more of ${value}" @click=${() => to(undefined)}>${more} more</button>`
        : nothing
    }`;
  }

  #marksOf({ value, marks }: ValueChanges): readonly ValueMark[] {
    const layer = this.#around.places.layerOf(value);
    if (!layer) return [];
    return marks.slice(0, mostMarked).map(({ channel, label, text }) => {
      return { value, box: boxOfChannel(mapsOfLayer(layer), channel), kind: "changed", text, label };
    });
  }
}
