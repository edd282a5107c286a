// Gives what is shown to others: a link, and the code of a frame for another page. Loaded when somebody asks.
import { find } from "./listen.ts";
import { ownPicture } from "./written-input.ts";

/** CSS pixels of a frame: room for maps below the graph. It is as wide as where it stands. */
const frameHeight = 720;

interface Shared {
  /** Whether the network is a file. */
  readonly isFile: boolean;
  /** As the page's address has it. */
  readonly input: string | undefined;
}

/** What a link does not hold, or who follows it should know; empty where it shows the same again. Pure. */
export function noteOn({ isFile, input }: Shared): string {
  const notes = [
    isFile && "The network is a file of yours, which a link does not hold: who follows it has to open the file, too.",
    input === ownPicture &&
      "The picture is one that a link does not hold, such as a file: who follows it is told so, and sees a digit in its place.",
    input === "camera" && "Who follows it is asked for a camera of their own.",
  ];
  return notes.filter(Boolean).join(" ");
}

export class Sharing {
  readonly #dialog = find<HTMLDialogElement>("share-dialog");

  constructor() {
    for (const button of this.#dialog.querySelectorAll<HTMLButtonElement>("[data-copy]"))
      button.addEventListener("click", () => void this.#copy(button));
  }

  open(shared: Shared): void {
    const address = new URL("embed.html", location.href);
    address.search = location.search;
    address.hash = location.hash;
    find<HTMLTextAreaElement>("share-link").value = location.href;
    find<HTMLTextAreaElement>("share-embed").value =
      `<iframe src="${address.href.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}" width="100%" height="${frameHeight}" ` +
      `title="Convcam: a network, live" allow="camera; fullscreen" loading="lazy"></iframe>`;
    find("share-note").textContent = noteOn(shared);
    find("share-done").textContent = "";
    this.#dialog.showModal();
  }

  /** Where the browser does not let a page write to the clipboard, the text is marked to be copied by hand. */
  async #copy(button: HTMLButtonElement): Promise<void> {
    const field = find<HTMLTextAreaElement>(button.dataset["copy"] ?? "");
    field.select();
    const isDone = await navigator.clipboard.writeText(field.value).then(
      () => true,
      () => false,
    );
    find("share-done").textContent = isDone ? "Copied." : "Marked: copy it with Ctrl+C.";
  }
}
