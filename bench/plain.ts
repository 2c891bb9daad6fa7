/**
 * The floor of the message path: the same protocol as one plain asynchronous function, without actors, messages,
 * deadlines or replay. The calls are those of the society: the same prompts, scripts and parsers, with every voter on
 * every pair. Ratings are the same closed form; each question is one committed row in SQLite.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { trueSkill } from "../actors/trueskill.ts";
import { soundScript } from "../cli/host/scripted-society.ts";
import { type AskedPrompt, loadPack, type PromptPack } from "../prompts/pack.ts";
import type { Rating } from "../runtime/messages.ts";
import type { Model } from "../runtime/model/model.ts";
import { scriptedModel } from "../runtime/model/scripted.ts";

interface Answer {
  readonly author: string;
  readonly text: string;
  readonly answer: string | undefined;
}

interface Pair {
  readonly first: Answer;
  readonly second: Answer;
}

interface Vote {
  readonly voter: string;
  readonly pair: string;
  readonly text: string;
  readonly choice: string | undefined;
}

type Verdicts = readonly (string | undefined)[];

/** Of the answers that all peers accept. */
export const pairsOf = (answers: readonly Answer[], verdicts: readonly Verdicts[]): Pair[] => {
  const verified = answers.filter((_, index) => verdicts[index]?.every((verdict) => verdict === "accept"));
  return verified.flatMap((first, index) => verified.slice(index + 1).map((second) => ({ first, second })));
};

const never = new AbortController().signal;

/** Plays questions one after another. Its phases are those that other programs of the same protocol call. */
export class PlainSociety {
  readonly #models: readonly Model[];
  readonly #pack: PromptPack;
  readonly #database: DatabaseSync;
  readonly #ratings: Record<string, Rating>;
  #played = 0;

  constructor(agents: number, pack: string, folder: string) {
    this.#pack = loadPack(pack);
    this.#models = Array.from({ length: agents }, (_, index) =>
      scriptedModel({ name: `agent-${index}`, script: soundScript(index) }),
    );
    this.#ratings = Object.fromEntries(this.#models.map(({ name }) => [name, trueSkill.initial()]));
    this.#database = new DatabaseSync(join(folder, "plain.db"));
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    this.#database.exec("CREATE TABLE questions (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT");
  }

  async play(): Promise<void> {
    const question = await this.pose();
    const answers = await this.solve(question);
    const verdicts = await this.verify(question, answers);
    const pairs = pairsOf(answers, verdicts);
    const votes = await this.vote(question, pairs);
    const winner = this.rate(pairs, votes);
    const explanation = winner && (await this.explain(question, winner));
    this.keep({ question, answers, verdicts, votes, winner: winner?.author, explanation });
  }

  async pose(): Promise<string> {
    const generator = this.#models[this.#played % this.#models.length] as Model;
    this.#played += 1;
    return this.#pack.question(await this.#ask(generator, "generator", { difficulty: "3" })) ?? "";
  }

  solve(question: string): Promise<Answer[]> {
    return Promise.all(
      this.#models.map(async (model) => {
        const text = await this.#ask(model, "solver", { question, examples: "" });
        return { author: model.name, text, answer: this.#pack.answer(text) };
      }),
    );
  }

  /** By answer, those of all peers of its author. */
  verify(question: string, answers: readonly Answer[]): Promise<Verdicts[]> {
    return Promise.all(answers.map((answer) => this.#check(question, answer)));
  }

  /** By voter, on every pair. */
  vote(question: string, pairs: readonly Pair[]): Promise<Vote[][]> {
    return Promise.all(this.#models.map((model) => this.#vote(model, question, pairs)));
  }

  /** The majority decides each pair; most pairs won is best. */
  rate(pairs: readonly Pair[], votes: readonly (readonly Vote[])[]): Answer | undefined {
    const won = new Map<Answer, number>();
    for (const [index, { first, second }] of pairs.entries()) {
      const choices = votes.map((ballots) => ballots[index]?.choice);
      const lead =
        choices.filter((choice) => choice === first.author).length -
        choices.filter((choice) => choice === second.author).length;
      const outcome = lead === 0 ? "draw" : lead > 0 ? "first" : "second";
      const before = [first, second].map(({ author }) => this.#ratings[author] as Rating);
      const [left, right] = trueSkill.duel(before[0] as Rating, before[1] as Rating, outcome);
      this.#ratings[first.author] = left;
      this.#ratings[second.author] = right;
      won.set(first, (won.get(first) ?? 0) + (outcome === "first" ? 1 : outcome === "draw" ? 0.5 : 0));
      won.set(second, (won.get(second) ?? 0) + (outcome === "second" ? 1 : outcome === "draw" ? 0.5 : 0));
    }
    return [...won].toSorted(([, left], [, right]) => right - left)[0]?.[0];
  }

  explain(question: string, { author, text: solution }: Answer): Promise<string> {
    const winner = this.#models.find(({ name }) => name === author) as Model;
    return this.#ask(winner, "explainer", { question, solution, remarks: "" });
  }

  keep(record: object): void {
    const body = JSON.stringify({ ...record, ratings: this.#ratings });
    this.#database.prepare("INSERT INTO questions (body) VALUES (?)").run(body);
  }

  close(): void {
    this.#database.close();
  }

  async #ask(model: Model, role: AskedPrompt, variables: Record<string, string>): Promise<string> {
    const { system, user: prompt } = this.#pack.chat(role, variables);
    const { maxTokens, stop, temperature = 0.6, topP = 0.95 } = this.#pack.settings[role];
    const sampling = { maxTokens, stop, temperature, topP, seed: this.#played };
    const { texts } = await model.complete({ role, system, prompt, ...sampling }, never);
    return this.#pack.reply(role, texts[0] ?? "");
  }

  #check(question: string, { author, text: solution }: Answer): Promise<Verdicts> {
    const peers = this.#models.filter(({ name }) => name !== author);
    return Promise.all(
      peers.map(async (peer) =>
        this.#pack.verdict(await this.#ask(peer, "verifier", { question, solution })),
      ),
    );
  }

  #vote(model: Model, question: string, pairs: readonly Pair[]): Promise<Vote[]> {
    return Promise.all(
      pairs.map(async ({ first, second }) => {
        const shown = Math.random() < 0.5 ? ([first, second] as const) : ([second, first] as const);
        const [left, right] = shown;
        const text = await this.#ask(model, "voter", { question, first: left.text, second: right.text });
        const ballot = this.#pack.ballot(text);
        const choice = ballot && (ballot === "first" ? left : right).author;
        return { voter: model.name, pair: `${first.author}|${second.author}`, text, choice };
      }),
    );
  }
}
