// The instrument of an element: one picture of the whole network, then in, to a layer, a channel, an element. It decides which maps the gallery
// shows, and stands around them. Loaded when `view` is set.
import { nothing, render } from "lit";
import type { ConvCam, ConvCamEvents } from "../element.ts";
import type { News } from "../frame-loop.ts";
import type { Gallery } from "../gallery.ts";
import type { DrawableLayer, LayerChoice } from "../layers.ts";
import { make } from "../make.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { Session } from "../session/session.ts";
import { setAttribute } from "../state.ts";
import { adoptStyles } from "../style-sheet.ts";
import type { Stage } from "../update-cycle.ts";
import { UpdateLoop } from "../update-loop.ts";
import { Band } from "./band.ts";
import { crumbsTemplate } from "./crumbs.ts";
import styles from "./instrument.css?inline";
import { attributesOf, inward, outward, type Place, readPlace } from "./place.ts";
import { Side } from "./side.ts";

export interface InstrumentHost {
  readonly session: Session | undefined;
  readonly layers: readonly DrawableLayer[];
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  invalidate(...stages: readonly Stage[]): void;
  /** Asks for a frame that brings these up to date. */
  wantFrame(...news: readonly News[]): void;
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
  readonly #desk = make("div", "desk");
  readonly #band: Band;
  readonly #side: Side;
  readonly #updates = new UpdateLoop(() => this.#bringUpToDate());
  /** What the gallery was told to show, as text. */
  #asked = "undefined";
  /** Whether a scene is being made, which asks for all that is shown by itself. */
  #isPreparing = false;
  /** Whether a frame was drawn since the scene has changed: before, values that it has brought are not computed yet. */
  #isFresh = false;
  /** The place of which everything is shown. */
  #shown: string | undefined;
  #timer = 0;

  constructor(host: InstrumentHost, element: ConvCam, gallery: Gallery) {
    this.#host = host;
    this.#element = element;
    const root = gallery.element.getRootNode() as ShadowRoot;
    adoptStyles(root, styles);
    this.#band = new Band({
      onChange: () => !this.#isPreparing && host.invalidate("scene"),
      onReveal: () => host.wantFrame("draw"),
      onLayer: (value) => this.#goToLayer(value),
    });
    gallery.guest = this.#band;
    this.#side = new Side(this.#sideHost(), element, gallery);
    this.#crumbs.ariaLabel = "Where you are";
    this.#trouble.role = "alert";
    const main = make("div", "main");
    // Other parts stand before the gallery, and go where it goes.
    const parts = [...root.children].filter((child) => child.matches(".why, .patterns"));
    gallery.element.before(this.#frame);
    main.append(...parts, gallery.element);
    this.#desk.append(main, this.#side.element);
    this.#frame.append(this.#band.element, this.#crumbs, this.#trouble, this.#desk);
    this.#frame.addEventListener("keydown", (event) => this.#onKey(event));
    this.#frame.addEventListener("pointerout", ({ pointerType }) => pointerType !== "touch" && this.#side.hover("", undefined));
  }

  get complete(): Promise<void> {
    return this.#updates.complete;
  }

  /** What the gallery shows in place of the element's layers; undefined where these are shown. */
  get choices(): readonly LayerChoice[] | undefined {
    const choices = this.#wantedChoices();
    this.#asked = JSON.stringify(choices) ?? "undefined";
    this.#isFresh = false;
    return choices;
  }

  update(): void {
    this.#updates.request();
  }

  /** Makes the thumbnails known to a scene that is about to be made. If that fails, bringing it up to date says so. */
  async prepare(): Promise<void> {
    const { session } = this.#host;
    const place = this.#place;
    if (!place || !session) return;
    this.#isPreparing = true;
    await this.#showBand(place, session).catch(() => undefined);
    this.#isPreparing = false;
  }

  /** A frame was drawn: numbers may be others. */
  refresh(): void {
    if (!this.#isFresh) {
      this.#isFresh = true;
      this.update();
    }
    if (this.#timer !== 0 || (this.#frame.dataset["view"] ?? "overview") === "overview") return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.update();
    }, patienceMs);
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#band.clear();
    this.#markShown(undefined);
    this.#side.forget();
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
    if (place?.view === "pixel" && place.layer.value === value) this.#side.hover(value, point);
  }

  #sideHost() {
    const instrument = this;
    return {
      get picture() {
        return instrument.#picture;
      },
      isAt: (place: Place) => this.#isAt(place),
      go: (place: Place) => this.#go(place),
      askForChoices: () => this.#askForChoices(),
      update: () => this.update(),
    };
  }

  #goToLayer(value: string): void {
    const layer = this.#host.layers.find((one) => one.value === value);
    const place = this.#place;
    if (layer && place) this.#go(inward({ ...place, view: "overview" }, layer, { channel: 0, y: 0, x: 0 }));
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
    return this.#host.layers.find(({ operator, shape }) => operator === "Input" && shape.length === 4)?.value;
  }

  #wantedChoices(): readonly LayerChoice[] | undefined {
    const place = this.#place;
    if (!place || place.view === "overview") return undefined;
    const { view, channel } = place;
    const { value } = place.layer;
    const channels = view === "layer" ? this.#side.orderOf(value) : [channel];
    const reads = view === "layer" ? [] : this.#side.readsOf(value);
    const isWithPicture = view === "pixel" && this.#picture !== undefined && this.#picture !== value;
    return [
      { value, ...(view !== "pixel" && { isLarge: true as const }), ...(channels && { channels }), ...(reads.length > 0 && { reads }) },
      ...(isWithPicture ? [{ value: this.#picture as string }] : []),
    ];
  }

  #go(place: Place): void {
    this.#side.hover("", undefined);
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
    const order = this.#side.orderOf(place.layer.value) ?? Array.from({ length: channels }, (_, i) => i);
    const next = order[(order.indexOf(place.channel) + by + channels) % channels];
    if (next !== undefined) this.#go({ ...place, channel: next });
  }

  async #bringUpToDate(): Promise<void> {
    try {
      await this.#change();
      this.#trouble.textContent = "";
    } catch (error) {
      if ((error as Error).name === "AbortError") return;
      // Of a place that there is not nothing is left of the one before.
      this.#frame.dataset["view"] = "";
      render(nothing, this.#crumbs);
      this.#side.clear();
      this.#markShown(undefined);
      const { message } = error as Error;
      // Frames ask again and again: what is known is not told again.
      const isNew = this.#trouble.textContent !== message;
      if (isNew && this.#host.emit("error", { error: error as Error, part: "view" })) this.#trouble.textContent = message;
    }
  }

  async #change(): Promise<void> {
    const { session, isShown, layers } = this.#host;
    if (!this.#element.hasAttribute("view") || !session || !isShown) {
      this.#frame.dataset["view"] = "";
      render(nothing, this.#crumbs);
      this.#side.clear();
      if (isShown) this.#askForChoices();
      if (isShown || !session || layers.length > 0) this.#band.close();
      else await this.#showRefused(session);
      return;
    }
    const place = readPlace(this.#element, layers);
    this.#frame.dataset["view"] = place.view;
    render(crumbsTemplate(place, { go: (to) => this.#go(to), step: (by) => this.#step(by) }), this.#crumbs);
    if (place.view === "overview") this.#markShown(place);
    this.#desk.classList.toggle("old", this.#shown !== JSON.stringify(attributesOf(place)));
    await this.#showBand(place, session);
    if (this.#askForChoices()) return;
    if (place.view === "overview") this.#side.clear();
    // The frame that follows a scene asks again.
    else if (this.#isFresh && (await this.#side.show(place, session))) this.#markShown(place);
  }

  /** What is said of another place is pale until it is that one's. */
  #markShown(place: Place | undefined): void {
    this.#shown = place && JSON.stringify(attributesOf(place));
    this.#desk.classList.remove("old");
  }

  /** A network that cannot run is still drawn, with the obstacle at its node. */
  async #showRefused(session: Session): Promise<void> {
    const network = await session.ask({ kind: "network" });
    if (this.#host.isShown || !this.#element.hasAttribute("view") || network.obstacles.length === 0) return;
    this.#band.load(network, [], undefined);
    this.#band.open(undefined);
  }

  /** Over all layers, and over one: deeper, what is looked at takes its place. */
  async #showBand({ view, layer }: Place, session: Session): Promise<void> {
    const isHidden = (this.#element.getAttribute("hide") ?? "").split(/[\s,]+/).includes("overview");
    if (isHidden || (view !== "overview" && view !== "layer")) return this.#band.close();
    if (this.#band.isEmpty) this.#band.load(await session.ask({ kind: "network" }), this.#host.layers, this.#picture);
    this.#band.open(view === "layer" ? layer.value : undefined);
  }

  #isAt(place: Place): boolean {
    return JSON.stringify(this.#place && attributesOf(this.#place)) === JSON.stringify(attributesOf(place));
  }

  /** Lets the gallery show others, if others are wanted. @returns whether they are */
  #askForChoices(): boolean {
    const isOther = (JSON.stringify(this.#wantedChoices()) ?? "undefined") !== this.#asked;
    if (isOther) this.#host.invalidate("scene");
    return isOther;
  }
}
