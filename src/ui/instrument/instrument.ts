// The instrument of an element: one picture of the whole network, then in, to a layer, a channel, an element. It decides which maps the gallery
// shows, and stands around them. Loaded when `view` is set.
import { render } from "lit";
import type { ConvCam, ConvCamEvents } from "../element.ts";
import type { DrawableLayer, LayerChoice } from "../layers.ts";
import type { MapPoint } from "../mosaic/layout.ts";
import { make } from "../panel.ts";
import type { Session } from "../session/session.ts";
import { setAttribute } from "../state.ts";
import { adoptStyles } from "../style-sheet.ts";
import type { Stage } from "../update-cycle.ts";
import { UpdateLoop } from "../update-loop.ts";
import { type Actions, channelTemplate } from "./channel.ts";
import { crumbsTemplate } from "./crumbs.ts";
import { stateOf, withState } from "./gates.ts";
import styles from "./instrument.css?inline";
import { layerTemplate } from "./layer.ts";
import { arrange, factsOf, readOrder } from "./orders.ts";
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

export class Instrument {
  readonly #host: InstrumentHost;
  readonly #element: ConvCam;
  readonly #frame = make("section", "instrument");
  readonly #crumbs = make("nav", "crumbs");
  readonly #trouble = make("p", "part-trouble");
  readonly #side = make("div", "side");
  readonly #updates = new UpdateLoop(() => this.#bringUpToDate());
  /** What the gallery was told to show, as text. */
  #asked = "undefined";
  #choices: readonly LayerChoice[] | undefined;
  /** Of the channels of a value, where they do not stand as they lie. */
  #order: { readonly value: string; readonly channels: readonly number[] } | undefined;
  #timer = 0;

  constructor(host: InstrumentHost, element: ConvCam, gallery: Element) {
    this.#host = host;
    this.#element = element;
    const root = gallery.getRootNode() as ShadowRoot;
    adoptStyles(root, styles);
    this.#crumbs.ariaLabel = "Where you are";
    this.#trouble.role = "alert";
    this.#side.role = "group";
    const desk = make("div", "desk");
    const main = make("div", "main");
    // Other parts stand before the gallery, and go where it goes.
    const parts = [...root.children].filter((child) => child.matches(".why, .patterns"));
    gallery.before(this.#frame);
    main.append(...parts, gallery);
    desk.append(main, this.#side);
    this.#frame.append(this.#crumbs, this.#trouble, desk);
    this.#frame.addEventListener("keydown", (event) => this.#onKey(event));
  }

  get complete(): Promise<void> {
    return this.#updates.complete;
  }

  /** What the gallery shows in place of the element's layers; undefined where these are shown. */
  get choices(): readonly LayerChoice[] | undefined {
    this.#choices = this.#wantedChoices();
    this.#asked = JSON.stringify(this.#choices) ?? "undefined";
    return this.#choices;
  }

  update(): void {
    this.#updates.request();
  }

  /** A frame was drawn: numbers may be others. */
  refresh(): void {
    if (this.#timer === 0 && this.#place?.view !== "overview")
      this.#timer = window.setTimeout(() => {
        this.#timer = 0;
        this.update();
      }, patienceMs);
  }

  hide(): void {
    this.#order = undefined;
    clearTimeout(this.#timer);
    this.#timer = 0;
    render(undefined, this.#side);
  }

  /** Somebody wants to see more of an element of a value. */
  pick(value: string, point: MapPoint): void {
    const layer = this.#host.layers.find((one) => one.value === value);
    const place = this.#place;
    if (layer && place) this.#go(inward(place, layer, point));
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

  #wantedChoices(): readonly LayerChoice[] | undefined {
    const place = this.#place;
    if (!place || place.view === "overview") return undefined;
    const { layer, channel } = place;
    const channels = place.view === "layer" ? this.#orderOf(layer.value) : [channel];
    return [{ value: layer.value, isLarge: true, ...(channels && { channels }) }];
  }

  #orderOf(value: string): readonly number[] | undefined {
    return this.#order?.value === value ? this.#order.channels : undefined;
  }

  #go(place: Place): void {
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

  async #bringUpToDate(): Promise<void> {
    try {
      await this.#change();
      this.#trouble.textContent = "";
    } catch (error) {
      if ((error as Error).name === "AbortError") return;
      render(undefined, this.#side);
      const { message } = error as Error;
      // Frames ask again and again: what is known is not told again.
      if (this.#trouble.textContent !== message && this.#host.emit("error", { error: error as Error })) this.#trouble.textContent = message;
    }
  }

  async #change(): Promise<void> {
    const { session, isShown, layers } = this.#host;
    const isMeant = this.#element.hasAttribute("view");
    if (!isMeant || !session || !isShown) {
      this.#frame.dataset["view"] = "";
      render(undefined, this.#crumbs);
      render(undefined, this.#side);
      if (isShown) this.#askForChoices();
      return;
    }
    const place = readPlace(this.#element, layers);
    const order = readOrder(this.#element.getAttribute("order"));
    this.#frame.dataset["view"] = place.view;
    render(crumbsTemplate(place, { go: (to) => this.#go(to), step: (by) => this.#step(by) }), this.#crumbs);
    if (place.view === "overview") {
      render(undefined, this.#side);
      this.#askForChoices();
      return;
    }
    if (this.#askForChoices()) return;
    const { value, axes } = place.layer;
    const channels = await session.ask({ kind: "statistics", value, axes });
    if (JSON.stringify(attributesOf(place)) !== JSON.stringify(attributesOf(readPlace(this.#element, this.#host.layers)))) return;
    const arranged = arrange(order, channels);
    this.#order = arranged && { value, channels: arranged };
    if (this.#askForChoices()) return;
    const area = place.maps.height * place.maps.width;
    const facts = factsOf(channels, area);
    const template =
      place.view === "layer" ? layerTemplate(place, facts, order, this.#actions) : channelTemplate(place, channels, this.#actions);
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
