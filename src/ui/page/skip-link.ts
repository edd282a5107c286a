// The link at the beginning of a page, for keyboards: past what stands before its matter. The address stays, which on some pages holds what is shown.

/** The focus goes to the element that the link names. */
export function offerSkip(): void {
  const link = document.querySelector<HTMLAnchorElement>("a.skip");
  link?.addEventListener("click", (event) => {
    const target = document.querySelector<HTMLElement>(link.hash);
    if (!target) return;
    event.preventDefault();
    // It takes the focus from here only: by a click it takes none.
    target.tabIndex = -1;
    target.addEventListener("blur", () => target.removeAttribute("tabindex"), { once: true });
    target.focus({ preventScroll: true });
    target.scrollIntoView();
  });
}
