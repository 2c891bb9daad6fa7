/** Recorded scripted runs, for tests of the views. */
import { type Run, runFolder } from "../cli/host/host.ts";
import { type Played, type PlayOptions, play } from "../cli/host/society.fixture.ts";
import { afterTest, type Closer } from "../runtime/closings.fixture.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Script } from "../runtime/model/scripted.ts";
import { Charts } from "./charts/charts.ts";
import { FeedWriter } from "./live/feed-writer.ts";
import { judge } from "./page.fixture.ts";
import { Chronicle } from "./record/chronicle.ts";

/** Plays a run to its end, with the feed that the command line would write. */
export const playRecorded = async (config: Config, options: PlayOptions = {}): Promise<Played> => {
  const feed = new FeedWriter(runFolder(config));
  try {
    return await play(config, {
      ...options,
      onMessage: (message) => {
        feed.accept(message);
        options.onMessage?.(message);
      },
      during: async (run: Run, parts) => {
        feed.start(run.house);
        await options.during?.(run, parts);
      },
    });
  } finally {
    feed.close();
  }
};

export const chronicleOf = async (config: Config, closer: Closer = afterTest): Promise<Chronicle> => {
  const charts = new Charts();
  const sources = { judge, learnChart: (definition: unknown) => charts.learn(definition) };
  const chronicle = Chronicle.open(runFolder(config), sources);
  closer.add(() => chronicle.close());
  await chronicle.read();
  return chronicle;
};

/** Always answers 9 and accepts every solution. */
export const alwaysNine: Script = {
  solver: () => "ans 9",
  verifier: ({ prompt }) => {
    const answer = prompt.match(/ans (\d)/)?.[1] ?? 0;
    return `0+9=9:0+9=9 ans ${answer}:${answer}`;
  },
};
