/** Asks the society a question; its page opens at once and shows it being solved, checked and voted on. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { html } from "../html.ts";
import { formatRoute } from "../route.ts";
import { isActing, perform } from "./perform.ts";

const ask = async (text: string): Promise<boolean> => {
  const done = await perform({ act: "ask", text });
  if (done?.question === undefined) return false;
  location.hash = formatRoute({ page: "questions", id: done.question });
  return true;
};

export const AskBox = (): VNode => {
  const [text, setText] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (text.trim() !== "" && (await ask(text.trim()))) setText("");
  };
  return html`<form class="ask" onSubmit=${submit}>
    <label>
      <span class="unseen">Ask the society</span>
      <input
        type="text" maxlength="4000" autocomplete="off" placeholder="Ask the society, as in 7*8+5" value=${text}
        onInput=${(event: Event) => setText((event.currentTarget as HTMLInputElement).value)}
      />
    </label>
    <button type="submit" disabled=${isActing.value || text.trim() === ""}>Ask</button>
  </form>`;
};
