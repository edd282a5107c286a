// Style sheets without `<style>` elements, which a Content-Security-Policy without 'unsafe-inline' strips.

/** Adds rules to a document or shadow root; the same text is parsed once per call, so call it once per root. */
export function adoptStyles(root: DocumentOrShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
}
