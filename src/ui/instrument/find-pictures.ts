// Which of one's own pictures excite a channel most: they run one after another beside what is shown, and the best are kept.
import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { readPreparation } from "../attributes.ts";
import type { ConvCam } from "../element.ts";
import { formatNumber } from "../format-number.ts";
import { sourceRectangle } from "../preparation.ts";
import type { Session } from "../session/session.ts";
import type { StrongPlace } from "../statistics/strongest.ts";
import { mapsOfLayer, type Place } from "./place.ts";

/** Pictures that are kept. */
const bestCount = 9;
/** Pixels of the longer side of a picture that is kept. */
const thumbnailSide = 192;

interface Extent {
  readonly width: number;
  readonly height: number;
}

interface Found extends StrongPlace {
  readonly name: string;
  /** As the network sees it, with what the place sees outlined. */
  readonly thumbnail: HTMLCanvasElement;
}

/** One search at a time, of the channel that is looked at. */
export class PictureSearches {
  readonly #viewer: ConvCam;
  readonly #onChange: () => void;
  #search: { readonly key: string; readonly session: Session; readonly is: PictureSearch } | undefined;

  constructor(viewer: ConvCam, onChange: () => void) {
    this.#viewer = viewer;
    this.#onChange = onChange;
  }

  /** That of a channel. A search for another one ends. */
  at({ layer, channel }: Place, session: Session, picture: string): PictureSearch {
    const key = JSON.stringify([layer.value, channel]);
    if (this.#search?.key === key && this.#search.session === session) return this.#search.is;
    this.end();
    const input = this.#viewer.availableLayers.find(({ value }) => value === picture);
    const { width, height } = input ? mapsOfLayer(input) : { width: 1, height: 1 };
    const is = new PictureSearch({
      session,
      viewer: this.#viewer,
      value: layer.value,
      channel,
      input: { width, height },
      onChange: this.#onChange,
    });
    this.#search = { key, session, is };
    return is;
  }

  /** Nobody looks at the channel any more: what was found until now is there when somebody comes back. */
  cancel(): void {
    this.#search?.is.cancel();
  }

  end(): void {
    this.cancel();
    this.#search = undefined;
  }
}

interface SearchOptions {
  readonly session: Session;
  readonly viewer: ConvCam;
  readonly value: string;
  readonly channel: number;
  /** Of the network's picture. */
  readonly input: Extent;
  readonly onChange: () => void;
}

export class PictureSearch {
  readonly #options: SearchOptions;
  #best: readonly Found[] = [];
  #progress: { readonly done: number; readonly total: number } | undefined;
  /** Files that are no pictures. */
  #unread = 0;
  #seen = 0;
  #problem: string | undefined;
  /** Counts searches: an earlier one ends. */
  #round = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** Ends what is under way; what was found stays. */
  cancel(): void {
    if (!this.#progress) return;
    this.#round++;
    this.#end();
  }

  /** Gives back what the pictures ran in. */
  #end(): void {
    const { session, value, channel, onChange } = this.#options;
    this.#progress = undefined;
    session.ask({ kind: "look", value, channel, preparation: {} }).catch(() => undefined);
    onChange();
  }

  async run(files: readonly File[]): Promise<void> {
    const { session, viewer, value, channel, onChange } = this.#options;
    const round = ++this.#round;
    const isCurrent = () => round === this.#round;
    const pictures = files.filter(({ name, type }) => type.startsWith("image/") || /\.(png|jpe?g|webp|gif|avif|bmp)$/i.test(name));
    this.#best = [];
    this.#seen = 0;
    this.#unread = files.length - pictures.length;
    this.#problem = undefined;
    const preparation = { ...viewer.preparation, ...readPreparation(viewer) };
    try {
      for (const [done, file] of pictures.entries()) {
        this.#progress = { done, total: pictures.length };
        onChange();
        const picture = await createImageBitmap(file).catch(() => undefined);
        if (!isCurrent()) return picture?.close();
        if (!picture) {
          this.#unread++;
          continue;
        }
        const thumbnail = this.#draw(picture, preparation.fit);
        const place = await session.ask({ kind: "look", value, channel, picture, preparation }).finally(() => picture.close());
        if (!isCurrent()) return;
        this.#seen++;
        if (place) this.#keep({ ...place, name: file.webkitRelativePath || file.name, thumbnail });
      }
    } catch (error) {
      if (isCurrent() && (error as Error).name !== "AbortError") this.#problem = (error as Error).message;
    } finally {
      if (isCurrent()) this.#end();
    }
  }

  /** The best stand first; of what does not belong to them nothing is kept. */
  #keep(found: Found): void {
    this.#best = [...this.#best, found].sort((a, b) => b.element - a.element).slice(0, bestCount);
    if (!this.#best.includes(found)) return;
    const { field, thumbnail } = found;
    const context = thumbnail.getContext("2d");
    if (!field || !context) return;
    const { width, height } = this.#options.input;
    const [right, down] = [thumbnail.width / width, thumbnail.height / height];
    context.lineWidth = 3;
    context.strokeStyle = "#ff2fd0";
    const [left, top] = [field.x[0] * right, field.y[0] * down];
    context.strokeRect(left + 1.5, top + 1.5, Math.max(3, field.x[1] * right - left - 3), Math.max(3, field.y[1] * down - top - 3));
  }

  #draw(picture: ImageBitmap, fit: "cover" | "contain" | "stretch" | undefined): HTMLCanvasElement {
    const { input } = this.#options;
    const scale = thumbnailSide / Math.max(input.width, input.height);
    const [width, height] = [Math.max(1, Math.round(input.width * scale)), Math.max(1, Math.round(input.height * scale))];
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const { origin, step } = sourceRectangle(picture, input, fit);
    const right = width / input.width;
    const down = height / input.height;
    const context = canvas.getContext("2d");
    // What the network sees of the picture takes all of the canvas.
    context?.drawImage(
      picture,
      (-origin[0] / step[0]) * right,
      (-origin[1] / step[1]) * down,
      (picture.width / step[0]) * right,
      (picture.height / step[1]) * down,
    );
    return canvas;
  }

  get template(): TemplateResult {
    const progress = this.#progress;
    return html`<section class="search" aria-label="Pictures that excite it most">
      <div class="buttons" role="group" aria-label="Try pictures of yours">
        ${this.#chooser("Try pictures…", false)} ${"webkitdirectory" in HTMLInputElement.prototype ? this.#chooser("Try a folder…", true) : nothing}
        ${progress ? html`<button type="button" class="part-button" @click=${() => this.cancel()}>Cancel</button>` : nothing}
      </div>
      ${progress ? html`<progress aria-label="Pictures" .value=${progress.done} .max=${progress.total}></progress>` : nothing}
      <p class="about" role="status">${this.#words}</p>
      ${this.#problem ? html`<p class="about alarm" role="alert">${this.#problem}</p>` : nothing}
      <ol class="found">${this.#best.map(foundTemplate)}</ol>
    </section>`;
  }

  get #words(): string {
    const progress = this.#progress;
    const count = (number: number, what: string) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
    const unread = this.#unread > 0 ? ` ${count(this.#unread, "file")} left out, which the browser reads as no picture.` : "";
    if (progress) return `${progress.done} of ${count(progress.total, "picture")}. They stay on this machine.${unread}`;
    if (this.#seen === 0) return unread.trim();
    const isSilent = this.#best.length === 0;
    const best = isSilent ? "It answers none of them." : "The strongest first, with what the place sees outlined.";
    return `${count(this.#seen, "picture")} tried. ${best}${unread}`;
  }

  /** A button that opens a list of files. */
  #chooser(title: string, isFolder: boolean): TemplateResult {
    const onChange = ({ target }: Event) => {
      const input = target as HTMLInputElement;
      const files = [...(input.files ?? [])];
      input.value = "";
      if (files.length > 0) void this.run(files);
    };
    const onClick = ({ currentTarget }: Event) => ((currentTarget as Element).nextElementSibling as HTMLInputElement).click();
    return html`<button type="button" class="part-button" @click=${onClick}>${title}</button
      ><input type="file" hidden multiple accept=${isFolder ? nothing : "image/*"} .webkitdirectory=${isFolder} @change=${onChange} />`;
  }
}

function foundTemplate({ name, element, thumbnail }: Found): TemplateResult {
  const place = (holder: Element | undefined) => holder?.replaceChildren(thumbnail);
  return html`<li><span class="found-picture" ${ref(place)}></span><b>${formatNumber(element)}</b> <span title=${name}>${name}</span></li>`;
}
