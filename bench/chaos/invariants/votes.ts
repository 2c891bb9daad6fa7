/** Each vote and each verdict counts once, and what is decided follows from them: counted anew, without the folds. */
import type { Dossier } from "../../../runtime/messages.ts";
import { type Evidence, ofType, repeated } from "./evidence.ts";

const electorateOf = ({ group, voters = group }: Dossier): ReadonlySet<string> => new Set(voters);

/** Pairs by `first second`, with the votes for each side. */
const tallyOf = ({ ballots, duels }: Dossier) =>
  duels.map((duel) => {
    const cast = ballots.filter(({ pair }) => pair.includes(duel.first) && pair.includes(duel.second));
    const votesFor = (id: string) => cast.filter(({ choice }) => choice === id).length;
    return { duel, first: votesFor(duel.first), second: votesFor(duel.second) };
  });

const duelTroubles = (dossier: Dossier): string[] =>
  tallyOf(dossier).flatMap(({ duel, first, second }) => {
    const majority = first === second ? "draw" : first > second ? "first" : "second";
    if (first + second > 0 && majority === duel.outcome) return [];
    return [`${duel.first} against ${duel.second} is ${duel.outcome} with ${first} to ${second} votes`];
  });

/** Unanimous consent of the peers that are there, and no refusal. */
const verificationTroubles = ({ group, judges = [], absent = [], solutions, verdicts, verified }: Dossier) =>
  solutions.flatMap(({ solutionId, author, verifiers = [...group, ...judges] }) => {
    const given = verdicts.filter((each) => each.solutionId === solutionId);
    const peers = verifiers.filter((peer) => peer !== author && !absent.includes(peer));
    const accepts = (peer: string) =>
      given.some(({ verifier, verdict }) => verifier === peer && verdict === "accept");
    const isSound = peers.every(accepts) && given.every(({ verdict }) => verdict !== "refuse");
    return verified.includes(solutionId) && !isSound ? [`${solutionId} is verified without consent`] : [];
  });

const troublesIn = (dossier: Dossier): string[] => {
  const { ballots, verdicts, solutions } = dossier;
  const electorate = electorateOf(dossier);
  return [
    ...repeated(ballots.map(({ voter, pair }) => `${voter} on ${pair}`)).map(
      (vote) => `two votes of ${vote}`,
    ),
    ...repeated(verdicts.map(({ verifier, solutionId }) => `${verifier} on ${solutionId}`)).map(
      (verdict) => `two verdicts of ${verdict}`,
    ),
    ...repeated(solutions.map(({ solutionId }) => solutionId)).map((id) => `two solutions ${id}`),
    ...ballots.filter(({ voter }) => !electorate.has(voter)).map(({ voter }) => `${voter} votes unasked`),
    ...duelTroubles(dossier),
    ...verificationTroubles(dossier),
  ];
};

export const voteViolations = ({ records }: Evidence): string[] =>
  ofType(records, "question.settled").flatMap(({ dossier }) =>
    troublesIn(dossier).map((trouble) => `question ${dossier.question}: ${trouble}`),
  );
