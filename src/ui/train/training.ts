// The training of an element, on its page: begins it as the attributes say, shows how far it is, and what can be done. Loaded when `train` is set.
import { render } from "lit";
import { loadPart } from "../../engine/errors.ts";
import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import { fileName, networkName } from "../export/file-name.ts";
import type { LayerChoice } from "../layers.ts";
import { make } from "../make.ts";
import { setAttribute } from "../state.ts";
import { adoptStyles } from "../style-sheet.ts";
import { UpdatedPart } from "../updated-part.ts";
import { stillAsked, unpacked } from "./archives.ts";
import { type Asked, askedOf, type Beginning, dataAddress, isOfSameWeights, isSame } from "./asked.ts";
import { dataName } from "./data-name.ts";
import { Drawing } from "./drawing.ts";
import { type History, historyFor } from "./history.ts";
import type { TrainHost } from "./host.ts";
import { Keeping } from "./keeping.ts";
import { Learning } from "./learning.ts";
import { lossesCsv } from "./losses-csv.ts";
import { tellPresses } from "./presses.ts";
import type { Begun, ExamplePicture, Kept } from "./request.ts";
import { namesOfRun, runViewOf } from "./run-view.ts";
import { afterSteps, goesOnText, statusText } from "./status.ts";
import { Offer, storedRun, storeKeyOf, storeNameOf } from "./stored.ts";
import { drawPicture, type TrainActions, trainTemplate } from "./template.ts";
import styles from "./train.css?inline";
import { type ElementWish, readTrainWish } from "./wish.ts";

export class Training extends UpdatedPart {
  readonly panel = make("section", "train");
  readonly #host: TrainHost;
  readonly #element: ConvCam;
  /** What was asked for last, and was refused, or learns. */
  #asked: Asked | undefined;
  /** What the history is of: the network may come again. */
  #of: Asked | undefined;
  #id = 0;
  #learning: Learning | undefined;
  #endTelling: (() => void) | undefined;
  #keeping: Keeping | undefined;
  /** How the run before was led: one that goes on is led likewise. */
  #led: Pick<Learning, "rate" | "pace" | "isHeld"> | undefined;
  #history: History | undefined;
  /** The run before, to compare with. */
  #before: History | undefined;
  #curves: import("./curves.ts").Curves | undefined;
  /** What was learned another day, and can be gone on with. */
  readonly #offer = new Offer();
  #trouble: string | undefined;
  #pending = "";
  #note = "";
  /** The picture that was put in from here last, and of which pictures it is one. */
  #opened: { readonly input: HTMLCanvasElement; readonly of: string | undefined } | undefined;
  #isDrawDue = false;
  /** What is drawn in place of maps. */
  readonly #drawing: Drawing;
  /** Names of classes that were given from here. */
  #givenNames: readonly string[] | undefined;

  constructor(host: TrainHost, element: ConvCam, gallery: Element) {
    super();
    this.#host = host;
    this.#element = element;
    this.#drawing = new Drawing(host, element);
    this.panel.ariaLabel = "Training";
    this.panel.hidden = true;
    adoptStyles(gallery.getRootNode() as ShadowRoot, styles);
    gallery.before(this.panel);
    element.addEventListener("frame", () => this.#learning?.silent.noteFrame());
    new MutationObserver(() => void this.#learning?.goOn()).observe(element, { attributeFilter: ["paused"] });
  }

  /** Whether the weights are no longer those that it began with. */
  get hasLearned(): boolean {
    return this.#learning?.hasLearned === true;
  }

  /** The panels in place of those of maps; undefined where maps are drawn. */
  arrange(choices: readonly LayerChoice[]): readonly LayerChoice[] | undefined {
    return this.#drawing.arrange(choices);
  }

  /** The network is gone, or its GPU: where the same comes again, it goes on with what was kept last. */
  hide(): void {
    this.#end();
    this.#asked = undefined;
    this.panel.hidden = true;
    this.#drawing.forget();
  }

  #end(): void {
    this.#id++;
    const learning = this.#learning;
    if (learning) this.#led = { rate: learning.rateAnew, pace: learning.pace, isHeld: learning.isHeld };
    learning?.end();
    this.#endTelling?.();
    this.#keeping?.end();
    this.#learning = undefined;
  }

  protected async bringUpToDate(): Promise<void> {
    try {
      await this.#begin();
      await this.#drawing.update(this.#learning);
    } catch (error) {
      if ((error as Error).name !== "AbortError") this.#fail(error as Error);
    }
  }

  async #begin(): Promise<void> {
    const { session, isShown } = this.#host;
    const wish = this.#readWish();
    if (!wish) {
      const asked = this.#asked;
      const from = asked?.weights === this.#host.weights.wanted.id ? this.#history?.kept[0] : undefined;
      this.hide();
      this.#of = undefined;
      this.#history = undefined;
      this.#before = undefined;
      await asked?.session.ask({ kind: "train", request: { do: "end", from } });
      return;
    }
    if (!session || !isShown) return;
    const asked = askedOf(this.#element, session, this.#host.weights.wanted.id, wish);
    const last = this.#asked;
    this.#asked = asked;
    if (last?.session === session && last.precision === asked.precision && isSame(asked, last)) return this.#show();
    if (isSame(asked, this.#of)) return this.#start(asked, { from: this.#history?.latest, isOngoing: true });
    // With another optimiser, say, the same network begins where the run before began, and not with what it has learned.
    await this.#start(asked, { from: isOfSameWeights(asked, this.#of) ? this.#history?.kept[0] : undefined });
  }

  /** @throws Error for an attribute that is not accepted; the one before may come again then */
  #readWish(): ElementWish | undefined {
    try {
      return readTrainWish(this.#element, this.#element.trainFiles ?? []);
    } catch (error) {
      this.#asked = undefined;
      throw error;
    }
  }

  async #start(asked: Asked, { from, rate, isOngoing = false }: Beginning): Promise<void> {
    const { session, wish, preparation, weights } = asked;
    this.#end();
    this.#endTelling = tellPresses(session);
    const id = this.#id;
    this.#trouble = undefined;
    this.#note = "";
    this.panel.hidden = false;
    this.#show(from && from.steps > 0 ? `Going on ${afterSteps(from.steps)}…` : "Getting ready to learn…");
    const { rate: wished, schedule: _, ...told } = wish;
    const { Curves } = await loadPart("that draws curves", () => import("./curves.ts"));
    this.#curves ??= new Curves(this.panel.getRootNode() as ShadowRoot);
    const files = await unpacked(
      wish.files,
      stillAsked(this.#element, (text) => this.#show(text)),
    );
    if (!files) this.#asked = undefined;
    if (!files || id !== this.#id) return;
    const beginning = isOngoing ? from : from && { ...from, checkpoints: undefined };
    const request = { do: "begin", id, wish: { ...told, data: dataAddress(told.data), files }, preparation, from: beginning } as const;
    const begun = (await session.ask({ kind: "train", request })) as Begun;
    const element = this.#element;
    const [store, storeKey] = [storeNameOf(element, wish), storeKeyOf(asked)];
    const isOther = !this.#of || storeKeyOf(this.#of) !== storeKey;
    const stored = isOther && store !== null ? await storedRun(store, storeKey) : undefined;
    if (id !== this.#id) return;
    if (isOther) this.#offer.run = stored;
    const stepsBefore = this.#history?.steps ?? 0;
    const history = this.#historyOf(asked, isOngoing ? from : undefined);
    const learning = new Learning({
      ...{ session, id, begun, history, batch: wish.batch, rate: rate ?? wished ?? begun.rate, usualRate: wished ?? begun.rate },
      // Where other weights are on their way, it takes no step with them: it will begin anew.
      isFree: () => !element.paused && element.isConnected && this.#host.weights.wanted.id === weights,
      values: () => element.availableLayers.filter(({ operator }) => operator !== "Input").map(({ value }) => value),
      schedule: () => this.#asked?.wish.schedule,
      onChange: () => this.#show(),
      onLearn: () => {
        this.#tell();
        this.#keeping?.note();
        void this.#drawing.follow(learning);
      },
      onKeep: () => void this.#keeping?.keep(history.latest).then(() => this.#show()),
      onFail: (error) => this.#fail(error),
    });
    if (isOngoing && this.#led) Object.assign(learning, this.#led, rate === undefined ? {} : { rate });
    this.#learning = learning;
    this.#keeping = store === null ? undefined : new Keeping({ name: store, key: storeKey }, learning, this.#offer);
    if (isOngoing) this.#note = goesOnText(history.steps, stepsBefore, begun);
    if (begun.classes.length > 0) this.#nameClasses(begun.classes);
    // There is something to see at once, unless somebody has chosen something meanwhile. A picture of what was learned before is no longer it.
    const isFree = () => element.input === undefined || (element.input === this.#opened?.input && this.#opened.of !== asked.pictures);
    const picture = isFree() ? await learning.nextPicture() : undefined;
    if (picture && id === this.#id && isFree()) this.#open(picture);
    void learning.goOn();
  }

  /** @param from where the run before goes on; a run that does not is kept to compare with */
  #historyOf(asked: Asked, from: Kept | undefined): History {
    const before = this.#history;
    this.#of = asked;
    if (before && from) {
      before.cut(from);
      return before;
    }
    if (before?.isLong) this.#before = before;
    this.#history = historyFor(asked.wish);
    return this.#history;
  }

  #nameClasses(classes: readonly string[]): void {
    const { labels } = this.#host;
    if (labels.source !== undefined && labels.source !== this.#givenNames) return;
    this.#givenNames = classes;
    this.#element.labels = classes;
  }

  #tell(): void {
    const [learning, history] = [this.#learning, this.#history];
    this.#show();
    if (!learning || !history) return;
    this.#host.emit("train", {
      ...{ steps: history.steps, loss: history.losses.at(-1), accuracy: history.scores.at(-1)?.accuracy },
      classes: learning.begun.classes,
    });
  }

  readonly #actions: TrainActions = {
    hold: () => {
      if (this.#learning) this.#learning.isHeld = !this.#learning.isHeld;
    },
    step: () => void this.#learning?.goOn(true),
    restart: () => void this.#try(() => this.#restart()),
    save: () => void this.#try(() => this.#save()),
    saveLosses: () =>
      this.#history && this.#download(new Blob([lossesCsv(this.#history)], { type: "text/csv" }), this.#history.steps, ".csv", "losses"),
    setRate: (rate) => this.#set({ rate }),
    setPace: (pace) => this.#set({ pace }),
    setDrawn: (part) => setAttribute(this.#element, "train-draws", part === "maps" ? undefined : part),
    retry: () => {
      this.#asked = undefined;
      this.update();
    },
    resume: () => void this.#try(() => this.#resume()),
    look: (steps) =>
      void this.#try(async () => {
        this.#set({ isHeld: true });
        await this.#learning?.look(steps);
      }),
    open: (picture) => this.#open(picture),
    next: () =>
      void this.#try(async () => {
        const picture = await this.#learning?.nextPicture();
        if (picture) this.#open(picture);
      }),
  };

  #set(change: Partial<Pick<Learning, "rate" | "pace" | "isHeld">>): void {
    if (this.#learning) Object.assign(this.#learning, change);
    this.#show();
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.#note = "";
    await work().catch((error: Error) => error.name !== "AbortError" && this.#fail(error));
  }

  /** From the weights that it began with; what came of it before stays to compare with. */
  async #restart(): Promise<void> {
    const [asked, from] = [this.#asked, this.#history?.kept[0]];
    if (asked && from) await this.#start(asked, { from, rate: this.#learning?.rateAnew });
  }

  /** Goes on with what was learned another day. */
  async #resume(): Promise<void> {
    const [asked, stored] = [this.#asked, this.#offer.run];
    if (!asked || !stored) return;
    this.#offer.end();
    this.#history = stored.history;
    await this.#start(asked, { from: stored.history.latest, rate: stored.rate ?? this.#learning?.rateAnew, isOngoing: true });
  }

  async #save(): Promise<void> {
    const kept = await this.#learning?.keep();
    if (!kept) return;
    this.#download(new Blob([kept.bytes]), kept.steps, ".onnx");
  }

  /** A file is named by what was learned, where that has a name, and by the steps. */
  #download(blob: Blob, steps: number, ending: string, what = ""): void {
    const name = fileName(dataName(this.#asked?.wish) ?? networkName(this.#element.src), what, `after-${steps}-steps`) + ending;
    download(blob, name);
    this.#note = `Saved as ${name}.`;
    this.#show();
  }

  #open(picture: ExamplePicture): void {
    const canvas = document.createElement("canvas");
    drawPicture(canvas, picture);
    this.#element.input = canvas;
    this.#opened = { input: canvas, of: this.#asked?.pictures };
  }

  /** Tells the page, and shows it here unless the page prevents that. */
  #fail(error: Error): void {
    this.#end();
    // Its buffers are nobody's any more.
    void this.#host.session?.ask({ kind: "train", request: { do: "end" } }).catch(() => undefined);
    this.#drawing.forget();
    this.#trouble = error.message;
    this.panel.hidden = !this.#host.emit("error", { error, part: "train" });
    this.#show("");
  }

  /** Draws it with the next frame. */
  #show(pending = this.#pending): void {
    this.#pending = pending;
    if (this.#isDrawDue) return;
    this.#isDrawDue = true;
    requestAnimationFrame(() => {
      this.#isDrawDue = false;
      this.#draw();
    });
  }

  #draw(): void {
    const [learning, history] = [this.#learning, this.#history];
    const names = namesOfRun(this.#element, learning?.rate);
    if (history) this.#curves?.show(history, this.#before, learning?.begun.kind, names);
    const { paused } = this.#element;
    const { run: offered } = this.#offer;
    const stored = offered && { steps: offered.history.steps, at: offered.at };
    const view = {
      title: "Learning",
      status: learning ? statusText(learning, paused, names) : this.#pending,
      trouble: this.#trouble ?? learning?.trouble ?? this.#drawing.problem,
      // Nothing is asked for where an attribute's text is not accepted.
      canRetry: this.#asked !== undefined,
      run:
        learning &&
        runViewOf(learning, this.#asked?.wish.rival, {
          ...{ name: history?.rival ? names.first : "", isPaused: paused, curves: this.#curves?.element },
          ...{ note: this.#note, stored, drawn: this.#drawing.part, isUnkept: this.#keeping?.isRefused },
        }),
    };
    render(trainTemplate(view, this.#actions), this.panel);
  }
}
