/** Groups message types into families that differ by colour and by the shape of their dots. */

export const shapes = ["circle", "square", "diamond", "triangle", "cross", "ring", "bar"] as const;
export type Shape = (typeof shapes)[number];

export interface Family {
  readonly name: string;
  /** Description of the family's messages. */
  readonly about: string;
  readonly shape: Shape;
  /** Colour token of the style sheet. */
  readonly token: string;
  readonly topics: readonly string[];
}

const family = (name: string, about: string, shape: Shape, token: string, topics: string[]): Family => ({
  ...{ name, about, shape, token, topics },
});

export const families: readonly Family[] = [
  family("pose", "rounds and questions", "circle", "--series-1", ["round", "question"]),
  family("solve", "solutions", "square", "--series-2", ["solution"]),
  family("verify", "verdicts", "diamond", "--series-3", ["verdict"]),
  family("vote", "ballots and winners", "triangle", "--series-4", ["ballot", "winner"]),
  family("explain", "explanations, history", "cross", "--series-5", [
    "explanation",
    "remark",
    "remarks",
    "history",
  ]),
  family("learn", "training and anchor", "ring", "--series-6", [
    ...["anchor", "training", "adapter", "strategy"],
  ]),
  family("house", "joins, leaves, costs", "bar", "--series-8", []),
];

const byTopic = new Map(families.flatMap((index) => index.topics.map((topic) => [topic, index] as const)));
const house = families[families.length - 1] as Family;

/** Unknown message types, such as those of new agents, belong to the family "house". */
export const familyOf = (type: string): Family => byTopic.get(type.split(".", 1)[0] ?? "") ?? house;
