// Classes that a visitor teaches: drawings or pictures of the camera, each put into a class with a button or a key. Loaded when somebody teaches.
import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";

interface Picture {
  readonly file: File;
  readonly url: string;
}

interface Class {
  readonly id: number;
  name: string;
  readonly pictures: Picture[];
}

export interface TeachHost {
  /** What is drawn, or seen by the camera, now; undefined where there is nothing. */
  picture(): CanvasImageSource | undefined;
  /** A picture was taken. */
  onTake(): void;
  /** There are other pictures or classes than before. */
  onChange(): void;
  /** Nothing was taken, and why. */
  onLack(text: string): void;
}

/** Pixels of a picture that is kept, per side. */
const side = 160;
/** How often a key or button that is held down takes a picture. */
const everyMs = 150;
/** Pictures of a class whose thumbnails are shown. */
const mostShown = 12;

export class Teach {
  readonly #element: HTMLElement;
  readonly #host: TeachHost;
  #classes: readonly Class[];
  #nextId = 1;
  #timer = 0;
  /** Pictures that are being taken: one that is held down waits for them, so that a drawing is not taken twice. */
  #taking = 0;

  constructor(element: HTMLElement, host: TeachHost) {
    this.#element = element;
    this.#host = host;
    this.#classes = [this.#newClass(), this.#newClass()];
    addEventListener("keydown", (event) => this.#onKey(event));
    for (const type of ["pointerup", "pointercancel", "keyup", "blur"]) addEventListener(type, () => this.#stop());
    this.#show();
  }

  /** In the order in which folders of these names are numbered. */
  get names(): readonly string[] {
    return this.#classes.map(folderOf).sort();
  }

  /** Why it cannot be learned yet; undefined where it can. */
  get lack(): string | undefined {
    const { names } = this;
    const empty = this.#classes.find(({ pictures }) => pictures.length === 0);
    if (names.some((name) => name === "")) return "Give each class a name.";
    if (new Set(names).size < names.length) return "Give each class another name.";
    return empty && `Add some pictures to “${empty.name}” first.`;
  }

  /** Each in the folder of its class. */
  get files(): readonly File[] {
    return this.#classes.flatMap((one) => one.pictures.map(({ file }, i) => withPath(file, `${folderOf(one)}/${i}.png`)));
  }

  #newClass(): Class {
    const id = this.#nextId++;
    return { id, name: `class ${id}`, pictures: [] };
  }

  /** The keys 1 to 9 take a picture for the class of that number, of the camera again and again while they are held. */
  #onKey(event: KeyboardEvent): void {
    const isTyping = event.composedPath()[0] instanceof HTMLInputElement;
    const one = this.#classes[Number(event.key) - 1];
    const isNumber = /^[1-9]$/.test(event.key);
    if (!isNumber || isTyping || event.ctrlKey || event.metaKey || event.altKey || this.#element.closest("[hidden]")) return;
    event.preventDefault();
    if (!one) this.#host.onLack(`There are ${this.#classes.length} classes: choose “Another class” first.`);
    else if (!event.repeat) this.#start(one);
  }

  #start(one: Class): void {
    this.#stop();
    if (!this.#host.picture()) this.#host.onLack("There is no picture to add yet: draw something, or hold it before the camera.");
    void this.#take(one);
    this.#timer = window.setInterval(() => this.#taking === 0 && void this.#take(one), everyMs);
  }

  #stop(): void {
    clearInterval(this.#timer);
  }

  async #take(one: Class): Promise<void> {
    const source = this.#host.picture();
    if (!source) return;
    const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    const { width, height } = sizeOf(source);
    const least = Math.min(width, height);
    context.drawImage(source, (width - least) / 2, (height - least) / 2, least, least, 0, 0, side, side);
    this.#taking++;
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    this.#taking--;
    if (!blob) return;
    one.pictures.push({ file: new File([blob], "picture.png", { type: "image/png" }), url: URL.createObjectURL(blob) });
    this.#host.onTake();
    this.#host.onChange();
    this.#show();
  }

  #drop(one: Class, index: number): void {
    const [gone] = one.pictures.splice(index, 1);
    if (gone) URL.revokeObjectURL(gone.url);
    this.#host.onChange();
    this.#show();
  }

  #remove(one: Class): void {
    for (const { url } of one.pictures) URL.revokeObjectURL(url);
    this.#classes = this.#classes.filter((other) => other !== one);
    this.#host.onChange();
    this.#show();
  }

  #show(): void {
    render(
      html`
        <ol>
          ${repeat(
            this.#classes,
            ({ id }) => id,
            (one, i) => this.#classTemplate(one, i),
          )}
        </ol>
        <button
          type="button"
          ?disabled=${this.#classes.length >= 9}
          @click=${() => {
            this.#classes = [...this.#classes, this.#newClass()];
            this.#host.onChange();
            this.#show();
          }}
        >
          Another class
        </button>
      `,
      this.#element,
    );
  }

  #classTemplate(one: Class, index: number) {
    const { name, pictures } = one;
    const rename = (event: Event) => {
      one.name = (event.target as HTMLInputElement).value;
      this.#host.onChange();
      this.#show();
    };
    const take = (event: PointerEvent) => event.button === 0 && this.#start(one);
    // A click without a pointer is one of the keyboard.
    const click = (event: MouseEvent) => event.detail === 0 && void this.#take(one);
    return html`<li>
      <div class="row">
        <input .value=${name} aria-label=${`Name of class ${index + 1}`} @input=${rename} />
        <button type="button" aria-label=${`Add a picture to ${name}`} @pointerdown=${take} @click=${click}>Add (${index + 1})</button>
        <span>${pictures.length === 1 ? "1 picture" : `${pictures.length} pictures`}</span>
        ${
          this.#classes.length > 2
            ? html`<button type="button" aria-label=${`Remove ${name}`} @click=${() => this.#remove(one)}>Remove</button>`
            : nothing
        }
      </div>
      <div class="row taken">
        ${pictures
          .map(({ url }, i) => ({ url, i }))
          .slice(-mostShown)
          .map(
            ({ url, i }) =>
              html`<button type="button" aria-label=${`Drop picture ${i + 1} of ${name}`} title="Drop it" @click=${() => this.#drop(one, i)}>
                <img src=${url} alt="" width="40" height="40" />
              </button>`,
          )}
      </div>
    </li>`;
  }
}

/** A class's name, as a folder may be called. */
function folderOf({ name }: Class): string {
  return name.trim().replaceAll("/", "_");
}

function sizeOf(source: CanvasImageSource): { readonly width: number; readonly height: number } {
  if (source instanceof HTMLVideoElement) return { width: source.videoWidth, height: source.videoHeight };
  const { width, height } = source as HTMLCanvasElement;
  return { width, height };
}

/** The folder of a file says its class; a file that was made has none, so it is given one. */
function withPath(file: File, path: string): File {
  return Object.defineProperty(file, "webkitRelativePath", { value: path, configurable: true });
}
