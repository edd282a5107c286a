// The controls of an element, as a media element has them: play and step, what it looks at, colours, range and brightness, the full screen. Loaded when
// `controls` is set; `hide` takes single ones away.

import { offerBrightness } from "../brightness.ts";
import type { ConvCam } from "../element.ts";
import type { Gallery } from "../gallery.ts";
import { type Hideable, isHidden } from "../hidden.ts";
import { make } from "../make.ts";
import { colorMaps } from "../mosaic/color-map.ts";
import { namedNormalizations } from "../mosaic/normalization.ts";
import type { FrameSource } from "../sources.ts";
import { setAttribute } from "../state.ts";
import { adoptStyles } from "../style-sheet.ts";
import styles from "./controls.css?inline";
import { words } from "./words.ts";

export interface ControlsHost {
  readonly source: FrameSource | undefined;
}

export class Controls {
  /** Everything is brought up to date at once. */
  readonly complete = Promise.resolve();
  readonly #host: ControlsHost;
  readonly #element: ConvCam;
  readonly #bar = make("div", "controls");
  readonly #play = this.#button("play", () => this.#element.toggleAttribute("paused"));
  readonly #step = this.#button("step", () => void this.#element.step());
  readonly #camera = this.#button("camera", () => {
    this.#element.input = "camera";
  });
  readonly #file = make("input", "file");
  readonly #picture = this.#button("picture", () => this.#file.click());
  readonly #colors = this.#choice("colormap", ["auto", ...colorMaps], words.colors);
  readonly #range = this.#choice("normalize", namedNormalizations, words.range);
  readonly #slider = make("input", "");
  readonly #brightness = make("label", "brightness-choice", words.brightness);
  readonly #fullscreen = this.#button("fullscreen", () => void this.#toggleFullscreen());

  constructor(host: ControlsHost, element: ConvCam, gallery: Gallery) {
    this.#host = host;
    this.#element = element;
    const root = gallery.element.getRootNode() as ShadowRoot;
    adoptStyles(root, styles);
    this.#bar.part = "controls";
    this.#bar.role = "toolbar";
    this.#bar.ariaLabel = words.controls;
    this.#file.type = "file";
    this.#file.accept = "image/*,video/*";
    this.#file.hidden = true;
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) this.#element.input = file;
      this.#file.value = "";
    });
    offerBrightness(this.#slider, element);
    this.#brightness.append(this.#slider);
    this.#bar.append(
      this.#play,
      this.#step,
      this.#picture,
      this.#camera,
      this.#file,
      this.#colors,
      this.#range,
      this.#brightness,
      this.#fullscreen,
    );
    this.#bar.addEventListener("keydown", (event) => this.#onKey(event));
    // Outside it would be taken for the element's own event of this name.
    this.#bar.addEventListener("input", (event) => event.stopPropagation());
    root.querySelector("slot[name=caption]")?.before(this.#bar);
    for (const type of ["play", "pause", "input", "load", "fullscreenchange"]) element.addEventListener(type, () => this.update());
    this.update();
  }

  update(): void {
    const { paused } = this.#element;
    this.#bar.hidden = !this.#element.hasAttribute("controls");
    const isLive = this.#host.source?.isLive === true;
    this.#show(this.#play, "play", isLive);
    this.#show(this.#step, "step", isLive);
    this.#show(this.#picture, "picture");
    this.#show(this.#camera, "camera", navigator.mediaDevices !== undefined);
    this.#show(this.#colors, "colors");
    this.#show(this.#range, "range");
    this.#show(this.#brightness, "brightness");
    this.#show(this.#fullscreen, "fullscreen", document.fullscreenEnabled);
    this.#play.textContent = paused ? words.play : words.pause;
    this.#step.disabled = !paused;
    this.#fullscreen.textContent = document.fullscreenElement === this.#element ? words.window : words.fullscreen;
    this.#select(this.#colors, "colormap", "auto");
    this.#select(this.#range, "normalize", "robust");
  }

  hide(): void {
    // Of a network that is gone they are those of the next one.
  }

  #show(control: HTMLElement, name: Hideable, isUseful = true): void {
    control.hidden = !isUseful || isHidden(this.#element, name);
  }

  #button(name: "play" | "step" | "picture" | "camera" | "fullscreen", act: () => void): HTMLButtonElement {
    const button = make("button", `${name}-button`, words[name]);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }

  #choice(attribute: "colormap" | "normalize", values: readonly string[], title: string): HTMLLabelElement {
    const label = make("label", `${attribute}-choice`, title);
    const select = make("select", "");
    select.append(...values.map((value) => new Option(words.values[value] ?? value, value)));
    select.addEventListener("change", () => setAttribute(this.#element, attribute, select.value));
    label.append(select);
    return label;
  }

  /** A value that an attribute has and the list has not, such as a fixed range, is one more of it. */
  #select(label: HTMLLabelElement, attribute: "colormap" | "normalize", usual: string): void {
    const select = label.control as HTMLSelectElement;
    const value = this.#element.getAttribute(attribute) ?? usual;
    if (![...select.options].some((option) => option.value === value)) select.append(new Option(value, value));
    select.value = value;
  }

  async #toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement === this.#element) await document.exitFullscreen();
    else await this.#element.requestFullscreen().catch(() => undefined);
    this.update();
  }

  /** Letters as on video pages, where nobody chooses from a list. */
  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
    const keys: Readonly<Record<string, HTMLButtonElement>> = { k: this.#play, ".": this.#step, f: this.#fullscreen };
    const button = keys[event.key];
    if (button && !button.hidden && !button.disabled) button.click();
  }
}
