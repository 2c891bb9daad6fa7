import { describe, expect, test } from "vitest";
import type { Dossier } from "../../../runtime/messages.ts";
import { pairVotes } from "./votes.ts";

const ballot = (pair: string, voter: string, choice: string) => ({
  pair,
  voter,
  adapter: 0,
  choice,
  text: "",
});

describe("votes", () => {
  test("are grouped by pair", () => {
    const dossier = {
      duels: [
        { first: "s1", second: "s2", outcome: "first" },
        { first: "s1", second: "s11", outcome: "draw" },
      ],
      ballots: [ballot("s1|s2", "ant", "s1"), ballot("s1|s11", "bee", "s11"), ballot("s1|s2", "bee", "s1")],
    } as unknown as Dossier;
    expect(pairVotes(dossier).map(({ ballots }) => ballots.map(({ voter }) => voter))).toEqual([
      ["ant", "bee"],
      ["bee"],
    ]);
  });
});
