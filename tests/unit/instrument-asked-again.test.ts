// What is asked of a network that is just planned anew is asked once more: nobody is left without an answer, or with one that never comes.
import { expect, test, vi } from "vitest";
import { Measuring } from "../../src/ui/instrument/measuring.ts";
import type { Session } from "../../src/ui/session/session.ts";
import { aborted } from "../../src/ui/session/session.ts";

function sessionOf(...answers: readonly (object | Error)[]) {
  const ask = vi.fn();
  for (const answer of answers) answer instanceof Error ? ask.mockRejectedValueOnce(answer) : ask.mockResolvedValueOnce(answer);
  return { ask } as unknown as Session;
}

test.each([
  ["once", [aborted(), { total: 1 }], { total: 1 }, undefined],
  ["never, but it fails", [new Error("no clock")], undefined, "no clock"],
])("layers are measured where the network is planned anew %s", async (_, answers, times, problem) => {
  const session = sessionOf(...answers);
  const measuring = new Measuring({ session, onChange: () => {} });
  await measuring.time();
  expect(measuring).toMatchObject({ times, problem, isTiming: false });
  expect(session.ask).toHaveBeenCalledTimes(answers.length);
});

test("layers of a network that is still being planned are measured once a frame of it was drawn", async () => {
  const session = sessionOf(aborted(), aborted(), { total: 1 });
  const measuring = new Measuring({ session, onChange: () => {} });
  await measuring.time();
  expect(measuring).toMatchObject({ times: undefined, problem: undefined, isTiming: true });
  await measuring.time();
  expect(session.ask).toHaveBeenCalledTimes(2);
  measuring.refresh();
  await vi.waitFor(() => expect(measuring).toMatchObject({ times: { total: 1 }, isTiming: false }));
  measuring.refresh();
  expect(session.ask).toHaveBeenCalledTimes(3);
});

test("with another network nobody waits for the times of the one before", async () => {
  const session = sessionOf(aborted(), aborted());
  const measuring = new Measuring({ session, onChange: () => {} });
  await measuring.time();
  measuring.clear();
  measuring.refresh();
  expect(measuring.isTiming).toBe(false);
  expect(session.ask).toHaveBeenCalledTimes(2);
});

test("of a network that has gone nothing is asked again", async () => {
  const measuring: Measuring = new Measuring({
    session: {
      ask: () => {
        measuring.clear();
        return Promise.reject(aborted());
      },
    } as unknown as Session,
    onChange: () => {},
  });
  await measuring.time();
  expect(measuring).toMatchObject({ times: undefined, problem: undefined, isTiming: false });
});
