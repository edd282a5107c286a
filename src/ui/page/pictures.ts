// The tab of pictures: the gallery, files, the clipboard, an address. What only it needs is loaded when it is first used.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import { withTypes } from "./dropped-files.ts";
import { find } from "./listen.ts";
import { once } from "./once.ts";
import { isGalleryName } from "./written-input.ts";

type Picture = Blob | HTMLCanvasElement;

interface PicturesHost {
  readonly viewer: ConvCam;
  /** @param written as an address has it; undefined where none holds it, as of a file */
  show(picture: Picture, written: string | undefined): void;
  /** Is told what could not be shown. */
  fail(error: unknown): void;
}

export interface OfferedPictures {
  /** Opens the tab with the last picture. */
  open(): void;
  /** Shows a picture that came otherwise. */
  show(picture: Picture): void;
  /** Shows what an address calls so: a picture of the gallery, or one at an address of its own. @param refuse is told why there is none */
  openWritten(written: string, refuse: (error: unknown) => void): void;
  /** Something else is looked at: a picture that is on its way is no longer wanted. */
  forget(): void;
}

const loadFetching = () => loadPart("for pictures", () => import("./fetch-picture.ts"));

export function offerPictures({ viewer, show, fail }: PicturesHost): OfferedPictures {
  let last: (() => void) | undefined;
  const showNow = (picture: Picture, written?: string) => {
    last = () => showNow(picture, written);
    show(picture, written);
  };
  /** Counts what was asked for, so that a slow picture does not replace a later one. */
  let count = 0;
  const showLater = async (written: string | undefined, load: () => Promise<Picture>, refuse = fail) => {
    const mine = ++count;
    find("input-problem").hidden = true;
    try {
      const picture = await load();
      if (mine === count) showNow(picture, written);
    } catch (error) {
      if (mine === count) refuse(error);
    }
  };
  const loadGallery = once(async () => {
    const part = await loadPart("with the gallery", () => import("./gallery.ts"));
    find("gallery-credits").textContent = part.creditLine();
    return new part.PictureGallery(find("gallery"), { viewer, showLater: (name, load) => void showLater(name, load) });
  });
  const fetchPicture = async (address: string) => (await loadFetching()).fetchPicture(address, location.href);
  viewer.addEventListener("input", () => {
    if (!find("pictures").hidden) loadGallery().catch(fail);
  });

  const file = find<HTMLInputElement>("picture-file");
  file.addEventListener("change", () => {
    const [picture] = file.files ?? [];
    if (picture) showLater(undefined, async () => (await withTypes([picture]))[0] ?? picture);
    file.value = "";
  });
  find("picture-open").addEventListener("click", () => file.click());
  find("picture-paste").addEventListener("click", () => showLater(undefined, async () => (await loadFetching()).pastePicture()));
  find("picture-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const address = find<HTMLInputElement>("picture-address").value.trim();
    void showLater(address, () => fetchPicture(address));
  });
  addEventListener("paste", async ({ clipboardData }) => {
    const files = await withTypes([...(clipboardData?.files ?? [])]);
    const picture = files.find(({ type }) => /^(image|video)\//.test(type));
    if (picture) showNow(picture);
  });
  return {
    open() {
      if (!find("pictures").hidden) return;
      if (last) last();
      else loadGallery().then((all) => all.showFirst(), fail);
    },
    show: (picture) => showNow(picture),
    openWritten(written, refuse) {
      const load = async () => (isGalleryName(written) ? (await loadGallery()).open(written) : fetchPicture(written));
      void showLater(written, load, refuse);
    },
    forget() {
      count++;
    },
  };
}
