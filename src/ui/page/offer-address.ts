// The menu beside "Open .onnx…": a field for the address of a network, and folders.
import { attributes } from "../attributes.ts";
import type { Addresses } from "./address.ts";
import { find } from "./listen.ts";

/** @param open is given what was typed, once it can be fetched: one address, or a list of them as JSON */
export function offerAddress(open: (src: Addresses) => void): void {
  const [menu, field] = [find<HTMLDetailsElement>("open-otherwise"), find<HTMLInputElement>("network-address")];
  menu.addEventListener("toggle", () => menu.open && field.focus());
  field.addEventListener("input", () => field.setCustomValidity(""));
  find("network-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const src = attributes.src.read(field.value.trim());
    const wrong = [src ?? ""].flat().find((address) => !isFetched(address));
    field.setCustomValidity(wrong === undefined ? "" : `'${wrong}' is no address of a network. It begins with https://.`);
    if (!field.reportValidity() || src === undefined) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
    open(src);
  });
}

function isFetched(address: unknown): boolean {
  // A word with blanks is no address, though a browser would look for a file of this name.
  return (
    typeof address === "string" &&
    !/\s/.test(address) &&
    URL.canParse(address, location.href) &&
    /^https?:$/.test(new URL(address, location.href).protocol)
  );
}
