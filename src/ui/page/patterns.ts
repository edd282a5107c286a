// The page's part Patterns: which layer, channels, preset, size and seed patterns grow for. Loaded when it is first opened.
import type { ConvCam } from "../element.ts";
import type { DrawableLayer } from "../layers.ts";
import type { PatternPreset } from "../patterns/request.ts";
import { setAttribute } from "../state.ts";
import { channelsProblem, layersOf, type PatternLayer } from "./pattern-layers.ts";
import { reveal } from "./reveal.ts";

const presets: Readonly<Record<PatternPreset, string>> = {
  lucid: "Lucid: slow, in colours",
  chollet: "Chollet: quick, from grey",
};

/** Rows and columns, by what `pattern-size` takes. */
const sizes = [
  ["", "The network's own"],
  ["48", "Small: 48 × 48"],
  ["96", "Medium: 96 × 96"],
  ["224", "Large: 224 × 224"],
] as const;

/** Pictures that grow at first, where there are as many channels. */
const usualCount = 16;

interface PatternParts {
  readonly viewer: ConvCam;
  readonly form: HTMLFormElement;
  readonly layer: HTMLSelectElement;
  readonly channels: HTMLInputElement;
  readonly preset: HTMLSelectElement;
  readonly size: HTMLSelectElement;
  readonly seed: HTMLInputElement;
  readonly start: HTMLButtonElement;
}

export class PatternControls {
  readonly #parts: PatternParts;
  #layers: readonly PatternLayer[] = [];
  /** Whether what was chosen in this very task is applied already. */
  #hasChanged = false;
  /** What the lists were made from. */
  #available: readonly DrawableLayer[] | undefined;

  constructor(parts: PatternParts) {
    this.#parts = parts;
    const { viewer, form, layer, channels, preset, size } = parts;
    const fill = (select: HTMLSelectElement, titles: readonly (readonly [string, string])[]) =>
      select.replaceChildren(...titles.map(([name, title]) => new Option(title, name)));
    fill(preset, Object.entries(presets));
    fill(size, sizes);
    layer.addEventListener("change", () => this.#offerChannels());
    channels.addEventListener("input", () => this.#checkChannels());
    form.addEventListener("change", () => this.#change());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#hasChanged) this.#start();
    });
    for (const name of ["load", "error"]) viewer.addEventListener(name, () => this.#listLayers());
    this.#listLayers();
  }

  stop(): void {
    this.#parts.viewer.patterns = undefined;
    this.#showState();
  }

  /** With the same choices as before they begin anew. */
  #start(): void {
    const { viewer } = this.#parts;
    viewer.patterns = undefined;
    void viewer.updateComplete.then(() => {
      // The network may have gone meanwhile.
      if (this.#layers.length === 0) return;
      this.#apply();
      void reveal(viewer, ".patterns");
    });
  }

  /** Patterns that grow follow what is chosen. */
  #change(): void {
    const { viewer, form } = this.#parts;
    if (viewer.patterns === undefined || !form.checkValidity()) return;
    this.#apply();
    // Enter in a field changes it and sends the form at once.
    this.#hasChanged = true;
    setTimeout(() => {
      this.#hasChanged = false;
    });
  }

  #apply(): void {
    const { viewer, layer, channels, preset, size, seed } = this.#parts;
    setAttribute(viewer, "pattern-channels", channels.value.trim() || undefined);
    setAttribute(viewer, "pattern-preset", preset.value);
    setAttribute(viewer, "pattern-size", size.value || undefined);
    setAttribute(viewer, "pattern-seed", seed.value || undefined);
    viewer.patterns = layer.value;
    this.#showState();
  }

  /** Says what the button does: without a network, nothing. */
  #showState(): void {
    const { viewer, start } = this.#parts;
    start.textContent = viewer.patterns === undefined ? "Start" : "Start anew";
    start.disabled = this.#layers.length === 0;
  }

  /** Patterns of a network before do not stay. */
  #listLayers(): void {
    const { viewer, layer } = this.#parts;
    const { availableLayers } = viewer;
    if (availableLayers === this.#available) return;
    if (this.#available?.length) this.stop();
    this.#available = availableLayers;
    this.#layers = layersOf(availableLayers);
    const group = (label: string, isOfConvolution: boolean) => {
      const element = Object.assign(document.createElement("optgroup"), { label });
      const some = this.#layers.filter((one) => one.isOfConvolution === isOfConvolution);
      element.append(...some.map(({ value, channelCount }) => new Option(`${value} · ${channelCount}`, value)));
      return some.length > 0 ? [element] : [];
    };
    layer.replaceChildren(...group("Convolutions", true), ...group("Other layers", false), new Option("The classes", ""));
    layer.value = this.#layers.findLast(({ isOfConvolution }) => isOfConvolution)?.value ?? "";
    this.#offerChannels();
    this.#adopt();
    this.#showState();
  }

  /** What grows already, as by an address, is what is chosen. */
  #adopt(): void {
    const { viewer, layer, channels, preset, size, seed } = this.#parts;
    const { patterns, patternChannels, patternPreset, patternSize, patternSeed } = viewer.state;
    if (patterns === undefined) return;
    choose(layer, patterns);
    this.#offerChannels();
    channels.value = patternChannels ?? channels.value;
    preset.value = patternPreset ?? preset.value;
    seed.value = patternSeed ?? seed.value;
    choose(size, patternSize ?? "", `${patternSize} × ${patternSize}`);
    this.#checkChannels();
  }

  /** How many channels the chosen layer has. Nobody knows here how many classes there are. */
  get #channelCount(): number | undefined {
    return this.#layers.find(({ value }) => value === this.#parts.layer.value)?.channelCount;
  }

  #offerChannels(): void {
    const { channels } = this.#parts;
    const channelCount = this.#channelCount;
    const last = Math.min(usualCount, channelCount ?? usualCount) - 1;
    // Of classes the engine takes the first.
    channels.value = channelCount === undefined ? "" : last > 0 ? `0-${last}` : "0";
    channels.placeholder = channelCount === undefined ? `the first ${usualCount}` : "";
    this.#checkChannels();
  }

  /** The browser tells what is wrong when the form is sent. */
  #checkChannels(): void {
    const { channels } = this.#parts;
    channels.setCustomValidity(channelsProblem(channels.value, this.#channelCount) ?? "");
  }
}

/** Chooses in a list what it may lack. */
function choose(list: HTMLSelectElement, value: string, title = value): void {
  if (![...list.options].some((option) => option.value === value)) list.add(new Option(title, value));
  list.value = value;
}
