// The page's buttons that open parts: what becomes of one whose code does not load.
import { expect, test } from "vitest";
import { offerPart } from "../../src/ui/page/offer-part.ts";

test("a part that does not load stays closed and says so until the next click, which loads it", async () => {
  const button = Object.assign(new EventTarget(), { ariaExpanded: "false" as string | null });
  const controls = { hidden: true };
  const problem = { hidden: true, textContent: "" };
  const toggled: string[] = [];
  let isOnline = false;
  offerPart({
    ...{ button: button as never, controls, problem, title: "Why?" },
    load: async () => {
      if (!isOnline) throw new Error("offline");
      return "part";
    },
    onToggle: (part, isOpen) => toggled.push(`${part} ${isOpen ? "open" : "closed"}`),
  });
  const click = async () => {
    button.dispatchEvent(new Event("click"));
    await new Promise((resolve) => setTimeout(resolve));
    return { isOpen: !controls.hidden, says: problem.hidden ? undefined : problem.textContent };
  };
  const refusal = "“Why?” could not be loaded. Check the connection and reload the page. (offline)";
  expect(await click()).toEqual({ isOpen: false, says: refusal });
  isOnline = true;
  expect(await click()).toEqual({ isOpen: true, says: undefined });
  expect(await click()).toEqual({ isOpen: false, says: undefined });
  expect(toggled).toEqual(["part open", "part closed"]);
});
