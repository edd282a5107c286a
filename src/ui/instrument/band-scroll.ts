// Where the graph of a network is scrolled to. It scrolls alone: the page that it stands in stays where it is.

/** By as little as shows all of a node. */
export function bringIntoView(scroller: Element, node: Element): void {
  const box = node.getBoundingClientRect();
  const room = scroller.getBoundingClientRect();
  const by = (begin: number, end: number, from: number, to: number) => Math.min(begin - from, 0) + Math.max(end - to, 0);
  scroller.scrollBy(by(box.left, box.right, room.left, room.right), by(box.top, box.bottom, room.top, room.bottom));
}

/** To the first node, in the middle across: a network whose later part is wider begins somewhere there. */
export function scrollToFirst(scroller: Element, first: HTMLElement, isDown: boolean): void {
  const { clientHeight, clientWidth } = scroller;
  scroller.scrollTop = isDown ? 0 : first.offsetTop + first.offsetHeight / 2 - clientHeight / 2;
  scroller.scrollLeft = isDown ? first.offsetLeft + first.offsetWidth / 2 - clientWidth / 2 : 0;
}
