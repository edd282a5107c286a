// The instrument of an element: one picture of the whole network, then in, to a layer, a channel, an element. It decides which maps the gallery
// shows, and stands around them. Loaded when `view` is set.
import type { TemplateResult } from "lit";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import type { News } from "../frame-loop.ts";
import type { Gallery } from "../gallery.ts";
import { isHidden } from "../hidden.ts";
import type { DrawableLayer, LayerChoice } from "../layers.ts";
import { make } from "../make.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { Session } from "../session/session.ts";
import { adoptStyles } from "../style-sheet.ts";
import type { Stage } from "../update-cycle.ts";
import { UpdatedPart } from "../updated-part.ts";
import { Arrival } from "./arrival.ts";
import { Band } from "./band.ts";
import { type ChangedHost, ChangedLine } from "./changed-line.ts";
import { type Compared, comparedIn, withWhose } from "./compared.ts";
import { FieldHover } from "./field-hover.ts";
import { GivenNames } from "./given-names.ts";
import { Guests } from "./guests.ts";
import { Head } from "./head.ts";
import { Highlights } from "./highlights.ts";
import styles from "./instrument.css?inline";
import { commandOf, playByKey } from "./keys.ts";
import { LayerGraph } from "./layer-graph.ts";
import { readPage } from "./paging.ts";
import { inward, outward, type Place } from "./place.ts";
import { Places, textOf } from "./places.ts";
import { ShownMaps } from "./shown-maps.ts";
import { Side } from "./side.ts";
import { Trouble } from "./trouble.ts";

export interface InstrumentHost extends ChangedHost {
  readonly session: Session | undefined;
  readonly layers: readonly DrawableLayer[];
  /** Another one with every change of the network's weights or gates. */
  readonly networkId: number;
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  /** Whether what is loaded cannot be drawn. */
  readonly isStill: boolean;
  invalidate(...stages: readonly Stage[]): void;
  /** Asks for a frame that brings these up to date. */
  wantFrame(...news: readonly News[]): void;
  /** @returns false where a listener prevented the default */
  emit<Name extends "navigate" | "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}

/** The least time between two looks at the numbers of a picture that moves. */
const patienceMs = 300;

export class Instrument extends UpdatedPart {
  readonly #host: InstrumentHost;
  readonly #element: ConvCam;
  readonly #frame = make("section", "instrument");
  readonly #places: Places;
  readonly #given: GivenNames;
  readonly #head: Head;
  readonly #arrival = new Arrival(this.#frame);
  readonly #trouble = new Trouble((error) => this.#host.emit("error", { error, part: "view" }));
  readonly #desk = make("div", "desk");
  /** What a page shows where a network cannot run. */
  readonly #unsupported = Object.assign(make("slot", "unsupported"), { name: "unsupported", hidden: true });
  readonly #band: Band;
  readonly #maps: ShownMaps;
  readonly #side: Side;
  readonly #highlights: Highlights;
  readonly #hovering: FieldHover;
  /** Of the network that is shown; undefined until it is asked for. */
  #graph: LayerGraph | undefined;
  /** Counts networks: what is told of an earlier one is dropped. */
  #round = 0;
  /** Whether a scene is being made, which asks for all that is shown by itself. */
  #isPreparing = false;
  /** How far the scene has come: before a frame of it was drawn, values that it has brought are not computed yet. */
  #scene: "wanted" | "shown" | "drawn" = "wanted";
  /** The place of which everything is shown. */
  #shown: string | undefined;
  #timer = 0;

  constructor(host: InstrumentHost, element: ConvCam, gallery: Gallery) {
    super();
    this.#host = host;
    this.#element = element;
    this.#places = new Places(host, element, () => this.#graph?.first);
    const root = gallery.element.getRootNode() as ShadowRoot;
    adoptStyles(root, styles);
    this.#given = new GivenNames(element);
    this.#head = new Head(this.#given);
    this.#band = new Band({
      ...{ given: this.#given, element },
      get session() {
        return host.session;
      },
      onChange: () => !this.#isPreparing && host.invalidate("scene"),
      onReveal: () => host.wantFrame("draw"),
      onLayer: (value) => this.#goToLayer(value),
    });
    this.#highlights = new Highlights(gallery, this.#band);
    const around = this.#around(gallery);
    this.#head.changed = new ChangedLine(host, element, { ...around, places: this.#places, given: this.#given });
    this.#side = new Side(around, element);
    this.#maps = new ShownMaps(element, around, this.#side);
    const onShown = () => {
      this.#scene = "shown";
    };
    gallery.guest = new Guests(this.#band, this.#maps.overlay, { visible: [], measure: () => [], show: onShown });
    this.#hovering = new FieldHover(host, this.#highlights);
    const main = make("div", "main");
    // Other parts stand before the gallery, and go where it goes.
    const parts = [...root.children].filter((child) => child.matches(".compare-key, .checkpoints, .why, .patterns"));
    gallery.element.before(this.#frame);
    main.append(...parts, gallery.element);
    this.#desk.append(main, this.#side.element);
    this.#frame.append(this.#unsupported, this.#band.element, ...this.#head.elements, this.#trouble.element, this.#desk);
    this.#frame.addEventListener("keydown", (event) => this.#onKey(event));
    this.#frame.addEventListener("pointerout", ({ pointerType }) => pointerType !== "touch" && this.#unhover());
    this.#frame.addEventListener("focusout", () => this.#unhover());
  }

  /** What the gallery shows in place of the element's layers; undefined where these are shown. */
  get choices(): readonly LayerChoice[] | undefined {
    const place = this.#places.here;
    // What is shown is measured in the room that it has there.
    const look = place?.view === "channel" && this.#element.hasAttribute("smooth") ? "smooth" : "";
    Object.assign(this.#frame.dataset, { view: place?.view ?? "", look });
    this.#scene = "wanted";
    return this.#maps.tell(place);
  }

  /** Makes the thumbnails known to a scene that is about to be made. If that fails, bringing it up to date says so. */
  async prepare(): Promise<void> {
    const { session } = this.#host;
    if (!session || !this.#element.hasAttribute("view")) return;
    this.#isPreparing = true;
    await this.#learn(session)
      .then(() => this.#places.here && this.#showBand(this.#places.here))
      .catch(() => undefined);
    this.#isPreparing = false;
  }

  /** Asks what the graph of the network says, once. */
  async #learn(session: Session): Promise<void> {
    if (this.#graph) return;
    const round = this.#round;
    const network = await session.ask({ kind: "network" });
    if (round === this.#round) this.#graph = new LayerGraph(network, this.#host.layers);
  }

  /** A frame was drawn: numbers may be others. */
  refresh(): void {
    this.#band.refresh();
    if (this.#scene === "shown") {
      this.#scene = "drawn";
      this.update();
    }
    if (this.#timer !== 0 || !this.#element.hasAttribute("view") || this.#frame.dataset["view"] === "overview") return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.update();
    }, patienceMs);
  }

  hide(): void {
    this.#desk.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#band.clear();
    this.#maps.overlay.clear();
    this.#graph = undefined;
    this.#round++;
    this.#markShown(undefined);
    this.#hovering.leave();
    this.#head.clear();
    this.#side.forget();
    this.#trouble.clear();
  }

  /** Somebody wants to see more of an element of a value. */
  pick(value: string, point: MapPoint): void {
    const [layer, place] = [this.#places.layerOf(value), this.#places.here];
    if (!layer || !place) return;
    const isOther = place.view !== "overview" && value !== place.layer.value;
    if (!isOther) this.#go(inward(place, layer, point));
    else if (place.view === "pixel") void this.#side.pick(place, value, point);
  }

  /** The pointer is over an element of a value: where that one is looked at it is explained, elsewhere what it depends on is marked. */
  hover(value: string, point: MapPoint): void {
    const place = this.#places.here;
    if (place?.view === "pixel") this.#side.hover(value, point);
    else if (place) this.#hovering.over(value, point);
  }

  /** The pointer is over nothing any more. */
  #unhover(): void {
    this.#side.hover("", undefined);
    this.#hovering.leave();
  }

  /** What those know who decide what is shown and said. */
  #around(gallery: Gallery) {
    const instrument = this;
    return {
      ...{ gallery, loaded: this.#host, highlights: this.#highlights },
      get graph() {
        return instrument.#graph;
      },
      get picture() {
        return instrument.#places.picture;
      },
      compared: (value: string) => comparedIn(gallery, value),
      whose: (template: TemplateResult, compared: Compared) => withWhose(template, instrument.#element, gallery, compared),
      isAt: (place: Place) => this.#places.isAt(place),
      go: (place: Place) => this.#go(place),
      beforeActivation: (value: string) => this.#graph?.beforeActivation(value),
      askForChoices: () => this.#askForChoices(),
      update: () => this.update(),
    };
  }

  #goToLayer(value: string): void {
    const [layer, place] = [this.#places.layerOf(value), this.#places.here];
    if (layer && place) this.#go(inward({ ...place, view: "overview" }, layer, { channel: 0, y: 0, x: 0 }));
  }

  /** Says nothing of a layer any more. */
  #clearAbout(): void {
    this.#head.clear();
    this.#side.clear();
  }

  #go(place: Place): void {
    this.#unhover();
    this.#arrival.depart();
    this.#places.go(place);
  }

  #onKey(event: KeyboardEvent): void {
    const place = this.#places.here;
    const command = commandOf(event);
    if (!place || !command) return;
    if (command === "before" || command === "next") this.#step(command === "next" ? 1 : -1);
    else if (command !== "out") playByKey(event, command, this.#element, this.#frame).catch((error) => this.#trouble.tell(error));
    else if (place.view !== "overview") this.#go(outward(place));
  }

  #step(by: number): void {
    const { here } = this.#places;
    if (here) this.#maps.step(here, by, (place) => this.#go(place));
  }

  protected async bringUpToDate(): Promise<void> {
    try {
      await this.#change();
      this.#trouble.clear();
    } catch (error) {
      if ((error as Error).name === "AbortError") return;
      // Of a place that there is not nothing is left of the one before.
      this.#frame.dataset["view"] = "";
      this.#clearAbout();
      this.#markShown(undefined);
      this.#trouble.tell(error as Error);
    }
    this.#arrival.settle(this.#places.here !== undefined && this.#shown === textOf(this.#places.here));
  }

  async #change(): Promise<void> {
    const { session, isShown } = this.#host;
    if (!this.#element.hasAttribute("view") || !session || !isShown) {
      this.#frame.dataset["view"] = "";
      this.#clearAbout();
      if (isShown) this.#askForChoices();
      const isStill = this.#host.isStill && !isHidden(this.#element, "overview");
      if (isStill && session) await this.#showStill(session);
      else this.#band.close();
      this.#unsupported.hidden = !this.#host.isStill;
      // Places of maps that do not come.
      this.#desk.hidden = this.#host.isStill;
      return;
    }
    // What was shown still has neither thumbnails nor places to go to.
    if (!this.#unsupported.hidden) {
      this.#band.toggleTable(false);
      this.#band.clear();
    }
    this.#unsupported.hidden = true;
    this.#desk.hidden = false;
    await this.#learn(session);
    const place = this.#places.read();
    this.#given.check();
    const page = place.view === "layer" ? readPage(this.#element, place.maps, place.layer.value) : undefined;
    this.#frame.dataset["view"] = place.view;
    this.#head.showWay(place, page, { go: (to) => this.#go(to), step: (by) => this.#step(by) });
    if (place.view === "overview") this.#markShown(place);
    this.#desk.classList.toggle("old", this.#shown !== textOf(place));
    await this.#showBand(place);
    this.#head.showPresets(place, isHidden(this.#element, "presets") ? undefined : this.#graph, this.#element);
    const { value, operator } = place.layer;
    await this.#head.showLayer(place, this.#graph?.operatorsOf(value) ?? [operator]);
    if (this.#askForChoices()) return;
    this.#maps.show();
    if (place.view === "overview") this.#side.clear();
    // The frame that follows a scene asks again.
    else if (this.#scene === "drawn" && (await this.#side.show(place, session))) this.#markShown(place);
  }

  /** What is said of another place is pale until it is that one's. */
  #markShown(place: Place | undefined): void {
    this.#shown = place && textOf(place);
    this.#desk.classList.remove("old");
  }

  /** A network that cannot run, or not here, is still drawn, with the obstacle at its node if it has one, and with its layers as a table. */
  async #showStill(session: Session): Promise<void> {
    const network = await session.ask({ kind: "network" });
    if (!this.#host.isStill) return;
    if (this.#band.isEmpty) this.#band.load(network, [], undefined);
    this.#band.open(undefined);
    this.#band.toggleTable(true);
  }

  /** Over all layers, and over one: deeper, it is a strip that shows where what is looked at comes from. */
  async #showBand({ view, layer }: Place): Promise<void> {
    if (isHidden(this.#element, "overview")) return this.#band.close();
    if (this.#band.isEmpty && this.#graph) this.#band.load(this.#graph.network, this.#host.layers, this.#places.picture);
    this.#band.open(view === "overview" ? undefined : layer.value, view === "channel" || view === "pixel");
  }

  /** Lets the gallery show others, if others are wanted. @returns whether they are */
  #askForChoices(): boolean {
    const isOther = this.#maps.isOther(this.#places.here);
    if (isOther) this.#host.invalidate("scene");
    return isOther;
  }
}
