// What somebody calls the layers of a network of their own, kept in the browser for the next time that the file is opened.
import type { ConvCam } from "../element.ts";
import { setAttribute } from "../state.ts";
import { keyOf, recallText, rememberText } from "./remembered.ts";

/** @returns what is called for a network of one's own before it loads, and with undefined for another, whose names are in the address alone */
export function keepNames(viewer: ConvCam): (files: readonly File[] | undefined) => void {
  let key: string | undefined;
  new MutationObserver(() => {
    if (key !== undefined) rememberText(key, viewer.getAttribute("layer-names") ?? undefined);
  }).observe(viewer, { attributeFilter: ["layer-names"] });
  return (files) => {
    key = files && keyOf(files, "names");
    if (key !== undefined) setAttribute(viewer, "layer-names", recallText(key));
  };
}
