// The tab of pictures: the gallery, files, the clipboard, an address. What only it needs is loaded when it is first used.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import type { PictureGallery } from "./gallery.ts";
import { find } from "./listen.ts";

type Show = (picture: Blob | HTMLCanvasElement) => void;

const loadFetching = () => loadPart("for pictures", () => import("./fetch-picture.ts"));

/**
 * @param fail is told what could not be shown
 * @returns what opens the tab with the last picture, and what shows a picture that came otherwise
 */
export function offerPictures(
  viewer: ConvCam,
  showPicture: Show,
  fail: (error: unknown) => void,
): { readonly open: () => void; readonly show: Show } {
  let last: Blob | HTMLCanvasElement | undefined;
  const show: Show = (picture) => {
    last = picture;
    showPicture(picture);
  };
  let gallery: Promise<PictureGallery> | undefined;
  /** Counts what was asked for, so that a slow picture does not replace a later one. */
  let count = 0;
  const showLater = async (load: () => Promise<Blob | HTMLCanvasElement>) => {
    const mine = ++count;
    find("input-problem").hidden = true;
    try {
      const picture = await load();
      if (mine === count) show(picture);
    } catch (error) {
      if (mine === count) fail(error);
    }
  };
  viewer.addEventListener("input", () => {
    count++;
    if (!find("pictures").hidden) void fillGallery();
  });
  const fillGallery = () => {
    gallery ??= loadPart("with the gallery", () => import("./gallery.ts")).then((part) => {
      find("gallery-credits").textContent = part.creditLine();
      return new part.PictureGallery(find("gallery"), { viewer, show, showLater: (load) => void showLater(load) });
    });
    return gallery.catch((error) => {
      gallery = undefined;
      fail(error);
    });
  };

  const file = find<HTMLInputElement>("picture-file");
  file.addEventListener("change", () => {
    const [picture] = file.files ?? [];
    if (picture) show(picture);
    file.value = "";
  });
  find("picture-open").addEventListener("click", () => file.click());
  find("picture-paste").addEventListener("click", () => showLater(async () => (await loadFetching()).pastePicture()));
  find("picture-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = find<HTMLInputElement>("picture-address");
    void showLater(async () => (await loadFetching()).fetchPicture(value, location.href));
  });
  addEventListener("paste", ({ clipboardData }) => {
    const picture = Array.from(clipboardData?.files ?? []).find(({ type }) => /^(image|video)\//.test(type));
    if (picture) show(picture);
  });
  const open = async () => {
    if (!find("pictures").hidden) return;
    if (last) show(last);
    else (await fillGallery())?.showFirst();
  };
  return { open: () => void open(), show };
}
