// Pictures and videos from an address or from the clipboard, with errors that say what a visitor can do.
import { whyUnreadable } from "../unreadable.ts";

/**
 * @param base the page's own address, which others are told apart from
 * @throws Error that says why there is no picture, and what to do
 */
export async function fetchPicture(text: string, base: string, load: typeof fetch = fetch): Promise<Blob> {
  const url = URL.canParse(text.trim(), base) ? new URL(text.trim(), base) : undefined;
  if (!url || !/^(https?|data|blob):$/.test(url.protocol))
    throw new Error(`'${text.trim()}' is no address of a picture. It begins with https://.`);
  const name = url.protocol === "data:" ? "This data: address" : `'${url.href}'`;
  let response: Response;
  try {
    response = await load(url);
  } catch {
    throw new Error(
      `${name} cannot be read. ${whyUnreadable(url, { base, what: "pictures", remedy: "Save the picture and open the file." })}`,
    );
  }
  if (!response.ok) throw new Error(`${name}: the server answered ${response.status}. Check the address.`);
  const blob = await response.blob();
  const kind = blob.type.split("/")[0] ?? "";
  if (kind === "text" || /json|pdf|xml$/.test(blob.type))
    throw new Error(`${name} is no picture but ${blob.type}. Give the address of the picture itself, not of a page that shows it.`);
  return blob;
}

/**
 * The picture in the clipboard.
 *
 * @throws Error that says why there is none
 */
export async function pastePicture(clipboard: Pick<Clipboard, "read"> | undefined = navigator.clipboard): Promise<Blob> {
  if (!clipboard?.read) throw new Error("This browser lets no button read the clipboard. Press Ctrl+V, or ⌘V, instead.");
  const items = await clipboard.read().catch((error: Error) => {
    throw new Error(`The clipboard could not be read (${error.message}). Allow it, or press Ctrl+V, or ⌘V, instead.`);
  });
  for (const item of items) {
    const type = item.types.find((one) => one.startsWith("image/"));
    if (type) return item.getType(type);
  }
  throw new Error("There is no picture in the clipboard. Copy one first.");
}
