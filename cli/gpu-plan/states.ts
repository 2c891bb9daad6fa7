/** All states of a run's GPUs. */
import { placedServers, type Site, type State } from "./plan.ts";
import { servingState, sharesOf } from "./serving-plan.ts";
import { slotDevices, trainingState } from "./training-plan.ts";

const isState = (state: State | undefined): state is State => state !== undefined;

/** Slots on the same GPU with the same servers asleep have the same states: the first stands for them. */
const trainingStates = (site: Site): State[] => {
  const { config, gpus } = site;
  if (!config.lora) return [];
  const slots = slotDevices(config, gpus.length).map((_, slot) => slot);
  const states = slots.flatMap((slot) => config.models.map((model) => trainingState(site, model, slot)));
  return [
    ...new Map(states.filter(isState).map((state) => [`${state.name} ${state.detail}`, state])).values(),
  ];
};

/** Serving each model, the servers of each GPU together, and each model's training in each slot. */
export const statesOf = (site: Site): State[] => {
  const placed = placedServers(site.config);
  const used = [...new Set(placed.flatMap(({ gpus }) => gpus))].filter((gpu) => gpu < site.gpus.length);
  const there = placed.filter(({ gpus }) => gpus.every((gpu) => gpu < site.gpus.length));
  return [
    ...there.map((server) => servingState(site, server)).filter(isState),
    ...used.map((gpu) => sharesOf(site, gpu)),
    ...trainingStates(site),
  ];
};

/** Weights that servers or jobs would load and whose shape nothing on this machine tells. */
export const unknownWeights = ({ config, shapeOf }: Site): string[] => {
  const served = placedServers(config).map(({ server, models }) => server.weights ?? models[0]?.model ?? "");
  return [...new Set(served)].filter((weights) => shapeOf(weights) === undefined);
};
