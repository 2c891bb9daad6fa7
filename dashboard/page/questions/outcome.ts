/** Badges for the outcome of a question and for verdicts. */
import type { QuestionLine } from "../../view.ts";
import type { BadgeProps } from "../parts/badge.ts";
import { isLive } from "../state/playback.ts";

const outcomes: Readonly<Record<QuestionLine["outcome"], BadgeProps>> = {
  settled: { tone: "good", sign: "✓", text: "settled" },
  disputed: { tone: "warn", sign: "≠", text: "disputed" },
  void: { tone: "plain", sign: "∅", text: "discarded" },
  open: { tone: "accent", sign: "…", text: "under way" },
};

const unanswered: BadgeProps = { tone: "plain", sign: "–", text: "not answered" };

/** Nothing is under way in a recorded run. */
export const badgeOf = ({ outcome }: QuestionLine): BadgeProps =>
  outcome === "open" && !isLive.value ? unanswered : outcomes[outcome];

export const askedBadge = (operator: string): BadgeProps => ({
  ...{ tone: "accent", sign: "?", text: `asked by ${operator}` },
  title: "A person asked it: it changes no rating and gives no training sample",
});

export const misledBadge: BadgeProps = {
  ...{ tone: "bad", sign: "≠", text: "verified but wrong" },
  title: "A solution that every peer accepted has a wrong answer",
};

export const verdicts = {
  accept: { tone: "good", sign: "✓", text: "accepts" },
  refuse: { tone: "bad", sign: "✗", text: "refuses" },
  abstain: { tone: "plain", sign: "–", text: "abstains" },
} as const satisfies Readonly<Record<string, BadgeProps>>;
