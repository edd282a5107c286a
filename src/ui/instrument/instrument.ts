// The instrument of an element: one picture of the whole network, then in, to a layer, a channel, an element. It decides which maps the gallery
// shows, and stands around them. Loaded when `view` is set.
import { nothing, render, type TemplateResult } from "lit";
import type { ConvCam, ConvCamEvents } from "../element.ts";
import type { Gallery } from "../gallery.ts";
import type { DrawableLayer, LayerChoice } from "../layers.ts";
import type { MapPoint } from "../mosaic/layout.ts";
import { make } from "../panel.ts";
import type { Session } from "../session/session.ts";
import { setAttribute } from "../state.ts";
import { adoptStyles } from "../style-sheet.ts";
import type { Stage } from "../update-cycle.ts";
import { UpdateLoop } from "../update-loop.ts";
import { type Actions, channelTemplate } from "./channel.ts";
import { isWhole } from "./convolution.ts";
import { crumbsTemplate } from "./crumbs.ts";
import { stateOf, withState } from "./gates.ts";
import styles from "./instrument.css?inline";
import { layerTemplate } from "./layer.ts";
import { Marks } from "./marks.ts";
import { arrange, factsOf, readOrder } from "./orders.ts";
import { fieldText, pixelTemplate } from "./pixel.ts";
import { attributesOf, inward, outward, type Place, readPlace } from "./place.ts";

export interface InstrumentHost {
  readonly session: Session | undefined;
  readonly layers: readonly DrawableLayer[];
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  invalidate(...stages: readonly Stage[]): void;
  /** @returns false where a listener prevented the default */
  emit<Name extends "navigate" | "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}

/** The least time between two looks at the numbers of a picture that moves. */
const patienceMs = 300;
/** Between two elements while the window slides by itself. */
const slideMs = 400;

export class Instrument {
  readonly #host: InstrumentHost;
  readonly #element: ConvCam;
  readonly #gallery: Gallery;
  readonly #frame = make("section", "instrument");
  readonly #crumbs = make("nav", "crumbs");
  readonly #trouble = make("p", "part-trouble");
  readonly #side = make("div", "side");
  readonly #marks = new Marks();
  readonly #updates = new UpdateLoop(() => this.#bringUpToDate());
  /** What the gallery was told to show, as text. */
  #asked = "undefined";
  /** Of the channels of a value, where they do not stand as they lie. */
  #order: { readonly value: string; readonly channels: readonly number[] } | undefined;
  /** What the answer about an element of a value has to read. */
  #reads: { readonly value: string; readonly names: readonly string[] } | undefined;
  /** The element under the pointer, which is explained meanwhile. */
  #hovered: { readonly value: string; readonly point: MapPoint } | undefined;
  #timer = 0;
  #slide = 0;

  constructor(host: InstrumentHost, element: ConvCam, gallery: Gallery) {
    this.#host = host;
    this.#element = element;
    this.#gallery = gallery;
    const root = gallery.element.getRootNode() as ShadowRoot;
    adoptStyles(root, styles);
    this.#crumbs.ariaLabel = "Where you are";
    this.#trouble.role = "alert";
    this.#side.role = "group";
    const desk = make("div", "desk");
    const main = make("div", "main");
    // Other parts stand before the gallery, and go where it goes.
    const parts = [...root.children].filter((child) => child.matches(".why, .patterns"));
    gallery.element.before(this.#frame);
    main.append(...parts, gallery.element);
    desk.append(main, this.#side);
    this.#frame.append(this.#crumbs, this.#trouble, desk);
    this.#frame.addEventListener("keydown", (event) => this.#onKey(event));
    this.#frame.addEventListener("pointerout", ({ pointerType }) => pointerType !== "touch" && this.#leave());
  }

  get complete(): Promise<void> {
    return this.#updates.complete;
  }

  /** What the gallery shows in place of the element's layers; undefined where these are shown. */
  get choices(): readonly LayerChoice[] | undefined {
    const choices = this.#wantedChoices();
    this.#asked = JSON.stringify(choices) ?? "undefined";
    return choices;
  }

  update(): void {
    this.#updates.request();
  }

  /** A frame was drawn: numbers may be others. */
  refresh(): void {
    if (this.#timer !== 0 || (this.#frame.dataset["view"] ?? "overview") === "overview") return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.update();
    }, patienceMs);
  }

  hide(): void {
    this.#order = undefined;
    this.#reads = undefined;
    this.#hovered = undefined;
    for (const timer of [this.#timer, this.#slide]) clearTimeout(timer);
    this.#timer = 0;
    this.#slide = 0;
    this.#show(nothing);
  }

  /** Somebody wants to see more of an element of a value. */
  pick(value: string, point: MapPoint): void {
    const layer = this.#host.layers.find((one) => one.value === value);
    const place = this.#place;
    if (layer && place && !(place.view !== "overview" && value !== place.layer.value)) this.#go(inward(place, layer, point));
  }

  /** The pointer is over an element of a value: while it is, that one is explained. */
  hover(value: string, point: MapPoint): void {
    const place = this.#place;
    if (place?.view !== "pixel" || place.layer.value !== value) return;
    this.#hovered = { value, point };
    this.update();
  }

  #leave(): void {
    if (!this.#hovered) return;
    this.#hovered = undefined;
    this.update();
  }

  /** Undefined where attributes say none, or one that there is not. */
  get #place(): Place | undefined {
    if (!this.#element.hasAttribute("view")) return undefined;
    try {
      return readPlace(this.#element, this.#host.layers);
    } catch {
      return undefined;
    }
  }

  /** What the network looks at; undefined where that is no picture. */
  get #picture(): string | undefined {
    const picture = this.#host.layers.find(({ operator, shape }) => operator === "Input" && shape.length === 4);
    return picture?.value;
  }

  #wantedChoices(): readonly LayerChoice[] | undefined {
    const place = this.#place;
    if (!place || place.view === "overview") return undefined;
    const { view, channel } = place;
    const { value } = place.layer;
    const channels = view === "layer" ? this.#orderOf(value) : [channel];
    const reads = this.#reads?.value === value ? this.#reads.names : [];
    const isWithPicture = view === "pixel" && this.#picture !== undefined && this.#picture !== value;
    return [
      { value, ...(view !== "pixel" && { isLarge: true as const }), ...(channels && { channels }), ...(reads.length > 0 && { reads }) },
      ...(isWithPicture ? [{ value: this.#picture as string }] : []),
    ];
  }

  #orderOf(value: string): readonly number[] | undefined {
    return this.#order?.value === value ? this.#order.channels : undefined;
  }

  #go(place: Place): void {
    this.#hovered = undefined;
    for (const [name, value] of Object.entries(attributesOf(place))) setAttribute(this.#element, name as "view", value);
    const { view, layer, channel, y, x } = place;
    this.#host.emit("navigate", { view, layer: layer.value, channel, y, x });
  }

  #onKey(event: KeyboardEvent): void {
    const place = this.#place;
    const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea");
    if (!place || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && place.view !== "overview") this.#go(outward(place));
    if (event.key === "[") this.#step(-1);
    if (event.key === "]") this.#step(1);
  }

  /** To the channel before or after, in the order in which they stand. */
  #step(by: number): void {
    const place = this.#place;
    if (!place || place.view === "overview" || place.view === "layer") return;
    const { channels } = place.maps;
    const order = this.#orderOf(place.layer.value) ?? Array.from({ length: channels }, (_, i) => i);
    const next = order[(order.indexOf(place.channel) + by + channels) % channels];
    if (next !== undefined) this.#go({ ...place, channel: next });
  }

  /** To the element before or after, row by row, and from the last to the first. */
  #slideBy(by: number): void {
    const place = this.#place;
    if (place?.view !== "pixel") return;
    const { height, width } = place.maps;
    const next = (place.y * width + place.x + by + height * width) % (height * width);
    this.#go({ ...place, y: Math.floor(next / width), x: next % width });
  }

  #togglePlay(): void {
    const wasPlaying = this.#slide !== 0;
    clearInterval(this.#slide);
    this.#slide = wasPlaying ? 0 : window.setInterval(() => this.#slideBy(1), slideMs);
    this.update();
  }

  async #bringUpToDate(): Promise<void> {
    try {
      await this.#change();
      this.#trouble.textContent = "";
    } catch (error) {
      if ((error as Error).name === "AbortError") return;
      this.#show(nothing);
      const { message } = error as Error;
      // Frames ask again and again: what is known is not told again.
      if (this.#trouble.textContent !== message && this.#host.emit("error", { error: error as Error, part: "view" }))
        this.#trouble.textContent = message;
    }
  }

  async #change(): Promise<void> {
    const { session, isShown, layers } = this.#host;
    if (!this.#element.hasAttribute("view") || !session || !isShown) {
      this.#frame.dataset["view"] = "";
      render(nothing, this.#crumbs);
      this.#show(nothing);
      if (isShown) this.#askForChoices();
      return;
    }
    const place = readPlace(this.#element, layers);
    if (place.view !== "pixel" && this.#slide !== 0) this.#togglePlay();
    this.#frame.dataset["view"] = place.view;
    render(crumbsTemplate(place, { go: (to) => this.#go(to), step: (by) => this.#step(by) }), this.#crumbs);
    if (this.#askForChoices()) return;
    const template = await (place.view === "overview"
      ? nothing
      : place.view === "pixel"
        ? this.#pixel(place, session)
        : this.#layer(place, session));
    // Somebody may have gone elsewhere meanwhile: that is brought up to date next.
    if (template && this.#isAt(place)) this.#show(template);
  }

  #isAt(place: Place): boolean {
    return JSON.stringify(this.#place && attributesOf(this.#place)) === JSON.stringify(attributesOf(place));
  }

  /** What is said of a layer, or of one of its channels; undefined where others have to be shown first. */
  async #layer(place: Place, session: Session): Promise<TemplateResult | undefined> {
    const order = readOrder(this.#element.getAttribute("order"));
    const { value, axes } = place.layer;
    const channels = await session.ask({ kind: "statistics", value, axes });
    if (!this.#isAt(place)) return undefined;
    const arranged = arrange(order, channels);
    this.#order = arranged && { value, channels: arranged };
    if (this.#askForChoices()) return undefined;
    if (place.view === "channel") {
      const answer = await this.#askElement(place, session);
      const convolution = answer?.steps.find((step) => step.kind === "convolution");
      return answer && channelTemplate(place, channels, convolution && isWhole(convolution) ? convolution : undefined, this.#actions);
    }
    return layerTemplate(place, factsOf(channels, place.maps.height * place.maps.width), order, this.#actions);
  }

  /** What is said of an element; undefined where values have to be kept for it first. */
  async #pixel(place: Place, session: Session): Promise<TemplateResult | undefined> {
    const { value } = place.layer;
    const { channel, y, x } = this.#hovered?.value === value ? this.#hovered.point : place;
    const point = { channel, y, x };
    const answer = await this.#askElement({ ...place, ...point }, session, place);
    if (!answer) return undefined;
    const picture = answer.fields.find((field) => field.value === this.#picture);
    const own = { channels: [channel, channel + 1], y: [y, y + 1], x: [x, x + 1] } as const;
    const panels = [
      { panel: this.#gallery.panelOf(value), box: own, text: "The element that is explained" },
      { panel: picture && this.#gallery.panelOf(picture.value), box: picture ?? own, text: picture ? fieldText(picture) : "" },
    ];
    this.#marks.show(panels.flatMap(({ panel, ...mark }) => (panel ? [{ panel, ...mark }] : [])));
    const slide = { isPlaying: this.#slide !== 0, play: () => this.#togglePlay(), step: (by: number) => this.#slideBy(by) };
    return pixelTemplate({ ...place, ...point }, answer, picture, slide);
  }

  /** @returns undefined where values have to be kept for the answer first, or somebody has gone elsewhere */
  async #askElement({ layer: { value }, channel, y, x }: Place, session: Session, place = this.#place) {
    const answer = await session.ask({ kind: "element", value, point: { channel, y, x } });
    if (!place || !this.#isAt(place)) return undefined;
    if (!answer.needs) return answer;
    this.#reads = { value, names: [...answer.needs, ...(this.#reads?.value === value ? this.#reads.names : [])] };
    this.#askForChoices();
    return undefined;
  }

  #show(template: TemplateResult | typeof nothing): void {
    if (this.#frame.dataset["view"] !== "pixel") this.#marks.show([]);
    render(template, this.#side);
  }

  get #actions(): Actions {
    const element = this.#element;
    return {
      stateOf: (value, channel) => stateOf(element.gates, value, channel),
      setState: (value, channel, count, state) => {
        element.gates = withState(element.gates, value, channel, count, state);
      },
      setOrder: (order) => setAttribute(element, "order", order === "index" ? undefined : order),
      go: (place) => this.#go(place),
    };
  }

  /** Lets the gallery show others, if others are wanted. @returns whether they are */
  #askForChoices(): boolean {
    const isOther = (JSON.stringify(this.#wantedChoices()) ?? "undefined") !== this.#asked;
    if (isOther) this.#host.invalidate("scene");
    return isOther;
  }
}
