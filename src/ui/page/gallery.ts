// The gallery: one button for each of its pictures. Loaded when the tab of pictures is first opened, or with an address that names one of them.
import type { ConvCam } from "../element.ts";
import { type GalleryPicture, galleryPicture, galleryPictures, type MovingScene } from "./gallery-pictures.ts";
import { creditLine } from "./photographs.ts";

export { creditLine };

type Picture = HTMLCanvasElement | Blob;

interface GalleryHost {
  readonly viewer: ConvCam;
  /** Shows a picture once it is there, unless another one was chosen meanwhile. */
  readonly showLater: (name: string, load: () => Promise<Picture>) => void;
}

export class PictureGallery {
  readonly #host: GalleryHost;
  readonly #buttons = new Map<string, HTMLButtonElement>();
  /** Those that were shown, by name: a scene goes on where it was. */
  readonly #opened = new Map<string, Picture>();
  readonly #scenes = new Map<unknown, MovingScene>();
  /** Whether a scene was chosen, and is not shown yet: then keys drive it at once. */
  #wantsFocus = false;

  /** @param box is filled with one button for each picture */
  constructor(box: HTMLElement, host: GalleryHost) {
    this.#host = host;
    for (const picture of galleryPictures) this.#buttons.set(picture.name, this.#buttonFor(picture));
    box.replaceChildren(...this.#buttons.values());
    host.viewer.addEventListener("input", () => this.#mark());
  }

  showFirst(): void {
    this.#buttons.values().next().value?.click();
  }

  /** @throws Error where there is none of that name, or where it cannot be fetched */
  async open(name: string): Promise<Picture> {
    const known = this.#opened.get(name);
    if (known) return known;
    const { viewer } = this.#host;
    const opened = await galleryPicture(name).open({
      onChange: () => viewer.refresh(),
      isShown: (canvas) => viewer.input === canvas && !viewer.paused,
    });
    const picture = "canvas" in opened ? opened.canvas : opened;
    if ("canvas" in opened) this.#scenes.set(picture, opened);
    this.#opened.set(name, picture);
    return picture;
  }

  #buttonFor({ name, label, thumbnail }: GalleryPicture): HTMLButtonElement {
    const button = Object.assign(document.createElement("button"), { type: "button", title: label });
    button.ariaLabel = label;
    button.ariaPressed = "false";
    button.append(thumbnail());
    button.addEventListener("click", () => {
      this.#wantsFocus = true;
      this.#host.showLater(name, () => this.open(name));
    });
    return button;
  }

  #mark(): void {
    const { input } = this.#host.viewer;
    for (const [name, button] of this.#buttons) {
      const picture = this.#opened.get(name);
      button.ariaPressed = String(picture !== undefined && picture === input);
    }
    const scene = this.#scenes.get(input);
    scene?.start?.();
    if (this.#wantsFocus) scene?.canvas.focus({ preventScroll: true });
    this.#wantsFocus = false;
  }
}
