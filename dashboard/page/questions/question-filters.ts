/** Filters of the question list. They are part of the address, so a link opens the same list. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { h, html } from "../html.ts";
import { amendRoute, route } from "../route.ts";
import { plainWord } from "../text/plain-words.ts";
import { posers } from "./question-query.ts";

/** Names of the filters in the address and in the server's query. */
export const filterNames = [
  ...["outcome", "author", "from", "to", "text", "verifier", "solver", "posed", "sort", "order"],
] as const;

const outcomeWords = { misled: "verified but wrong", open: "not answered yet" };

/** Delay between the last key press and the search [ms]. */
const pause = 250;

const change = (name: string, value: string): void => amendRoute({ [name]: value, page: "" });

const Choice = (
  label: string,
  name: string,
  choices: readonly string[],
  words: Readonly<Record<string, string>> = {},
): VNode => html`<label>
  <span>${label}</span>
  <select value=${route.value.query[name] ?? ""} onChange=${(event: Event) => change(name, (event.currentTarget as HTMLSelectElement).value)}>
    <option value="">all</option>
    ${choices.map((choice) => html`<option value=${choice}>${words[choice] ?? plainWord(choice)}</option>`)}
  </select>
</label>`;

const Bound = (label: string, name: string): VNode => html`<label class="bound">
  <span>${label}</span>
  <input
    type="number" min="0" step="1" inputmode="numeric" placeholder="any"
    value=${route.value.query[name] ?? ""}
    onInput=${(event: Event) => change(name, (event.currentTarget as HTMLInputElement).value)}
  />
</label>`;

/** From a cell of the refusal matrix. */
const Refused = (): VNode | null => {
  const { verifier, solver } = route.value.query;
  if (verifier === undefined && solver === undefined) return null;
  return html`<p class="chosen-refusals">
    <span class="badge accent">refused by ${verifier ?? "anyone"}${solver === undefined ? "" : `: solutions of ${solver}`}</span>
    <button type="button" onClick=${() => amendRoute({ verifier: "", solver: "", page: "" })}>show all</button>
  </p>`;
};

export const QuestionFilters = ({ authors }: { authors: readonly string[] }): VNode => {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const search = (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => change("text", value), pause);
  };
  return html`<form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
    <label class="search">
      <span>Search</span>
      <input type="search" placeholder="text of the question" value=${route.value.query.text ?? ""} onInput=${search} />
    </label>
    ${Choice("Outcome", "outcome", ["settled", "disputed", "misled", "void", "open"], outcomeWords)}
    ${Choice("Posed by", "posed", posers, { society: "the society", person: "a person" })}
    ${Choice("Author", "author", authors)}
    ${Bound("Difficulty from", "from")}
    ${Bound("to", "to")}
    ${h(Refused, {})}
  </form>`;
};
