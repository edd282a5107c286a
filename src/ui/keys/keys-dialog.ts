// A dialog that lists the keys of every view. Loaded when somebody asks.
import { make } from "../make.ts";
import { adoptStyles } from "../style-sheet.ts";
import { keyGroups } from "./key-list.ts";
import styles from "./keys.css?inline";

const words = {
  title: "Keys",
  about: "They hold while the part that they are of has the focus, which Tab gives it.",
  close: "Close",
} as const;

const styled = new WeakSet<Node>();

/**
 * Shows the list until somebody closes it.
 *
 * @param parent where the dialog stands
 * @param more what else it offers, if something
 */
export function showKeys(parent: HTMLElement | ShadowRoot, more: readonly HTMLElement[] = []): void {
  const root = parent.getRootNode() as Document | ShadowRoot;
  if (!styled.has(root)) adoptStyles(root, styles);
  styled.add(root);
  const dialog = make("dialog", "keys-dialog");
  const close = Object.assign(make("button", "part-button", words.close), { type: "button" });
  const title = Object.assign(make("h2", "", words.title), { id: "keys-title" });
  const offers = make("div", "keys-more");
  offers.append(...more);
  const lists = make("div", "keys-lists");
  lists.append(...keyGroups.map(({ title: name, uses }) => makeGroup(name, uses)));
  dialog.setAttribute("aria-labelledby", title.id);
  const foot = make("div", "keys-close");
  foot.append(close);
  dialog.append(title, make("p", "keys-about", words.about), offers, lists, foot);
  // Keys that are pressed in it are none of what lies behind.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  close.addEventListener("click", () => dialog.close());
  for (const offer of more) offer.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  parent.append(dialog);
  dialog.showModal();
  // The focus is on the first button, which may stand at the end.
  dialog.scrollTop = 0;
}

function makeGroup(name: string, uses: (typeof keyGroups)[number]["uses"]): HTMLElement {
  const group = make("section", "keys-group");
  const list = make("dl", "");
  list.append(
    ...uses.map(({ keys, does }) => {
      const row = make("div", "");
      const term = make("dt", "");
      term.append(...keys.map((key) => make("kbd", "", key)));
      row.append(term, make("dd", "", does));
      return row;
    }),
  );
  group.append(make("h3", "", name), list);
  return group;
}
